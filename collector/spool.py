"""Where acknowledged events wait for ClickHouse: one SQLite file per worker, written in group commits.

A record is on the disk before its sender hears 202. The worker appends, the loader takes and deletes; counters change
in the same transactions as the records they count, so that for every file

    accepted = inserted + duplicate + erased + dead + spooled

holds at any moment, also after a crash.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sqlite3
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import IO, TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

T = TypeVar("T")

GROUP_RECORDS: Final = 256
GROUP_BYTES: Final = 4 << 20
WAIT_SECONDS: Final = 5.0
_FREE_BYTES: Final = 1 << 30
_FREE_SHARE: Final = 0.05
_MIB: Final = 1 << 20
_PAUSE: Final = 0.05
_SLOTS: Final = 1024

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS records (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, received INTEGER NOT NULL, events INTEGER NOT NULL, payload BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS shipments (
    id INTEGER PRIMARY KEY CHECK (id = 1), token TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    verdicts BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, text TEXT NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
"""
_RECORDS: Final = "INSERT INTO records (received, events, payload) VALUES "
COUNT: Final = (
    "INSERT INTO counters (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value"
)


WAITING: Final = "SELECT count(*), coalesce(sum(events), 0), coalesce(sum(length(payload)), 0) FROM records"
WAITING_NAMES: Final = ("spooled_records", "spooled", "spooled_bytes")


class SpoolError(RuntimeError):
    """The spool cannot take the record now; the sender must try again later. The message says why."""


def _closed() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(slots=True, eq=False)
class _Ticket:
    received: int
    events: int
    payload: bytes
    done: threading.Lock = field(default_factory=_closed)
    """Closed until the writer is through with it. A bare lock: an Event costs five times the CPU of each batch."""
    error: str = ""


class Spool:
    """A worker's end: `put` returns once the record is on the disk. Threads share one; processes never do."""

    def __init__(self, folder: Path, *, synchronous: str = "FULL", max_bytes: int = 2 << 30) -> None:
        """Take the lowest free slot of `folder`; it is held until `close` or the end of the process."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self.path, self._lock_file = _free_slot(folder)
        self._synchronous = synchronous
        self._max_bytes = max_bytes
        self._queue: list[_Ticket] = []
        self._counts: Counter[str] = Counter()
        self._notes: dict[str, str] = {}
        self._wake = threading.Condition()
        self._closed = False
        self._room_checked = 0.0
        self._trouble = ""
        self._busy_since = 0.0
        self._thread = threading.Thread(target=self._write, name="spool", daemon=True)
        self._thread.start()

    def put(self, payload: bytes, events: int, received: int, wait: float = WAIT_SECONDS) -> None:
        """Store one record of `events` accepted events; `received` is Unix ms.

        Raises:
            SpoolError: it is not on the disk after `wait` seconds, or the disk or the cap is full.
        """
        if stalled := self._stalled():
            # Who waits as well keeps a thread from saying so to the next.
            raise SpoolError(stalled)
        ticket = _Ticket(received, events, payload)
        with self._wake:
            if self._closed:
                raise SpoolError("the collector is stopping")
            self._queue.append(ticket)
            self._wake.notify()
        if not ticket.done.acquire(timeout=wait):
            with self._wake, contextlib.suppress(ValueError):
                self._queue.remove(ticket)
            raise SpoolError(f"the disk did not confirm within {wait:g} s")
        if ticket.error:
            raise SpoolError(ticket.error)

    def count(self, name: str, by: int = 1) -> None:
        """Add to a counter; it reaches the file with the next commit, within a second."""
        with self._wake:
            self._counts[name] += by

    def note(self, name: str, text: str) -> None:
        """Leave a note for `footpath check`; it reaches the file within a second."""
        with self._wake:
            self._notes[name] = text

    def trouble(self) -> str:
        """Why nothing can be taken at the moment; empty where all is well. At most a second old."""
        return self._trouble or self._stalled() or ("" if self._thread.is_alive() else "the spool's writer has ended")

    def _stalled(self) -> str:
        since = self._busy_since
        seconds = time.monotonic() - since if since else 0.0
        return f"the disk has not confirmed anything for {seconds:.0f} s" if seconds > WAIT_SECONDS else ""

    def close(self) -> None:
        """Commit what is queued and release the slot."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join(10)
        self._lock_file.close()

    def _write(self) -> None:
        connection: sqlite3.Connection | None = None
        while True:
            group, counts, closing = self._next_group()
            if closing and not group and not counts:
                if connection is not None:
                    connection.close()
                return
            if self._trouble:
                counts["recoveries"] += 1  # something to write, so that the end of the trouble is noticed
            self._busy_since = time.monotonic()
            try:
                connection = connection or connect(self.path, self._synchronous)
                self._require_room(connection)
                if group or counts:
                    _append(connection, group, counts)
                if self._notes:
                    with contextlib.suppress(sqlite3.Error):  # a note is never worth an event
                        self._write_notes(connection)
                self._trouble = ""
            except (sqlite3.Error, OSError, SpoolError) as error:
                self._trouble = f"the spool cannot take events: {error}"
                _discard(connection)
                connection = None
                time.sleep(_PAUSE)
                with self._wake:
                    self._counts.update(counts)
                for ticket in group:
                    ticket.error = self._trouble
            self._busy_since = 0.0
            for ticket in group:
                ticket.done.release()

    def _write_notes(self, connection: sqlite3.Connection) -> None:
        with self._wake:
            notes, self._notes = self._notes, {}
        for name, text in notes.items():
            note(connection, name, text)

    def _next_group(self) -> tuple[list[_Ticket], Counter[str], bool]:
        """What queued during the last commit. Waiting for more was tried and made it slower."""
        with self._wake:
            if not self._queue and not self._closed:
                self._wake.wait(1.0)
            group: list[_Ticket] = []
            size = 0
            while self._queue and len(group) < GROUP_RECORDS and size < GROUP_BYTES:
                ticket = self._queue.pop(0)
                size += len(ticket.payload)
                group.append(ticket)
            counts, self._counts = self._counts, Counter()
            return group, counts, self._closed

    def _require_room(self, connection: sqlite3.Connection) -> None:
        if time.monotonic() - self._room_checked < 1.0 and not self._trouble:
            return
        disk = shutil.disk_usage(self.path.parent)
        least = least_free(disk.total)
        if disk.free < least:
            raise SpoolError(f"{disk.free >> 20} MiB free on the disk, {least >> 20} MiB must stay free")
        waiting = spooled_bytes(connection)
        if waiting > self._max_bytes:
            raise SpoolError(
                f"{waiting / _MIB:.1f} MiB wait for ClickHouse, the cap is {self._max_bytes / _MIB:.1f} MiB"
            )
        self._room_checked = time.monotonic()


def least_free(total: int) -> int:
    """Bytes of a disk of `total` bytes that the spool leaves free."""
    return int(max(_FREE_BYTES, total * _FREE_SHARE))


def connect(path: Path, synchronous: str = "FULL") -> sqlite3.Connection:
    """Open a spool file, making its tables where they are missing. Autocommit; transactions are explicit."""
    connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {'FULL' if synchronous == 'FULL' else 'NORMAL'}")
    # What was deleted is overwritten: otherwise addresses and ids of loaded batches stay in the file for as long as
    # nobody needs the room. 1.1 us an event.
    connection.execute("PRAGMA secure_delete = ON")
    connection.executescript(_TABLES)
    return connection


def tidy(connection: sqlite3.Connection) -> bool:
    """Bring everything from the log into the file and empty the log, which has copies of what was deleted.

    Returns:
        whether it was possible: not while somebody reads or writes.
    """
    connection.execute("PRAGMA busy_timeout = 100")
    try:
        ((busy, _, _),) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.execute("PRAGMA busy_timeout = 30000")
    return not busy


def append(
    connection: sqlite3.Connection, records: Iterable[tuple[int, int, bytes]], counts: Mapping[str, int] | None = None
) -> None:
    """Put records (received, events, payload) at the end, inside the caller's transaction; they wait from now on.

    Two statements whatever the number of records: around each the GIL is let go and has to be won again.
    """
    rows = list(records)
    sums = Counter(counts or {})
    sums.update(
        accepted=sum(events for _, events, _ in rows),
        spooled=sum(events for _, events, _ in rows),
        spooled_records=len(rows),
        spooled_bytes=sum(len(payload) for _, _, payload in rows),
    )
    if rows:
        connection.execute(_RECORDS + _rows(3, len(rows)), [value for row in rows for value in row])
    changed = [value for pair in sums.items() if pair[1] for value in pair]
    if changed:
        connection.execute(COUNT.replace("(?, ?)", _rows(2, len(changed) // 2)), changed)


def files(folder: Path) -> list[Path]:
    """All spool files, those of dead workers too."""
    return sorted(folder.glob("slot-*.sqlite"))


def each(folder: Path, read: Callable[[sqlite3.Connection], T]) -> list[T]:
    """What `read` finds in each file; a file that it cannot read, however damaged, is passed over."""
    found = []
    for path in files(folder):
        with contextlib.suppress(sqlite3.DatabaseError), contextlib.closing(connect(path)) as connection:
            found.append(read(connection))
    return found


def counters(folder: Path) -> Counter[str]:
    """Counters of all files together; `spooled` (events), `spooled_records` and `spooled_bytes` are what waits now.

    `damaged_files` is how many cannot be read: what waits in them waits for a person.
    """

    def read(connection: sqlite3.Connection) -> dict[str, int]:
        connection.execute("SELECT received FROM records ORDER BY seq LIMIT 1").fetchone()
        return dict(connection.execute("SELECT name, value FROM counters"))

    found = each(folder, read)
    total: Counter[str] = Counter(damaged_files=len(files(folder)) - len(found))
    for counts in found:
        total.update(counts)
    return total


def recount(folder: Path) -> Counter[str]:
    """What waits by looking at every record, under the names of the counters: slow, for tests and doubts."""
    total: Counter[str] = Counter()
    for records, events, size in each(folder, lambda connection: connection.execute(WAITING).fetchone()):
        total.update(spooled_records=records, spooled=events, spooled_bytes=size)
    return total


def oldest_received(folder: Path) -> int | None:
    """Unix ms of the oldest record that still waits, None where none does."""
    oldest = "SELECT received FROM records ORDER BY seq LIMIT 1"
    found = each(folder, lambda connection: connection.execute(oldest).fetchone())
    return min((received for (received,) in filter(None, found)), default=None)


def notes(folder: Path) -> dict[str, tuple[str, float]]:
    """What loader and workers left for people: the newest text and Unix seconds by name."""
    found: dict[str, tuple[str, float]] = {}
    for rows in each(folder, lambda connection: connection.execute("SELECT name, text, at FROM notes").fetchall()):
        for name, text, at in rows:
            if name not in found or found[name][1] < at:
                found[name] = (text, at)
    return found


def note(connection: sqlite3.Connection, name: str, text: str) -> None:
    """Leave a note (an error, say) for /metrics and `footpath check`; an empty text takes it away."""
    if text:
        connection.execute("INSERT OR REPLACE INTO notes VALUES (?, ?, ?)", (name, text[:2000], time.time()))
    else:
        connection.execute("DELETE FROM notes WHERE name = ?", (name,))


def spooled_bytes(connection: sqlite3.Connection) -> int:
    """Bytes of the payloads that wait."""
    row = connection.execute("SELECT value FROM counters WHERE name = 'spooled_bytes'").fetchone()
    return int(row[0]) if row else 0


def add_counts(connection: sqlite3.Connection, counts: Mapping[str, int]) -> None:
    """Add to counters."""
    with transaction(connection):
        connection.executemany(COUNT, list(counts.items()))


def _append(connection: sqlite3.Connection, group: list[_Ticket], counts: Counter[str]) -> None:
    with transaction(connection):
        append(connection, [(ticket.received, ticket.events, ticket.payload) for ticket in group], counts)


@cache
def _rows(columns: int, count: int) -> str:
    """Placeholders of `count` rows."""
    return ",".join([f"({','.join('?' * columns)})"] * count)


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of the block or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _discard(connection: sqlite3.Connection | None) -> None:
    if connection is not None:
        with contextlib.suppress(sqlite3.Error):
            connection.close()


def try_lock(file: IO[str]) -> bool:
    """Take the lock of a file, if it is free, and leave this process's id in it for people."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return True


def _free_slot(folder: Path) -> tuple[Path, IO[str]]:
    for number in range(_SLOTS):
        lock = (folder / f"slot-{number}.lock").open("a+")
        if try_lock(lock):
            return folder / f"slot-{number}.sqlite", lock
        lock.close()
    raise SpoolError(f"all {_SLOTS} slots of {folder} are taken")
