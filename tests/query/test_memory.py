"""A memory gives the same answers, asks once for many, forgets in time, and never keeps an error."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from collector.query import Memory, QueryError, connect
from collector.query.memory import RememberingStore
from collector.store import StoreError
from tests.query import worlds

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.store import Store

NUMBER = "SELECT generateUUIDv4() AS number"


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_within_its_seconds_a_statement_is_run_once_for_all_connections(query_url: str) -> None:
    clock = Clock()
    memory = Memory(10, clock=clock)
    here, there = RememberingStore(query_url, memory), RememberingStore(query_url, memory)
    first = here.ask(NUMBER)
    clock.now += 9.9
    assert there.ask(NUMBER) == first
    assert here.ask(NUMBER, {"other": 1}) != first
    clock.now += 0.1
    assert there.ask(NUMBER) != first


def test_each_thing_begins_its_seconds_at_another_time() -> None:
    """Its clock stands still for them, never goes back, and is never ahead."""
    clock = Clock()
    memory = Memory(20, clock=clock)
    seen: dict[str, list[int]] = {"": [], "overview": [], "friction": []}
    for _ in range(600):
        clock.now += 0.1
        for about, times in seen.items():
            times.append(memory.now_ms(about))
            assert 0 <= clock.now * 1000 - times[-1] < 20_001
    for times in seen.values():
        assert times == sorted(times)
        assert 3 <= len(set(times)) <= 4
    begun = [{each % 20_000 for each in times} for times in seen.values()]
    assert [len(each) for each in begun] == [1, 1, 1]
    assert len(set.union(*begun)) == 3


def test_many_at_once_wait_for_the_first(query_url: str) -> None:
    memory, gate = Memory(10), threading.Barrier(12)

    def ask(_: int) -> object:
        store = RememberingStore(query_url, memory)
        gate.wait()
        return store.ask("SELECT generateUUIDv4(), sleep(0.2)").rows[0][0]

    with ThreadPoolExecutor(12) as pool:
        assert len(set(pool.map(ask, range(12)))) == 1


def test_an_error_is_told_and_forgotten(query_url: str, shared: Store) -> None:
    store = RememberingStore(query_url, Memory(10))
    shared.execute("DROP TABLE IF EXISTS not_yet")
    with pytest.raises(StoreError):
        store.ask("SELECT count() FROM not_yet")
    shared.execute("CREATE TABLE not_yet (a UInt8) ENGINE = Memory")
    assert store.ask("SELECT count() FROM not_yet").rows == [(0,)]
    shared.execute("DROP TABLE not_yet")


def test_that_there_is_nothing_is_asked_again_soon(query_url: str, shared: Store) -> None:
    """A moment later: what has just come is not hidden for as long as an answer is kept."""
    clock = Clock()
    store = RememberingStore(query_url, Memory(60, clock=clock))
    shared.execute("DROP TABLE IF EXISTS arriving")
    shared.execute("CREATE TABLE arriving (a UInt8) ENGINE = Memory")
    sql = "SELECT a FROM arriving"
    assert store.ask(sql).rows == []
    shared.execute("INSERT INTO arriving SELECT 1")
    clock.now += 1.9
    assert store.ask(sql).rows == []
    clock.now += 0.1
    assert store.ask(sql).rows == [(1,)]
    shared.execute("INSERT INTO arriving SELECT 2")
    clock.now += 59.9
    assert store.ask(sql).rows == [(1,)]
    shared.execute("DROP TABLE arriving")


def test_no_more_rows_are_kept_than_asked_for(query_url: str) -> None:
    store = RememberingStore(query_url, Memory(10, rows=250))
    statements = [f"SELECT generateUUIDv4() FROM numbers(100) WHERE number != {1000 + place}" for place in range(4)]
    first = [store.ask(sql) for sql in statements]
    again = [store.ask(sql) for sql in reversed(statements)][::-1]
    assert [one == other for one, other in zip(first, again, strict=True)] == [False, False, True, True]


def test_reports_say_the_same_with_and_without(query_url: str, shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    worlds.save(shared, site_id, [{"at": worlds.ms("2026-11-10T12:00:00"), "page_id": page} for page in range(5)])
    memory = Memory(3600)
    for _ in range(2):
        kept = connect(query_url, memory=memory).site(f"site-{site_id}").traffic("2026-11-10", by="device")
        fresh = connect(query_url).site(f"site-{site_id}").traffic("2026-11-10", by="device")
        assert kept.rows == fresh.rows
        assert kept.rows[0].page_views == 5


def test_what_statements_cost_is_known(query_url: str, shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    worlds.save(shared, site_id, [{"at": worlds.ms("2026-11-10T12:00:00")}])
    answer = connect(query_url, memory=Memory()).site(f"site-{site_id}").traffic("2026-11-10")
    shared.execute("SYSTEM FLUSH LOGS")
    cost = answer.cost
    assert cost is not None
    assert cost.rows > 0


def test_statements_that_are_not_to_be_logged_are_not(
    query_url: str, shared: Store, new_site: Callable[[], int]
) -> None:
    site_id = new_site()
    worlds.save(shared, site_id, [{"at": worlds.ms("2026-11-10T12:00:00")}])
    asked = [
        connect(query_url, memory=Memory(logged=logged)).site(f"site-{site_id}").traffic("2026-11-10").statements[0]
        for logged in (True, False)
    ]
    shared.execute("SYSTEM FLUSH LOGS")
    ids = [each.query_id for each in asked]
    found = shared.execute(
        "SELECT DISTINCT query_id FROM system.query_log WHERE query_id IN {ids:Array(String)}", {"ids": ids}
    )
    assert found == [(ids[0],)]


def test_its_clock_stands_still_so_that_the_same_question_is_the_same_statement() -> None:
    clock = Clock()
    memory = Memory(10, clock=clock)
    before = memory.now_ms()
    clock.now += 9
    assert memory.now_ms() == before
    clock.now += 1
    assert memory.now_ms() == before + 10_000


def test_a_site_that_is_not_there_is_still_an_error(query_url: str) -> None:
    with pytest.raises(QueryError):
        connect(query_url, memory=Memory()).site("nowhere")
