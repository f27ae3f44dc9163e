"""How long are rows kept? FOOTPATH_RETENTION in days by kind, put into the tables as their TTL.

Kinds that it does not name are kept. A TTL that somebody else gave a table is left alone while the setting says
nothing about that table. ClickHouse deletes when it merges, a few hours after a row's time has come.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from collector import cluster
from collector.event import OWN_TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from collector.store import Store

DEFAULTS: Final = {"trail": 30, "skeleton": 180}
"""Days that the migrations say."""
_OWN: Final = r"toDateTime\(\w+\) \+ toIntervalDay\(\d+\)( WHERE kind = '\w+')?"

log = logging.getLogger("footpath.retention")


@dataclass(frozen=True, slots=True)
class Change:
    """A table whose TTL is not as wanted: the statement that makes it so."""

    table: str
    sql: str


def wanted(days: Mapping[str, int]) -> dict[str, str]:
    """The TTL of every table that can have one, as ClickHouse writes it; empty: rows are kept."""
    days = DEFAULTS | dict(days)
    kinds = [name for name in days if name not in (*OWN_TABLES, "session", "dead")]
    return {
        "events": ", ".join(f"{_after('ts', days[kind])} WHERE kind = '{kind}'" for kind in sorted(kinds)),
        **{table: _after("ts", days[kind]) for kind, table in OWN_TABLES.items()},
        "identity": _after("ts", days["identify"]) if "identify" in days else "",
        "sessions": _after("started_at", days["session"]) if "session" in days else "",
        "dead_events": _after("received_at", days["dead"]) if "dead" in days else "",
    }


def _after(column: str, days: int) -> str:
    return f"toDateTime({column}) + toIntervalDay({days})"


def changes(store: Store, days: Mapping[str, int]) -> list[Change]:
    """What is to be changed, so that rows are kept for these days by kind; on a cluster, on each shard.

    Raises:
        StoreError: ClickHouse did not answer.
    """
    with cluster.parts(store) as parts:
        return [change for part in parts for change in _changes(part.store, days)]


def apply(store: Store, days: Mapping[str, int], report: Callable[[Change], None] = lambda _: None) -> list[Change]:
    """Make the changes and return them; a second time there are none.

    Raises:
        StoreError: ClickHouse did not answer or refused.
    """
    made = []
    with cluster.parts(store) as parts:
        for part in parts:
            for change in _changes(part.store, days):
                part.store.execute(change.sql)
                report(change)
                made.append(change)
    return made


def _changes(store: Store, days: Mapping[str, int]) -> list[Change]:
    found = []
    for table, ttl in wanted(days).items():
        current = _current(store, table)
        if current == ttl:
            continue
        if ttl:
            found.append(Change(table, f"ALTER TABLE {table} MODIFY TTL {ttl}"))
        elif re.fullmatch(f"{_OWN}(, {_OWN})*", current):
            found.append(Change(table, f"ALTER TABLE {table} REMOVE TTL"))
    return found


def _current(store: Store, table: str) -> str:
    rows = store.execute(
        "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = {table:String}",
        {"table": table},
    )
    text = rows[0][0] if rows else ""
    found = re.search(r" TTL (.*?)(?: SETTINGS .*)?$", text)
    return found[1] if found else ""
