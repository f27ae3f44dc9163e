"""What state.db is made of, step by step."""

from __future__ import annotations

from typing import Final

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
    """
CREATE TABLE overlays (hash TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    site TEXT NOT NULL, path TEXT NOT NULL, device TEXT NOT NULL, query TEXT NOT NULL,
    expires_at INTEGER NOT NULL) STRICT;
""",
    """
CREATE TABLE annotations (id INTEGER PRIMARY KEY, site TEXT NOT NULL, moment TEXT NOT NULL, kind TEXT NOT NULL,
    text TEXT NOT NULL, created_by TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;
CREATE INDEX annotations_of_a_site ON annotations (site);
""",
    """
CREATE TABLE log (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL,
    about TEXT NOT NULL, site TEXT NOT NULL, network TEXT NOT NULL) STRICT;
CREATE INDEX log_by_time ON log (at);
""",
)
