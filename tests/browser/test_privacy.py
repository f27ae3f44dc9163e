"""What is not measured, not kept and not counted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from collector.demo import shop
from collector.query import connect, last
from tests.browser.conftest import PERSON
from tests.browser.shopper import Shopper
from tests.support import CHROMIUM, CHROMIUM_OPTIONS, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page, Playwright

    from tests.browser.conftest import World

pytestmark = pytest.mark.browser

KEPT = "() => ({cookie: document.cookie, local: {...localStorage}, session: {...sessionStorage}})"


@pytest.mark.parametrize("wish", ["globalPrivacyControl: true", "doNotTrack: '1'"])
def test_a_wish_for_privacy_is_followed(world: World, visitor: BrowserContext, wish: str) -> None:
    """Where the browser sends Global Privacy Control or Do Not Track, nothing is sent and nothing is kept."""
    name, value = wish.split(": ")
    visitor.add_init_script(f"Object.defineProperty(Navigator.prototype, '{name}', {{get: () => {value}}})")
    person = Shopper(visitor.new_page())
    before = len(_posts(world))
    person.arrive(f"{world.shops['other-shop']}/faq")
    assert person.tab.evaluate(f"navigator.{name}") in (True, "1")
    assert person.tab.evaluate("typeof window.footpath") == "function", "the script did not run"
    person.click(person.tab.locator("summary").first)
    person.tab.evaluate("footpath('conversion', 'purchase', {value: 1})")
    person.scroll_to(200)
    person.pause(1500)
    assert _footpath_keeps(person.tab) == {}
    person.close()
    time.sleep(0.5)
    assert len(_posts(world)) == before


def test_without_storage_the_collector_says_who(world: World, browser: Browser) -> None:
    """With storage none nothing is on the device or on the wire; visitor and session are set by the collector."""
    for _ in range(2):
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        person = Shopper(context.new_page())
        person.arrive(f"{world.shops['quiet-shop']}/faq")
        person.click(person.tab.locator("summary").first)
        person.pause(300)
        person.follow(person.tab.get_by_role("link", name="About", exact=True))
        person.pause(700)
        kept = person.tab.evaluate(KEPT)
        assert kept["cookie"] == ""
        assert kept["session"] == {}
        assert kept["local"] == {}
        assert context.cookies() == []
        person.close()
        context.close()
    condition = "site_id = 3 AND path = '/about' AND kind = 'page_view'"
    wait_until(lambda: world.count(condition) == 2, 15, "both visits")
    world.settled()
    sent = [post for post in _posts(world) if b'"site":"quiet-shop"' in post]
    assert sent
    assert all(b'"visitor":""' in post and b'"session":""' in post for post in sent)
    rows = world.rows("site_id = 3")
    # The same address and browser on the same day are one visitor, and a day is one session.
    assert len({row["visitor_id"] for row in rows}) == len({row["session_id"] for row in rows}) == 1
    assert 0 not in {rows[0]["visitor_id"], rows[0]["session_id"]}
    assert len({row["page_id"] for row in rows}) == 4


def test_automation_is_tagged_and_left_out(world: World, playwright: Playwright) -> None:
    """A browser under remote control is stored as automation; reports leave it out unless asked with bots=True."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*CHROMIUM_OPTIONS, PERSON[1]])
    try:
        person = Shopper(browser.new_page(viewport={"width": 1280, "height": 800}))
        person.arrive(f"{world.shops['other-shop']}/product/true-compass")
        person.click(person.tab.locator(".buy [data-add]"))
        person.pause(300)
        person.close()
        time.sleep(0.7)  # what a tab sends last does not outlive the whole browser
    finally:
        browser.close()
    path = "/product/true-compass"
    wait_until(lambda: world.count("path = {path:String} AND kind = 'engagement'", path=path), 15, "its rows")
    world.settled()
    rows = world.rows("path = {path:String}", path=path)
    assert {row["bot_class"] for row in rows} == {"automation"}
    assert {row["device"] for row in rows} == {"desktop"}
    connection = connect(world.reader_url)
    site = connection.site("other-shop")
    session = f"{rows[0]['session_id']:016x}"
    assert session not in _sessions(site, bots=False)
    assert session in _sessions(site, bots=True)
    assert site.heatmap(path, last("2d"), bots=True).clicks == {"desktop": 1}
    assert site.heatmap(path, last("2d")).clicks == {}
    assert world.store.execute("SELECT count() FROM heat_cells WHERE path = {path:String}", {"path": path}) == [(0,)]
    connection.close()


FORM = """<!doctype html><html><head><title>Account</title>
<script async src="{{{{footpath_sdk}}}}"></script></head><body>
<form id="account"><input name="login"><input name="secret" type="password"><textarea name="note"></textarea>
<input name="search" type="search"><input name="born" type="date"><select name="plan"><option>none</option>
<option>{plan}</option></select><p contenteditable>{text}</p><div role="textbox" tabindex="0">{text}</div>
<label>Loud <input name="loud" type="checkbox" value="{value}"></label>
<input type="hidden" name="token" value="{token}"><button>Send</button></form>
<p data-footpath-mask><button type="button" id="masked">{masked}</button></p>
<div data-footpath-ignore><button type="button" id="ignored">{ignored}</button></div></body></html>"""


def test_no_kind_of_field_gives_its_value_away(world: World, visitor: BrowserContext, tmp_path: Path) -> None:
    """Passwords, notes, searches, options, editable text, hidden values, masked and ignored parts: none is sent."""
    words = {name: f"{name}{time.time_ns()}x" for name in ("plan", "text", "value", "token", "masked", "ignored")}
    for name in ("index", "404"):
        (tmp_path / f"{name}.html").write_text(FORM.format(**words))
    before = len(world.relay.sent)
    with shop.serve(tmp_path, "127.0.0.1", 0, f"http://127.0.0.1:{world.relay.port}/sdk.js?site=other-shop") as pages:
        person = Shopper(visitor.new_page())
        person.arrive(pages.url)
        words |= _fill(person)
        person.follow(person.tab.get_by_text("Send"))
        assert words["secret"] in person.tab.url
        person.pause(700)
        person.close()
    host = pages.url.removeprefix("http://")
    wait_until(lambda: world.count("host = {host:String} AND kind = 'engagement'", host=host) == 2, 15, "the reports")
    world.settled()
    sent = world.relay.sent[before:]
    rows = world.rows("host = {host:String}", host=host)
    assert [name for name, word in words.items() if word.encode() in sent or word in str(rows)] == []
    assert [row["query"] for row in rows] == [""] * len(rows)
    assert b"1985" not in sent
    fields = {row["field"] for row in rows if row["kind"] == "field"}
    assert fields == {"login", "secret", "note", "search", "born", "plan", "loud"}
    clicked = [row["element_selector"] for row in rows if row["kind"] == "click"]
    assert "button#masked" in clicked
    assert not any("ignored" in selector for selector in clicked)


def _fill(person: Shopper) -> dict[str, str]:
    """Type a new word into everything that takes one; the words by place."""
    words = {name: f"{name}{time.time_ns()}x" for name in ("login", "secret", "note", "search", "editable")}
    for name in ("login", "secret", "note", "search"):
        person.click(person.tab.locator(f"[name={name}]"))
        person.type(words[name])
    person.keys("Tab")
    person.type("03041985")
    person.click(person.tab.locator("[contenteditable]"))
    person.type(words["editable"])
    person.click(person.tab.locator("[role=textbox]"))
    person.tab.locator("[name=plan]").focus()
    person.keys("ArrowDown")
    for name in ("[name=loud]", "#masked", "#ignored"):
        person.click(person.tab.locator(name))
    return words


def _posts(world: World) -> list[bytes]:
    return world.relay.sent.split(b"POST /v1/events")[1:]


def _footpath_keeps(tab: Page) -> dict[str, Any]:
    kept = tab.evaluate(KEPT)
    return {name: value for name, value in (kept["local"] | kept["session"]).items() if "footpath" in name}


def _sessions(site: Any, *, bots: bool) -> set[str]:
    return {row.session_id for row in site.sessions(last("2d"), bots=bots, limit=1000).rows}
