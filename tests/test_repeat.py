"""A shipment that is repeated to a ClickHouse that died under it: each row once, in the tables and in the roll-ups.

ClickHouse commits the rows of a table before it writes down their token, and forces only the rows to the disk. What a
kill between the two leaves, or a power cut, is made here with its own files: the token's lines taken out of the log of
deduplication, or the rows with them, as if the kill had come before.
"""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from collector import cargo, load, repeat, shipment, spool
from collector.demo.visits import visits
from collector.engine import Engine
from collector.event import Record
from collector.migrate import migrate
from collector.store import Store
from tests.support import CHROME, SITE, now_ms, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

VIEWS = ("heat_cells", "page_totals", "scroll_bands", "sessions", "identity")
TABLES = ("events", "trails", *VIEWS)
ASIDE = {"dead_events": ("n", "event"), "rejected_events": ("reason", "event")}
SUMS = {
    "events": "count()",
    "trails": "count()",
    "heat_cells": "sum(clicks)",
    "page_totals": "sum(page_views)",
    "scroll_bands": "(sum(reached), round(sum(seconds), 3))",
    "sessions": "(uniqExact(session_id), sum(page_views), sum(clicks), sum(conversions), sum(engaged_ms), "
    "sum(foreground_ms), min(started_at), max(ended_at), min(entry), max(exit_path))",
    "identity": "uniqExact(*)",
}


class World:
    """An engine that dies, and a loader whose shipment it died under."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.engine = Engine(folder)
        self.start()
        self.writer = spool.Spool(folder / "spool")

    def start(self) -> None:
        """Start the engine, on the files that are there."""
        self.url = self.engine.start().loader_url
        migrate(self.url)
        self.store = Store(self.url)

    def kill(self) -> None:
        """SIGKILL."""
        assert self.engine._process is not None
        self.store.close()
        self.engine._process.kill()
        self.engine._process.wait()

    def put(self, seed: int, writer: spool.Spool | None = None) -> None:
        """Twenty visits, among them people who are known."""
        for number, visit in enumerate(visits(20, seed, now_ms(), "https://shop.example")):
            for place, batch in enumerate(visit.batches):
                person = {"n": 900, "t": 1, "k": "identify", "id": f"{number + 1:016x}"}
                sent = batch | {"events": [*batch["events"], *([person] if place == 0 else [])]}
                record = Record(now_ms(), 1, "demo-shop", CHROME, batch=sent)
                (writer or self.writer).put(record.encode(), len(sent["events"]), record.received)

    def put_what_is_set_aside(self) -> None:
        """A visit of which one event cannot be stored and three are refused, two of them alike; a broken record."""
        (visit,) = visits(1, 3, now_ms(), "https://shop.example")
        too_large = {"n": 900, "t": 1, "k": "click", "x": 2**40}
        sent = visit.batches[0] | {"events": [*visit.batches[0]["events"], too_large]}
        refused = [{"reason": "field", "errors": [name], "event": {"k": name}} for name in ("click", "click", "scroll")]
        record = Record(now_ms(), 1, "demo-shop", CHROME, batch=sent, rejected=refused)
        self.writer.put(record.encode(), len(sent["events"]), record.received)
        self.writer.put(b"{broken", 1, now_ms())

    def loader(self, name: str = "spool") -> load.Loader:
        """One that has just started."""
        return load.Loader(self.folder / name, lambda: self.url, lambda: {"demo-shop": SITE})

    def drain(self) -> None:
        """Load everything, with a loader that has just started."""
        worker = self.loader()
        for _ in range(6):
            if not worker.step(everything=True) and worker._failures == 0:
                return
        raise AssertionError(worker._failures)

    def totals(self) -> dict[str, Any]:
        """What each table adds up to."""
        return {table: self.store.execute(f"SELECT {total} FROM {table}") for table, total in SUMS.items()}

    def ship_and_forget(self) -> None:
        """Insert what waits; the spool does not hear of it, as if loader and engine had been killed together."""
        worker = self.loader()
        connection = worker._opened(self.writer.path)
        store = worker._ready_store()
        parcels = cargo.unpack(shipment.waiting(connection, 100_000, 10**9))
        plan = worker._plan(store, parcels)
        shipment.begin(connection, plan)
        settle, shipment.settle = shipment.settle, lambda *_: None
        try:
            worker._ship(store, connection, plan, parcels)
        finally:
            shipment.settle = settle

    def folder_of(self, table: str) -> Path:
        """Where its parts lie."""
        ((paths,),) = self.store.execute(
            "SELECT data_paths FROM system.tables WHERE database = currentDatabase() AND name = {table:String}",
            {"table": table},
        )
        return Path(paths[0])

    def parts(self, table: str) -> set[str]:
        """Names of its parts."""
        found = self.store.execute(
            "SELECT name FROM system.parts WHERE database = currentDatabase() AND active AND table = {table:String}",
            {"table": table},
        )
        return {name for (name,) in found}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """With one shipment stored, and parts that stay as they were written."""
    world = World(tmp_path)
    world.put(1)
    world.drain()
    for table in TABLES:
        world.store.execute(f"SYSTEM STOP MERGES {table}")
    yield world
    world.writer.close()
    world.engine.stop()


def forget(folder: Path, parts: set[str]) -> int:
    """Take these parts' lines out of the log of deduplication."""
    gone = 0
    for log in folder.glob("deduplication_logs/*.txt"):
        lines = log.read_text().splitlines(keepends=True)
        kept = [line for line in lines if line.split("\t")[1] not in parts]
        gone += len(lines) - len(kept)
        log.write_text("".join(kept))
    return gone


@pytest.mark.parametrize(
    ("forgotten", "absent"),
    [
        *(((table,), ()) for table in TABLES),
        *(((), (table,)) for table in VIEWS),
        (TABLES, ()),
        ((), VIEWS),
        ((), TABLES),
        (("events", "heat_cells"), ("sessions", "page_totals")),
    ],
    ids=lambda tables: "+".join(tables) or "nothing",
)
def test_a_shipment_is_repeated_to_an_engine_that_died_under_it(
    world: World, forgotten: tuple[str, ...], absent: tuple[str, ...]
) -> None:
    """Rows without their token, and rows that had not been written yet."""
    world.put(2)
    before = {table: world.parts(table) for table in TABLES}
    world.ship_and_forget()
    expected = world.totals()
    new = {table: world.parts(table) - before[table] for table in TABLES}
    folders = {table: world.folder_of(table) for table in TABLES}
    assert all(new.values())
    world.kill()
    for table in {*forgotten, *absent}:
        assert forget(folders[table], new[table]) >= len(new[table])
        for part in new[table] if table in absent else ():
            shutil.rmtree(folders[table] / part)
    world.start()
    assert (world.totals() != expected) is bool(absent)
    world.drain()
    assert world.totals() == expected
    found = spool.counters(world.folder / "spool")
    assert (found["spooled"], found["duplicate"], found["inserted"]) == (0, 0, found["accepted"])


@pytest.mark.parametrize("absent", [(), VIEWS, VIEWS[:1], VIEWS[-2:]], ids=lambda tables: "+".join(tables) or "nothing")
def test_a_shipment_in_which_a_row_could_not_be_stored(world: World, absent: tuple[str, ...]) -> None:
    """It goes in several blocks; the engine died before the views had made their rows of the last one."""
    world.put(2)
    world.put_what_is_set_aside()
    world.put(4)
    before = {table: world.parts(table) for table in TABLES}
    world.ship_and_forget()
    expected = world.totals()
    new = {table: world.parts(table) - before[table] for table in TABLES}
    assert len(new["events"]) > 3
    folders = {table: world.folder_of(table) for table in TABLES}
    last = {table: max(parts, key=lambda part: int(part.split("_")[1])) for table, parts in new.items() if parts}
    world.kill()
    for table in TABLES:
        forget(folders[table], new[table])
    for table in absent:
        shutil.rmtree(folders[table] / last[table])
    world.start()
    assert (world.totals() != expected) is bool(absent)
    world.drain()
    assert world.totals() == expected
    assert world.store.execute("SELECT count() FROM dead_events") == [(2,)]


@pytest.mark.parametrize("absent", [(), ("dead_events",), ("rejected_events",), tuple(ASIDE)], ids="+".join)
def test_what_was_set_aside_is_told_once(world: World, absent: tuple[str, ...]) -> None:
    """By an engine that died after it, or before."""
    world.put_what_is_set_aside()
    world.ship_and_forget()

    def told() -> dict[str, Any]:
        return {
            table: world.store.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY ALL")
            for table, names in ASIDE.items()
        }

    expected, parts = told(), {table: world.parts(table) for table in ASIDE}
    assert [len(rows) for rows in expected.values()] == [2, 3]
    folders = {table: world.folder_of(table) for table in ASIDE}
    world.kill()
    for table in ASIDE:
        assert forget(folders[table], parts[table]) >= len(parts[table])
        for part in parts[table] if table in absent else ():
            shutil.rmtree(folders[table] / part)
    world.start()
    assert (told() != expected) is bool(absent)
    world.drain()
    assert told() == expected
    assert spool.counters(world.folder / "spool")["dead"] == 2


@pytest.mark.parametrize("absent", [(), VIEWS], ids=["nothing", "all views"])
def test_another_collector_inserts_while_a_shipment_is_compared(
    world: World, absent: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Into the same days and cells all the time: in the end the roll-ups add up to the events."""
    world.put(2)
    before = {table: world.parts(table) for table in TABLES}
    world.ship_and_forget()
    new = {table: world.parts(table) - before[table] for table in TABLES}
    folders = {table: world.folder_of(table) for table in TABLES}
    world.kill()
    for table in absent:
        forget(folders[table], new[table])
        for part in new[table]:
            shutil.rmtree(folders[table] / part)
    world.start()
    done = threading.Event()
    writer, other, shipments = spool.Spool(world.folder / "other"), world.loader("other"), 0

    def insert() -> None:
        nonlocal shipments
        while not done.is_set():
            world.put(100 + shipments, writer)
            shipments += other.step(everything=True)

    complete, compared = repeat._complete_view, 0

    def complete_meanwhile(*said: Any) -> None:
        nonlocal compared
        begun, compared = shipments, compared + 1
        wait_until(lambda: shipments > begun, what="the other collector")
        complete(*said)

    monkeypatch.setattr(repeat, "_complete_view", complete_meanwhile)
    thread = threading.Thread(target=insert)
    thread.start()
    try:
        world.drain()
        assert compared >= len(VIEWS)
    finally:
        done.set()
        thread.join()
        writer.close()
    for table, total, kind in (
        ("heat_cells", "clicks", "click"), ("page_totals", "page_views", "page_view"),
        ("sessions", "clicks", "click"), ("sessions", "page_views", "page_view"),
    ):  # fmt: skip
        assert world.store.execute(f"SELECT sum({total}) FROM {table}") == world.store.execute(
            f"SELECT count() FROM events WHERE kind = '{kind}' AND bot_class = ''"
        )
