"""Which tables know a visitor, and which have only counted one? ClickHouse is asked, so that no table is forgotten."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from collector import cluster, sharding

if TYPE_CHECKING:
    from collector.store import Store

STAGING: Final = "_rebuilt_"
"""Stands in the names of tables that a roll-up is rebuilt in."""
UNLOGGED: Final = {"log_queries": 0}
"""Settings of statements that name a visitor: the query log would keep the id."""

Visitor = tuple[int, int]
"""(site_id, visitor_id)"""


@dataclass(frozen=True, slots=True)
class RollUp:
    """A table of cells by site and `page_day`, filled by a view. `cells` is the view's SELECT, `sums` what adds up,
    `engine` that of a table of one server to rebuild it in.
    """

    table: str
    cells: str
    partition: str
    sums: tuple[str, ...]
    engine: str


def digest(visitor: Visitor) -> str:
    """What stands in `erased` for a visitor. Ids have 64 random bits: nobody finds one by trying."""
    site, number = visitor
    return blake2b(f"{site}:{number:016x}".encode(), digest_size=16, person=b"footpath erased").hexdigest()


def tables(store: Store) -> dict[str, str]:
    """Every table whose rows say whose they are (columns site_id and visitor_id), with the engine that has the rows."""
    return dict(
        store.execute(
            "SELECT name, engine FROM system.tables WHERE database = {database:String} AND engine LIKE '%MergeTree' "
            "AND position(name, {staging:String}) = 0 AND name IN (SELECT table FROM system.columns "
            "WHERE database = {database:String} AND name IN ('site_id', 'visitor_id') "
            "GROUP BY table HAVING count() = 2) ORDER BY name",
            {"staging": STAGING, "database": cluster.rows_lie_in(store)},
        )
    )


def roll_ups(store: Store) -> list[RollUp]:
    """Every table of cells that belong to nobody: filled by the view of its name, without visitors. Of a cluster, ask
    each shard.
    """
    known = tables(store)
    found = store.execute(
        "SELECT name, as_select FROM system.tables WHERE database = currentDatabase() AND engine = 'MaterializedView'"
    )
    views = {name.removesuffix("_view"): cells for name, cells in found}
    return [_roll_up(store, table, cells) for table, cells in sorted(views.items()) if table not in known]


def _roll_up(store: Store, table: str, cells: str) -> RollUp:
    ((partition, engine),) = store.execute(
        "SELECT partition_key, engine_full FROM system.tables "
        "WHERE database = currentDatabase() AND name = {table:String}",
        {"table": table},
    )
    columns = store.execute(
        "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String} "
        "AND NOT is_in_sorting_key",
        {"table": table},
    )
    sums = tuple(name for name, kind in columns if re.fullmatch(r"U?Int\d+", kind))
    return RollUp(table, cells, partition, sums, sharding.unreplicated(engine))


def conditions(store: Store, theirs: str, ids: str) -> dict[str, str]:
    """What picks the rows of visitors, by table: the same for whoever counts, shows or deletes them.

    `theirs` is SQL about the columns site_id and visitor_id, `ids` SQL of an array of (site_id, 16 hex digits). A
    record that nobody could read has neither site nor visitor, but may have the id in its text.
    """
    found = dict.fromkeys(tables(store), theirs)
    named = f"arrayExists(who -> (site_id = 0 OR site_id = who.1) AND position(lower(event), who.2) > 0, {ids})"
    found["dead_events"] = f"({theirs}) OR (visitor_id = 0 AND {named})"
    # All versions: an earlier one that did not name the visitor would hold again.
    one = "site_id, source, id"
    found["outcomes"] = f"({one}) IN (SELECT {one} FROM {store.database}.outcomes WHERE {theirs})"  # noqa: S608
    return found


def conditions_of_one(store: Store) -> dict[str, str]:
    """The same for one visitor; `parameters` has the values."""
    theirs = "site_id = {site:UInt32} AND visitor_id = {visitor:UInt64}"
    return conditions(store, theirs, "[({site:UInt32}, {name:String})]")


def parameters(visitor: Visitor) -> dict[str, object]:
    """Values of `conditions_of_one`."""
    site, number = visitor
    return {"site": site, "visitor": number, "name": f"{number:016x}"}


def counts(store: Store, visitor: Visitor) -> dict[str, int]:
    """How many rows an erasure of a visitor would delete from each table; tables without any too."""
    return {table: _count(store, table, condition, visitor) for table, condition in conditions_of_one(store).items()}


def _count(store: Store, table: str, condition: str, visitor: Visitor) -> int:
    ((number,),) = store.execute(
        f"SELECT count() FROM {table} WHERE {condition}",  # noqa: S608
        parameters(visitor),
        UNLOGGED,
    )
    return int(number)
