"""How does a statement read on a cluster? Pure text; `migrate` runs it.

Rows lie in a second database on each server, `<database>_local`, under the tables' own names. There the migrations run
as they are, with Replicated engines where Keeper is configured, and materialized views fill the roll-ups of their own
server. The database that everybody asks has a Distributed table over each of them, so that no migration, no report
and no BI tool needs a second name. `docs/decisions/cluster.md` has the reasons.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

LOCAL: Final = "_local"
"""Ends the name of the database in which a cluster's rows lie."""
_PLACE: Final = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'"
_ENGINE: Final = re.compile(r"(?<=ENGINE = )(Replacing|Summing|Aggregating|)MergeTree(?:\(([^)]*(?:\([^)]*\))?)\))?")
_REPLICATED: Final = re.compile(r"^Replicated(\w*MergeTree)\('[^']*', '[^']*'(?:, )?")
_STATEMENT: Final = re.compile(
    r"^\s*(CREATE TABLE|ALTER TABLE|INSERT INTO)\s+(\w+)(?!\s+(?:MODIFY|RESET) (?:SETTING|COMMENT)\b)\b", re.IGNORECASE
)
_KEPT_TOGETHER: Final = frozenset({"outcomes"})
"""Tables whose versions of a row may name different visitors, and meet on one shard all the same."""


def replicated(sql: str) -> str:
    """A migration with Replicated engines; other statements stay as they are.

    The window of deduplication has another name there, and without a length in seconds it would be an hour.
    """
    sql = _ENGINE.sub(
        lambda found: f"Replicated{found[1]}MergeTree({_PLACE}{f', {found[2]}' if found[2] else ''})", sql
    )
    return re.sub(
        r"\bnon_replicated_deduplication_window = (\d+)",
        r"replicated_deduplication_window = \1, replicated_deduplication_window_seconds = 604800",
        sql,
    )


def unreplicated(engine: str) -> str:
    """The same engine for a table of one server (`engine_full` of system.tables), such as one to rebuild rows in."""
    return _REPLICATED.sub(lambda found: f"{found[1]}(", engine)


def subject(sql: str) -> tuple[str, str]:
    """What a migration does to which table: ("CREATE TABLE" or "ALTER TABLE" or "INSERT INTO", its name).

    Replicas have these in common, if the table is Replicated. ("", "") for all else, which each server needs itself:
    views, and settings and comments of tables.
    """
    found = _STATEMENT.search(re.sub(r"^\s*--.*$", "", sql, flags=re.MULTILINE))
    return (found[1].upper(), found[2]) if found else ("", "")


def key(table: str, columns: Collection[str], sorting_key: str) -> str:
    """What decides on the shard of a row: the visitor where the table knows one, else what identifies the row.

    All that a visitor did lies on one shard; a row that is sent again meets itself.
    """
    by = "visitor_id" if "visitor_id" in columns and table not in _KEPT_TOGETHER else sorting_key
    return f"sipHash64({by})"


def distributed(cluster: str, local: str, table: str, sharding_key: str) -> str:
    """The engine of the table that stands for all shards, as ClickHouse writes it."""
    return f"Distributed('{cluster}', '{local}', '{table}', {sharding_key})"


def facade(database: str, local: str, table: str, engine: str) -> str:
    """The statement for that table. It holds no rows, so it may be replaced at any time."""
    return f"CREATE OR REPLACE TABLE {database}.{table} AS {local}.{table} ENGINE = {engine}"


def view(database: str, local: str, name: str, select: str) -> str:
    """The statement for a view over all shards; `select` is that of the view over one (`as_select`)."""
    return f"CREATE OR REPLACE VIEW {database}.{name} AS {over_all(database, local, select)}"


def over_all(database: str, local: str, select: str) -> str:
    """A SELECT over one server's rows, over those of all."""
    return re.sub(rf"\b{re.escape(local)}\.", f"{database}.", select)
