"""Who did what in the dashboard, when, and from which network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from collector.state.file import File, made

KEPT_SECONDS: Final = 400 * 86_400
MOST: Final = 20_000
"""Lines that are kept: failed logins of strangers must not fill the disk."""


@dataclass(frozen=True, slots=True)
class Line:
    """`who` did `what` (`about` whom or what, on `site`) at `at` (Unix seconds) from `network` (/24, /56)."""

    id: int
    at: int
    who: str
    what: str
    about: str
    site: str
    network: str


class Log(File):
    """What was done."""

    def note(self, who: str, what: str, *, about: str = "", site: str = "", network: str = "") -> None:
        """Add a line; those older than 400 days, and all but the last 20,000, are deleted."""
        now = self._now()
        with self._transaction():
            found = self._run(
                "INSERT INTO log (at, who, what, about, site, network) VALUES (?, ?, ?, ?, ?, ?)",
                now, who[:80], what, about[:200], site, network,
            )  # fmt: skip
            self._run("DELETE FROM log WHERE at <= ? OR id <= ?", now - KEPT_SECONDS, int(found.lastrowid or 0) - MOST)

    def log(self, limit: int = 200) -> list[Line]:
        """The last lines, the newest first."""
        return [made(Line, row) for row in self._rows("SELECT * FROM log ORDER BY id DESC LIMIT ?", limit)]
