"""The first hour of somebody who opens the demo's dashboard in a real browser; every number is that of Python."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from collector.query import connect
from collector.query.arguments import parse_step
from tests.support import free_port, serving, wait_until, whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from collector.query import Site

PERIOD = "2d"


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A running demo: the link that it prints, and its folder."""
    folder = tmp_path_factory.mktemp("hour")
    shop = ("--visits", "120", "--shop-port", str(free_port()))
    with serving(folder, "demo", *shop, FOOTPATH_DASHBOARD_PORT=str(free_port())) as server:
        wait_until(lambda: "ctrl-C" in server.log(), 120, "the demo")
        found = re.search(r"http://\S+/enter/\S+", server.log())
        assert found
        yield found[0], folder


@pytest.fixture
def site(link: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The demo's site, as Python has it."""
    monkeypatch.setenv("FOOTPATH_DATA_DIR", str(link[1] / "data"))
    connection = connect()
    yield connection.site("demo-shop")
    connection.close()


def test_from_the_first_event_to_a_shared_link(link: tuple[str, Path], chromium: Browser, site: Site) -> None:
    """Live, overview, the cart's clicks, the funnel's leak, the visits in it, one of them, the form, a link."""
    context = chromium.new_context()
    tab = context.new_page()
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(link[0])
    whole(tab, "Overview")
    tab.select_option("select[name=period]", PERIOD)
    expect(tab).to_have_url(re.compile("period=2d"))
    whole(tab, "Overview")

    _overview(tab, site)
    _cart(tab, site)
    _funnel(tab, site)
    _form(tab, site)
    _share(tab, chromium)
    context.close()
    assert complaints == []


def _overview(tab: Page, site: Site) -> None:
    total = site.traffic(PERIOD, goal="purchase").total
    assert total.conversion is not None
    tiles = {tile.locator(".label").inner_text(): tile.locator("b").inner_text() for tile in tab.locator(".tile").all()}
    assert tiles["Visitors"] == f"{total.visitors:,}"
    assert tiles["Sessions"] == f"{total.sessions:,}"
    assert tiles["Conversion: purchase"] == f"{100 * total.conversion.k / total.conversion.n:.1f} %"


def _cart(tab: Page, site: Site) -> None:
    tab.get_by_role("link", name="Page", exact=True).click()
    whole(tab, "Page")
    tab.select_option("select[name=path]", "/cart")
    expect(tab).to_have_url(re.compile("path="))
    whole(tab, "Page")
    said = tab.locator("section", has=tab.locator("canvas")).inner_text()
    clicks = max(site.heatmap("/cart", PERIOD).clicks.values())
    assert f"{clicks:,} clicks on /cart" in said
    expect(tab.locator("[data-drawn]")).to_be_visible()
    (promo,) = (row for row in site.elements("/cart", PERIOD, by=None).rows if row.name == "Apply promo")
    shown = tab.locator("#elements tbody tr", has_text="Apply promo").all()
    place = tab.locator("#elements thead th").all_inner_texts().index("dead")
    dead = [int(row.locator("td").nth(place).inner_text()) for row in shown]
    assert sum(dead) == promo.dead > 0


def _funnel(tab: Page, site: Site) -> None:
    """The planted leak: who is lost between cart and checkout."""
    tab.get_by_role("link", name="Funnel", exact=True).click()
    whole(tab, "Funnel")
    steps = [parse_step(each.input_value()) for each in tab.locator("input[name=step]").all() if each.input_value()]
    answer = site.funnel(steps, PERIOD, window="24h")
    bars = tab.locator("ol.funnel > li")
    assert [int(bar.locator(".line b").inner_text().replace(",", "")) for bar in bars.all()] == [
        row.count for row in answer.rows
    ]
    place = max(range(len(answer.rows) - 1), key=lambda index: answer.rows[index].dropped)
    lost = answer.rows[place].dropped
    assert lost > 0
    bars.nth(place).locator(".drop a").click()
    visits = tab.locator("#lost tbody tr")
    expect(visits).to_have_count(lost)
    visits.first.locator("a").first.click()
    expect(tab).to_have_url(re.compile("/session"))
    _visit(tab, site)
    tab.go_back()
    whole(tab, "Funnel")


def _visit(tab: Page, site: Site) -> None:
    """Played from its first page to its last one; clicks and stumbles are those of Python."""
    whole(tab, "Visit")
    key = parse_qs(urlsplit(tab.url).query)["id"][0]
    replay = site.replay(key)
    first = next(iter(replay.pages.values()))["path"]
    expect(tab.locator("[data-path]")).to_have_text(first)
    clicks = [row for row in replay.rows if row.kind == "click"]
    assert tab.locator(".timelines li.click").count() == len(clicks)
    assert tab.locator(".timelines li.stumble").count() == sum(1 for row in clicks if row.friction)
    assert replay.trails
    assert "from click to click" not in tab.locator(".player").inner_text()
    last = max(row.offset for row in replay.rows)
    tab.select_option("[data-speed]", "8")
    tab.get_by_role("button", name="Play").click()
    expect(tab.locator("[data-path]")).to_have_text(replay.rows[-1].page, timeout=60_000)
    expect(tab.get_by_role("button", name="Play")).to_have_count(1, timeout=60_000)
    expect(tab.locator("[data-undrawn]")).to_be_hidden()
    shown = re.search(r"#t=([\d.]+)$", tab.url)
    assert shown
    assert float(shown[1]) >= last // 1000
    # The address was replaced, and not added to: going back leaves the visit.


def _form(tab: Page, site: Site) -> None:
    tab.get_by_role("link", name="Forms", exact=True).click()
    whole(tab, "Forms")
    chosen = tab.locator("select[name=form]").input_value()
    text = tab.locator("main").inner_text()
    for row in site.form(chosen, PERIOD).rows:
        assert row.field in text


def _share(tab: Page, chromium: Browser) -> None:
    tab.get_by_role("link", name="Share").click()
    tab.fill("input[name=name]", "agency")
    tab.get_by_role("button", name="Make a link").click()
    shared = tab.locator("input.copy").input_value()
    stranger = chromium.new_context()
    other = stranger.new_page()
    other.goto(shared)
    whole(other, "Forms")
    assert other.goto(other.url.replace("/forms", "/overview"))
    expect(other).to_have_url(re.compile("/login"))
    stranger.close()
