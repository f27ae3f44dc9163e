"""Bring the tables of every server of a cluster to the state that this version needs.

Each server gets the migrations in a database of its own rows, and tables over all of them in the database that is
asked (see `sharding`). Statements go to each server directly, so that a cluster without Keeper is one too, and a
server that is away is named. Done twice it changes nothing; a server that joined later is brought level.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from collector import cluster, sharding
from collector.migrate import (
    MOST_SECONDS,
    Migration,
    MigrationError,
    apply,
    database_name,
    is_fill,
    let_inserts_end,
    migrations,
    pending,
)
from collector.personal import STAGING
from collector.store import Refused, Store, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from collector.cluster import Node

_ROWS: Final = "engine LIKE '%MergeTree' AND name != 'schema_migrations' AND position(name, {staging:String}) = 0"

_AHEAD: Final = {"allow_materialized_view_with_bad_select": 1}
"""A view as it first was may fill columns that its table, as it is by now, no longer stores."""

log = logging.getLogger("footpath.migrate")


@dataclass(frozen=True, slots=True, eq=False)
class Server:
    """A server that answers: `rows` is a connection to its database of rows, which may not exist yet."""

    node: Node
    rows: Store
    root: Store


def migrate(
    url: str,
    name: str,
    *,
    known: list[Migration] | None = None,
    report: Callable[[Migration], None] = lambda _: None,
) -> list[Migration]:
    """Apply what is pending on any server of the cluster `name`, and return it. Creates missing databases.

    Raises:
        MigrationError: see `migrate.pending`; or the database has rows of its own.
        Refused: there is no such cluster, or it has replicas and no Keeper.
        StoreError: a shard did not answer, or a replica that a pending migration needs; or ClickHouse refused.
    """
    known = migrations() if known is None else known
    database = database_name(url)
    with _servers(url, name) as servers:
        for server in servers:
            for each in (server.rows.database, database):
                if not _has_database(server.root, each):
                    server.root.execute(f"CREATE DATABASE IF NOT EXISTS {each}")
        replicated = _is_replicated(name, servers)
        lacking = {server: {step.name for step in pending(server.rows, known)} for server in servers}
        steps = [step for step in known if any(step.name in names for names in lacking.values())]
        for step in steps:
            if is_fill(step):
                for server in servers:
                    let_inserts_end(server.rows)
            for server in servers:
                if step.name in lacking[server]:
                    ahead = [
                        each
                        for each in servers
                        if each.node.shard == server.node.shard and step.name not in lacking[each]
                    ]
                    apply(
                        server.rows, step, _as_run(step, ahead) if replicated else step.sql, _AHEAD if ahead else None
                    )
                    lacking[server].remove(step.name)
            report(step)
        for server in servers:
            _put_facades(server, database, name)
        return steps


def planned(url: str, name: str) -> list[Migration]:
    """What `migrate` would apply, as it would be run. Changes nothing.

    Raises:
        MigrationError, StoreError: see `migrate`.
    """
    with _servers(url, name) as servers:
        replicated = _is_replicated(name, servers)
        lacking = {step.name for server in servers for step in _lacking(server, migrations())}
        return [
            replace(step, sql=sharding.replicated(step.sql)) if replicated else step
            for step in migrations()
            if step.name in lacking
        ]


@contextlib.contextmanager
def _servers(url: str, name: str) -> Iterator[list[Server]]:
    """The servers that answer: one of each shard at least, and all where something is pending.

    A replica that is away while a view is added would later take rows that its roll-ups never see.
    """
    with contextlib.ExitStack() as stack:

        def opened(store: Store) -> Store:
            return stack.enter_context(contextlib.closing(store))

        first = opened(Store(url, database="default", timeout=MOST_SECONDS))
        _require_same(first, database_name(url), name)
        found, silent = [], []
        for shard in cluster.by_shard(cluster.nodes(first, name)):
            here = []
            for node in shard:
                root = opened(cluster.at(first, node, "default"))
                if cluster.answers(root):
                    rows = opened(cluster.at(first, node, database_name(url) + sharding.LOCAL))
                    here.append(Server(node, rows, root))
                else:
                    silent.append(str(node))
            if not here:
                raise Unreachable(cluster.silent(name, shard[0].shard, [str(node) for node in shard]), 279)
            found += here
        if silent and any(_lacking(server, migrations()) for server in found):
            raise Unreachable(f"migrations are pending, and replicas do not answer: {', '.join(silent)}", 279)
        for address in silent:
            log.warning("replica %s of cluster %s does not answer", address, name)
        yield found


def _lacking(server: Server, known: list[Migration]) -> list[Migration]:
    return pending(server.rows, known) if _has_database(server.root, server.rows.database) else known


def _has_database(root: Store, name: str) -> bool:
    return bool(root.execute("SELECT 1 FROM system.databases WHERE name = {name:String}", {"name": name}))


def _require_same(root: Store, database: str, name: str) -> None:
    """Make sure that the database is new, or was made on this cluster."""
    for (engine,) in root.execute(
        "SELECT engine_full FROM system.tables WHERE database = {name:String} AND name = 'events'", {"name": database}
    ):
        if not engine.startswith("Distributed("):
            raise MigrationError(
                f"{database} at {root.address} has rows of its own, which a cluster's would hide: name another "
                "database in FOOTPATH_CLICKHOUSE_URL, and bring its rows over (docs/operating/cluster.md)"
            )
        if not engine.startswith(f"Distributed('{name}',"):
            raise MigrationError(f"{database} at {root.address} was made on another cluster than {name}: {engine}")


def _is_replicated(name: str, servers: list[Server]) -> bool:
    """Whether tables are Replicated: as those that are there, else wherever Keeper is configured.

    Raises:
        Refused: some servers have Keeper and some do not, or there are replicas without.
    """
    for server in servers:
        for (engine,) in server.root.execute(
            "SELECT engine FROM system.tables WHERE database = {database:String} AND name = 'events'",
            {"database": server.rows.database},
        ):
            return str(engine).startswith("Replicated")
    asked = "SELECT count() FROM system.tables WHERE database = 'system' AND name = 'zookeeper'"
    keeper = {str(server.node): bool(server.root.execute(asked)[0][0]) for server in servers}
    without = [address for address, has in keeper.items() if not has]
    if without and (any(keeper.values()) or any(server.node.replica > 1 for server in servers)):
        raise Refused(f"cluster {name} needs Keeper on all of its servers; {', '.join(without)} have none")
    return not without


def _as_run(step: Migration, ahead: list[Server]) -> str:
    """The statement for a server with Keeper. `ahead` are replicas that have had it: what they share is not done again,
    and a table that they have begins with the columns that theirs has by now.
    """
    verb, table = sharding.subject(step.sql)
    found = ahead and ahead[0].rows.execute(
        "SELECT engine, create_table_query FROM system.tables "
        "WHERE database = currentDatabase() AND name = {table:String}",
        {"table": table},
    )
    if not found or not found[0][0].startswith("Replicated"):
        return sharding.replicated(step.sql)
    return str(found[0][1]) if verb == "CREATE TABLE" else ""


def _put_facades(server: Server, database: str, name: str) -> None:
    """A Distributed table over each table of rows, and each view once more over those; only where one differs."""
    local = server.rows.database
    stand = dict(server.root.execute(_SHAPES, {"database": database}))
    shapes = dict(server.root.execute(_SHAPES, {"database": local}))
    for table, sorting_key in server.rows.execute(
        f"SELECT name, sorting_key FROM system.tables WHERE database = currentDatabase() AND {_ROWS}",  # noqa: S608
        {"staging": STAGING},
    ):
        columns, _ = shapes[table]
        key = sharding.key(table, [column[1] for column in columns], sorting_key)
        engine = sharding.distributed(name, local, table, key)
        if stand.get(table) != (columns, engine):
            server.root.execute(sharding.facade(database, local, table, engine))
    for view, select in server.rows.execute(
        "SELECT name, as_select FROM system.tables WHERE database = currentDatabase() AND engine = 'View'"
    ):
        asked = "SELECT as_select FROM system.tables WHERE database = {database:String} AND name = {view:String}"
        if server.root.execute(asked, {"database": database, "view": view}) != [
            (sharding.over_all(database, local, select),)
        ]:
            server.root.execute(sharding.view(database, local, view, select))


_SHAPES: Final = """SELECT t.name, (
    arraySort(groupArray((c.position, c.name, c.type, c.default_expression, c.comment))), any(t.engine_full))
FROM system.tables AS t
INNER JOIN (SELECT * FROM system.columns WHERE database = {database:String}) AS c ON c.table = t.name
WHERE t.database = {database:String}
GROUP BY t.name"""
"""Columns and engine of every table, as one row each."""
