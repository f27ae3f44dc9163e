"""Dated notes about a site: what happened outside that its numbers may show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from collector.state.file import File, StateError

if TYPE_CHECKING:
    import sqlite3

LONGEST_TEXT: Final = 200
LONGEST_KIND: Final = 30
MOST: Final = 2000
"""Notes that a site may have."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A note: at a day of any zone (a date), or at an instant (a datetime in UTC)."""

    id: int
    site: str
    moment: date | datetime
    kind: str
    text: str
    created_by: str
    created_at: int


class Annotations(File):
    """The notes of sites."""

    def annotate(self, site: str, moment: date | datetime, text: str, *, kind: str = "", by: str) -> int:
        """Add a note; its number.

        Raises:
            StateError: its text or kind is empty, too long or not printable, its instant has no zone, or there are too
                many.
        """
        text, kind = " ".join(text.split()), " ".join(kind.split())
        if not 1 <= len(text) <= LONGEST_TEXT or not text.isprintable():
            raise StateError(f"a note has 1 to {LONGEST_TEXT} characters")
        if len(kind) > LONGEST_KIND or not kind.isprintable():
            raise StateError(f"the kind of a note has at most {LONGEST_KIND} characters")
        if isinstance(moment, datetime):
            if moment.tzinfo is None:
                raise StateError("an instant needs a time zone")
            moment = moment.astimezone(UTC)
        with self._transaction():
            there = self._row("SELECT count(*) AS n FROM annotations WHERE site = ?", site)
            if there and there["n"] >= MOST:
                raise StateError(f"a site has at most {MOST:,} notes: remove old ones first")
            found = self._run(
                "INSERT INTO annotations (site, moment, kind, text, created_by, created_at) VALUES (?, ?, ?, ?, ?, ?)",
                site, moment.isoformat(), kind, text, by, self._now(),
            )  # fmt: skip
        return int(found.lastrowid or 0)

    def annotations(self, site: str) -> list[Annotation]:
        """All notes of a site, the earliest first; a day stands before its instants in UTC."""
        return [_read(row) for row in self._rows("SELECT * FROM annotations WHERE site = ? ORDER BY moment, id", site)]

    def annotation(self, site: str, number: int) -> Annotation | None:
        """The note of that number, or None."""
        found = self._row("SELECT * FROM annotations WHERE id = ? AND site = ?", number, site)
        return _read(found) if found else None

    def remove_annotation(self, site: str, number: int) -> None:
        """Delete a note."""
        self._run("DELETE FROM annotations WHERE id = ? AND site = ?", number, site)


def _read(row: sqlite3.Row) -> Annotation:
    text = row["moment"]
    moment = date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    return Annotation(
        row["id"], row["site"], moment, row["kind"], row["text"], row["created_by"], row["created_at"]
    )  # fmt: skip
