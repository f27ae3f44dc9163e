"""Who may log in, with which role on which site; passwords, invitations and sessions."""

from __future__ import annotations

import functools
import secrets
import sqlite3
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from collector.state.file import File, StateError, hash_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

ROLES: Final = ("viewer", "analyst", "owner")
"""From the least to the most. An owner is one of all sites."""
EVERY_SITE: Final = "*"
SHORTEST_PASSWORD: Final = 10
LONGEST_PASSWORD: Final = 1024
SESSION_SECONDS: Final = 14 * 86_400
INVITATION_SECONDS: Final = 3 * 86_400
SEEN_SECONDS: Final = 3600
"""How exact the time of the last use of a session or token is."""


@dataclass(frozen=True, slots=True)
class User:
    """A person who may log in. `roles` by site; `*` is every site. `invited`: there is no password yet."""

    id: int
    name: str
    invited: bool
    roles: Mapping[str, str] = field(default_factory=dict)

    def role(self, site: str) -> str | None:
        """The role on a site: the higher of that for the site and that for all; None: no access."""
        found = [role for each in (site, EVERY_SITE) if (role := self.roles.get(each))]
        return max(found, key=ROLES.index, default=None)

    @property
    def is_owner(self) -> bool:
        """Whether it may change users."""
        return self.roles.get(EVERY_SITE) == "owner"


class Users(File):
    """Users with their roles, and how they get in."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        """As `File` does."""
        super().__init__(path, clock)
        self._hasher = PasswordHasher()
        # A hash takes 64 MiB; without a bound ten guesses at once would take ten times as much.
        self._hashing = threading.Semaphore(2)

    def add_user(self, name: str, roles: Mapping[str, str], password: str | None = None) -> User:
        """A new user; without a password one that has to be invited.

        Raises:
            StateError: the name is empty or taken, a role is none, or the password too short.
        """
        name = name.strip()
        if not 1 <= len(name) <= 80 or not name.isprintable():
            raise StateError("a name has 1 to 80 characters")
        hashed = self._hashed(password) if password is not None else None
        with self._transaction():
            try:
                found = self._run(
                    "INSERT INTO users (name, password, created_at) VALUES (?, ?, ?)", name, hashed, self._now()
                )
            except sqlite3.IntegrityError:
                raise StateError(f"there is a user {name!r} already") from None
            for site, role in roles.items():
                self.set_role(int(found.lastrowid or 0), site, role)
        return self.user(int(found.lastrowid or 0))

    def users(self) -> list[User]:
        """All users by name."""
        roles: dict[int, dict[str, str]] = {}
        with self._lock:
            for row in self._rows("SELECT user_id, site, role FROM roles ORDER BY site"):
                roles.setdefault(row["user_id"], {})[row["site"]] = row["role"]
            found = self._rows("SELECT id, name, password IS NULL AS invited FROM users ORDER BY name")
        return [User(row["id"], row["name"], bool(row["invited"]), roles.get(row["id"], {})) for row in found]

    def user(self, user_id: int) -> User:
        """The user of that number.

        Raises:
            StateError: there is none.
        """
        with self._lock:
            found = self._row("SELECT name, password IS NULL AS invited FROM users WHERE id = ?", user_id)
            roles = self._rows("SELECT site, role FROM roles WHERE user_id = ? ORDER BY site", user_id)
        if found is None:
            raise StateError("there is no such user")
        return User(user_id, found["name"], bool(found["invited"]), {row["site"]: row["role"] for row in roles})

    def set_role(self, user_id: int, site: str, role: str | None) -> None:
        """Give a role on a site (`*`: all sites), or take it away (None).

        Raises:
            StateError: no such role, an owner of one site, or the last owner would be gone.
        """
        if role is not None and role not in ROLES:
            raise StateError(f"a role is one of {', '.join(ROLES)}, not {role!r}")
        if role == "owner" and site != EVERY_SITE:
            raise StateError("an owner is one of all sites: give analyst or viewer")
        with self._transaction():
            before = self._owners()
            self._run("DELETE FROM roles WHERE user_id = ? AND site = ?", user_id, site)
            if role is not None:
                self._run("INSERT INTO roles (user_id, site, role) VALUES (?, ?, ?)", user_id, site, role)
            self._keep_an_owner(before)

    def remove_user(self, user_id: int) -> None:
        """Delete a user with its sessions, invitations and tokens.

        Raises:
            StateError: it is the last owner.
        """
        with self._transaction():
            before = self._owners()
            self._run("DELETE FROM users WHERE id = ?", user_id)
            self._keep_an_owner(before)

    def set_password(self, user_id: int, password: str) -> None:
        """A new password; all sessions of the user end, and its invitations are void.

        Raises:
            StateError: it is too short or too long.
        """
        hashed = self._hashed(password)
        with self._transaction():
            self._run("UPDATE users SET password = ? WHERE id = ?", hashed, user_id)
            self._run("DELETE FROM sessions WHERE user_id = ?", user_id)
            self._run("DELETE FROM invitations WHERE user_id = ?", user_id)

    def by_password(self, name: str, password: str) -> User | None:
        """The user, or None; as slow for a name that nobody has as for a wrong password."""
        found = self._row("SELECT id, password FROM users WHERE name = ?", name.strip())
        stored = found["password"] if found and found["password"] else self._nobody()
        try:
            with self._hashing:
                self._hasher.verify(stored, password[:LONGEST_PASSWORD])
        except (Argon2Error, InvalidHashError):
            return None
        return self.user(found["id"]) if found and found["password"] else None

    # Invitations: links by which a user sets a password, or (`enter`) gets in without one

    def invite(self, user_id: int, purpose: str = "password", seconds: int = INVITATION_SECONDS) -> str:
        """A link's secret; earlier ones of the user for this purpose are void."""
        secret = secrets.token_urlsafe(32)
        with self._transaction():
            self._run("DELETE FROM invitations WHERE user_id = ? AND purpose = ?", user_id, purpose)
            self._run(
                "INSERT INTO invitations (hash, user_id, purpose, expires_at) VALUES (?, ?, ?, ?)",
                hash_of(secret), user_id, purpose, self._now() + seconds,
            )  # fmt: skip
        return secret

    def invited(self, secret: str, purpose: str = "password") -> User | None:
        """Who was invited by this link, or None where it is void."""
        found = self._row(
            "SELECT user_id FROM invitations WHERE hash = ? AND purpose = ? AND expires_at > ?",
            hash_of(secret), purpose, self._now(),
        )  # fmt: skip
        return self.user(found["user_id"]) if found else None

    # Sessions

    def open_session(self, user_id: int) -> str:
        """The secret of a new session."""
        secret = secrets.token_urlsafe(32)
        now = self._now()
        with self._transaction():
            self._run("DELETE FROM sessions WHERE expires_at <= ?", now)
            self._run(
                "INSERT INTO sessions (hash, user_id, seen_at, expires_at) VALUES (?, ?, ?, ?)",
                hash_of(secret), user_id, now, now + SESSION_SECONDS,
            )  # fmt: skip
        return secret

    def session_user(self, secret: str) -> User | None:
        """Whose session it is, or None; it lasts 14 days from when it was last used."""
        now, hashed = self._now(), hash_of(secret)
        found = self._row("SELECT user_id, seen_at FROM sessions WHERE hash = ? AND expires_at > ?", hashed, now)
        if found is None:
            return None
        if now - found["seen_at"] > SEEN_SECONDS:
            self._run(
                "UPDATE sessions SET seen_at = ?, expires_at = ? WHERE hash = ?", now, now + SESSION_SECONDS, hashed
            )
        return self.user(found["user_id"])

    def close_session(self, secret: str) -> None:
        """End a session."""
        self._run("DELETE FROM sessions WHERE hash = ?", hash_of(secret))

    def _owners(self) -> int:
        found = self._row("SELECT count(*) AS n FROM roles WHERE site = ? AND role = 'owner'", EVERY_SITE)
        return int(found["n"]) if found else 0

    def _keep_an_owner(self, before: int) -> None:
        if before and not self._owners():
            raise StateError("the last owner stays: make somebody else an owner first")

    @functools.cache  # noqa: B019 - there is one state in a process
    def _nobody(self) -> str:
        """A password that nobody has, so that unknown names take as long as others."""
        return self._hasher.hash(secrets.token_hex())

    def _hashed(self, password: str) -> str:
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise StateError(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD:,} characters")
        with self._hashing:
            return self._hasher.hash(password)
