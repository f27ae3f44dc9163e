"""Sessions of an older version are the same ones at every step of the way to `entry`, and after it."""

from __future__ import annotations

import contextlib
import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from collector import migrate
from collector.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.engine import Connection

BEFORE = 30
"""The last migration of the version that repeated the first event's place in nine columns."""
WORDS = ("browser", "os", "country", "channel", "source", "medium", "campaign", "path")
MERGED = "SELECT * FROM v_sessions ORDER BY site_id, session_id"
NINE = ("device", *WORDS[:-1], "entry_path")


@pytest.fixture
def both(engine: Connection) -> Iterator[tuple[Store, Store]]:
    """Two databases of that version: one that is brought up, and one that stays."""
    with contextlib.ExitStack() as stack:
        stores = []
        for name in ("brought_up", "stays"):
            url = engine.loader_url.replace("/footpath", f"/{name}")
            migrate.migrate(url, known=migrate.migrations()[:BEFORE])
            stores.append(stack.enter_context(contextlib.closing(Store(url))))
            stack.callback(Store(url, database="default").execute, f"DROP DATABASE {name} SYNC")
            # What is inserted stays in parts of its own until it is asked to be merged.
            stores[-1].execute("ALTER TABLE sessions MODIFY SETTING max_bytes_to_merge_at_max_space_in_pool = 1")
        yield stores[0], stores[1]


def url_of(engine: Connection) -> str:
    return engine.loader_url.replace("/footpath", "/brought_up")


def put(stores: tuple[Store, ...], seed: int, count: int = 300) -> None:
    """The same events of twenty sessions into each, in any order of time."""
    rng = random.Random(seed)
    rows: dict[str, list[Any]] = {
        "site_id": [1] * count,
        "kind": [rng.choice(["page_view", "click", "error"]) for _ in range(count)],
        "ts": [1_790_000_000_000 + rng.randrange(50) for _ in range(count)],
        "visitor_id": [rng.randrange(1, 9) for _ in range(count)],
        "session_id": [rng.randrange(20) << 24 for _ in range(count)],
        "page_id": [rng.randrange(3) for _ in range(count)],
        "n": [rng.randrange(2**32) for _ in range(count)],
        "device": [rng.choice(["desktop", "mobile"]) for _ in range(count)],
        **{name: [f"{name} {rng.randrange(9)}" for _ in range(count)] for name in WORDS},
    }
    for store in stores:
        store.insert("events", rows)


def nine(store: Store) -> list[tuple[Any, ...]]:
    """As BI tools were told to read the columns."""
    shown = ", ".join(f"min({name}), min({name}).4" for name in NINE)
    return store.execute(f"SELECT session_id, {shown} FROM sessions GROUP BY session_id ORDER BY session_id")


def entries(store: Store, first: str) -> list[tuple[Any, ...]]:
    """As our own statements read the first event."""
    return store.execute(f"SELECT session_id, {first} FROM sessions GROUP BY session_id ORDER BY session_id")


OLD_ENTRY = f"(min(device).1, min(device).2, min(device).3, {', '.join(f'min({name}).4' for name in NINE)})"


def test_sessions_stay_the_same_at_every_step(both: tuple[Store, Store], engine: Connection) -> None:
    """With events that come between the steps, in parts that are merged at any time."""
    store, stays = both
    known = migrate.migrations()
    for seed in range(4):
        put(both, seed)
    assert store.execute("SELECT count() FROM system.parts WHERE database = 'brought_up' AND table = 'sessions' "
                         "AND active") == [(4,)]  # fmt: skip
    for step in range(BEFORE + 1, len(known) + 1):
        assert len(migrate.migrate(url_of(engine), known=known[:step])) == 1
        for merge in (False, True):
            if merge and step % 2:
                store.execute("OPTIMIZE TABLE sessions FINAL")
            put(both, 10 * step + merge)
            assert store.execute(MERGED) == stays.execute(MERGED), known[step - 1].name
            assert nine(store) == nine(stays), known[step - 1].name
            assert entries(store, "min(entry)") == entries(stays, OLD_ENTRY), known[step - 1].name
    store.execute("OPTIMIZE TABLE sessions FINAL")
    assert store.execute("SELECT count() FROM sessions") == [(20,)]
    assert store.execute(MERGED) == stays.execute(MERGED)
    assert nine(store) == nine(stays)


def test_what_another_collector_does_again_changes_nothing(both: tuple[Store, Store], engine: Connection) -> None:
    """It saw the same steps pending, and comes to each of them after the first had done all."""
    store, stays = both
    put(both, 1)
    for step in [*migrate.migrate(url_of(engine)), *migrate.migrations()[BEFORE:]]:
        migrate.apply(store, step)
        put(both, 2)
        assert store.execute(MERGED) == stays.execute(MERGED), step.name


def test_the_nine_columns_are_not_stored(both: tuple[Store, Store], engine: Connection) -> None:
    """Nor do their files wait for a merge."""
    store, _ = both
    put(both, 1)
    migrate.migrate(url_of(engine))
    asked = (
        "SELECT DISTINCT column FROM system.parts_columns "
        "WHERE database = 'brought_up' AND table = 'sessions' AND active"
    )
    for _ in range(500):
        stored = {name for (name,) in store.execute(asked)}
        if not stored & set(NINE):
            break
        time.sleep(0.02)
    assert "entry" in stored
    assert not stored & set(NINE)


def test_inserts_that_run_end_before_rows_are_filled(both: tuple[Store, Store], engine: Connection) -> None:
    """One that began before the column was there writes its sessions without it; they are filled all the same."""
    store, stays = both
    slow = (
        "INSERT INTO events (site_id, kind, ts, visitor_id, session_id, page_id, n, channel, path) "
        "SELECT 1, 'click', fromUnixTimestamp64Milli(toInt64(1790000000000)), 7, 7, 7, number + sleepEachRow(0.5), "
        "'Email', '/slow' FROM numbers(4) SETTINGS max_block_size = 1"
    )
    # Not any insert: that of the last step's record may still be listed after its answer.
    running = (
        "SELECT count() FROM system.processes "
        "WHERE startsWith(query, 'INSERT INTO events') AND current_database = 'brought_up'"
    )
    with ThreadPoolExecutor() as pool, contextlib.closing(Store(url_of(engine))) as other:
        inserting = pool.submit(other.execute, slow)
        while store.execute(running) != [(1,)]:
            time.sleep(0.01)
        migrate.migrate(url_of(engine))
        assert store.execute(running) == [(0,)]
        inserting.result()
    stays.execute(slow.replace("sleepEachRow(0.5)", "0"))
    assert store.execute(MERGED) == stays.execute(MERGED)
    assert store.execute("SELECT DISTINCT entry.channel, entry.path FROM sessions") == [("Email", "/slow")]


def test_a_view_as_it_first_was_can_be_made_over_the_tables_of_today(database_url: str, store: Store) -> None:
    """As on a replica that is made anew: its tables begin as the others' are by now, and the views with the first."""
    store.execute("DROP VIEW sessions_view")
    first, *later = [step for step in migrate.migrations() if "sessions_view" in step.sql]
    migrate.apply(store, first, settings={"allow_materialized_view_with_bad_select": 1})
    for step in later:
        migrate.apply(store, step)
    put((store,), 1)
    assert store.execute("SELECT count() FROM sessions WHERE entry.channel = ''") == [(0,)]
    assert store.execute("SELECT count() FROM v_sessions") == [(20,)]
