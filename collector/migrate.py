"""Bring the tables to the state that this version needs: forward only, one statement a file, in order.

Each applied file is recorded with its checksum in `schema_migrations`; a file that was changed after it had been
applied stops everything, because nobody can tell what the tables look like then.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from collector import cluster, resources
from collector.store import Refused, Store, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

TABLE_ALREADY_EXISTS = 57
MOST_SECONDS: Final = 3600.0
"""How long a statement may take: one that fills a column reads and writes a whole table."""
UNSEEN_SECONDS: Final = 10.0
"""How long inserts are given to end that the user may not see; one of the loader takes a second."""
_FILLS: Final = re.compile(r"^ALTER TABLE \w+ (UPDATE|MATERIALIZE COLUMN) ", re.MULTILINE)
_INSERTS: Final = """SELECT query_id FROM system.processes WHERE query_kind = 'Insert' AND (
    (current_database = currentDatabase() AND startsWith(query, 'INSERT INTO events'))
    OR position(replaceAll(query, '`', ''), currentDatabase() || '.events') > 0
)"""
_STATUS_TABLE = """CREATE TABLE IF NOT EXISTS schema_migrations (
    name String, checksum FixedString(64), applied_at DateTime('UTC')
) ENGINE = ReplacingMergeTree ORDER BY name"""


class MigrationError(RuntimeError):
    """The tables and the files disagree; the message says where."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its name without ending, its only statement, and the SHA-256 of that text."""

    name: str
    sql: str
    checksum: str


def migrations(folder: Path | None = None) -> list[Migration]:
    """All files in order.

    Raises:
        MigrationError: a file's name is not NNNN_name.sql, or numbers repeat or leave a gap.
    """
    found = []
    for number, path in enumerate(sorted((folder or resources.folder("schema") / "clickhouse").glob("*.sql")), 1):
        if not re.fullmatch(rf"{number:04d}_[a-z0-9_]+\.sql", path.name):
            raise MigrationError(f"{path.name}: expected a name that begins with {number:04d}_")
        sql = path.read_text()
        found.append(Migration(path.stem, sql, hashlib.sha256(sql.encode()).hexdigest()))
    return found


def pending(store: Store, known: list[Migration] | None = None) -> list[Migration]:
    """The files that are not applied yet.

    Raises:
        MigrationError: an applied file was changed or is missing (the tables are newer than this version).
        StoreError: ClickHouse did not answer.
    """
    known = migrations() if known is None else known
    applied = (
        dict(store.execute("SELECT name, toString(checksum) FROM schema_migrations FINAL"))
        if _has_status(store)
        else {}
    )
    by_name = {migration.name: migration for migration in known}
    for name, checksum in applied.items():
        if name not in by_name:
            raise MigrationError(f"the tables are newer than this version: it does not know {name}; upgrade footpath")
        if by_name[name].checksum != checksum:
            raise MigrationError(f"{name} was changed after it had been applied; restore it and add a new file")
    return [migration for migration in known if migration.name not in applied]


def planned(url: str) -> list[Migration]:
    """What `migrate` would apply. Changes nothing.

    Raises:
        MigrationError: see `migrate`.
        StoreError: ClickHouse did not answer or refused.
    """
    if not _database_exists(url):
        return migrations()
    with contextlib.closing(Store(url)) as store:
        _require_own_rows(store)
        return pending(store)


def migrate(
    url: str, *, known: list[Migration] | None = None, report: Callable[[Migration], None] = lambda _: None
) -> list[Migration]:
    """Apply what is pending and return it. Creates the database where it is missing and the user may.

    Raises:
        MigrationError: see `pending`; or the database is spread over a cluster.
        StoreError: ClickHouse did not answer or refused.
    """
    if not _database_exists(url):
        _execute_on_server(url, f"CREATE DATABASE IF NOT EXISTS {database_name(url)}")
    with contextlib.closing(Store(url, timeout=MOST_SECONDS)) as store:
        _require_own_rows(store)
        steps = pending(store, known)
        for step in steps:
            if is_fill(step):
                let_inserts_end(store)
            apply(store, step)
            report(step)
        return steps


def is_fill(step: Migration) -> bool:
    """Whether a migration changes the rows that are there."""
    return bool(_FILLS.search(step.sql))


def let_inserts_end(store: Store) -> None:
    """Wait for the inserts into `events` that run now: views write their rows as they were when the insert began, and
    a statement that fills a column has to find these too. Those that begin meanwhile are not waited for.

    Raises:
        StoreError: ClickHouse did not answer.
    """
    try:
        running = set(store.execute(_INSERTS))
    except Refused:  # a user that was granted its rights before this was asked
        time.sleep(UNSEEN_SECONDS)
        return
    while running:
        time.sleep(0.02)
        running &= set(store.execute(_INSERTS))


def apply(store: Store, step: Migration, sql: str | None = None, settings: Mapping[str, object] | None = None) -> None:
    """Run a migration's statement, or `sql` in its place (empty: nothing is to be run), and record it.

    Raises:
        StoreError: ClickHouse did not answer or refused.
    """
    if not _has_status(store):
        store.execute(_STATUS_TABLE)
    try:
        if sql != "":
            store.execute(sql or step.sql, settings=settings)
    except StoreError as error:
        # Killed between a statement and its record, or another collector was first.
        if error.code != TABLE_ALREADY_EXISTS:
            raise
    store.insert(
        "schema_migrations", {"name": [step.name], "checksum": [step.checksum], "applied_at": [datetime.now(UTC)]}
    )


def _require_own_rows(store: Store) -> None:
    found = cluster.spread(store)
    if found:
        raise MigrationError(
            f"the tables of {store.database} are spread over a cluster: set FOOTPATH_CLICKHOUSE_CLUSTER={found.cluster}"
        )


def _has_status(store: Store) -> bool:
    return bool(
        store.execute("SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'schema_migrations'")
    )


def _database_exists(url: str) -> bool:
    return bool(
        _execute_on_server(
            url, "SELECT 1 FROM system.databases WHERE name = {name:String}", {"name": database_name(url)}
        )
    )


def database_name(url: str) -> str:
    """The database of an address.

    Raises:
        ValueError: it has other characters than letters, digits and _.
    """
    name = Store(url).database
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError(f"{name!r} is no name for a database: use letters, digits and _")
    return name


def _execute_on_server(url: str, sql: str, params: dict[str, object] | None = None) -> list[tuple[object, ...]]:
    """Run a statement without being in the database, which may not exist yet."""
    with contextlib.closing(Store(url, database="default")) as server:
        return server.execute(sql, params)
