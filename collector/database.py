"""Where ClickHouse is, and that its tables are this version's: for whoever writes."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from collector import engine as engines
from collector import migrate, on_cluster, retention, store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from collector.config import Settings

log = logging.getLogger("footpath")


def url(settings: Settings) -> str:
    """The loader's address of ClickHouse: the configured server, or the program's own engine as it runs now.

    Raises:
        Unreachable: the engine does not run at the moment.
    """
    if settings.clickhouse_url:
        return settings.clickhouse_url
    found = engines.find(settings.data_dir)
    if found is None:
        raise store.Unreachable(f"no ClickHouse runs over {settings.data_dir}")
    return found.loader_url


@contextlib.contextmanager
def running(settings: Settings) -> Iterator[str]:
    """The loader's address of ClickHouse; the program's own is started for the length of the block if need be.

    Raises:
        EngineError: it does not start here.
    """
    if settings.clickhouse_url or engines.find(settings.data_dir):
        yield url(settings)
    else:
        with engines.running(settings.data_dir) as connection:
            yield connection.loader_url


def migrated(address: str, cluster: str, report: Callable[[migrate.Migration], None]) -> list[migrate.Migration]:
    """Apply pending migrations, on every server of the cluster where one is named, and return them.

    Raises:
        MigrationError: the tables are not this version's.
        StoreError: ClickHouse did not answer or refused.
    """
    return on_cluster.migrate(address, cluster, report=report) if cluster else migrate.migrate(address, report=report)


def pending(address: str, cluster: str) -> list[migrate.Migration]:
    """What `migrated` would apply.

    Raises:
        MigrationError, StoreError: see `migrated`.
    """
    return on_cluster.planned(address, cluster) if cluster else migrate.planned(address)


def prepare(address: str, cluster: str, kept: Mapping[str, int]) -> None:
    """Apply pending migrations, and give the tables the TTL that `kept` says (days by kind).

    Raises:
        StoreError: ClickHouse did not answer or refused, or the tables are not this version's.
    """
    try:
        migrated(address, cluster, lambda step: log.info("migration %s applied", step.name))
    except migrate.MigrationError as error:
        raise store.Refused(str(error)) from error
    with contextlib.closing(store.Store(address)) as reached:
        retention.apply(reached, kept, report=lambda change: log.info("retention: %s", change.sql))
