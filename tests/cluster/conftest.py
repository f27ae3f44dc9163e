"""Two shards for the whole run; each test that writes gets databases of its own on both."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from collector import engine as engines
from collector import on_cluster
from collector.store import Store
from tests.cluster.servers import CLUSTER, Shards

if TYPE_CHECKING:
    from collections.abc import Iterator

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shards]:
    """Two servers. Whoever kills one starts it again."""
    users = engines._USERS.format(loader="l", analyst="a", database="unused")
    # Databases of tests have all kinds of names.
    users = users.replace(
        "<allow_databases><database>unused</database><database>system</database></allow_databases>", ""
    )
    servers = Shards(tmp_path_factory.mktemp("shards"), users)
    for place in range(len(servers.ports)):
        servers.start(place)
    yield servers
    servers.stop()


@pytest.fixture
def cluster_name() -> str:
    """What FOOTPATH_CLICKHOUSE_CLUSTER would be."""
    return CLUSTER


@pytest.fixture
def cluster_url(shards: Shards, cluster_name: str) -> Iterator[str]:
    """The loader's URL of a fresh, migrated database that is spread over both shards; dropped afterwards."""
    database = f"spread_{next(_numbers)}"
    url = shards.url(database)
    on_cluster.migrate(url, cluster_name)
    yield url
    for place in range(len(shards.ports)):
        server = Store(shards.url("default", place))
        for each in (database, f"{database}_local"):
            server.execute(f"DROP DATABASE IF EXISTS {each} SYNC")
        server.close()


@pytest.fixture
def spread(cluster_url: str) -> Iterator[Store]:
    """A connection of the loader's to that database."""
    store = Store(cluster_url)
    yield store
    store.close()
