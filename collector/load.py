"""Bring what waits in the spool to ClickHouse, each event and outcome exactly once, in its own process.

For every spool file, over and over: take the oldest records, find copies of what is stored already, write
that plan down (a shipment), insert, remember the ids, and only then delete. Killed anywhere, it repeats the plan with
the same tokens, and the engine drops what it has. It retries for ever; only a value that cannot be stored is set
aside, alone, in `dead_events`. A command to erase a visitor travels the same way, as a shipment of its own.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import itertools
import logging
import random
import secrets
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Final

import orjson

from collector import cluster, erase, insert, repeat, shipment, spool, window
from collector.cargo import Cargo, Parcel, pack, unpack
from collector.event import Record
from collector.goals import NOTHING
from collector.ledger import Ledger
from collector.store import Store, StoreError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from collector.columns import EventId
    from collector.event import Json
    from collector.goals import Published
    from collector.sites import Site

MIN_EVENTS: Final = 20_000
MAX_EVENTS: Final = 50_000
MAX_BYTES: Final = 16 << 20
MAX_AGE_MS: Final = 1_000
TIDY_SECONDS: Final = 30.0
TOKENS_SECONDS: Final = 600
SKEW_SECONDS: Final = 60
"""How far this clock and ClickHouse's may be apart."""
_RETRY_FIRST: Final = 0.5
_RETRY_MOST: Final = 30.0
_PAUSE: Final = 0.1
_ONE_REPLICA: Final = {"load_balancing": "in_order"}
"""On a cluster with replicas: what was inserted is asked for where it was inserted, as long as that server lives."""

log = logging.getLogger("footpath.load")


class Loader:
    """The loader's life. `locate` gives the address of ClickHouse and is asked again after every failure."""

    def __init__(
        self,
        folder: Path,
        locate: Callable[[], str],
        sites: Callable[[], Mapping[str, Site]],
        prepare: Callable[[str], None] = lambda _: None,
        goals: Callable[[], Mapping[str, Published] | None] = lambda: None,
    ) -> None:
        """`prepare(url)` runs before the first use of an address (migrations); it may raise StoreError.

        `goals` gives what is published for each site, None where nothing is to be changed.
        """
        self._folder = folder
        self._locate = locate
        self._sites = sites
        self._prepare = prepare
        self._store: Store | None = None
        self._goals = goals
        self._sites_sent: object = None
        self._goals_sent: object = None
        self._window = window.Window()
        self._window_filled = False
        self._ledger = Ledger()
        self._connections: dict[Path, sqlite3.Connection] = {}
        self._erased = erase.Erased()
        self._untidy: dict[Path, float] = {}
        self._failures = 0
        self._well = False
        self.stopping = threading.Event()

    def run(self, drain_seconds: float = 10.0) -> None:
        """Load until `stopping` is set, then go on for at most `drain_seconds` while something waits."""
        swept = time.monotonic()
        while not self.stopping.is_set():
            if not self.step():
                self.stopping.wait(_PAUSE)
            # The driver leaves some 400 objects in cycles with each shipment; Python, by the threshold that a shipment
            # needs, would let half a million of them gather.
            if time.monotonic() - swept >= TIDY_SECONDS:
                gc.collect()
                swept = time.monotonic()
        deadline = time.monotonic() + drain_seconds
        while time.monotonic() < deadline and self._failures == 0 and self.step(everything=True):
            pass

    def step(self, *, everything: bool = False) -> bool:
        """One round over all spool files. Returns whether anything was loaded.

        Small batches wait until they are a second old, unless `everything` is asked for.
        """
        try:
            store = self._ready_store()
            loaded = [self._load(store, path, everything) for path in spool.files(self._folder)]
        except StoreError as error:
            self._failed(error)
            return False
        if not self._well:
            self._note("")
        self._well, self._failures = True, 0
        return any(loaded)

    def _load(self, store: Store, path: Path, everything: bool) -> bool:
        """Load from one file. A damaged one is left to people, and the others go on."""
        try:
            connection = self._opened(path)
            if self._finish(store, connection):
                self._untidy.setdefault(path, time.monotonic())
                return True
            if not _due(connection, everything):
                self._tidy(path, connection)
                return False
            parcels = _of_one_sort(unpack(shipment.waiting(connection, MAX_EVENTS, MAX_BYTES)))
            plan = self._plan(store, parcels)
            shipment.begin(connection, plan)
            self._ship(store, connection, plan, parcels)
            self._untidy.setdefault(path, time.monotonic())
            self._tidy(path, connection)
        except sqlite3.DatabaseError as error:
            self._connections.pop(path, None)
            log.error("%s cannot be read: %s", path, error)
            self.stopping.wait(_PAUSE)
            return False
        return True

    def _tidy(self, path: Path, connection: sqlite3.Connection) -> None:
        """Take what was loaded out of the file's log too, half a minute after it was loaded."""
        since = self._untidy.get(path)
        if since is not None and time.monotonic() - since >= TIDY_SECONDS and spool.tidy(connection):
            del self._untidy[path]

    def _finish(self, store: Store, connection: sqlite3.Connection) -> bool:
        """Repeat the shipment that was begun and not settled. Returns whether there was one."""
        plan = shipment.begun(connection)
        if plan is not None:
            self._erased.refresh(store)
            self._ship(store, connection, plan, unpack(shipment.records(connection, plan)), again=True)
        return plan is not None

    def _plan(self, store: Store, parcels: list[Parcel]) -> shipment.Shipment:
        """Find the copies among the events and outcomes. Asked once: a retry repeats the verdicts."""
        self._erased.refresh(store)
        erased = self._of_erased(parcels)
        dropped = set(erased)
        doubted = {parcel.ids[0] for parcel in parcels if parcel.ids and _may_be_stored(parcel)}
        stored = repeat.ids_in(store, "seen", doubted)
        mine: set[EventId] = set()
        copies = self._ledger.copies(store, parcels)
        for parcel in parcels:
            for index, identity in enumerate(() if parcel.seq in dropped else parcel.ids):
                if identity in mine or identity in self._window or identity in stored:
                    copies.setdefault(str(parcel.seq), []).append(index)
                else:
                    mine.add(identity)
        zones = {str(site.id): site.time_zone for site in self._sites().values()}
        hosts = {str(site.id): sorted(site.hosts) for site in self._sites().values()}
        gone = self._outcomes_of_erased(parcels)
        verdicts: Json = {"copies": copies, "zones": zones, "hosts": hosts, "begun": time.time()}
        verdicts |= {"erased": erased, "gone": gone}
        return shipment.Shipment(secrets.token_hex(16), parcels[0].seq, parcels[-1].seq, orjson.dumps(verdicts))

    def _ship(
        self,
        store: Store,
        connection: sqlite3.Connection,
        plan: shipment.Shipment,
        parcels: list[Parcel],
        *,
        again: bool = False,
    ) -> None:
        commands = {parcel.erase: parcel.received for parcel in parcels if parcel.erase}
        if commands:
            erase.erase(store, commands, plan.token)
            shipment.settle(connection, plan, {"erasures": len(parcels)})
            return
        started = time.monotonic()
        verdicts = orjson.loads(plan.verdicts)
        copies, erased, late = verdicts["copies"], set(verdicts.get("erased", ())), set[int]()
        dropped = gone = verdicts.get("gone", {})
        token, forgotten = plan.token, again and self._is_forgotten(verdicts["begun"])
        if forgotten:
            copies = _with_stored_outcomes(store, parcels, copies)
            late = set(self._of_erased(parcels)) - erased
            gone = self._outcomes_of_erased(parcels)
            # Other rows than those that the plan's token stands for; the same at a retry that finds the same.
            told = orjson.dumps([copies, sorted(late), gone], option=orjson.OPT_SORT_KEYS)
            token += hashlib.blake2b(told, digest_size=8).hexdigest()
        cargo = pack(parcels, copies, verdicts["zones"], erased | late, gone, hosts=verdicts.get("hosts", {}))
        with contextlib.ExitStack() as stack:
            doubtful = {}
            if again:
                parts = stack.enter_context(cluster.parts(store))
                age = time.time() - verdicts["begun"]
                doubtful = {part.shard: part for part in parts if forgotten or repeat.has_started_since(part, age)}
            for (table, month), rows in sorted(cargo.builder.tables.items()):
                named = f"{token}-{table}-{month}"
                if doubtful and table in repeat.BY_ID:
                    failed = insert.lacking_rows(store, doubtful, table, rows.columns(), named)
                else:
                    failed = insert.all_rows(store, table, rows.columns(), named)
                cargo.dead += failed
                cargo.counts.update(dead=len(failed), inserted=-len(failed))
            if cargo.dead:
                log.error("%d were set aside in dead_events: %s", cargo.counts["dead"], cargo.dead[0]["error"])
            for table, aside in (("dead_events", cargo.dead), ("rejected_events", cargo.rejected)):
                insert.set_aside(store, doubtful, table, aside, f"{plan.token}-{table}")
        if cargo.ids:
            store.insert("seen", _seen(cargo), token=f"{token}-seen")
        cargo.counts.update(inserts=1, insert_ms=round((time.monotonic() - started) * 1000))
        shipment.settle(connection, plan, cargo.counts, self._erased_meanwhile(store, parcels, cargo, late, dropped))
        self._window.add(cargo.ids)
        if not cargo.dead:
            self._ledger.learn(parcels)

    def _is_forgotten(self, begun: float) -> bool:
        """Whether ClickHouse may not know a shipment's tokens any more: they are kept for 10,000 inserts, which
        collectors that share a server reach within the hour, and not for months of roll-ups that an erasure dropped.
        """
        return not 0 <= time.time() - begun < TOKENS_SECONDS or self._erased.newest > (begun - SKEW_SECONDS) * 1000

    def _of_erased(self, parcels: list[Parcel]) -> list[int]:
        """The seqs of records that come from erased visitors."""
        return [parcel.seq for parcel in parcels if parcel.ids and parcel.ids[0][:2] in self._erased]

    def _outcomes_of_erased(self, parcels: list[Parcel]) -> dict[str, list[int]]:
        """Places of outcomes that name erased visitors, by seq."""
        found = {
            str(parcel.seq): [place for place, visitor in parcel.named.items() if visitor in self._erased]
            for parcel in parcels
        }
        return {seq: places for seq, places in found.items() if places}

    def _erased_meanwhile(
        self, store: Store, parcels: list[Parcel], cargo: Cargo, late: set[int], dropped: dict[str, list[int]]
    ) -> list[tuple[int, int, bytes]]:
        """Commands to erase again, where another collector has begun to erase a visitor since this was planned.

        It writes into `erased` first and deletes then, so one of us two sees the other's rows. `late` are seqs of
        records that an earlier try may have inserted, and this one did not; `dropped` are places of outcomes that no
        try has inserted.
        """
        self._erased.refresh(store)
        visitors = {identity[:2] for identity in cargo.ids if identity[:2] in self._erased}
        visitors.update(parcel.ids[0][:2] for parcel in parcels if parcel.seq in late)
        named = {str(parcel.seq): parcel.named for parcel in parcels}
        for seq, places in self._outcomes_of_erased(parcels).items():
            visitors.update(named[seq][place] for place in places if place not in dropped.get(seq, ()))
        keys = {parcel.record.site_id: parcel.record.site for parcel in parcels if parcel.record}
        now = time.time_ns() // 1_000_000
        return [
            (now, 0, Record(now, site, keys[site], erase=f"{visitor:016x}").encode())
            for site, visitor in sorted(visitors)
        ]

    def _ready_store(self) -> Store:
        if self._store is None:
            url = self._locate()
            self._prepare(url)
            self._store = Store(url, settings=_ONE_REPLICA)
        if not self._window_filled:
            self._fill_window(self._store)
        self._send_sites(self._store)
        return self._store

    def _fill_window(self, store: Store) -> None:
        """Finish what a predecessor began, so that `seen` is complete, then remember its newest ids."""
        for path in spool.files(self._folder):
            with contextlib.suppress(sqlite3.DatabaseError):  # told by `_load`
                self._finish(store, self._opened(path))
        rows = store.execute(
            "SELECT site_id, visitor_id, page_id, n FROM seen ORDER BY seen_at DESC LIMIT {most:UInt64}",
            {"most": window.BLOCKS},
        )
        self._window.add(reversed(rows))
        self._window_filled = True

    def _send_sites(self, store: Store) -> None:
        sites, goals = self._sites(), self._goals()
        if sites is self._sites_sent and goals is self._goals_sent:
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
        if goals is not None:
            told = [goals.get(key, NOTHING) for key in sites]
            store.insert(
                "goals",
                {
                    "site_id": [site.id for site in sites.values()],
                    "goals": [each.goals for each in told],
                    "version": [each.version for each in told],
                    "updated_at": [now] * len(sites),
                },
            )
        self._sites_sent, self._goals_sent = sites, goals

    def _opened(self, path: Path) -> sqlite3.Connection:
        if path not in self._connections:
            self._connections[path] = spool.connect(path)
        return self._connections[path]

    def _failed(self, error: StoreError) -> None:
        """Wait before the next try: 0.5 s, doubled up to 30 s, with jitter."""
        if self._store is not None:
            self._store.close()
            self._store = None
        pause = min(_RETRY_MOST, _RETRY_FIRST * 2 ** min(self._failures, 10)) * random.uniform(0.5, 1.0)  # noqa: S311
        self._failures += 1
        self._well = False
        told = f"{'waiting for ClickHouse' if isinstance(error, Unreachable) else 'needs attention'}: {error}"
        log.warning("%s; next try in %.1f s", told, pause)
        self._note(told)
        self.stopping.wait(pause)

    def _note(self, text: str) -> None:
        """Tell people, in the first file that can be written; a note is never worth an event."""
        for path in spool.files(self._folder):
            with contextlib.suppress(sqlite3.Error):
                connection = self._opened(path)
                spool.note(connection, "loader", text)
                if text:
                    spool.add_counts(connection, {"insert_errors": 1})
                return


def _due(connection: sqlite3.Connection, everything: bool) -> bool:
    """Whether there is a lot, or something old. An age below zero is a clock that was set back: no reason to wait."""
    events, oldest = shipment.backlog(connection)
    if oldest is None:
        return False
    return everything or events >= MIN_EVENTS or not 0 <= time.time_ns() // 1_000_000 - oldest < MAX_AGE_MS


def _of_one_sort(parcels: list[Parcel]) -> list[Parcel]:
    """The first commands, or what stands before the first command.

    They never share a shipment: dropping a roll-up's month makes ClickHouse forget the tokens of its rows, so nothing
    that was inserted under them may have to be inserted again.
    """
    commands = parcels[0].erase is not None
    return list(itertools.takewhile(lambda parcel: (parcel.erase is not None) is commands, parcels))


def _may_be_stored(parcel: Parcel) -> bool:
    """Whether a copy may have come so long ago that memory forgot it."""
    batch = parcel.record.batch if parcel.record else {}
    return bool(batch) and (batch.get("attempt", 0) > 0 or "stored" in batch.get("flags", ()))


def _with_stored_outcomes(store: Store, parcels: list[Parcel], copies: dict[str, list[int]]) -> dict[str, list[int]]:
    """The copies, with outcomes that an earlier try of this shipment has inserted."""
    found = Ledger().copies(store, parcels)
    return {seq: sorted({*found.get(seq, ()), *copies.get(seq, ())}) for seq in found.keys() | copies.keys()}


def _seen(cargo: Cargo) -> dict[str, list[int]]:
    """Columns of `seen`."""
    sites, visitors, pages, numbers = map(list, zip(*cargo.ids, strict=True))
    now = [int(time.time())] * len(numbers)
    return {"site_id": sites, "visitor_id": visitors, "page_id": pages, "n": numbers, "seen_at": now}
