"""The loader with a shard that is away: nothing that was acknowledged is lost, and nothing is counted twice."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from collector import cluster, spool
from collector.store import Store
from tests.cluster.servers import GATED
from tests.cluster.worlds import counters, drain, loader, put
from tests.support import batch, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cluster.servers import Shards

EVENTS = 10
"""In each batch of `tests.support`: a page view and nine clicks."""


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[spool.Spool]:
    """A worker's end of a spool."""
    writer = spool.Spool(tmp_path / "spool")
    yield writer
    writer.close()


def totals(store: Store) -> tuple[int, ...]:
    """Events, distinct events, distinct ids in `seen`, clicks in heat cells and in sessions, page views, sessions."""
    return tuple(
        store.execute(sql)[0][0]
        for sql in (
            "SELECT count() FROM events",
            "SELECT uniqExact(site_id, visitor_id, page_id, n) FROM events",
            "SELECT uniqExact(site_id, visitor_id, page_id, n) FROM seen",
            "SELECT sum(clicks) FROM heat_cells",
            "SELECT sum(clicks) FROM sessions",
            "SELECT sum(page_views) FROM page_totals",
            "SELECT uniqExact(session_id) FROM sessions",
        )
    )


def once(batches: int) -> tuple[int, ...]:
    """The totals of so many batches, each counted once."""
    return (batches * EVENTS, batches * EVENTS, batches * EVENTS, batches * 9, batches * 9, batches, batches)


def test_events_wait_for_a_shard_that_is_away(
    spread: Store, cluster_url: str, shards: Shards, writer: spool.Spool, tmp_path: Path
) -> None:
    """The loader says which server it waits for; when that is back, everything is there once."""
    worker = loader(tmp_path, cluster_url)
    worker.stopping.set()  # no pauses
    put(writer, batch())
    drain(worker)
    shards.kill(1)
    try:
        for _ in range(20):
            put(writer, batch())
        for _ in range(3):
            assert not worker.step(everything=True)
        told, _ = spool.notes(tmp_path / "spool")["loader"]
        assert told == f"waiting for ClickHouse: no server of a shard answers: 127.0.0.1:{shards.ports[1]}"
        assert counters(tmp_path)["spooled"] == 20 * EVENTS
    finally:
        shards.start(1)
    wait_until(lambda: worker.step(everything=True), what="the loader")
    drain(worker)
    assert counters(tmp_path)["inserted"] == 21 * EVENTS
    assert totals(spread) == once(21)


@pytest.mark.parametrize("cluster_name", [GATED])
@pytest.mark.parametrize("table", ["events", "seen"])
def test_the_answer_of_one_shard_is_lost(
    cluster_url: str, shards: Shards, writer: spool.Spool, tmp_path: Path, table: str
) -> None:
    """It has its rows; the retry has the same tokens, and brings what is missing elsewhere."""
    spread, worker = Store(cluster_url), loader(tmp_path, cluster_url)
    worker.stopping.set()  # no pauses
    for _ in range(5):
        put(writer, batch())
    drain(worker)
    half = Store(shards.url(f"{spread.database}_local", 1))
    ((before,),) = half.execute(f"SELECT count() FROM {table}")
    for _ in range(100):
        put(writer, batch())
    shards.gate.table = f"{spread.database}_local.{table}"
    shards.gate.cuts = 2
    assert not worker.step(everything=True)
    assert counters(tmp_path)["spooled"] == 100 * EVENTS
    assert half.execute(f"SELECT count() > {before} FROM {table}") == [(1,)]
    drain(worker)
    assert shards.gate.cuts == 0
    assert counters(tmp_path)["inserted"] == 105 * EVENTS
    assert counters(tmp_path)["insert_errors"] == 2
    assert totals(spread) == once(105)


@pytest.mark.parametrize("cluster_name", [GATED])
@pytest.mark.parametrize("dies", [[0], [1], [0, 1]])
def test_shards_start_again_before_a_shipment_is_repeated(
    cluster_url: str, shards: Shards, writer: spool.Spool, tmp_path: Path, dies: list[int]
) -> None:
    """Their tokens do not say what they have then; those of a shard that has not died do."""
    spread, worker = Store(cluster_url), loader(tmp_path, cluster_url)
    worker.stopping.set()  # no pauses
    for _ in range(100):
        put(writer, batch())
    shards.gate.table = f"{spread.database}_local.seen"
    shards.gate.cuts = 1
    assert not worker.step(everything=True)
    time.sleep(3.5)  # so that the servers' ages tell which of them have started since
    for place in dies:
        shards.kill(place)
        shards.start(place)
    wait_until(lambda: worker.step(everything=True), what="the loader")
    drain(worker)
    assert counters(tmp_path)["inserted"] == 100 * EVENTS
    assert totals(spread) == once(100)


def test_shards_die_while_events_come(
    spread: Store, cluster_url: str, shards: Shards, writer: spool.Spool, tmp_path: Path
) -> None:
    """Also the one that the loader talks to, and batches that are sent again."""
    worker = loader(tmp_path, cluster_url)
    loading = threading.Thread(target=worker.run)
    loading.start()
    sent: list[dict[str, Any]] = []

    def send(seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            sent.append(batch())
            put(writer, sent[-1])
            if len(sent) % 5 == 0:
                put(writer, sent[-3] | {"attempt": 1})
            time.sleep(0.01)

    try:
        for place in (1, 0):
            send(1.5)
            shards.kill(place)
            send(1.0)
            shards.start(place)
        send(0.5)
        wait_until(lambda: counters(tmp_path)["spooled"] == 0, 180, "the end of the load")
    finally:
        worker.stopping.set()
        loading.join()
    assert counters(tmp_path)["insert_errors"] > 0
    assert counters(tmp_path)["duplicate"] == len(sent) // 5 * EVENTS
    assert totals(spread) == once(len(sent))


def test_a_shard_that_is_away_is_no_reason_to_take_a_copy_twice(
    spread: Store, cluster_url: str, shards: Shards, writer: spool.Spool, tmp_path: Path
) -> None:
    """A loader that has just started knows nothing; without `seen` of all shards it does not begin."""
    put(writer, batch_sent := batch())
    drain(loader(tmp_path, cluster_url))
    put(writer, batch_sent | {"attempt": 1})
    worker = loader(tmp_path, cluster_url)
    worker.stopping.set()
    shards.kill(1)
    try:
        assert not worker.step(everything=True)
        assert worker._failures == 1
    finally:
        shards.start(1)
    wait_until(lambda: worker.step(everything=True), what="the loader")
    assert counters(tmp_path)["duplicate"] == EVENTS
    assert totals(spread) == once(1)


@pytest.mark.parametrize("bad", [0, 1])
def test_a_value_that_one_shard_refuses_is_set_aside_alone(
    cluster_url: str, shards: Shards, writer: spool.Spool, tmp_path: Path, bad: int
) -> None:
    """The other shard has its rows by then, and does not get them again in halves."""
    spread = Store(cluster_url)
    for place in (0, 1):
        local = Store(shards.url(f"{spread.database}_local", place))
        local.execute("ALTER TABLE events ADD CONSTRAINT poison CHECK x != 666")
    sent = [batch() for _ in range(40)]
    rows = {"visitor_id": [int(each["visitor"], 16) for each in sent], "place": list(range(len(sent)))}
    refused = cluster.divided(spread, "events", rows)[bad + 1]["place"][0]
    sent[refused]["events"][3]["x"] = 666
    for each in sent:
        put(writer, each)
    drain(loader(tmp_path, cluster_url))
    assert spread.execute("SELECT count() FROM dead_events") == [(1,)]
    assert counters(tmp_path)["inserted"] == 399
    assert totals(spread) == (399, 399, 400, 359, 359, 40, 40)


@pytest.mark.parametrize("table", ["events", "outcomes"])
def test_rows_are_divided_as_the_cluster_divides_them(spread: Store, table: str) -> None:
    """By the tables' own hash, also of several columns."""
    rows = {
        "site_id": [1] * 200, "visitor_id": [number * 7919 for number in range(200)],
        "source": ["shop's"] * 200, "id": [f"order {number}" for number in range(200)],
    }  # fmt: skip
    if table == "events":
        rows = {name: rows[name] for name in ("site_id", "visitor_id")}
    divided = cluster.divided(spread, table, rows)
    spread.insert(table, rows)
    name = "visitor_id" if table == "events" else "id"
    for shard, part in divided.items():
        there = spread.execute(f"SELECT {name} FROM {table} WHERE _shard_num = {shard} ORDER BY 1")
        assert [value for (value,) in there] == sorted(part[name])
