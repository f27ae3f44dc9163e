"""The loader: exactly once, in order, whatever the connection does."""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from collector import columns, load, shipment, spool
from collector.event import Record
from collector.store import Poison, Store
from tests.gate import Gate
from tests.support import CHROME, SITE, batch, click, now_ms, page_id

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
    worker._window = load.Window()
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
    (connection,) = worker._open_files()
    decoded = load._decoded(shipment.waiting(connection, 1000, 10**6))
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


def test_halving_gives_every_piece_a_token_of_its_own(store: Store) -> None:
    """Several bad rows: all are found, all others stored."""
    rows = {
        "site_id": [1] * 9,
        "key": list("abcdefghi"),
        "name": ["x", "x", None, *"xxx", None, "x", "x"],
        "time_zone": ["UTC"] * 9,
        "updated_at": [0] * 9,
    }
    dead = load.insert_all(store, "sites", rows, "token")
    assert [row["key"] for row, _ in dead] == ["c", "g"]
    assert count(store, "sites") == 7
    with pytest.raises(Poison):
        store.insert("sites", {"site_id": [-1]})


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


def test_the_window_forgets_the_oldest_and_takes_any_number(tmp_path: Path) -> None:
    """Bounded memory, also for hostile event numbers."""
    window = load.Window(blocks=2)
    window.add([(1, 2, 3, 0), (1, 2, 3, 2**32 - 1)])
    assert (1, 2, 3, 2**32 - 1) in window
    assert (1, 2, 3, 1) not in window
    window.add([(1, 2, 4, 0)])
    assert (1, 2, 3, 0) not in window
    assert (1, 2, 4, 0) in window


def test_ids_of_pages_tell_when_they_began() -> None:
    """40 bits of ms since 2025."""
    from collector.event import id_ms

    assert id_ms(int(page_id(1_790_000_000_123), 16)) == 1_790_000_000_123
