"""Links that show the clicks on the page itself: for an hour, one page, one device, one period and its filters."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from collector.state.file import File, hash_of, made

OVERLAY_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class Overlay:
    """What a link shows: `path` of `site` on `device`; `query` has period and filters. `user_id` made it."""

    user_id: int
    site: str
    path: str
    device: str
    query: str
    expires_at: int


class Overlays(File):
    """Links to pages with their clicks on them."""

    def open_overlay(self, user_id: int, site: str, path: str, device: str, query: str) -> str:
        """The secret of a new link, which is void an hour later or when its user is removed."""
        secret, now = secrets.token_urlsafe(32), self._now()
        with self._transaction():
            self._run("DELETE FROM overlays WHERE expires_at <= ?", now)
            self._run(
                "INSERT INTO overlays (hash, user_id, site, path, device, query, expires_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                hash_of(secret), user_id, site, path, device, query, now + OVERLAY_SECONDS,
            )  # fmt: skip
        return secret

    def overlay(self, secret: str) -> Overlay | None:
        """What the link of this secret shows, or None where it is void."""
        found = self._row("SELECT * FROM overlays WHERE hash = ? AND expires_at > ?", hash_of(secret), self._now())
        return made(Overlay, found) if found else None
