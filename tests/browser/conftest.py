"""A real Chromium and a running shop with its collector, shared by all tests of this folder."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from collector import engine, resources
from collector.demo import shop
from collector.store import Store
from tests.browser.relay import Relay
from tests.support import CHROMIUM, CHROMIUM_OPTIONS, Server, serving, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Playwright

USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
# Arguments and environment, because what a page sends while it is left knows nothing of emulation.
PERSON = ("--disable-blink-features=AutomationControlled", f"--user-agent={USER_AGENT}")
ZONE = {"TZ": "Europe/Lisbon"}
SITES = """sites:
  demo-shop: {id: 1, time_zone: Europe/Berlin, origins: ["*"], privacy: {query: [group]}}
  other-shop: {id: 2, time_zone: Europe/Berlin, origins: ["*"]}
  quiet-shop: {id: 3, time_zone: Europe/Berlin, origins: ["*"], privacy: {storage: none}}
"""
SITES_BY_KEY = {"demo-shop": 1, "other-shop": 2, "quiet-shop": 3}


@dataclass
class World:
    """A collector with its data, the wire to it, and by site the address of its shop."""

    server: Server
    relay: Relay
    store: Store
    reader_url: str
    shops: dict[str, str]

    def rows(self, condition: str = "1", **parameters: object) -> list[dict[str, Any]]:
        """Rows of `events` in their order, as dicts."""
        sql = f"SELECT * EXCEPT props, toString(props) AS props FROM events WHERE {condition} ORDER BY ts, page_id, n"
        answer = self.store.ask(sql, parameters)
        return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]

    def count(self, condition: str = "1", **parameters: object) -> int:
        """How many events."""
        return int(self.store.execute(f"SELECT count() FROM events WHERE {condition}", parameters)[0][0])

    def settled(self) -> None:
        """Wait until everything that was accepted is in the tables."""
        wait_until(lambda: self.server.metrics().get("spooled", 0) == 0, 20, "the spool's end")


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[World]:
    """A running world over `folder`."""
    config = folder / "config"
    config.mkdir(parents=True)
    (config / "sites.yml").write_text(SITES)
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(serving(folder))
        relay = stack.enter_context(Relay(server.port))
        script = f"http://127.0.0.1:{relay.port}/sdk.js?site="
        demo = resources.folder("demo")
        shops = {key: stack.enter_context(shop.serve(demo, "127.0.0.1", 0, script + key)).url for key in SITES_BY_KEY}
        found = engine.find(folder / "data")
        assert found
        store = Store(found.reader_url)
        stack.callback(store.close)
        yield World(server, relay, store, found.reader_url, shops)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world that most tests share; each looks at its own session or page."""
    with opened(tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A Chromium that shows no sign of automation."""
    browser = playwright.chromium.launch(
        executable_path=CHROMIUM, args=[*CHROMIUM_OPTIONS, *PERSON], env=os.environ | ZONE
    )
    yield browser
    browser.close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """A new visitor: nothing stored, a window of 1280 x 800."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context
    context.close()
