"""The clicks on the page itself: who makes the link, where it leads, and what it tells whom."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from collector.dashboard.overlay import opened, origins
from collector.query import Connection, between, where
from collector.state import State
from collector.state.overlays import OVERLAY_SECONDS
from collector.store import Store
from tests.dashboard.conftest import BEGIN, END, HOSTILE, SESSION, WHEN

if TYPE_CHECKING:
    from pathlib import Path

    from werkzeug.test import TestResponse

    from tests.dashboard.conftest import World

MAKE = "/sites/site-1/heat/overlay"


def make(world: World, name: str = "analyst", **fields: str) -> TestResponse:
    """The button on the page `Page`."""
    return world.post(world.browser(name), MAKE, **{"query": WHEN, "path": "/cart", "device": "desktop", **fields})


def token_of(answer: TestResponse) -> str:
    found = re.search(r'href="(\S+)#footpath=([\w-]{43})"', answer.text)
    assert found, answer.text
    return found[2]


def ask(world: World, token: str, **more: Any) -> TestResponse:
    """As the script asks, on another origin."""
    return world.browser().get(f"/overlay/{token}", headers={"Origin": "https://shop.example"}, **more)


@pytest.fixture
def hosts(dashboard_url: str) -> list[str]:
    """Where the shop's page views were."""
    site = Connection(Store(dashboard_url)).site("site-1")
    sql = "SELECT DISTINCT toString(host) AS host FROM events WHERE site_id = {site_id:UInt32} AND path = '/cart'"
    return [row.host for row in site.sql(sql).rows]


def test_the_button_is_for_who_may_make_links(world: World) -> None:
    """Analysts and owners see it; viewers and shared links do not."""
    path = f"/sites/site-1/heat?{WHEN}&path=/cart"
    for name, there in (("owner", True), ("analyst", True), ("viewer", False)):
        assert ("Open on the live page" in world.browser(name).get(path).text) == there, name
    guest = world.browser()
    secret = world.state.share("site-1", "heat", f"{WHEN}&path=/cart", name="x", by="analyst", seconds=60)
    assert "Open on the live page" not in guest.get(f"/shared/{secret}", follow_redirects=True).text
    assert "Open on the live page" not in world.browser("owner").get(f"/sites/site-1/heat?{WHEN}&path=/*").text


def test_the_link_tells_what_python_tells(world: World, dashboard_url: str) -> None:
    """Elements, cells and counts of the device, the period and the filters that stood in the address."""
    query = f"{WHEN}&is=country=DE"
    made = make(world, query=query, path="/")
    assert made.status_code == 200
    told = ask(world, token_of(made)).json
    site = Connection(Store(dashboard_url)).site("site-1")
    asked = {"path": "/", "period": between(BEGIN, END), "where": where(country="DE")}
    elements = [row for row in site.elements(**asked).rows if row.group == "desktop"]
    heat, scroll = site.heatmap(**asked), site.scroll(**asked)
    assert elements
    assert [(each["key"], each["item"], each["clicks"], each["dead"], each["rage"]) for each in told["elements"]] == [
        (row.key, row.item, row.clicks, row.dead, row.rage) for row in elements
    ]
    assert told["elements"][0]["rect"] == [getattr(elements[0], each) for each in ("x", "y", "width", "height")]
    assert told["views"] == scroll.page_views["desktop"]
    assert told["clicks"] == heat.clicks["desktop"]
    on_page = [row for row in heat.rows if row.group == "desktop" and row.layer == "page"]
    assert [each[2] for each in told["cells"]] == [row.clicks for row in on_page]
    assert all(0 < each[0] < 1 for each in told["cells"])
    assert told["page_width"] > 0
    assert told["page_height"] > 0
    assert told["title"] == f"/ · {BEGIN}..{END} · country: DE · desktop"
    unfiltered = ask(world, token_of(make(world, path="/"))).json
    assert unfiltered["views"] > told["views"]


def test_the_most_seen_device_is_shown_where_none_was_chosen(world: World, dashboard_url: str) -> None:
    """And where one was chosen that nobody has."""
    site = Connection(Store(dashboard_url)).site("site-1")
    views = site.scroll("/cart", between(BEGIN, END), by="device").page_views
    for device in ("", "television"):
        told = ask(world, token_of(make(world, device=device))).json
        assert told["device"] == max(views, key=lambda each: views[each])


def test_any_origin_may_ask_and_no_cookie_is_looked_at(world: World) -> None:
    """The answer is the same with and without a session, is kept by no cache, and sets nothing."""
    token = token_of(make(world))
    strange = ask(world, token)
    browser = world.browser("stranger")
    seen = world.state._row("SELECT max(seen_at) AS at FROM sessions")
    browser.set_cookie(SESSION, "not a session")
    assert browser.get(f"/overlay/{token}").json == strange.json
    assert world.state._row("SELECT max(seen_at) AS at FROM sessions")["at"] == seen["at"]  # type: ignore[index]
    assert strange.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in strange.headers
    assert strange.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in strange.headers
    others = ("/login", "/healthz", f"/sites/site-1/heat?{WHEN}", "/api/site-1/traffic.json", "/definitions")
    for path in others:
        assert "Access-Control-Allow-Origin" not in browser.get(path).headers, path


def test_a_link_is_void_after_an_hour(world: World, tmp_path: Path) -> None:
    """And when its maker is removed, has no role there any more, or the site is gone; a sentence says so."""
    now = [1_000_000.0]
    state = State(tmp_path / "other.db", lambda: now[0])
    user = state.add_user("ann", {"a": "analyst"})
    token = state.open_overlay(user.id, "a", "/", "desktop", "")
    now[0] += OVERLAY_SECONDS - 1
    assert state.overlay(token)
    now[0] += 1
    assert state.overlay(token) is None
    state.close()
    analyst = next(each for each in world.state.users() if each.name == "analyst")
    token = token_of(make(world))
    world.state.set_role(analyst.id, "site-1", None)
    refused = ask(world, token)
    assert refused.status_code == 401
    assert "works for an hour" in refused.json["error"]
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    world.state.set_role(analyst.id, "site-1", "analyst")
    assert ask(world, token).status_code == 200
    world.state.remove_user(analyst.id)
    assert ask(world, token).status_code == 401


def test_guesses_are_slowed_down(world: World) -> None:
    """Twenty void links from a network, then none is looked at, void or not; logins are not punished for it."""
    token = token_of(make(world))
    told = [ask(world, f"guess-{number}").status_code for number in range(20)]
    assert told == [401] * 20
    assert ask(world, token).status_code == 429
    assert ask(world, token, environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 200
    assert world.browser().get("/login").status_code == 200


def test_the_secret_is_not_in_the_file(world: World, tmp_path: Path) -> None:
    """Its hash is; and the address has it behind a #, which browsers send to nobody."""
    token = token_of(make(world))
    with sqlite3.connect(tmp_path / "data" / "state.db") as database:
        rows = database.execute("SELECT * FROM overlays").fetchall()
    assert len(rows) == 1
    assert token not in str(rows)


def test_the_link_leads_to_where_the_page_was_seen(world: World, hosts: list[str]) -> None:
    """Where every origin is allowed: the hosts of its page views."""
    links = re.findall(r'href="([^"#]*)#footpath=', make(world).text)
    assert links == [f"https://{host}/cart" for host in hosts]


@pytest.mark.parametrize(
    ("listed", "seen", "expected"),
    [
        (["https://a.example", "https://b.example"], ["b.example"], ["https://b.example", "https://a.example"]),
        (["http://a.example", "https://a.example"], [], ["https://a.example", "http://a.example"]),
        (["*"], ["localhost:8402", "127.0.0.1:80", "[::1]:9"], ["http://localhost:8402", "http://127.0.0.1:80", "http://[::1]:9"]),
        (["*"], ["A.example", "a.example"], ["https://a.example"]),
        (["*"], ["a.example/evil", "user@evil.example", "x y", "<b>", "a:b", "javascript:alert(1)"], []),
        (["*", "https://a.example"], ["evil.example"], ["https://a.example"]),
    ],
)  # fmt: skip
def test_origins(listed: list[str], seen: list[str], expected: list[str]) -> None:
    """The site's own before what page views say; nothing that is no host."""
    assert origins(listed, seen) == expected


@pytest.mark.parametrize(("path", "is_routed", "address", "end"), [
    ("/cart", False, "/cart", "#footpath=s"),
    ("/ä b", False, "/%C3%A4%20b", "#footpath=s"),
    ("/#/cart", True, "/#/cart", "?footpath=s"),
    ("/app#/cart/ü", True, "/app#/cart/%C3%BC", "?footpath=s"),
    ("/app#", True, "/app", "#/?footpath=s"),
    ("/", True, "/", "#/?footpath=s"),
])  # fmt: skip
def test_where_a_router_reads_the_fragment_the_secret_follows_the_route(
    path: str, is_routed: bool, address: str, end: str
) -> None:
    """As the query of the route, which neither the router nor the script takes for a part of it."""
    assert opened(path, "s", is_routed=is_routed) == (address, end)


@pytest.mark.parametrize("path", ["/*", "", "cart", "/#/cart", "javascript:alert(1)", "/nowhere", *HOSTILE])
def test_what_is_no_single_page_has_no_link(world: World, path: str) -> None:
    """A pattern, a path that nobody was on, and no path at all: a sentence and no secret."""
    answer = make(world, path=path)
    assert answer.status_code in (400, 422)
    assert "#footpath=" not in answer.text
    assert 'class="alert"' in answer.text
    assert "<img src=x" not in answer.text
    assert world.state._row("SELECT count(*) AS n FROM overlays")["n"] == 0  # type: ignore[index]


def test_a_part_of_the_page_is_answered_with_a_part(world: World) -> None:
    """htmx puts the link in the form's place; without JavaScript it is a page."""
    browser = world.browser("analyst")
    check = re.findall(r'name="csrf" value="([0-9a-f]{64})"', browser.get(f"/sites/site-1/heat?{WHEN}&path=/cart").text)
    fields = {"csrf": check[0], "query": WHEN, "path": "/cart", "device": "desktop"}
    part = browser.post(MAKE, data=fields, headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert "#footpath=" in part.text
    whole = browser.post(MAKE, data=fields)
    assert "<html" in whole.text
    assert browser.post(MAKE, data={**fields, "csrf": "0" * 64}).status_code == 403
