"""Bring what waits in the spool to ClickHouse, each event exactly once, in its own process.

For every spool file, over and over: take the oldest records, find copies of events that are stored already, write
that plan down (a shipment), insert, remember the ids, and only then delete. Killed anywhere, it repeats the plan with
the same tokens, and the engine drops what it has. It retries for ever; only a value that cannot be stored is set
aside, alone, in `dead_events`.
"""

from __future__ import annotations

import contextlib
import json
import logging
import random
import secrets
import threading
import time
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, Any, Final

import orjson

from collector import columns, shipment, spool
from collector.event import Json, Record
from collector.store import Poison, Store, StoreError, Unreachable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from collector.columns import EventId
    from collector.sites import Site

MIN_EVENTS: Final = 20_000
MAX_EVENTS: Final = 50_000
MAX_BYTES: Final = 16 << 20
MAX_AGE_MS: Final = 1_000
WINDOW_BLOCKS: Final = 1_000_000
_RETRY_FIRST: Final = 0.5
_RETRY_MOST: Final = 30.0
_PAUSE: Final = 0.1

log = logging.getLogger("footpath.load")

Records = list[tuple[int, Record]]
"""Records of one spool file with their sequence numbers."""


class Window:
    """Ids of stored events in memory: blocks of 1,024 numbers of a page view as bits, the oldest forgotten first."""

    def __init__(self, blocks: int = WINDOW_BLOCKS) -> None:
        self._blocks: OrderedDict[tuple[int, int, int, int], int] = OrderedDict()
        self._most = blocks

    def __contains__(self, event: EventId) -> bool:
        return bool(self._blocks.get((*event[:3], event[3] >> 10), 0) >> (event[3] & 1023) & 1)

    def add(self, events: Iterable[EventId]) -> None:
        """Remember these."""
        for event in events:
            block = (*event[:3], event[3] >> 10)
            self._blocks[block] = self._blocks.get(block, 0) | 1 << (event[3] & 1023)
            self._blocks.move_to_end(block)
        while len(self._blocks) > self._most:
            self._blocks.popitem(last=False)


class Loader:
    """The loader's life. `locate` gives the address of ClickHouse and is asked again after every failure."""

    def __init__(
        self,
        folder: Path,
        locate: Callable[[], str],
        sites: Callable[[], Mapping[str, Site]],
        prepare: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`prepare(url)` runs before the first use of an address (migrations); it may raise StoreError."""
        self._folder = folder
        self._locate = locate
        self._sites = sites
        self._prepare = prepare
        self._store: Store | None = None
        self._sites_sent: object = None
        self._window = Window()
        self._window_filled = False
        self._connections: dict[Path, sqlite3.Connection] = {}
        self._failures = 0
        self.stopping = threading.Event()

    def run(self, drain_seconds: float = 10.0) -> None:
        """Load until `stopping` is set, then go on for at most `drain_seconds` while something waits."""
        while not self.stopping.is_set():
            if not self.step():
                self.stopping.wait(_PAUSE)
        deadline = time.monotonic() + drain_seconds
        while time.monotonic() < deadline and self._failures == 0 and self.step(everything=True):
            pass

    def step(self, *, everything: bool = False) -> bool:
        """One round over all spool files. Returns whether anything was loaded.

        Small batches wait until they are a second old, unless `everything` is asked for.
        """
        try:
            store = self._ready_store()
            loaded = [self._load(store, connection, everything) for connection in self._open_files()]
        except StoreError as error:
            self._failed(error)
            return False
        if self._failures:
            self._note("")
        self._failures = 0
        return any(loaded)

    def _load(self, store: Store, connection: sqlite3.Connection, everything: bool) -> bool:
        plan = shipment.begun(connection)
        if plan is not None:
            self._ship(store, connection, plan, _decoded(shipment.records(connection, plan)))
            return True
        if not _due(connection, everything):
            return False
        records = _decoded(shipment.waiting(connection, MAX_EVENTS, MAX_BYTES))
        plan = self._plan(store, records)
        shipment.begin(connection, plan)
        self._ship(store, connection, plan, records)
        return True

    def _plan(self, store: Store, records: Records) -> shipment.Shipment:
        """Find the copies among the records' events. Asked once: a retry repeats the verdicts."""
        stored = _stored(store, [record for _, record in records if _may_be_stored(record)])
        mine: set[EventId] = set()
        copies: dict[int, list[int]] = {}
        for seq, record in records:
            for index, event in enumerate(record.batch.get("events", ())):
                identity = columns.event_id(record, event)
                if identity in mine or identity in self._window or identity in stored:
                    copies.setdefault(seq, []).append(index)
                else:
                    mine.add(identity)
        return shipment.Shipment(
            secrets.token_hex(16),
            records[0][0],
            records[-1][0],
            orjson.dumps({str(seq): indexes for seq, indexes in copies.items()}),
        )

    def _ship(self, store: Store, connection: sqlite3.Connection, plan: shipment.Shipment, records: Records) -> None:
        started = time.monotonic()
        copies: dict[str, list[int]] = orjson.loads(plan.verdicts)
        builder = columns.Builder({site.id: site.time_zone for site in self._sites().values()})
        identities: list[EventId] = []
        rejected: list[tuple[Record, Json]] = []
        counts: Counter[str] = Counter()
        dead: list[tuple[Json, str]] = []
        for seq, record in records:
            refused = set(copies.get(str(seq), ()))
            fresh = [event for index, event in enumerate(record.batch.get("events", ())) if index not in refused]
            counts["duplicate"] += len(refused)
            if fresh:
                dead += builder.add(record, fresh)
                identities.extend(columns.event_id(record, event) for event in fresh)
            rejected.extend((record, event) for event in record.rejected)
        for (table, month), rows in sorted(builder.tables.items()):
            dead += insert_all(store, table, rows.columns(), f"{plan.token}-{table}-{month}")
        counts["dead"] = len(dead)
        counts["inserted"] = len(identities) - len(dead)
        _insert_dead(store, dead, plan.token)
        _insert_rejected(store, rejected, plan.token)
        _insert_seen(store, identities, plan.token)
        counts["inserts"] = 1
        counts["insert_ms"] = round((time.monotonic() - started) * 1000)
        shipment.settle(connection, plan, counts)
        self._window.add(identities)

    def _ready_store(self) -> Store:
        if self._store is None:
            url = self._locate()
            self._prepare(url)
            self._store = Store(url)
        if not self._window_filled:
            self._fill_window(self._store)
        self._send_sites(self._store)
        return self._store

    def _fill_window(self, store: Store) -> None:
        """Finish what a predecessor began, so that `seen` is complete, then remember its newest ids."""
        for connection in self._open_files():
            if plan := shipment.begun(connection):
                self._ship(store, connection, plan, _decoded(shipment.records(connection, plan)))
        rows = store.execute(
            "SELECT site_id, visitor_id, page_id, n FROM seen ORDER BY seen_at DESC LIMIT {most:UInt64}",
            {"most": WINDOW_BLOCKS},
        )
        self._window.add(reversed(rows))
        self._window_filled = True

    def _send_sites(self, store: Store) -> None:
        sites = self._sites()
        if sites is self._sites_sent:
            return
        now = time.time_ns() // 1_000_000
        store.insert(
            "sites",
            {
                "site_id": [site.id for site in sites.values()],
                "key": list(sites),
                "name": [site.name for site in sites.values()],
                "time_zone": [site.time_zone for site in sites.values()],
                "updated_at": [now] * len(sites),
            },
        )
        self._sites_sent = sites

    def _open_files(self) -> Iterator[sqlite3.Connection]:
        for path in spool.files(self._folder):
            if path not in self._connections:
                self._connections[path] = spool.connect(path)
            yield self._connections[path]

    def _failed(self, error: StoreError) -> None:
        """Wait before the next try: 0.5 s, doubled up to 30 s, with jitter."""
        if self._store is not None:
            self._store.close()
            self._store = None
        pause = min(_RETRY_MOST, _RETRY_FIRST * 2 ** min(self._failures, 10)) * random.uniform(0.5, 1.0)  # noqa: S311
        self._failures += 1
        told = f"{'waiting for ClickHouse' if isinstance(error, Unreachable) else 'needs attention'}: {error}"
        log.warning("%s; next try in %.1f s", told, pause)
        self._note(told)
        self.stopping.wait(pause)

    def _note(self, text: str) -> None:
        for connection in self._open_files():
            with contextlib.suppress(Exception):  # a note is never worth an event
                spool.note(connection, "loader", text)
                if text:
                    spool.add_counts(connection, {"insert_errors": 1})
            break


def insert_all(store: Store, table: str, rows: Mapping[str, list[Any]], token: str) -> list[tuple[Json, str]]:
    """Insert all rows; halve around a value that cannot be stored until it stands alone.

    Returns:
        the rows that cannot be stored, each with the reason. Halving is the same at every retry, so are its tokens.

    Raises:
        StoreError: anything but a bad value.
    """
    try:
        store.insert(table, rows, token=token)
    except Poison as error:
        length = len(next(iter(rows.values())))
        if length == 1:
            return [({name: column[0] for name, column in rows.items()}, str(error))]
        middle = length // 2
        first = {name: column[:middle] for name, column in rows.items()}
        second = {name: column[middle:] for name, column in rows.items()}
        return insert_all(store, table, first, f"{token}a") + insert_all(store, table, second, f"{token}b")
    return []


def _decoded(records: Iterable[tuple[int, int, int, bytes]]) -> Records:
    return [(seq, Record.decode(payload)) for seq, _, _, payload in records]


def _due(connection: sqlite3.Connection, everything: bool) -> bool:
    events, oldest = shipment.backlog(connection)
    if oldest is None:
        return False
    return everything or events >= MIN_EVENTS or time.time_ns() // 1_000_000 - oldest >= MAX_AGE_MS


def _may_be_stored(record: Record) -> bool:
    """Whether a copy may have come so long ago that memory forgot it."""
    return bool(record.batch) and (record.batch.get("attempt", 0) > 0 or "stored" in record.batch.get("flags", ()))


def _stored(store: Store, records: list[Record]) -> set[tuple[Any, ...]]:
    """Ids of events of these records' page views that `seen` knows."""
    if not records:
        return set()
    pages = sorted({int(record.batch["page"]["id"], 16) for record in records})
    visitors = sorted({int(record.batch["visitor"], 16) for record in records})
    sites = sorted({record.site_id for record in records})
    return set(
        store.execute(
            "SELECT site_id, visitor_id, page_id, n FROM seen WHERE site_id IN {sites:Array(UInt32)} "
            "AND visitor_id IN {visitors:Array(UInt64)} AND page_id IN {pages:Array(UInt64)}",
            {"sites": sites, "visitors": visitors, "pages": pages},
        )
    )


def _insert_seen(store: Store, identities: list[EventId], token: str) -> None:
    if identities:
        site, visitor, page, number = (list(column) for column in zip(*identities, strict=True))
        store.insert(
            "seen",
            {
                "site_id": site,
                "visitor_id": visitor,
                "page_id": page,
                "n": number,
                "seen_at": [int(time.time())] * len(site),
            },
            token=f"{token}-seen",
        )


def _insert_dead(store: Store, dead: list[tuple[Json, str]], token: str) -> None:
    if dead:
        log.error("%d events cannot be stored and were set aside in dead_events: %s", len(dead), dead[0][1])
        store.insert(
            "dead_events",
            {
                **{name: [row[name] for row, _ in dead] for name in ("site_id", "visitor_id", "page_id", "n")},
                "received_at": [row.get("received_at", row["ts"]) for row, _ in dead],
                "error": [error for _, error in dead],
                "event": [json.dumps(row, default=str, ensure_ascii=False) for row, _ in dead],
            },
            token=f"{token}-dead",
        )


def _insert_rejected(store: Store, rejected: list[tuple[Record, Json]], token: str) -> None:
    if rejected:
        store.insert(
            "rejected_events",
            {
                "site": [record.site for record, _ in rejected],
                "received_at": [record.received for record, _ in rejected],
                "reason": [event["reason"] for _, event in rejected],
                "errors": ["; ".join(event["errors"]) for _, event in rejected],
                "event": [json.dumps(event["event"], ensure_ascii=False) for _, event in rejected],
            },
            token=f"{token}-rejected",
        )
