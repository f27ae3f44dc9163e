"""What people create in the dashboard: users, roles, links, tokens, saved reports. One SQLite file, no event in it.

Secrets are never stored: passwords as argon2id, everything else (sessions, links, tokens: 256 random bits) as SHA-256.
"""

from __future__ import annotations

import functools
import hashlib
import os
import secrets
import sqlite3
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

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
_SEEN_SECONDS: Final = 3600
_BUSY_SECONDS: Final = 5.0

# Forward only: a released entry never changes, a new one is appended. PRAGMA user_version counts those applied.
MIGRATIONS: Final = (
    """
CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, password TEXT,
    created_at INTEGER NOT NULL) STRICT;
CREATE TABLE roles (user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE, site TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'analyst', 'owner')), PRIMARY KEY (user_id, site)) STRICT;
CREATE TABLE invitations (hash TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    purpose TEXT NOT NULL CHECK (purpose IN ('password', 'enter')), expires_at INTEGER NOT NULL) STRICT;
CREATE TABLE sessions (hash TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    seen_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) STRICT;
CREATE TABLE shares (id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, site TEXT NOT NULL, page TEXT NOT NULL,
    query TEXT NOT NULL, name TEXT NOT NULL, created_by TEXT NOT NULL, created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL) STRICT;
CREATE TABLE tokens (id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE,
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE, name TEXT NOT NULL, created_at INTEGER NOT NULL,
    used_at INTEGER) STRICT;
CREATE TABLE saved (id INTEGER PRIMARY KEY, site TEXT NOT NULL, page TEXT NOT NULL, name TEXT NOT NULL,
    query TEXT NOT NULL, created_by TEXT NOT NULL, created_at INTEGER NOT NULL, UNIQUE (site, page, name)) STRICT;
""",
)


class StateError(ValueError):
    """What was asked of the state is not possible; the message is for the reader."""


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


@dataclass(frozen=True, slots=True)
class Token:
    """A user's key for scripts; `used_at` (Unix seconds) is exact to the hour, None: never used."""

    id: int
    user_id: int
    name: str
    created_at: int
    used_at: int | None


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


class State:
    """An open state.db. Safe to share between threads, and between processes."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        """Open the file, make it (mode 0600) where there is none, and bring it to this version.

        Raises:
            StateError: a later version of the program has written it, or it is no such file.
        """
        self._path, self._clock, self._lock = path, clock, threading.RLock()
        self._hasher = PasswordHasher()
        # A hash takes 64 MiB; without a bound ten guesses at once would take ten times as much.
        self._hashing = threading.Semaphore(2)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._database = sqlite3.connect(
            path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=64
        )
        self._database.row_factory = sqlite3.Row
        try:
            self._use_wal()
            self._database.executescript("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
            self._migrate()
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise StateError(f"{path} cannot be used: {error}") from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    # Users

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
        for found in self.users():
            if found.id == user_id:
                return found
        raise StateError("there is no such user")

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
                _hash(secret), user_id, purpose, self._now() + seconds,
            )  # fmt: skip
        return secret

    def invited(self, secret: str, purpose: str = "password") -> User | None:
        """Who was invited by this link, or None where it is void."""
        found = self._row(
            "SELECT user_id FROM invitations WHERE hash = ? AND purpose = ? AND expires_at > ?",
            _hash(secret), purpose, self._now(),
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
                _hash(secret), user_id, now, now + SESSION_SECONDS,
            )  # fmt: skip
        return secret

    def session_user(self, secret: str) -> User | None:
        """Whose session it is, or None; it lasts 14 days from when it was last used."""
        now, hashed = self._now(), _hash(secret)
        found = self._row("SELECT user_id, seen_at FROM sessions WHERE hash = ? AND expires_at > ?", hashed, now)
        if found is None:
            return None
        if now - found["seen_at"] > _SEEN_SECONDS:
            self._run(
                "UPDATE sessions SET seen_at = ?, expires_at = ? WHERE hash = ?", now, now + SESSION_SECONDS, hashed
            )
        return self.user(found["user_id"])

    def close_session(self, secret: str) -> None:
        """End a session."""
        self._run("DELETE FROM sessions WHERE hash = ?", _hash(secret))

    # Links for people without a login

    def share(self, site: str, page: str, query: str, *, name: str, by: str, seconds: int) -> str:
        """The secret of a new link to a page."""
        secret, now = secrets.token_urlsafe(32), self._now()
        self._run(
            "INSERT INTO shares (hash, site, page, query, name, created_by, created_at, expires_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            _hash(secret), site, page, query, name.strip()[:80] or page, by, now, now + seconds,
        )  # fmt: skip
        return secret

    def shared(self, secret: str) -> Share | None:
        """The link of this secret, or None where it has expired or was revoked."""
        found = self._row("SELECT * FROM shares WHERE hash = ? AND expires_at > ?", _hash(secret), self._now())
        return _made(Share, found) if found else None

    def shares(self, site: str) -> list[Share]:
        """The links to a site's pages that still work, the newest first."""
        found = self._rows("SELECT * FROM shares WHERE site = ? AND expires_at > ? ORDER BY id DESC", site, self._now())
        return [_made(Share, row) for row in found]

    def revoke_share(self, site: str, share_id: int) -> None:
        """Make a link void."""
        self._run("DELETE FROM shares WHERE id = ? AND site = ?", share_id, site)

    # Keys for scripts

    def add_token(self, user_id: int, name: str) -> str:
        """The secret of a new token, which may what its user may read."""
        secret = f"fp_{secrets.token_urlsafe(32)}"
        self._run(
            "INSERT INTO tokens (hash, user_id, name, created_at) VALUES (?, ?, ?, ?)",
            _hash(secret), user_id, name.strip()[:80] or "token", self._now(),
        )  # fmt: skip
        return secret

    def token_user(self, secret: str) -> User | None:
        """Whose token it is, or None."""
        now, hashed = self._now(), _hash(secret)
        found = self._row("SELECT user_id, used_at FROM tokens WHERE hash = ?", hashed)
        if found is None:
            return None
        if now - (found["used_at"] or 0) > _SEEN_SECONDS:
            self._run("UPDATE tokens SET used_at = ? WHERE hash = ?", now, hashed)
        return self.user(found["user_id"])

    def tokens(self, user_id: int) -> list[Token]:
        """The tokens of a user, the newest first."""
        found = self._rows(
            "SELECT id, user_id, name, created_at, used_at FROM tokens WHERE user_id = ? ORDER BY id DESC", user_id
        )
        return [_made(Token, row) for row in found]

    def revoke_token(self, user_id: int, token_id: int) -> None:
        """Make a token void."""
        self._run("DELETE FROM tokens WHERE id = ? AND user_id = ?", token_id, user_id)

    # Saved questions

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
            _made(Saved, row)
            for row in self._rows("SELECT * FROM saved WHERE site = ? AND page = ? ORDER BY name", site, page)
        ]

    def forget(self, site: str, saved_id: int) -> None:
        """Delete a saved question."""
        self._run("DELETE FROM saved WHERE id = ? AND site = ?", saved_id, site)

    # The file

    def _use_wal(self) -> None:
        """Two processes that open a new file at once both want to change its mode, and SQLite lets neither wait."""
        deadline = time.monotonic() + _BUSY_SECONDS
        while True:
            try:
                self._database.execute("PRAGMA journal_mode = WAL").fetchone()
            except sqlite3.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return

    def _migrate(self) -> None:
        with self._transaction():
            (version,) = self._database.execute("PRAGMA user_version").fetchone()
            if version > len(MIGRATIONS):
                raise StateError(
                    f"{self._path} was written by a later version of footpath (its version is {version}, this program "
                    f"knows {len(MIGRATIONS)}): run that version again, or restore the file's backup"
                )
            for script in MIGRATIONS[version:]:
                for statement in filter(str.strip, script.split(";")):
                    self._database.execute(statement)
            self._database.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def _transaction(self) -> _Transaction:
        return _Transaction(self._database, self._lock)

    def _run(self, sql: str, *values: Any) -> sqlite3.Cursor:
        with self._lock:
            return self._database.execute(sql, values)

    def _row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        return next(iter(self._rows(sql, *values)), None)

    def _rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._database.execute(sql, values).fetchall()

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

    def _now(self) -> int:
        return int(self._clock())


class _Transaction:
    """BEGIN IMMEDIATE to COMMIT, or to ROLLBACK where an error leaves it; one inside another is part of it."""

    def __init__(self, database: sqlite3.Connection, lock: threading.RLock) -> None:
        self._database, self._lock, self._outer = database, lock, True

    def __enter__(self) -> None:
        self._lock.acquire()
        self._outer = not self._database.in_transaction
        if self._outer:
            self._database.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if self._outer:
                self._database.execute("COMMIT" if kind is None else "ROLLBACK")
        finally:
            self._lock.release()


def _hash(secret: str) -> str:
    """Enough for what has 256 random bits: there is no list of them to try."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _made(kind: Callable[..., Any], row: sqlite3.Row) -> Any:
    return kind(**{name: row[name] for name in row.keys() if name != "hash"})  # noqa: SIM118 - a Row's values else
