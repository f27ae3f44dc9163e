"""Erasure: nothing of a visitor is left in any table, roll-up or spool file, whatever happens meanwhile."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from collector import dossier, erase, load, personal, shipment, spool
from collector.cargo import unpack
from collector.event import Record
from collector.personal import digest
from collector.store import Store, Unreachable
from tests.support import CHROME, SITE, batch, click, now_ms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

X, Y, Z = 0xA1B2C3D4E5F60718, 0x1111111111111111, 0x2222222222222222
"""X is erased, Y and Z stay."""
ROLL_UPS = {
    "heat_cells": "site_id, page_day, path, device, fixed, cell_x, cell_y, sum(clicks)",
    "page_totals": "site_id, page_day, path, device, sum(page_views)",
    "scroll_bands": "site_id, page_day, path, device, band, sum(reached), round(sum(seconds), 3)",
}


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[spool.Spool]:
    """A worker's end of a spool."""
    writer = spool.Spool(tmp_path / "spool")
    yield writer
    writer.close()


def visit(visitor: int, **fields: Any) -> dict[str, Any]:
    """A batch with something for every table."""
    events = [
        {"n": 0, "t": 0, "k": "page_view"}, click(1), click(2, x=99), click(3, x=2**40),
        {"n": 4, "t": 9, "k": "engagement", "engaged_ms": 1500, "foreground_ms": 2000,
         "bands": {"0": 1.25, "3": 0.5}, "reached": [0, 1, 2, 3]},
        {"n": 5, "t": 10, "k": "identify", "id": "00000000000000aa"},
        {"n": 6, "t": 11, "k": "trail", "samples": [[0, 0, 5, 5], [200, 1, 0, 80]]},
        {"n": 7, "t": 12, "k": "skeleton", "layout": f"{visitor:016x}", "width": 1280, "height": 900,
         "boxes": [["heading", 1, 40, 120, 600, 48, "Boots"], ["image", 0, 40, 200, 600, 480]]},
    ]  # fmt: skip
    return batch(events, visitor=f"{visitor:016x}") | fields


def put(writer: spool.Spool, sent: dict[str, Any]) -> None:
    """Spool a batch as the receiver does."""
    record = Record(now_ms(), 1, "demo-shop", CHROME, batch=sent)
    writer.put(record.encode(), len(sent["events"]), record.received)


def command(writer: spool.Spool, visitor: int) -> None:
    """Ask for an erasure as the route does."""
    now = now_ms()
    writer.put(Record(now, 1, "demo-shop", erase=f"{visitor:016x}").encode(), 0, now)


def loader(tmp_path: Path, url: str) -> load.Loader:
    return load.Loader(tmp_path / "spool", lambda: url, lambda: {"demo-shop": SITE})


def drain(worker: load.Loader, tries: int = 8) -> None:
    """Load everything that waits."""
    for _ in range(tries):
        if not worker.step(everything=True) and worker._failures == 0:
            return


def counters(tmp_path: Path) -> dict[str, int]:
    """The spool's counters; the sum of the outcomes must always be what was accepted."""
    found = spool.counters(tmp_path / "spool")
    assert spool.recount(tmp_path / "spool").items() <= found.items()
    assert found["accepted"] == sum(found[name] for name in ("inserted", "duplicate", "erased", "dead", "spooled"))
    return found


def rows(store: Store, visitor: int) -> int:
    return sum(personal.counts(store, (1, visitor)).values())


def told(store: Store, tmp_path: Path, visitor: int) -> list[str]:
    """Every row about a visitor, whole."""
    return sorted(dossier.lines(store, tmp_path / "spool", (1, visitor)))


def cells(store: Store) -> dict[str, Any]:
    """What the roll-ups add up to, zeros left out."""
    found = {}
    for table, columns in ROLL_UPS.items():
        keys = columns.partition(", sum(")[0]
        found[table] = store.execute(f"SELECT {columns} FROM {table} GROUP BY {keys} ORDER BY {keys}")
    return found


def test_every_table_with_a_visitor_is_known(store: Store) -> None:
    """A table that somebody adds is erased from too, or is named here with the reason."""
    named = {
        table for (table,) in store.execute(
            "SELECT DISTINCT table FROM system.columns "
            "WHERE database = currentDatabase() AND position(name, 'visitor') > 0"
        )
    }  # fmt: skip
    views = {name for (name,) in store.execute(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%View'")}  # fmt: skip
    erased_by_hash, in_memory_meanwhile = {"erased"}, {"erasing"}
    assert named - views - erased_by_hash - in_memory_meanwhile == set(personal.tables(store))
    own = {"trails", "skeletons"}
    assert {"events", "sessions", "identity", "seen", "dead_events"} | own <= set(personal.tables(store))


def test_every_roll_up_without_visitors_can_be_rebuilt(store: Store) -> None:
    """Each is filled by the view of its name, lies in months of `page_day`, and adds up whole numbers."""
    found = personal.roll_ups(store)
    assert {each.table for each in found} >= set(ROLL_UPS)
    targets = store.execute(
        "SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase() "
        "AND engine = 'MaterializedView'"
    )
    for name, text in targets:
        assert f".{name.removesuffix('_view')} " in text.partition("(")[0], name
    for each in found:
        assert each.partition == "toYYYYMM(page_day)", each.table
        assert each.sums, each.table


def test_nothing_of_an_erased_visitor_is_left_and_others_stay(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """Rows and roll-ups are as if only the others had come."""
    for visitor in (Y, Z):
        put(writer, visit(visitor))
    worker = loader(tmp_path, database_url)
    drain(worker)
    others, alone = {visitor: told(store, tmp_path, visitor) for visitor in (Y, Z)}, cells(store)
    put(writer, visit(X))
    put(writer, visit(X, flags=["bot"]))
    drain(worker)
    assert rows(store, X) >= 30  # events 10, seen 16, trails 2, a skeleton, dead 2, sessions and identity
    assert cells(store) != alone
    command(writer, X)
    drain(worker)
    assert rows(store, X) == 0
    assert {visitor: told(store, tmp_path, visitor) for visitor in (Y, Z)} == others
    assert cells(store) == alone
    assert counters(tmp_path)["erasures"] == 1


def test_what_comes_from_an_erased_visitor_later_is_dropped_and_counted(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """Before and after the command in one spool, in another spool, and for a loader that started anew."""
    worker = loader(tmp_path, database_url)
    put(writer, visit(X))
    command(writer, X)
    put(writer, visit(X))
    put(writer, visit(Y))
    drain(worker)
    put(writer, visit(X))
    drain(loader(tmp_path, database_url))
    other = spool.Spool(tmp_path / "spool")
    put(other, visit(X))
    drain(worker)
    other.close()
    assert rows(store, X) == 0
    assert rows(store, Y) > 0
    assert counters(tmp_path)["erased"] == 24


def test_outcomes_of_an_erased_visitor_are_erased_and_later_ones_are_dropped(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """Those of others in the same body stay; a dossier shows only the visitor's own, also from the spool."""

    def outcome(name: str, visitor: int) -> dict[str, Any]:
        return {"source": "shop", "id": name, "kind": "order", "visitor": f"{visitor:016x}", "value": 5}

    def report(*outcomes: dict[str, Any]) -> None:
        record = Record(now_ms(), 1, "demo-shop", outcomes=list(outcomes))
        writer.put(record.encode(), len(outcomes), record.received)

    nobodys = {name: value for name, value in outcome("before", X).items() if name != "visitor"} | {"value": 100}
    report(nobodys)
    report(outcome("before", X), outcome("other", Y))
    waiting = [line for line in told(store, tmp_path, X) if '"spool"' in line]
    assert len(waiting) == 1
    assert "before" in waiting[0]
    assert "other" not in waiting[0]
    drain(loader(tmp_path, database_url))
    assert rows(store, X) == 2  # the version that named nobody goes, too
    command(writer, X)
    report(outcome("after", X), outcome("another", Y))
    drain(loader(tmp_path, database_url))
    assert store.execute("SELECT id FROM outcomes ORDER BY id") == [("another",), ("other",)]
    assert counters(tmp_path)["erased"] == 1


def test_another_site_s_visitor_of_the_same_id_stays(store: Store, database_url: str) -> None:
    """A site erases its own visitors only."""
    for site in (1, 2):
        store.insert(
            "seen", {"site_id": [site], "visitor_id": [X], "page_id": [1], "n": [1], "seen_at": [int(time.time())]}
        )
    assert erase.erase(store, {(1, X): 1}, "run") == {"seen": 1}
    assert store.execute("SELECT site_id FROM seen") == [(2,)]


def test_an_unreadable_record_goes_with_its_visitor(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """It has no visitor in its column, but the id in its text: exported, counted, and then deleted."""
    for visitor in (X, Y):
        writer.put(b'{"broken": "%016X"' % visitor, 1, now_ms())
    drain(loader(tmp_path, database_url))
    assert personal.counts(store, (1, X))["dead_events"] == 1
    (line,) = told(store, tmp_path, X)
    shown = json.loads(line)
    assert (shown["table"], shown["row"]["event"]) == ("dead_events", f'{{"broken": "{X:016X}"')
    command(writer, X)
    drain(loader(tmp_path, database_url))
    ((event,),) = store.execute("SELECT event FROM dead_events")
    assert f"{Y:016X}" in event
    assert (rows(store, X), rows(store, Y)) == (0, 1)
    assert told(store, tmp_path, X) == []


def test_a_dead_letter_of_another_site_stays_whatever_its_text_says(store: Store, tmp_path: Path) -> None:
    """Only a record that nobody could read has no site; one that the engine refused has."""
    store.insert(
        "dead_events",
        {
            "site_id": [2], "visitor_id": [0], "page_id": [0], "n": [0], "received_at": [now_ms()], "error": ["x"],
            "event": [f'{{"order_id": "{X:016x}"}}'],
        },
    )  # fmt: skip
    assert (rows(store, X), told(store, tmp_path, X)) == (0, [])
    assert erase.erase(store, {(1, X): 1}, "run") == {}
    assert erase.erase(store, {(2, X): 1}, "again") == {"dead_events": 1}


def test_versions_of_an_outcome_are_counted_as_they_are_deleted(store: Store, tmp_path: Path) -> None:
    """All of an outcome that named the visitor once; the dossier leaves out those that name somebody else."""
    for version, visitor in enumerate((0, X, Y), 1):
        store.insert(
            "outcomes",
            {
                "site_id": [1], "source": ["shop"], "id": ["order-1"], "kind": ["order"], "ts": [now_ms()],
                "value": [1], "visitor_id": [visitor], "props": ["{}"], "received_at": [now_ms()], "version": [version],
            },
        )  # fmt: skip
    assert rows(store, X) == 3
    shown = [json.loads(line)["row"]["visitor_id"] for line in told(store, tmp_path, X)]
    assert sorted(shown) == [f"{0:016x}", f"{X:016x}"]
    assert erase.erase(store, {(1, X): 1}, "run") == {"outcomes": 3}
    assert rows(store, X) == 0


class Breaking(Store):
    """A connection that breaks: the n-th statement, from 0, is carried out and its answer lost."""

    def __init__(self, url: str, last: int) -> None:
        super().__init__(url)
        self.left = last

    def _lose(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Unreachable("lost")

    def ask(self, *arguments: Any, **options: Any) -> Any:
        """As in Store, unless it breaks."""
        answer = super().ask(*arguments, **options)
        self._lose()
        return answer

    def insert(self, *arguments: Any, **options: Any) -> int:
        """As in Store, unless it breaks."""
        sent = super().insert(*arguments, **options)
        self._lose()
        return sent


@pytest.mark.slow
def test_an_erasure_that_breaks_off_anywhere_is_finished_by_the_next_try(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """After every seventh statement in turn: the second try leaves neither rows nor cells, and takes nobody else's."""
    put(writer, visit(Y))
    worker = loader(tmp_path, database_url)
    drain(worker)
    alone, theirs = cells(store), told(store, tmp_path, Y)
    broken, place = 0, 0
    while True:
        visitor = X + place
        put(writer, visit(visitor))
        drain(worker)
        breaking = Breaking(database_url, place)
        try:
            erase.erase(breaking, {(1, visitor): 1}, f"run{place}")
            break
        except Unreachable:
            broken += 1
        erase.erase(store, {(1, visitor): 1}, f"run{place}")
        assert (rows(store, visitor), told(store, tmp_path, Y)) == (0, theirs), place
        assert cells(store) == alone, place
        place += 7
    assert broken > 5
    left = "SELECT name FROM system.tables WHERE database = currentDatabase() AND position(name, '_rebuilt_') > 0"
    assert store.execute(left) == []


def test_days_whose_events_are_gone_keep_their_cells(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """Frozen cells say of nobody whose they were; the day's other pages are not lost with them."""
    for visitor in (X, Y):
        put(writer, visit(visitor))
    drain(loader(tmp_path, database_url))
    before = cells(store)
    store.execute(f"ALTER TABLE events DELETE WHERE visitor_id = {Y}", settings={"mutations_sync": 2})
    command(writer, X)
    drain(loader(tmp_path, database_url))
    assert rows(store, X) == 0
    assert cells(store) == before


def test_an_event_that_another_collector_had_planned_is_erased_after_it_arrived(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """The other collector had decided to insert it before the visitor was erased here."""
    far = spool.Spool(tmp_path / "far" / "spool")
    put(far, visit(X))
    worker = loader(tmp_path / "far", database_url)
    database = worker._ready_store()
    connection = worker._opened(far.path)
    parcels = unpack(shipment.waiting(connection, 1000, 10**6))
    plan = worker._plan(database, parcels)
    shipment.begin(connection, plan)
    command(writer, X)
    drain(loader(tmp_path, database_url))
    worker._ship(database, connection, plan, parcels)
    assert rows(store, X) > 0
    drain(worker)
    far.close()
    assert rows(store, X) == 0
    assert all(not found for found in cells(store).values())
    assert counters(tmp_path / "far")["erasures"] == 1


@pytest.mark.parametrize("visitor", [X, Y])
def test_a_lost_answer_and_an_erasure_meanwhile_count_nothing_twice(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str, visitor: int
) -> None:
    """Dropping a month makes ClickHouse forget the tokens of its cells; the repeated shipment does not rely on them."""
    put(writer, visit(X))
    drain(loader(tmp_path, database_url))
    far = spool.Spool(tmp_path / "far" / "spool")
    put(far, visit(visitor))
    worker = loader(tmp_path / "far", database_url)
    database, connection = worker._ready_store(), worker._opened(far.path)
    parcels = unpack(shipment.waiting(connection, 1000, 10**6))
    plan = worker._plan(database, parcels)
    shipment.begin(connection, plan)
    records = shipment.records(connection, plan)
    worker._ship(database, connection, plan, parcels)
    shipment.begin(connection, plan)  # as if the answer had been lost
    connection.executemany("INSERT INTO records VALUES (?, ?, ?, ?)", records)
    command(writer, X)
    drain(loader(tmp_path, database_url))
    alone = cells(store)
    drain(loader(tmp_path / "far", database_url))
    far.close()
    assert cells(store) == alone
    assert rows(store, X) == 0
    assert store.execute("SELECT sum(clicks) FROM heat_cells") == [(2 if visitor == Y else 0,)]


class Dying(Store):
    """A connection of a loader that is killed before an insert whose token ends so."""

    def __init__(self, url: str, ending: str) -> None:
        super().__init__(url)
        self._ending = ending

    def insert(self, table: str, columns: Any, *, token: str = "") -> int:
        """Insert, or die."""
        if token.endswith(self._ending):
            raise Killed
        return super().insert(table, columns, token=token)


class Killed(Exception):
    """As if by SIGKILL: nothing is caught and nothing is tidied up."""


def die(tmp_path: Path, url: str, ending: str) -> None:
    """Begin a shipment and be killed in it."""
    worker = loader(tmp_path, url)
    worker._ready_store()
    worker._store = Dying(url, ending)
    with pytest.raises(Killed):
        worker.step(everything=True)


def test_a_shipment_of_halves_that_is_repeated_after_an_erasure_loses_nothing(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """What is left of it are other rows than those that its halves' tokens stand for."""
    command(writer, X)
    drain(loader(tmp_path, database_url))
    put(writer, batch([click(n, x=2**40 if n == 12 else 5) for n in range(16)]))
    die(tmp_path, database_url, "b")
    drain(loader(tmp_path, database_url))
    assert store.execute("SELECT count() FROM events") == [(15,)]
    assert store.execute("SELECT n FROM dead_events") == [(12,)]
    counters(tmp_path)


def test_what_a_try_before_an_erasure_inserted_is_known_when_it_is_sent_again(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """The loader was killed after the events, before their ids went into `seen`."""
    command(writer, X)
    drain(loader(tmp_path, database_url))
    sent = batch()
    put(writer, sent)
    die(tmp_path, database_url, "-seen")
    worker = loader(tmp_path, database_url)
    drain(worker)
    put(writer, sent | {"attempt": 1})
    drain(worker)
    number = len(sent["events"])
    assert store.execute("SELECT count(), uniqExact(page_id, n) FROM events") == [(number, number)]
    counters(tmp_path)


def test_an_erasure_leaves_no_id_in_logs_mutations_or_the_table_erased(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """Neither as hex nor as a number; the table has a hash."""
    put(writer, visit(X, attempt=1))
    command(writer, X)
    put(writer, visit(X, attempt=2))
    drain(loader(tmp_path, database_url))
    store.execute("SYSTEM FLUSH LOGS")
    assert store.execute("SELECT site_id, visitor_hash FROM erased FINAL") == [(1, digest((1, X)))]
    for name in (str(X), f"{X:016x}"):
        for table in ("system.query_log", "system.mutations", "erased"):
            text = "toString(tuple(*))"
            named = f"position(lower({text}), concat({{first:String}}, {{rest:String}})) > 0"
            sql = f"SELECT {text} FROM {table} WHERE {named}"
            found = store.execute(sql, {"first": name[:8], "rest": name[8:]}, {"log_queries": 0})
            assert found == [], table


def test_the_spool_keeps_no_byte_of_what_was_loaded(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in free pages of the file nor in its log, after the loader has tidied up; not only of the erased."""
    monkeypatch.setattr(load, "TIDY_SECONDS", 0.0)
    worker = loader(tmp_path, database_url)
    for _ in range(20):
        put(writer, visit(Y))
    put(writer, visit(X))
    command(writer, X)
    files = list((tmp_path / "spool").iterdir())
    assert sum(file.read_bytes().count(b"%016x" % Y) for file in files) >= 20
    drain(worker)
    worker.step()
    for visitor in (X, Y):
        assert not [file for file in files if b"%016x" % visitor in file.read_bytes()]


def test_a_repeated_command_does_no_harm(tmp_path: Path, writer: spool.Spool, store: Store, database_url: str) -> None:
    """Twice in one shipment, and once more for a visitor who never came."""
    put(writer, visit(X))
    put(writer, visit(Y))
    for visitor in (X, X, Z):
        command(writer, visitor)
    drain(loader(tmp_path, database_url))
    assert rows(store, X) == 0
    assert rows(store, Y) > 0
    assert counters(tmp_path)["erasures"] == 3
