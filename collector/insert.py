"""Rows go into a table: around those that cannot be stored, which are set aside, and around those that are there."""

from __future__ import annotations

import hashlib
import itertools
import json
import secrets
from typing import TYPE_CHECKING, Any

from collector import cluster, repeat
from collector.columns import dead_letter
from collector.store import Poison, Store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.event import Json


def all_rows(store: Store, table: str, rows: cluster.Columns, token: str, *, one_shard: bool = False) -> list[Json]:
    """Insert all rows; halve around a value that cannot be stored until it stands alone.

    On a cluster, the other shards may have theirs by then: so first each gets its own under the same token, and only
    those of a shard that refuses are halved (`one_shard`).

    Returns:
        rows of dead_events for those that cannot be stored. Halving is the same at every retry, so are its tokens.

    Raises:
        StoreError: anything but a bad value.
    """
    try:
        store.insert(table, rows, token=token)
    except Poison as error:
        length = len(next(iter(rows.values())))
        if length == 1:
            row = {name: column[0] for name, column in rows.items()}
            identity = row["site_id"], row["visitor_id"], row.get("page_id", 0), row.get("n", 0)
            told = json.dumps(row, default=str, ensure_ascii=False)
            return [dead_letter(identity, row.get("received_at", row["ts"]), str(error), told)]
        shards = {1: rows} if one_shard else cluster.divided(store, table, rows)
        if len(shards) > 1:
            return [dead for each in shards.values() for dead in all_rows(store, table, each, token, one_shard=True)]
        middle = length // 2
        first = {name: column[:middle] for name, column in rows.items()}
        second = {name: column[middle:] for name, column in rows.items()}
        return [
            *all_rows(store, table, first, f"{token}a", one_shard=True),
            *all_rows(store, table, second, f"{token}b", one_shard=True),
        ]
    return []


def lacking_rows(
    store: Store, doubtful: Mapping[int, cluster.Part], table: str, rows: cluster.Columns, token: str
) -> list[Json]:
    """Insert rows that an earlier try may have inserted on shards whose tokens say nothing; like `all_rows`."""
    failed = []
    for shard, block in cluster.divided(store, table, rows).items():
        if shard not in doubtful:
            failed += all_rows(store, table, block, token, one_shard=True)
            continue
        there = doubtful[shard].store
        found = repeat.found_in(there, table, block)
        lacking = _chosen(block, [not each for each in found])
        named = _named(token, found)
        if not all(found):
            failed += all_rows(store, table, lacking, named, one_shard=True)
        # A ClickHouse that writes tokens down before it commits has thrown them away.
        if not all(found) and not failed and not any(repeat.found_in(there, table, lacking)):
            failed += all_rows(store, table, lacking, f"{named}{secrets.token_hex(8)}", one_shard=True)
        for first, end in reversed(_inserted(found)) if table == "events" else ():
            part = hashlib.blake2b(f"{named}-{first}-{end}".encode(), digest_size=16).hexdigest()
            repeat.complete(there, {name: column[first:end] for name, column in block.items()}, part)
    return failed


def set_aside(store: Store, doubtful: Mapping[int, cluster.Part], table: str, rows: list[Json], token: str) -> None:
    """Insert rows of dead_events or rejected_events; on shards whose tokens say nothing, those that are not there.

    Raises:
        StoreError: ClickHouse did not answer.
    """
    if not rows:
        return
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    for shard, block in cluster.divided(store, table, columns).items() if doubtful else [(1, columns)]:
        if shard not in doubtful:
            store.insert(table, block, token=token)
            continue
        found = repeat.found_aside(doubtful[shard].store, table, block)
        lacking = _chosen(block, [not each for each in found])
        store.insert(table, lacking, token=_named(token, found))


def _inserted(found: list[bool]) -> list[tuple[int, int]]:
    """The blocks in which `all_rows` has inserted what was found, (first, end), in its order.

    At most the last one lacks what views make of it: each was answered before the next. So that one is completed
    first, and does not make those before it seem to lack.
    """

    def below(first: int, end: int) -> list[tuple[int, int]]:
        if all(found[first:end]):
            return [(first, end)] if first < end else []
        if not any(found[first:end]):
            return []
        middle = first + (end - first) // 2
        return below(first, middle) + below(middle, end)

    return below(0, len(found))


def _named(token: str, found: list[bool]) -> str:
    """The token of what lacks: another one where rows differ from those it stands for, the same at the next retry."""
    return token + hashlib.blake2b(bytes(found), digest_size=8).hexdigest() if any(found) else token


def _chosen(rows: cluster.Columns, which: list[bool]) -> dict[str, list[Any]]:
    return {name: list(itertools.compress(column, which)) for name, column in rows.items()}
