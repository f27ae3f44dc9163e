"""Keys for scripts: each may read what its user may read."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from collector.state.file import hash_of, made
from collector.state.users import SEEN_SECONDS, User, Users


@dataclass(frozen=True, slots=True)
class Token:
    """A user's key for scripts; `used_at` (Unix seconds) is exact to the hour, None: never used."""

    id: int
    user_id: int
    name: str
    created_at: int
    used_at: int | None


class Tokens(Users):
    """The tokens of users."""

    def add_token(self, user_id: int, name: str) -> str:
        """The secret of a new token, which may what its user may read."""
        secret = f"fp_{secrets.token_urlsafe(32)}"
        self._run(
            "INSERT INTO tokens (hash, user_id, name, created_at) VALUES (?, ?, ?, ?)",
            hash_of(secret), user_id, name.strip()[:80] or "token", self._now(),
        )  # fmt: skip
        return secret

    def token_user(self, secret: str) -> User | None:
        """Whose token it is, or None."""
        now, hashed = self._now(), hash_of(secret)
        found = self._row("SELECT user_id, used_at FROM tokens WHERE hash = ?", hashed)
        if found is None:
            return None
        if now - (found["used_at"] or 0) > SEEN_SECONDS:
            self._run("UPDATE tokens SET used_at = ? WHERE hash = ?", now, hashed)
        return self.user(found["user_id"])

    def tokens(self, user_id: int) -> list[Token]:
        """The tokens of a user, the newest first."""
        found = self._rows(
            "SELECT id, user_id, name, created_at, used_at FROM tokens WHERE user_id = ? ORDER BY id DESC", user_id
        )
        return [made(Token, row) for row in found]

    def revoke_token(self, user_id: int, token_id: int) -> None:
        """Make a token void."""
        self._run("DELETE FROM tokens WHERE id = ? AND user_id = ?", token_id, user_id)
