"""Is every server of the cluster as it must be? `footpath check` asks; what it finds is said in a sentence each."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from collector import cluster
from collector.store import Refused, Store, StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from collector.cluster import Node

_MACROS: Final = ("shard", "replica")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a server says of itself. `others` are the servers of the cluster in its own configuration."""

    node: Node
    version: str
    keeper: bool
    macros: Mapping[str, str]
    others: tuple[str, ...]


def look(url: str, name: str) -> str:
    """What the cluster `name` of the server at `url` consists of.

    Raises:
        Refused: something is not as it must be; says what, and what to do.
        StoreError: the server did not answer.
    """
    with contextlib.closing(Store(url, database="default")) as store:
        nodes = cluster.nodes(store, name)
        found, silent = [], []
        for node in nodes:
            with contextlib.closing(cluster.at(store, node, "default")) as server:
                try:
                    found.append(_ask(server, node, name))
                except StoreError as error:
                    silent.append(f"shard {node.shard}, {node}: {error}")
    wrong = [*silent, *differences(found), *replication(found)]
    if wrong:
        raise Refused("; ".join(wrong))
    shards = max(node.shard for node in nodes)
    return f"{name} has {shards} shards: {', '.join(f'{one.node} ({one.version})' for one in found)}"


def _ask(server: Store, node: Node, name: str) -> Seen:
    ((version, keeper),) = server.execute(
        "SELECT version(), (SELECT count() FROM system.tables WHERE database = 'system' AND name = 'zookeeper')"
    )
    macros = dict(server.execute("SELECT macro, substitution FROM system.macros"))
    try:
        others = tuple(map(str, cluster.nodes(server, name)))
    except Refused:
        others = ()
    return Seen(node, version, bool(keeper), macros, others)


def differences(found: Sequence[Seen]) -> list[str]:
    """Servers whose remote_servers say something else than the first one's."""
    return [
        f"{one.node} has another remote_servers for this cluster ({', '.join(one.others) or 'none'}) than "
        f"{found[0].node} ({', '.join(found[0].others)})"
        for one in found
        if one.others != found[0].others
    ]


def replication(found: Sequence[Seen]) -> list[str]:
    """What stands in the way of replicas; nothing, where there is neither a replica nor a Keeper."""
    replicas = any(one.node.replica > 1 for one in found)
    keeper = any(one.keeper for one in found)
    if not replicas and not keeper:
        return []
    wrong = [f"{one.node} has no Keeper in its configuration" for one in found if not one.keeper]
    wrong += [
        f"{one.node} has no macro {{{macro}}}, which the names of Replicated tables need"
        for one in found
        for macro in _MACROS
        if macro not in one.macros
    ]
    wrong += [
        f"shard {one.node.shard} needs internal_replication true in remote_servers, else rows arrive twice"
        for one in found
        if replicas and one.node.replica == 1 and not one.node.internal_replication
    ]
    return wrong + _clashes(found)


def _clashes(found: Sequence[Seen]) -> list[str]:
    """Macros that put a server into another's place."""
    wrong = []
    for index, one in enumerate(found):
        for other in found[:index]:
            same = one.node.shard == other.node.shard
            shards, replicas = ((one.macros.get(macro), other.macros.get(macro)) for macro in _MACROS)
            if None in (*shards, *replicas):
                continue
            if same and shards[0] != shards[1]:
                wrong.append(f"{one.node} and {other.node} are one shard with different macros {{shard}}")
            elif not same and shards[0] == shards[1]:
                wrong.append(f"{one.node} and {other.node} are two shards with the same macro {{shard}}")
            elif same and replicas[0] == replicas[1]:
                wrong.append(f"{one.node} and {other.node} have the same macro {{replica}}")
    return wrong
