"""One real ClickHouse and one driver of browsers for all; each test that writes gets a database of its own."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from collector.engine import Connection, running
from collector.migrate import migrate
from collector.store import Store
from tests.support import CHROMIUM, CHROMIUM_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Playwright

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """The program's own ClickHouse, without tables."""
    with running(tmp_path_factory.mktemp("engine")) as connection:
        yield connection


@pytest.fixture(scope="session")
def migrated_engine(engine: Connection) -> Connection:
    """The same, with the tables in its own database."""
    migrate(engine.loader_url)
    return engine


@pytest.fixture
def database_url(engine: Connection) -> Iterator[str]:
    """The loader's URL of a fresh, migrated database; dropped afterwards."""
    name = f"test_{next(_numbers)}"
    url = engine.loader_url.replace("/footpath", f"/{name}")
    migrate(url)
    yield url
    server = Store(engine.loader_url.replace("/footpath", "/default"))
    server.execute(f"DROP DATABASE {name} SYNC")
    server.close()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A connection of the loader's to a fresh, migrated database."""
    store = Store(database_url)
    yield store
    store.close()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives browsers: one, because a second in the same thread finds its event loop taken."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """A Chromium as it comes."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_OPTIONS))
    yield browser
    browser.close()
