"""What did an earlier try bring, where ClickHouse has died since? The tokens of inserts do not say it then.

A MergeTree table commits rows before it writes down their token, and forces only the rows to the disk; and the tokens
of a view's rows are others after a start where the view's query was altered before it. So a shipment that is repeated
to a server that has started since is compared with what is there: events and trails by their ids, what was set aside by
what it says, and the roll-ups, which have no ids, by what their rows add up to. A block of rows is one part of a table:
there as a whole, or not at all.
"""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass
from math import isclose
from typing import TYPE_CHECKING, Any, Final

from collector.personal import STAGING, UNLOGGED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from collector.cluster import Columns, Part
    from collector.columns import EventId
    from collector.store import Store

BY_ID: Final = ("events", "trails")
"""Tables whose rows can be found by what names them."""
_ID: Final = ("site_id", "visitor_id", "page_id", "n")
_ASIDE: Final = {
    "dead_events": ("site_id", "visitor_id", "page_id", "n", "event"),
    "rejected_events": ("site", "reason", "errors", "event"),
}
"""What a row set aside says, beside when it came. The engine may word its `error` otherwise at another try."""
_ROUNDING_SECONDS: Final = 2.0
_LOOKS: Final = 20
_PAUSE: Final = 0.25
_SESSION_MS: Final = 31 * 86_400_000
"""No session goes on for longer: how far back its other events are looked for."""

log = logging.getLogger("footpath.load")


@dataclass(frozen=True, slots=True)
class _View:
    """A materialized view over events: `cells` is its SELECT, `keys` say which rows of `table` add up to one, `sums`
    what adds up, `partition` is that of `table`. `replacing`: the same row twice is one.
    """

    table: str
    cells: str
    columns: tuple[str, ...]
    keys: tuple[str, str]
    sums: tuple[str, ...]
    partition: str
    replacing: bool


def has_started_since(part: Part, seconds: float) -> bool:
    """Whether the server of these rows, and of their tokens, may have started within so many seconds.

    Raises:
        StoreError: ClickHouse did not answer.
    """
    ((up,),) = part.store.execute("SELECT uptime()")
    return up <= seconds + _ROUNDING_SECONDS and _has_own_tokens(part.store)


def ids_in(store: Store, table: str, ids: Iterable[EventId]) -> set[EventId]:
    """Which ids a table has, of all events of these page views.

    Raises:
        StoreError: ClickHouse did not answer.
    """
    sites, visitors, pages = ({identity[place] for identity in ids} for place in range(3))
    if not sites:
        return set()
    return set(
        store.execute(
            f"SELECT {', '.join(_ID)} FROM {table} WHERE site_id IN {{sites:Array(UInt32)}} "  # noqa: S608
            "AND visitor_id IN {visitors:Array(UInt64)} AND page_id IN {pages:Array(UInt64)}",
            {"sites": sorted(sites), "visitors": sorted(visitors), "pages": sorted(pages)},
            UNLOGGED,
        )
    )


def found_in(store: Store, table: str, rows: Columns) -> list[bool]:
    """For each row of events or trails, whether it is there.

    Raises:
        StoreError: ClickHouse did not answer.
    """
    ids = list(zip(*(rows[name] for name in _ID), strict=True))
    stored = ids_in(store, table, set(ids))
    return [identity in stored for identity in ids]


def found_aside(store: Store, table: str, rows: Columns) -> list[bool]:
    """For each row of dead_events or rejected_events, whether one that says the same is there.

    Raises:
        StoreError: ClickHouse did not answer.
    """
    names, moments = _ASIDE[table], rows["received_at"]
    stored = store.execute(
        f"SELECT toUnixTimestamp64Milli(received_at) AS at, {', '.join(names)} FROM {table} "  # noqa: S608
        f"WHERE has({{sites:Array({'String' if names[0] == 'site' else 'UInt32'})}}, {names[0]}) "
        "AND at IN {moments:Array(Int64)}",
        {"sites": sorted(set(rows[names[0]])), "moments": sorted(set(moments))},
        UNLOGGED,
    )
    said = set(stored)
    return [row in said for row in zip(moments, *(rows[name] for name in names), strict=True)]


def complete(store: Store, rows: Columns, token: str) -> None:
    """Bring what views have not made of these stored events, one block of one month, and nothing that they have.

    Not to replicas: what another one has and this one has not fetched yet would seem to lack. `token` names the block,
    so that what a try that was cut off has made is found again.

    Raises:
        StoreError: it is not finished; try again.
    """
    if not _has_own_tokens(store):
        return
    staging = f"repeated{STAGING}{token}"
    store.execute(f"DROP TABLE IF EXISTS {staging} SYNC")
    store.execute(
        f"CREATE TABLE {staging} (site_id UInt32, visitor_id UInt64, page_id UInt64, n UInt32, session_id UInt64, "
        "page_day Date) ENGINE = Memory"
    )
    try:
        names = (*_ID, "session_id", "page_day")
        store.insert(staging, {name: rows[name] for name in names})
        for view in _views(store):
            _complete_view(store, view, f"{store.database}.{staging}", min(rows["ts"]), token)
    finally:
        store.execute(f"DROP TABLE IF EXISTS {staging} SYNC")


def _has_own_tokens(store: Store) -> bool:
    """Whether this server alone has rows and tokens. Those of Replicated and Shared tables lie in Keeper."""
    ((engine,),) = store.execute(
        "SELECT engine FROM system.tables WHERE database = currentDatabase() AND name = 'events'"
    )
    return bool(engine == "ReplacingMergeTree")


def _views(store: Store) -> list[_View]:
    found = store.execute(
        "SELECT name, as_select FROM system.tables WHERE database = currentDatabase() AND engine = 'MaterializedView' "
        "ORDER BY name"
    )
    return [_view(store, name, cells) for name, cells in found]


def _view(store: Store, name: str, cells: str) -> _View:
    table = name.removesuffix("_view")
    ((engine, partition),) = store.execute(
        "SELECT engine, partition_key FROM system.tables WHERE database = currentDatabase() AND name = {table:String}",
        {"table": table},
    )
    columns = store.execute(
        "SELECT name, type, is_in_sorting_key FROM system.columns WHERE database = currentDatabase() "
        "AND table = {table:String} AND name IN (SELECT name FROM system.columns "
        "WHERE database = currentDatabase() AND table = {view:String}) ORDER BY position",
        {"table": table, "view": name},
    )
    names = tuple(column for column, _, _ in columns)
    adds_up = re.compile(r"U?Int\d+|Float\d+|SimpleAggregateFunction\(sum, .*")
    sums = tuple(column for column, kind, is_key in columns if not is_key and adds_up.fullmatch(kind))
    keys = ("site_id", "session_id" if "session_id" in names else "page_day")
    return _View(table, cells, names, keys, sums, partition or "0", engine == "ReplacingMergeTree")


def _complete_view(store: Store, view: _View, staging: str, since: int, token: str) -> None:
    """A view's rows of one block are one part in each partition: so each partition lacks all of them, or none."""
    ours = _only(store, _among(staging, _ID), since)
    if view.replacing:
        _insert(store, view, "1", ours, f"{token}-{view.table}")
        return
    theirs = _only(store, _among(staging, view.keys), since - _SESSION_MS)
    brought = _totals(store, view, f"({view.cells})", ours)
    chosen = f"(SELECT * FROM {view.table} WHERE {_among(staging, view.keys)})"  # noqa: S608 - names of our own
    for partition in sorted({place for place, *_ in brought}):
        block = {key: total for key, total in brought.items() if key[0] == partition}
        for _ in range(_LOOKS):
            # In this order: what others insert meanwhile makes rows seem to lack, never seem to be there.
            stored = _totals(store, view, chosen, UNLOGGED)
            counted = _totals(store, view, f"({view.cells})", theirs)
            lacking = {key: counted.get(key, 0.0) - stored.get(key, 0.0) for key in block}
            if any(lacking[key] < total and not _alike(lacking[key], total, counted) for key, total in block.items()):
                break
            if all(_alike(lacking[key], total, counted) for key, total in block.items()):
                _insert(store, view, f"{view.partition} = {partition}", ours, f"{token}-{view.table}-{partition}")
                break
            time.sleep(_PAUSE)
        else:
            log.error("%s may lack rows in partition %s: their events change all the time", view.table, partition)


def _among(staging: str, names: tuple[str, ...]) -> str:
    """SQL: whether these columns say the same as a row of the events in question."""
    columns = ", ".join(names)
    return f"({columns}) IN (SELECT {columns} FROM {staging})"  # noqa: S608 - names of our own


def _alike(one: float, other: float, counted: Mapping[Any, float]) -> bool:
    """Whether two sums are the same but for rounding; `counted` says how large those were that they are made of."""
    return isclose(one, other, rel_tol=1e-9, abs_tol=1e-9 * max([1.0, *counted.values()]))


def _only(store: Store, condition: str, since: int) -> dict[str, object]:
    """Settings by which a view's SELECT sees only these events; their ts is `since` (Unix ms) or later."""
    bound = f"ts >= fromUnixTimestamp64Milli({since}, \\'UTC\\')"
    return {"additional_table_filters": f"{{'{store.database}.events': '{condition} AND {bound}'}}", **UNLOGGED}


def _totals(store: Store, view: _View, rows: str, settings: Mapping[str, object]) -> dict[tuple[Any, ...], float]:
    """What rows add up to, by partition and key."""
    total = " + ".join(f"toFloat64(sum({name}))" for name in view.sums)
    keys = ", ".join(view.keys)
    found = store.execute(
        f"SELECT {view.partition}, {keys}, {total} FROM {rows} GROUP BY 1, 2, 3",  # noqa: S608 - names of our own
        settings=settings,
    )
    return {(partition, *key): number for partition, *key, number in found}


def _insert(store: Store, view: _View, condition: str, ours: Mapping[str, object], token: str) -> None:
    names = ", ".join(view.columns)
    store.execute(
        f"INSERT INTO {view.table} ({names}) SELECT {names} FROM ({view.cells}) WHERE {condition}",  # noqa: S608
        settings={**ours, "insert_deduplication_token": token, "max_partitions_per_insert_block": 0},
    )
