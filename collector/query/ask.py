"""Running the statements of one report: with guards, with a record of each, with limits said in plain words."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from collector import cluster
from collector.query.errors import SHARD_AWAY, NotConnected, QueryError, TooMuch
from collector.store import ALL_CONNECTION_TRIES_FAILED, Answer, StoreError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from collector.query.question import Place
    from collector.query.sql import Binder
    from collector.store import Store

GUARDS: dict[str, object] = {
    "max_execution_time": 60,
    "max_memory_usage": 3_000_000_000,
    "max_bytes_before_external_group_by": 1_500_000_000,
    "max_bytes_before_external_sort": 1_500_000_000,
    # Otherwise `WITH name AS MATERIALIZED` is read once for each mention.
    "enable_materialized_cte": 1,
    # Otherwise `FINAL` misses rows that an index of their granule, without those that it adds up with, leaves out.
    "use_skip_indexes_if_final_exact_mode": 1,
}
# TOO_MANY_ROWS, TIMEOUT_EXCEEDED, TOO_SLOW, MEMORY_LIMIT_EXCEEDED, TOO_MANY_BYTES, TOO_MANY_ROWS_OR_BYTES.
_LIMITS = {
    158: "too many rows",
    159: "more time than allowed",
    160: "more time than allowed",
    241: "more memory than allowed",
    307: "too many bytes",
    396: "too many rows",
}
_COST_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that a report ran: text, bound values, and its id in system.query_log."""

    sql: str
    params: dict[str, object]
    query_id: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What a report's statements took together: rows and bytes read, CPU ms, peak memory of the largest in bytes."""

    rows: int
    bytes: int
    cpu_ms: float
    peak_memory: int


class Asker:
    """Runs and records the statements of one report."""

    def __init__(self, place: Place, report: str) -> None:
        self.dry = place.dry
        self._store = place.store
        self._site_id = place.site_id
        self._report = report
        self.statements: list[Statement] = []

    def rows(self, sql: str, binder: Binder) -> list[tuple[Any, ...]]:
        """The rows of a statement with its bound values; none where statements are only written.

        Raises:
            TooMuch: a limit was reached.
            QueryError: ClickHouse did not answer or refused.
        """
        return self.table(sql, binder).rows

    def table(self, sql: str, binder: Binder, settings: Mapping[str, object] | None = None) -> Answer:
        """Like `rows`, with the names of the columns; `settings` are more guards."""
        bound = {**binder.values, **({"site": self._site_id} if "{site:Int64}" in sql else {})}
        statement = Statement(sql, bound, f"footpath-{uuid.uuid4().hex}")
        self.statements.append(statement)
        if self.dry:
            return Answer((), [], statement.query_id)
        guards = {**GUARDS, **(settings or {}), "log_comment": f"footpath:{self._report}"}
        try:
            return self._store.ask(sql, statement.params, guards, statement.query_id)
        except StoreError as error:
            raise _translated(error, self._report) from error


@dataclass(frozen=True, slots=True)
class Estimate:
    """What statements would read at most: rows and marks (of 8,192 rows or fewer), by the primary keys alone."""

    rows: int
    marks: int


def estimate_of(store: Store | None, statements: Sequence[Statement]) -> Estimate:
    """What the statements would read; of a cluster each shard is asked for its share.

    Raises:
        QueryError: ClickHouse did not answer or refused.
    """
    if store is None:
        return Estimate(0, 0)
    try:
        with cluster.parts(store) as parts:  # of Distributed tables ClickHouse estimates one server's share alone
            found = [
                row
                for part in parts
                for each in statements
                for row in part.store.ask(
                    f"EXPLAIN ESTIMATE {each.sql}", each.params, GUARDS, f"footpath-{uuid.uuid4().hex}"
                ).rows
            ]
    except StoreError as error:
        raise _translated(error, "the estimate") from error
    return Estimate(sum(row[3] for row in found), sum(row[4] for row in found))


def cost_of(store: Store, statements: Sequence[Statement]) -> Cost | None:
    """What the statements took, from system.query_log; None where it does not know (yet, after some seconds)."""
    wanted = {f"q{index}": statement.query_id for index, statement in enumerate(statements)}
    if not wanted:
        return Cost(0, 0, 0.0, 0)
    names = ", ".join(f"{{{name}:String}}" for name in wanted)
    sql = f"""SELECT count(), sum(read_rows), sum(read_bytes),
    sum(ProfileEvents['UserTimeMicroseconds'] + ProfileEvents['SystemTimeMicroseconds']) / 1000, max(memory_usage)
FROM system.query_log
WHERE event_date >= today() - 1 AND type = 'QueryFinish' AND query_id IN ({names})"""
    deadline = time.monotonic() + _COST_SECONDS
    while True:
        try:
            found, rows, read, cpu_ms, memory = store.execute(sql, wanted)[0]
        except StoreError:
            return None
        if found >= len(wanted):
            return Cost(rows, read, cpu_ms, memory)
        if time.monotonic() > deadline:
            return None
        time.sleep(0.25)


def _translated(error: StoreError, report: str) -> QueryError:
    if error.code in _LIMITS:
        return TooMuch(
            f"{report} would take {_LIMITS[error.code]}: ask for a shorter period, one page instead of a pattern, "
            f"a narrower filter, or no breakdown (ClickHouse, code {error.code}: {error})"
        )
    if error.code == ALL_CONNECTION_TRIES_FAILED:
        return NotConnected(f"{report} could not be answered: {error}. {SHARD_AWAY}")
    kind = NotConnected if isinstance(error, Unreachable) else QueryError
    return kind(f"{report} could not be answered (ClickHouse, code {error.code}: {error})")
