"""The loader's end of the spool: what it takes at once, written down before it is sent, deleted after it arrived."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector import spool

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Shipment:
    """What the loader is about to insert, written down before the first send: a retry repeats it exactly."""

    token: str
    first: int
    last: int
    verdicts: bytes


def waiting(connection: sqlite3.Connection, max_events: int, max_bytes: int) -> list[tuple[int, int, int, bytes]]:
    """The oldest records as (seq, received, events, payload), at least one where there is any."""
    taken: list[tuple[int, int, int, bytes]] = []
    events = size = 0
    for row in connection.execute("SELECT seq, received, events, payload FROM records ORDER BY seq"):
        events, size = events + row[2], size + len(row[3])
        if taken and (events > max_events or size > max_bytes):
            break
        taken.append(row)
    return taken


def backlog(connection: sqlite3.Connection) -> tuple[int, int | None]:
    """(events that wait, Unix ms of the oldest record or None)."""
    oldest = connection.execute("SELECT received FROM records ORDER BY seq LIMIT 1").fetchone()
    waiting = connection.execute("SELECT value FROM counters WHERE name = 'spooled'").fetchone()
    return waiting[0] if waiting else 0, oldest[0] if oldest else None


def begun(connection: sqlite3.Connection) -> Shipment | None:
    """The shipment that was begun and not settled, if any."""
    row = connection.execute("SELECT token, first, last, verdicts FROM shipments").fetchone()
    return Shipment(*row) if row else None


def records(connection: sqlite3.Connection, plan: Shipment) -> list[tuple[int, int, int, bytes]]:
    """The records of a shipment as (seq, received, events, payload)."""
    return connection.execute(
        "SELECT seq, received, events, payload FROM records WHERE seq BETWEEN ? AND ? ORDER BY seq",
        (plan.first, plan.last),
    ).fetchall()


def begin(connection: sqlite3.Connection, plan: Shipment) -> None:
    """Write the plan down, durably."""
    connection.execute(
        "INSERT INTO shipments (id, token, first, last, verdicts) VALUES (1, ?, ?, ?, ?)",
        (plan.token, plan.first, plan.last, plan.verdicts),
    )


def settle(
    connection: sqlite3.Connection,
    plan: Shipment,
    counts: Mapping[str, int],
    following: Iterable[tuple[int, int, bytes]] = (),
) -> None:
    """Delete the shipment with its records and add to the counters, in one transaction.

    `following` are records (received, events, payload) that take their place at the end.
    """
    chosen = plan.first, plan.last
    with spool.transaction(connection):
        gone = connection.execute(f"{spool.WAITING} WHERE seq BETWEEN ? AND ?", chosen).fetchone()
        connection.execute("DELETE FROM records WHERE seq BETWEEN ? AND ?", chosen)
        connection.execute("DELETE FROM shipments")
        spool.append(connection, following)
        waiting = zip(spool.WAITING_NAMES, gone, strict=True)
        connection.executemany(spool.COUNT, [*counts.items(), *((name, -number) for name, number in waiting)])


@contextlib.contextmanager
def loader_lock(folder: Path, wait: float = 10.0) -> Iterator[None]:
    """Be the only loader of a folder; a killed predecessor may take a moment to be gone.

    Raises:
        spool.SpoolError: another loader works on it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "loader.lock").open("a+") as lock:
        deadline = time.monotonic() + wait
        while not spool.try_lock(lock):
            if time.monotonic() > deadline:
                lock.seek(0)
                raise spool.SpoolError(f"another loader, process {lock.read()}, works on {folder}")
            time.sleep(0.1)
        yield
