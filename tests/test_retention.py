"""Retention: days by kind become the tables' TTL, and what has expired goes while the rest stays."""

from __future__ import annotations

import time
from datetime import date
from typing import TYPE_CHECKING

import pytest

from collector import erase, retention
from collector.config import ConfigError, Settings

if TYPE_CHECKING:
    from collector.store import Store

DAY_MS = 86_400_000
VISITOR = 0xA1B2C3D4E5F60718


def ttl(store: Store, table: str) -> str:
    """What stands behind TTL."""
    return retention._current(store, table)


def put(store: Store, kind: str, days_ago: float, visitor: int = VISITOR) -> None:
    """One event of that age."""
    ts = int(time.time() * 1000 - days_ago * DAY_MS)
    row = {
        "site_id": 1, "kind": kind, "ts": ts, "clock": "browser", "visitor_id": visitor, "session_id": 7 << 24,
        "page_id": ts, "n": 1, "page_start": ts, "page_day": date.fromtimestamp(ts / 1000), "device": "desktop",
        "path": "/a", "x": 10, "document_width": 100,
    }  # fmt: skip
    store.insert("events", {name: [value] for name, value in row.items()})


def kinds(store: Store) -> list[tuple[str, int]]:
    """How many events of each kind there are."""
    return store.execute("SELECT toString(kind), count() FROM events GROUP BY kind ORDER BY 1")  # type: ignore[return-value]


def expire(store: Store, table: str = "events") -> None:
    """What ClickHouse does by itself within hours."""
    store.execute(f"ALTER TABLE {table} MATERIALIZE TTL", settings={"mutations_sync": 2})
    store.execute(f"OPTIMIZE TABLE {table} FINAL")


def test_without_a_setting_everything_is_kept(store: Store) -> None:
    """But trails and skeletons, which have had 30 and 180 days from the start."""
    assert retention.apply(store, {}) == []
    assert ttl(store, "events") == ""
    assert ttl(store, "trails") == "toDateTime(ts) + toIntervalDay(30)"
    assert ttl(store, "skeletons") == "toDateTime(ts) + toIntervalDay(180)"


def test_applied_twice_it_changes_nothing(store: Store) -> None:
    """And taken back, the tables are as before; ClickHouse writes the text as we do."""
    days = {"click": 400, "error": 30, "identify": 90, "trail": 7, "skeleton": 30, "session": 500, "dead": 14}
    assert {change.table for change in retention.apply(store, days)} == set(retention.wanted({}))
    assert retention.apply(store, days) == []
    assert len(retention.apply(store, days | {"click": 401})) == 1
    assert len(retention.apply(store, {})) == 6
    assert retention.apply(store, {}) == []
    assert {table: ttl(store, table) for table in retention.wanted({})} == retention.wanted({})


def test_a_ttl_of_somebody_else_s_is_left_alone(store: Store) -> None:
    """While the setting says nothing about its table."""
    store.execute("ALTER TABLE sessions MODIFY TTL toDateTime(ended_at) + INTERVAL 1 YEAR")
    own = ttl(store, "sessions")
    assert own
    assert retention.apply(store, {"click": 30}) != []
    assert ttl(store, "sessions") == own


def test_each_kind_goes_when_its_days_are_over(store: Store) -> None:
    """Others of the same age stay, and so do the cells of the roll-ups."""
    for kind in ("click", "page_view", "error"):
        for age in (0.5, 20, 50):
            put(store, kind, age)
    retention.apply(store, {"click": 10, "error": 30})
    expire(store)
    assert kinds(store) == [("click", 1), ("error", 2), ("page_view", 3)]
    assert store.execute("SELECT sum(clicks) FROM heat_cells") == [(3,)]


def test_an_erasure_after_events_have_expired_leaves_the_frozen_days(store: Store) -> None:
    """Cells of days whose events are gone stay; those of other days are counted anew without the visitor."""
    other = 5
    for age in (0.5, 50):
        put(store, "click", age)
        put(store, "click", age, visitor=other)
    put(store, "page_view", 50)
    retention.apply(store, {"click": 10})
    expire(store)
    erase.erase(store, {(1, VISITOR): 1}, "run")
    assert store.execute("SELECT sum(clicks) FROM heat_cells WHERE page_day < today() - 10") == [(2,)]
    assert store.execute("SELECT sum(clicks) FROM heat_cells WHERE page_day >= today() - 10") == [(1,)]
    assert store.execute("SELECT visitor_id FROM events") == [(other,)]


@pytest.mark.parametrize("text", ["click", "click=0", "click=-1", "clicks=5", "click=5,click=6", "click=1e3", "*=5"])
def test_a_wrong_setting_is_told(text: str) -> None:
    """With the kinds that there are."""
    with pytest.raises(ConfigError, match=r"FOOTPATH_RETENTION.*days by kind such as click=400"):
        Settings.from_environment({"FOOTPATH_RETENTION": text})


def test_kinds_are_separated_by_commas() -> None:
    """Spaces do no harm."""
    assert Settings.from_environment({"FOOTPATH_RETENTION": "click=400, trail=7"}).retention == {
        "click": 400,
        "trail": 7,
    }
