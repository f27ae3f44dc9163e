"""Links for people without a login."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from collector.state.file import File, hash_of, made


@dataclass(frozen=True, slots=True)
class Share:
    """A link by which anybody who has it sees one page of one site until `expires_at` (Unix seconds)."""

    id: int
    site: str
    page: str
    query: str
    name: str
    created_by: str
    created_at: int
    expires_at: int


class Shares(File):
    """Links by which others read a page."""

    def share(self, site: str, page: str, query: str, *, name: str, by: str, seconds: int) -> str:
        """The secret of a new link to a page."""
        secret, now = secrets.token_urlsafe(32), self._now()
        self._run(
            "INSERT INTO shares (hash, site, page, query, name, created_by, created_at, expires_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            hash_of(secret), site, page, query, name.strip()[:80] or page, by, now, now + seconds,
        )  # fmt: skip
        return secret

    def shared(self, secret: str) -> Share | None:
        """The link of this secret, or None where it has expired or was revoked."""
        found = self._row("SELECT * FROM shares WHERE hash = ? AND expires_at > ?", hash_of(secret), self._now())
        return made(Share, found) if found else None

    def shares(self, site: str) -> list[Share]:
        """The links to a site's pages that still work, the newest first."""
        found = self._rows("SELECT * FROM shares WHERE site = ? AND expires_at > ? ORDER BY id DESC", site, self._now())
        return [made(Share, row) for row in found]

    def revoke_share(self, site: str, share_id: int) -> None:
        """Make a link void."""
        self._run("DELETE FROM shares WHERE id = ? AND site = ?", share_id, site)
