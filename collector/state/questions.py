"""Questions by name."""

from __future__ import annotations

from dataclasses import dataclass

from collector.state.file import File, StateError, made


@dataclass(frozen=True, slots=True)
class Saved:
    """A question by name: the page that shows it and its query string."""

    id: int
    site: str
    page: str
    name: str
    query: str
    created_by: str
    created_at: int


class Questions(File):
    """Questions that people keep."""

    def save(self, site: str, page: str, name: str, query: str, by: str) -> None:
        """Keep a question by name; one of that name on that page is replaced.

        Raises:
            StateError: the name is empty or too long.
        """
        name = name.strip()
        if not 1 <= len(name) <= 80:
            raise StateError("a name has 1 to 80 characters")
        self._run(
            "INSERT INTO saved (site, page, name, query, created_by, created_at) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (site, page, name) DO UPDATE SET query = excluded.query, created_by = excluded.created_by,"
            " created_at = excluded.created_at",
            site, page, name, query, by, self._now(),
        )  # fmt: skip

    def saved(self, site: str, page: str) -> list[Saved]:
        """The questions kept on a page, by name."""
        return [
            made(Saved, row)
            for row in self._rows("SELECT * FROM saved WHERE site = ? AND page = ? ORDER BY name", site, page)
        ]

    def forget(self, site: str, saved_id: int) -> None:
        """Delete a saved question."""
        self._run("DELETE FROM saved WHERE id = ? AND site = ?", saved_id, site)
