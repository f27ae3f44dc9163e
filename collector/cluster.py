"""Which servers hold the rows: one, or those of a cluster?

A database that Footpath made on a cluster says so itself: its tables are Distributed. So whoever only reads needs no
setting, and what must be done where rows lie (deleting, rebuilding, expiring) is done on each shard in turn.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING, Any, Final

from collector.store import Refused, StoreError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from collector.store import Store

Columns = Mapping[str, list[Any]]
"""Rows by columns of equal length."""

CONNECT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Node:
    """A server of a cluster, as `remote_servers` names it. `shard` and `replica` count from 1."""

    shard: int
    replica: int
    host: str
    port: int
    internal_replication: bool

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Spread:
    """A database whose rows lie on a cluster: its name in `remote_servers`, and the servers' database of rows."""

    cluster: str
    local: str


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one shard: `store` may be asked and changed, `replicas` are all its servers. Shards count from 1."""

    shard: int
    store: Store
    replicas: tuple[Store, ...]


def spread(store: Store) -> Spread | None:
    """Where this database's rows lie, if not in itself.

    Raises:
        StoreError: ClickHouse did not answer.
    """
    rows = store.execute(
        "SELECT engine_full FROM system.tables "
        "WHERE database = currentDatabase() AND name = 'events' AND engine = 'Distributed'"
    )
    found = re.match(r"Distributed\('([^']*)', '([^']*)'", rows[0][0]) if rows else None
    return Spread(found[1], found[2]) if found else None


def rows_lie_in(store: Store) -> str:
    """The database of the rows on each server: another one on a cluster.

    Raises:
        StoreError: ClickHouse did not answer.
    """
    found = spread(store)
    return found.local if found else store.database


def nodes(store: Store, cluster: str) -> list[Node]:
    """The servers of a cluster by shard and replica.

    Raises:
        Refused: the server knows no such cluster; names those that it knows.
        StoreError: ClickHouse did not answer.
    """
    rows = store.execute(
        "SELECT shard_num, replica_num, host_name, port, internal_replication FROM system.clusters "
        "WHERE cluster = {cluster:String} ORDER BY shard_num, replica_num",
        {"cluster": cluster},
    )
    if not rows:
        known = [name for (name,) in store.execute("SELECT DISTINCT cluster FROM system.clusters ORDER BY cluster")]
        raise Refused(
            f"FOOTPATH_CLICKHOUSE_CLUSTER={cluster}: {store.address} has no such cluster in its remote_servers; it has "
            f"{', '.join(known) or 'none'}"
        )
    return [Node(shard, replica, host, port, bool(internal)) for shard, replica, host, port, internal in rows]


def by_shard(found: list[Node]) -> list[list[Node]]:
    """The same servers, those of a shard together."""
    shards: dict[int, list[Node]] = {}
    for node in found:
        shards.setdefault(node.shard, []).append(node)
    return list(shards.values())


def at(store: Store, node: Node, database: str) -> Store:
    """A connection to a server of the cluster, as the same user."""
    return store.beside(node.host, node.port, database, connect_timeout=CONNECT_SECONDS)


@contextlib.contextmanager
def parts(store: Store) -> Iterator[list[Part]]:
    """The places where this database's rows lie, for the length of a block: itself, or each shard.

    Raises:
        Unreachable: a shard has no server that answers.
        StoreError: ClickHouse did not answer.
    """
    found = spread(store)
    if found is None:
        yield [Part(1, store, (store,))]
        return
    with contextlib.ExitStack() as stack:
        shards = []
        for servers in by_shard(nodes(store, found.cluster)):
            stores = [at(store, node, found.local) for node in servers]
            for each in stores:
                stack.callback(each.close)
            shard = servers[0].shard
            shards.append(Part(shard, _answering(found.cluster, shard, stores), tuple(stores)))
        yield shards


def _answering(cluster: str, shard: int, stores: list[Store]) -> Store:
    """The first of a shard's servers that answers."""
    for store in stores:
        with contextlib.suppress(Unreachable):
            store.ping()
            return store
    raise Unreachable(silent(cluster, shard, [store.address for store in stores]), 279)


def silent(cluster: str, shard: int, addresses: list[str]) -> str:
    """What is told where nobody answers for a shard."""
    return f"shard {shard} of cluster {cluster} does not answer: {', '.join(addresses)}"


def divided(store: Store, table: str, rows: Columns) -> dict[int, Columns]:
    """The rows by the shard that they go to, in the order of shards; on one server, all of them as they are, by 1.

    Raises:
        StoreError: ClickHouse did not answer.
    """
    found = store.execute(
        "SELECT engine_full FROM system.tables "
        "WHERE database = currentDatabase() AND name = {table:String} AND engine = 'Distributed'",
        {"table": table},
    )
    said = re.match(r"Distributed\('([^']*)', '[^']*', '[^']*', (sipHash64\((.*)\))\)$", found[0][0]) if found else None
    if said is None:
        return {1: rows}
    names = said[3].split(", ")
    values = list(zip(*(rows[name] for name in names), strict=True))
    hashes = _hashes(store, table, said[2], names, sorted(set(values)))
    weights = store.execute(
        "SELECT shard_num, any(shard_weight) FROM system.clusters "
        "WHERE cluster = {cluster:String} GROUP BY shard_num ORDER BY shard_num",
        {"cluster": said[1]},
    )
    slots = [shard for shard, weight in weights for _ in range(weight)]
    shards = [slots[hashes[value] % len(slots)] for value in values]
    return {
        shard: {name: list(compress(column, (each == shard for each in shards))) for name, column in rows.items()}
        for shard in sorted(set(shards))
    }


def _hashes(
    store: Store, table: str, expression: str, names: Sequence[str], values: Sequence[tuple[Any, ...]]
) -> dict[tuple[Any, ...], int]:
    """What decides on the shard, by the values of the columns that it is made of: ClickHouse knows its own hash."""
    types = dict(
        store.execute(
            "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String}",
            {"table": table},
        )
    )
    arrays = ", ".join(f"{{c{place}:Array({types[name]})}} AS {name}" for place, name in enumerate(names))
    found = store.execute(
        f"SELECT {expression} FROM (SELECT {arrays}) ARRAY JOIN {', '.join(names)}",  # noqa: S608 - names of our own
        {f"c{place}": list(column) for place, column in enumerate(zip(*values, strict=True))},
        {"log_queries": 0},
    )
    return {value: number for value, (number,) in zip(values, found, strict=True)}


def answers(store: Store) -> bool:
    """Whether a server answers.

    Raises:
        StoreError: it does, and refuses.
    """
    try:
        store.ping()
    except Unreachable:
        return False
    except StoreError as error:
        raise Refused(f"{store.address}: {error}", error.code) from error
    return True
