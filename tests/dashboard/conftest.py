"""A dashboard over a real database with three sites, and browsers of people with different roles."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page
from werkzeug.serving import make_server

from collector.config import Settings
from collector.dashboard import connection, wait
from collector.dashboard.application import create_dashboard
from collector.dashboard.reader import Reader
from collector.migrate import migrate
from collector.state import EVERY_SITE, State
from collector.store import Store
from tests.dashboard.tour import tour
from tests.query.shop import days, shop
from tests.query.visits import visits
from tests.query.worlds import ms, save

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient
    from playwright.sync_api import Browser
    from werkzeug.test import TestResponse

    from collector.engine import Connection

ZONE = "Europe/Berlin"
BEGIN, END, *_ = days(ZONE)
WHEN = f"from={BEGIN}&to={END}"
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "\"><script>alert(2)</script>",
    "' autofocus onfocus='alert(3)",
    "javascript:alert(4)",
    "{{7*7}}</textarea><svg/onload=alert(5)>",
)  # fmt: skip
SITES = "\n".join(
    ["sites:"]
    + [
        f'  site-{each}: {{id: {each}, name: "Site {each}", time_zone: {ZONE}, origins: ["*"]}}'
        for each in (1, 2, 3, 4, 5)
    ]
)
SESSION, SHARE, FORM = (f"footpath_{each}_8401" for each in ("session", "share", "form"))
OpenPage = Callable[..., Page]
PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
def dashboard_url(engine: Connection) -> str:
    """The loader's URL of a database with a shop (site-1), hostile names (site-2), conversions (site-3), nobody
    (site-4), and one visit with everything (site-5)."""
    url = engine.loader_url.replace("/footpath", "/dashboards")
    migrate(url)
    store = Store(url)
    save(store, 1, shop(7, ZONE), ZONE)
    save(store, 2, _hostile(), ZONE)
    save(store, 3, visits(5, ZONE), ZONE)
    save(store, 4, [], ZONE)
    tour(store, 5, ZONE)
    store.close()
    return url


def _hostile() -> list[dict[str, object]]:
    """Everything that a visitor can send as text is hostile, in visits that every report has something to say of."""
    events: list[dict[str, object]] = []
    for place, text in enumerate(HOSTILE * 3):
        base = {
            "at": ms(f"{BEGIN}T12:00:00", ZONE) + place * 60_000, "visitor_id": place + 1, "session_id": place + 1,
            "page_id": place + 1, "path": text, "entry_path": text, "browser": text, "os": text, "country": text[:2],
            "channel": text, "source": text, "medium": text, "campaign": text, "title": text, "page_type": text,
        }  # fmt: skip
        named = {"element_name": text, "element_role": text, "element_zone": text, "element_item": text}
        box = {"element_key": 5, "element_width": 90, "element_height": 20, "element_x": 3, "element_y": 4}
        said = {"form": text, "field": text, "custom_name": text, "error_message": text, "error_source": text}
        sold = {"goal": text, "order_id": text, "value": 3, "currency": "EUR"}
        kinds = ("page_view", "click", "click", "click", "field", "form", "conversion", "custom", "error", "zone")
        for n, kind in enumerate((*kinds, "vital", "engagement")):
            more = {"vital": text, "vital_value": 1.0, "navigation": text, "last_field": text, "invalid": text}
            more |= {"step": "start" if n % 2 else "ok", "error_type": "js", "watched_ms": 7000, "visible_ms": 900}
            events.append({**base, **named, **box, **said, **sold, **more, "kind": kind, "n": n})
    return events


@dataclass
class World:
    """A dashboard with its state, and who there is."""

    app: Flask
    state: State

    def browser(self, name: str | None = None) -> FlaskClient:
        """A browser in which this user is logged in; None: nobody."""
        client = self.app.test_client()
        if name is not None:
            user = next(each for each in self.state.users() if each.name == name)
            client.set_cookie(SESSION, self.state.open_session(user.id))
        return client

    def forget(self) -> None:
        """No answer is kept."""
        connection._memory._kept.clear()
        self.app.extensions["footpath-shelf"].clear()

    def post(self, client: FlaskClient, path: str, /, **fields: str) -> TestResponse:
        """Send a form as one of our pages would."""
        cookie = client.get_cookie(SESSION)
        assert cookie
        return client.post(path, data={"csrf": Reader(secret=cookie.value).csrf, **fields})


@pytest.fixture
def world(dashboard_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """An owner, an analyst and a viewer of site-1, and a stranger who sees site-2 alone."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sites.yml").write_text(SITES)
    monkeypatch.setenv("FOOTPATH_CLICKHOUSE_URL", dashboard_url)
    monkeypatch.setattr(wait, "PATIENCE", 60.0)  # pages come whole, on a slow machine too; test_wait.py has the frame
    app = create_dashboard(
        Settings.from_environment(
            {"FOOTPATH_DATA_DIR": str(tmp_path / "data"), "FOOTPATH_CONFIG_DIR": str(tmp_path / "config")}
        )
    )
    state: State = app.extensions["footpath-state"]
    state.add_user("owner", {EVERY_SITE: "owner"})
    state.add_user("analyst", {"site-1": "analyst"})
    state.add_user("viewer", {"site-1": "viewer"})
    state.add_user("stranger", {"site-2": "analyst"})
    yield World(app, state)
    connection.forget()
    state.close()


@pytest.fixture
def address(world: World) -> Iterator[str]:
    """The dashboard over HTTP."""
    server = make_server("127.0.0.1", 0, world.app)

    def serve() -> None:
        server.serve_forever()
        connection.forget()

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def open_page(world: World, address: str, chromium: Browser) -> Iterator[OpenPage]:
    """Opens a path in a browser in which the owner is logged in; at the end the browser must have complained of
    nothing. Options are those of a browser's context."""
    contexts = []
    complaints: list[str] = []

    def opened(path: str, **options: object) -> Page:
        context = chromium.new_context(**options)  # type: ignore[arg-type]
        contexts.append(context)
        owner = next(each for each in world.state.users() if each.name == "owner")
        context.add_cookies([{"name": SESSION, "value": world.state.open_session(owner.id), "url": address}])
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.goto(address + path)
        return tab

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
