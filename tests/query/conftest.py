"""One migrated database for all questions; every test takes sites of its own in it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from collector import retention
from collector.migrate import migrate
from collector.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from collector.engine import Connection

_sites = itertools.count(1)


@pytest.fixture(scope="session")
def query_url(engine: Connection) -> str:
    """The loader's URL of a migrated database for questions."""
    url = engine.loader_url.replace("/footpath", "/questions")
    migrate(url)
    return url


@pytest.fixture(scope="session")
def shared(query_url: str) -> Iterator[Store]:
    """A connection to the database for questions; take site ids from `new_site`."""
    store = Store(query_url)
    # Worlds lie around days of the past on which clocks were changed.
    retention.apply(store, {"trail": 10_000, "skeleton": 10_000})
    yield store
    store.close()


@pytest.fixture(scope="session")
def new_site() -> Callable[[], int]:
    """Gives a site id that nobody used."""
    return lambda: next(_sites)
