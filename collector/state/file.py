"""The file itself: opened, brought to this version, and asked by many threads and processes at once."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from collector.state.migrations import MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_BUSY_SECONDS: Final = 5.0


class StateError(ValueError):
    """What was asked of the state is not possible; the message is for the reader."""


class File:
    """An open state.db. Safe to share between threads, and between processes."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        """Open the file, make it (mode 0600) where there is none, and bring it to this version.

        Raises:
            StateError: a later version of the program has written it, or it is no such file.
        """
        self._path, self._clock, self._lock = path, clock, threading.RLock()
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


def hash_of(secret: str) -> str:
    """Enough for what has 256 random bits: there is no list of them to try."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def made(kind: Callable[..., Any], row: sqlite3.Row) -> Any:
    """The row as a dataclass; hashes of secrets stay in the file."""
    return kind(**{name: row[name] for name in row.keys() if name != "hash"})  # noqa: SIM118 - a Row's values else
