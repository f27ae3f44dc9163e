"""The loader: exactly once, in order, whatever the connection does."""

from __future__ import annotations

import contextlib
import gc
import json
import threading
import time
import weakref
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from collector import cargo, columns, insert, load, shipment, spool, window
from collector.event import Record
from collector.store import Poison, Store
from tests.gate import Gate
from tests.support import CHROME, SITE, batch, click, now_ms, page_id, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[spool.Spool]:
    """A worker's end of a spool."""
    writer = spool.Spool(tmp_path / "spool")
    yield writer
    writer.close()


def put(writer: spool.Spool, sent: dict[str, Any], **fields: Any) -> None:
    """Spool a batch as the receiver does."""
    record = Record(now_ms(), 1, "demo-shop", CHROME, batch=sent, **fields)
    writer.put(record.encode(), len(sent.get("events", ())), record.received)


def loader(tmp_path: Path, url: str) -> load.Loader:
    return load.Loader(tmp_path / "spool", lambda: url, lambda: {"demo-shop": SITE})


def drain(worker: load.Loader, tries: int = 6) -> None:
    """Load everything that waits."""
    for _ in range(tries):
        if not worker.step(everything=True) and worker._failures == 0:
            return


def count(store: Store, table: str = "events") -> int:
    ((number,),) = store.execute(f"SELECT count() FROM {table}")
    return int(number)


def counters(tmp_path: Path) -> dict[str, int]:
    """The spool's counters; the sum of the outcomes must always be what was accepted."""
    found = spool.counters(tmp_path / "spool")
    assert spool.recount(tmp_path / "spool").items() <= found.items()
    assert found["accepted"] == sum(found[name] for name in ("inserted", "duplicate", "erased", "dead", "spooled"))
    return found


def test_a_copy_of_a_stored_event_is_dropped_and_counted(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """The same batch three times: in one shipment, in the next, and to a loader that started anew."""
    sent = batch()
    put(writer, sent)
    put(writer, sent | {"attempt": 1})
    drain(loader(tmp_path, database_url))
    put(writer, sent)
    drain(loader(tmp_path, database_url))
    assert count(store) == 10
    assert counters(tmp_path)["duplicate"] == 20


def test_a_copy_that_memory_forgot_is_found_in_the_table_seen(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """A second try of an old batch, after the window in memory has been emptied."""
    worker = loader(tmp_path, database_url)
    sent = batch()
    put(writer, sent)
    drain(worker)
    worker._window = window.Window()
    put(writer, sent | {"attempt": 1})
    drain(worker)
    assert count(store) == 10


@pytest.mark.parametrize("cuts", [1, 3])
def test_a_lost_answer_to_an_insert_stores_nothing_twice(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str, cuts: int
) -> None:
    """The connection breaks after the rows were sent, before ClickHouse's answer: the roll-ups too count once."""
    gate = Gate(database_url)
    worker = loader(tmp_path, gate.url)
    put(writer, batch())
    drain(worker)
    gate.cuts = cuts
    put(writer, batch())
    drain(worker, tries=12)
    gate.close()
    assert gate.cuts == 0
    assert count(store) == 20
    assert store.execute("SELECT sum(clicks) FROM heat_cells") == [(18,)]
    assert store.execute("SELECT sum(page_views) FROM page_totals") == [(2,)]
    assert counters(tmp_path)["insert_errors"] == cuts


def test_a_shipment_that_was_begun_is_finished_by_the_next_loader(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """Killed between insert and deletion: the plan is repeated, the rows are not."""
    put(writer, batch())
    worker = loader(tmp_path, database_url)
    database = worker._ready_store()
    connection = worker._opened(writer.path)
    decoded = cargo.unpack(shipment.waiting(connection, 1000, 10**6))
    plan = worker._plan(database, decoded)
    shipment.begin(connection, plan)
    with contextlib.closing(spool.connect(writer.path)) as frozen:
        records = shipment.records(frozen, plan)
    worker._ship(database, connection, plan, decoded)
    # As if the deletion had never reached the disk.
    shipment.begin(connection, plan)
    connection.executemany("INSERT INTO records VALUES (?, ?, ?, ?)", records)
    spool.add_counts(
        connection, {"inserted": -10, "spooled": 10, "spooled_records": 1, "spooled_bytes": len(records[0][3])}
    )
    drain(loader(tmp_path, database_url))
    assert count(store) == 10
    assert count(store, "seen") == 10


def test_a_value_that_cannot_be_stored_costs_no_neighbour(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """One row in the middle of a block is set aside with its reason; the others are stored."""
    poisoned = click(5, x=2**40)
    put(writer, batch([click(number) for number in range(5)] + [poisoned] + [click(number) for number in range(6, 10)]))
    drain(loader(tmp_path, database_url))
    assert count(store) == 9
    ((n, error, event),) = store.execute("SELECT n, error, event FROM dead_events")
    assert n == 5
    assert error
    assert json.loads(event)["x"] == 2**40
    assert counters(tmp_path)["dead"] == 1


def test_an_event_that_no_row_can_be_built_from_is_set_aside(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """A record of an older or broken worker: the loader goes on."""
    put(writer, batch([click(0), {"n": 1, "t": 5, "k": "identify", "id": "not hex"}, click(2)]))
    drain(loader(tmp_path, database_url))
    assert count(store) == 2
    assert count(store, "dead_events") == 1


def test_one_insert_never_spans_two_months(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """Events around the end of a month become one insert each."""
    day = 86_400_000
    now = now_ms()
    for age in (0, 20 * day):
        sent = batch()
        sent["page"]["started_at"] = now - age
        put(writer, sent | {"sent_at": now})
    drain(loader(tmp_path, database_url))
    months = store.execute(
        "SELECT uniqExact(partition) FROM system.parts WHERE table = 'events' AND active "
        "AND database = currentDatabase()"
    )
    assert count(store) == 20
    assert months == store.execute("SELECT uniqExact(toYYYYMM(ts)) FROM events")


def test_session_ids_of_any_month_do_not_stop_the_loader(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """Hostile ids that name more months than ClickHouse takes in one insert by default."""
    for number in range(150):
        put(writer, batch([click(0)], session=f"{(number * 30 * 86_400_000) << 24:016x}"))
    put(writer, batch([click(0)], session="f" * 16))
    drain(loader(tmp_path, database_url))
    assert count(store) == 151
    assert store.execute("SELECT uniqExact(session_id) FROM sessions") == [(151,)]


def test_refused_events_are_kept_without_their_values(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """The validator's reasons reach rejected_events."""
    put(
        writer,
        batch([]),
        rejected=[{"reason": "field", "errors": ["x: must be a whole number"], "event": {"k": "click", "x": "str"}}],
    )
    drain(loader(tmp_path, database_url))
    assert store.execute("SELECT site, reason, errors FROM rejected_events") == [
        ("demo-shop", "field", "x: must be a whole number")
    ]


def test_small_batches_wait_a_second_and_no_longer(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """Nothing is inserted before a second has passed, unless there is a lot."""
    worker = loader(tmp_path, database_url)
    put(writer, batch())
    assert not worker.step()
    time.sleep(1.05)
    assert worker.step()
    assert count(store) == 10


def test_halving_finds_every_bad_row(store: Store) -> None:
    """Several bad rows: all are found, all others stored, each piece under a token of its own."""
    rows = {
        "site_id": [1] * 9,
        "visitor_id": [1] * 9,
        "session_id": [1] * 9,
        "page_id": [1] * 9,
        "n": list(range(9)),
        "bot_class": ["x", "x", None, *"xxx", None, "x", "x"],
        "ts": [now_ms()] * 9,
    }
    dead = insert.all_rows(store, "trails", rows, "token")
    assert [row["n"] for row in dead] == [2, 6]
    assert count(store, "trails") == 7
    with pytest.raises(Poison):
        store.insert("sites", {"site_id": [-1]})


@pytest.mark.parametrize(
    "payload",
    [
        b'{"received": 1',
        b'{"received": 1, "site_id": 1, "site": "demo-shop", "invented_later": 1}',
        Record(1, 1, "demo-shop", batch={"events": [{"n": 0}]}).encode(),
        Record(now_ms(), 1, "demo-shop", batch=batch([click(0)], page=batch()["page"] | {"viewport": []})).encode(),
    ],
)
def test_a_damaged_record_is_set_aside_and_the_others_go_on(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str, payload: bytes
) -> None:
    """Cut off, of a newer version, or without what every batch has."""
    put(writer, batch())
    writer.put(payload, 1, now_ms())
    put(writer, batch())
    drain(loader(tmp_path, database_url))
    assert count(store) == 20
    assert count(store, "dead_events") == 1
    assert counters(tmp_path)["dead"] == 1


def test_a_damaged_spool_file_is_told_and_the_others_go_on(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """It is left as it is, for people."""
    (tmp_path / "spool" / "slot-0000.sqlite").write_bytes(b"this is no database" * 100)
    put(writer, batch())
    drain(loader(tmp_path, database_url))
    assert count(store) == 10
    assert counters(tmp_path)["damaged_files"] == 1


def test_a_file_that_is_damaged_inside_is_told_like_one_that_is_no_database(
    tmp_path: Path, writer: spool.Spool
) -> None:
    """Its head is well and the records are not: counters, notes and what waits are read from the other files."""
    other = spool.Spool(tmp_path / "spool")
    put(other, batch())
    other.close()
    with contextlib.closing(spool.connect(other.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'records'").fetchone()
    with other.path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    put(writer, batch())
    found = spool.counters(tmp_path / "spool")
    assert (found["damaged_files"], found["accepted"]) == (1, 10)
    assert spool.recount(tmp_path / "spool")["spooled"] == 10
    assert spool.oldest_received(tmp_path / "spool") is not None


def test_an_old_plan_is_not_repeated_blindly(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """A collector returns after the engine has forgotten its token: what was inserted is found by its ids."""
    put(writer, batch())
    worker = loader(tmp_path, database_url)
    database, connection = worker._ready_store(), worker._opened(writer.path)
    parcels = cargo.unpack(shipment.waiting(connection, 1000, 10**6))
    plan = worker._plan(database, parcels)
    old = json.loads(plan.verdicts) | {"begun": time.time() - 3600}
    shipment.begin(connection, shipment.Shipment("forgotten", plan.first, plan.last, json.dumps(old).encode()))
    tables = cargo.pack(parcels, {}, {"1": "Europe/Berlin"}).builder.tables
    for (table, _), rows in tables.items():
        store.insert(table, rows.columns(), token="another")
    drain(worker)
    assert count(store) == 10
    assert store.execute("SELECT sum(page_views) FROM page_totals") == [(1,)]
    assert counters(tmp_path)["spooled"] == 0


def test_a_zone_that_changes_between_tries_counts_nothing_twice(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """The plan holds the zones that it was made with."""
    put(writer, batch())
    sites = {"demo-shop": SITE}
    worker = load.Loader(tmp_path / "spool", lambda: database_url, lambda: sites)
    connection = spool.connect(writer.path)
    database = worker._ready_store()
    plan = worker._plan(database, cargo.unpack(shipment.waiting(connection, 1000, 10**6)))
    assert json.loads(plan.verdicts)["zones"] == {"1": "Europe/Berlin"}
    connection.close()


def test_the_sites_other_origins_are_no_source(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """Who comes from one of the site's shops to another one came from nowhere new."""
    link = "https://shop-de.example/sale"
    put(writer, batch(entry={"url": "https://shop.example/", "referrer": link}))
    site = replace(SITE, origins=("https://shop.example", "https://www.shop-de.example:8443"))
    drain(load.Loader(tmp_path / "spool", lambda: database_url, lambda: {"demo-shop": site}))
    assert store.execute("SELECT DISTINCT channel, source, entry_referrer FROM events") == [
        ("Direct", "", "shop-de.example/sale")
    ]


def test_a_clock_that_is_set_back_does_not_stop_the_loader(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """A record from what is now the future is loaded at once."""
    record = Record(now_ms() + 3_600_000, 1, "demo-shop", CHROME, batch=batch())
    writer.put(record.encode(), 10, record.received)
    assert loader(tmp_path, database_url).step()
    assert count(store) == 10


def test_trouble_is_forgotten_by_the_next_loader(
    tmp_path: Path, writer: spool.Spool, store: Store, database_url: str
) -> None:
    """A note of a predecessor goes with the first success."""
    put(writer, batch())
    with contextlib.closing(spool.connect(writer.path)) as connection:
        spool.note(connection, "loader", "no route")
    drain(loader(tmp_path, database_url))
    assert spool.notes(tmp_path / "spool") == {}


@pytest.mark.parametrize(
    ("zone", "utc", "day"),
    [
        ("Asia/Kathmandu", "2026-09-09T18:20:00", "2026-09-10"),
        ("Asia/Kathmandu", "2026-09-09T18:14:59", "2026-09-09"),
        ("Pacific/Chatham", "2026-06-01T11:16:00", "2026-06-02"),
        ("Europe/Berlin", "2026-10-24T22:00:00", "2026-10-25"),
    ],
)
def test_the_day_of_a_page_view_is_that_of_the_sites_zone(zone: str, utc: str, day: str) -> None:
    """Also where a zone's offset is not of whole or half hours."""
    at = int(datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp() * 1000)
    one = batch([click(0)], sent_at=at + 5000)
    one["page"]["started_at"] = at
    packed = cargo.pack(cargo.unpack([(1, at, 1, Record(at + 5000, 1, "x", batch=one).encode())]), {}, {"1": zone})
    ((rows,),) = [tuple(packed.builder.tables.values())]
    assert [str(found) for found in rows.columns()["page_day"]] == [day]


@pytest.mark.parametrize(
    ("sent", "expected", "clock"),
    [
        ({"started": 0, "sent_at": 5_000, "sent_t": 5_000, "received": 5_100}, 0, "browser"),
        ({"started": 0, "sent_at": 5_000, "sent_t": 5_000, "received": 905_000}, 900_000, "received"),
        ({"started": 0, "sent_at": 5_000, "sent_t": 5_000, "received": 905_000, "offset": 899_000}, 899_000, "offset"),
        ({"started": 0, "sent_at": 5_000, "sent_t": 5_000, "received": 5_100, "offset": 9_000}, 0, "browser"),
        ({"started": 0, "sent_at": 40_000_000, "received": 40_000_100}, 0, "browser"),
        ({"started": 0, "sent_at": 40_000_000, "received": 41_000_000}, 1_000_000, "received"),
    ],
)
def test_the_time_of_an_event_rests_on_the_best_clock_there_is(sent: dict[str, int], expected: int, clock: str) -> None:
    """Ours where the browser's is off by more than 10 s, its own offset first."""
    now = now_ms()
    one = batch(offset=sent["offset"]) if "offset" in sent else batch()
    one["page"]["started_at"] = now + sent["started"]
    one["sent_at"] = now + sent["sent_at"]
    one.pop("sent_t")
    if "sent_t" in sent:
        one["sent_t"] = sent["sent_t"]
    record = Record(now + sent["received"], 1, "demo-shop", batch=one)
    start, found = columns.page_start(record)
    assert (start - now, found) == (expected, clock)


def test_what_is_left_in_cycles_goes_between_shipments(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python would wait until there are half a million of them."""

    class Left:
        itself: object

    def leave() -> weakref.ref[Left]:
        left = Left()
        left.itself = left
        return weakref.ref(left)

    monkeypatch.setattr(load, "TIDY_SECONDS", 0.0)
    worker = loader(tmp_path, database_url)
    running = threading.Thread(target=worker.run, args=(0.0,))
    gc.disable()
    try:
        left = leave()
        running.start()
        wait_until(lambda: left() is None, what="the end of a cycle")
    finally:
        gc.enable()
        worker.stopping.set()
        running.join()


def test_the_window_remembers_the_newest_and_takes_any_number() -> None:
    """Bounded memory, also for hostile event numbers: the last two blocks at least, four at most."""
    held = window.Window(blocks=2)
    held.add([(1, 2, 3, 0), (1, 2, 3, 2**32 - 1)])
    assert (1, 2, 3, 0) in held
    assert (1, 2, 3, 2**32 - 1) in held
    assert (1, 2, 3, 1) not in held
    held.add([(1, 2, 3, 5)])
    for page in range(4, 50):
        held.add([(1, 2, page, 7)])
        assert [(1, 2, each, 7) in held for each in (page - 1, page)] == [page > 4, True]
        assert len(held._new) + len(held._old) <= 4
    assert (1, 2, 3, 0) not in held
    assert (1, 2, 3, 5) not in held


def test_the_window_takes_no_id_for_another() -> None:
    """The four numbers of an id, at their ends."""
    held = window.Window()
    ends = [(site, visitor, page, number) for site in (1, 2**32 - 1) for visitor in (1, 2**64 - 1)
            for page in (1, 2**64 - 1) for number in (0, 1023, 1024, 2**32 - 1)]  # fmt: skip
    for place, known in enumerate(ends):
        assert [each in held for each in ends] == [at < place for at in range(len(ends))]
        held.add([known])


def test_ids_of_pages_tell_when_they_began() -> None:
    """40 bits of ms since 2025."""
    from collector.event import id_ms

    assert id_ms(int(page_id(1_790_000_000_123), 16)) == 1_790_000_000_123
