"""The page Page: one audience or two side by side, layers of the map, and what lies behind it."""

from __future__ import annotations

import io
import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from collector.dashboard import cells
from collector.query import Connection, between, connect, conversion, did, where
from collector.store import Store
from tests.dashboard import tour
from tests.dashboard.conftest import BEGIN, END, WHEN
from tests.dashboard.test_pages import MIDDLE, Read

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from collector.query import Filter, Site
    from tests.dashboard.conftest import OpenPage, World

PERIOD = between(BEGIN, END)
BOUGHT = did(conversion("purchase"))
RETURNING = where(visitor_type="returning")
MOBILE = where(device="mobile")


@pytest.fixture
def site(dashboard_url: str) -> Site:
    """The shop, asked as an analyst asks."""
    return Connection(Store(dashboard_url)).site("site-1")


def maps(html: str) -> list[dict[str, Any]]:
    return [json.loads(said["data-map"]) for _, said in Read(html).elements if "data-map" in said]


@pytest.mark.parametrize(
    ("query", "asked", "words"),
    [
        ("versus=visitor_type%3Dreturning", (~RETURNING, RETURNING), ("new visitors", "returning visitors")),
        ("versus=!did:conversion:purchase", (~~BOUGHT, ~BOUGHT), ("reached purchase", "did not reach purchase")),
        ("versus=device%3Dmobile", (~MOBILE, MOBILE), ("all other devices", "mobile")),
        ("versus=device%3Dmobile&is=device%3Ddesktop", (where(device="desktop"), MOBILE), ("desktop", "mobile")),
        (
            "versus=device%3Dmobile&where=did:conversion:purchase",
            (BOUGHT & ~MOBILE, BOUGHT & MOBILE),
            ("all other devices", "mobile"),
        ),
    ],
)
def test_both_audiences_are_those_of_python(
    world: World, site: Site, query: str, asked: tuple[Filter, Filter], words: tuple[str, str]
) -> None:
    """Clicks, page views, cells and reach of each; filters on the same thing are for the first, others for both."""
    html = world.browser("viewer").get(f"/sites/site-1/heat?{WHEN}&path=/cart&{query}").text
    said = Read(html)
    drawn = maps(html)
    assert len(drawn) == 2
    for word, filter_, found in zip(words, asked, drawn, strict=True):
        heat = site.heatmap("/cart", PERIOD, where=filter_)
        scroll = site.scroll("/cart", PERIOD, where=filter_)
        device = found["skeleton"]
        assert word in said.text
        assert f"{heat.clicks.get(device, 0):,} clicks on /cart" in said.text
        assert f"{scroll.page_views[device]:,} page views" in said.text
        cells_ = [row for row in heat.rows if row.group == device]
        assert found["cells"] == [[row.x_pct, row.y_px, row.clicks] for row in cells_]
        for row in scroll.rows:
            if row.group == device and row.from_pct % 10 == 0:
                assert f">{cells.percent(row.reach.rate)}</b>" in html


def test_the_table_of_two_audiences_is_the_comparison_of_python(world: World, site: Site) -> None:
    """Both click rates, their difference, its interval and q; by device, and of all devices where none is shared."""
    browser = world.browser("viewer")
    url = f"/sites/site-1/heat/compared/csv?{WHEN}&path=/cart&versus="
    bought = site.elements("/cart", PERIOD, where=~~BOUGHT, versus=~BOUGHT)
    assert browser.get(f"{url}!did:conversion:purchase").text == bought.to_csv()
    mobile = site.elements("/cart", PERIOD, by=None, where=~MOBILE, versus=MOBILE)
    assert browser.get(f"{url}device%3Dmobile").text == mobile.to_csv()
    row = next(row for row in bought.rows if row.versus is not None and row.difference)
    assert row.versus is not None
    html = browser.get(f"/sites/site-1/heat?{WHEN}&path=/cart&versus=!did:conversion:purchase").text
    for text in (cells.interval(row.click_rate), cells.interval(row.versus)):
        assert text in html
    assert f"{100 * (row.difference or 0):+.1f} pp".replace("-", "−") in html


@pytest.mark.parametrize("compare", ["", f"&compare={BEGIN}..{MIDDLE}"])
def test_the_page_before_stands_beside_the_page_now(world: World, site: Site, compare: str) -> None:
    """Both maps, and a table of both click rates; before is the period that is compared with, or that right before."""
    now, before = (
        between(MIDDLE, END),
        between(BEGIN, MIDDLE) if compare else between(MIDDLE - (date.fromisoformat(END) - MIDDLE), MIDDLE),
    )
    url = f"from={MIDDLE}&to={END}&path=/cart&versus=earlier{compare}"
    html = world.browser("viewer").get(f"/sites/site-1/heat?{url}").text
    for period, found in zip((now, before), maps(html), strict=True):
        heat, scroll = (getattr(site, name)("/cart", period) for name in ("heatmap", "scroll"))
        device = found["skeleton"].removesuffix(" before")
        assert str(heat.meta.period) in Read(html).text
        assert f"{heat.clicks.get(device, 0):,} clicks on /cart" in Read(html).text
        assert f"{scroll.page_views[device]:,} page views" in Read(html).text
        assert found["cells"] == [[row.x_pct, row.y_px, row.clicks] for row in heat.rows if row.group == device]
    told = world.browser("viewer").get(f"/sites/site-1/heat/compared/csv?{url}").text
    assert told == site.elements("/cart", now, before=before).to_csv()
    code = world.browser("viewer").get(f"/sites/site-1/heat/compared/code?{url}").text
    assert f"before=between('{before.start}', '{before.end}')" in Read(code).text


def test_who_cannot_be_compared_is_said(world: World) -> None:
    """With a sentence, and 400."""
    for wrong, told in (("nonsense", "is no filter"), ("devise=mobile", "did you mean &#39;device&#39;")):
        shown = world.browser("viewer").get(f"/sites/site-1/heat?{WHEN}&path=/cart&versus={wrong}")
        assert shown.status_code == 400
        assert told in shown.text


def test_one_audience_has_one_map(world: World) -> None:
    """With nobody chosen, the other's panels say what is to be chosen."""
    browser = world.browser("viewer")
    assert len(maps(browser.get(f"/sites/site-1/heat?{WHEN}&path=/cart").text)) == 1
    refused = browser.get(f"/sites/site-1/heat/compared/csv?{WHEN}&path=/cart")
    assert refused.status_code == 400
    assert "Choose whom to compare with" in refused.text


def test_how_long_each_part_is_looked_at_is_that_of_python(world: World, site: Site) -> None:
    """Seconds in use a page view that got there, by a tenth of the page, beside its reach."""
    shown = world.browser("viewer").get(f"/sites/site-1/heat?{WHEN}&path=/cart&device=desktop").text
    rows = [row for row in site.scroll("/cart", PERIOD, by="device").rows if row.group == "desktop"]
    assert sum(row.engaged_s for row in rows) > 0
    expected = [
        (cells.percent(row.reach.rate), f"{row.engaged_s / max(1, row.reach.k):.1f} s")
        for row in rows
        if row.from_pct % 10 == 0
    ]
    line = r'<li><span>\d+ %</span><b class="who1">([^<]*)</b><i class="who1">([^<]*)</i></li>'
    assert re.findall(line, shown) == expected
    assert shown.count("<title>", shown.index('class="attention"')) >= len(rows)


def test_elements_say_how_many_saw_them_and_bought_afterwards(world: World, site: Site) -> None:
    """Beside their clicks, for the goal that is chosen."""
    shown = world.browser("viewer").get(f"/sites/site-1/heat?{WHEN}&path=/cart&goal=purchase").text
    table = shown[shown.index('id="elements"') :]
    rows = site.elements("/cart", PERIOD, goal="purchase").rows
    converted = [row.converted for row in rows if row.converted is not None and row.converted.rate is not None]
    assert converted
    for rate in converted:
        assert f"<b>{cells.percent(rate.rate)}</b>" in table
    assert "goal after a click" in table


def test_layers_and_ground_stand_in_the_address(open_page: OpenPage) -> None:
    """A click redraws, changes the address without leaving the page, and links and forms go on with it."""
    tab = open_page(f"/sites/site-1/heat?{WHEN}&path=/cart")
    drawn = _picture(tab)
    tab.evaluate("window.stayed = true")
    tab.get_by_role("link", name="elements", exact=True).click()
    expect(tab).to_have_url(re.compile("layer=boxes"))
    assert _picture(tab) != drawn
    tab.get_by_role("link", name="nothing", exact=True).click()
    expect(tab).to_have_url(re.compile("layer=boxes&ground=none"))
    assert tab.evaluate("window.stayed") is True
    tab.select_option("select[name=versus]", "device=mobile")
    expect(tab).to_have_url(re.compile("versus=device%3Dmobile"))
    expect(tab).to_have_url(re.compile("layer=boxes"))
    expect(tab.locator("canvas")).to_have_count(2)
    expect(tab.get_by_role("link", name="elements", exact=True)).to_have_attribute("aria-current", "true")


def test_the_page_lies_behind_its_clicks(open_page: OpenPage, dashboard_url: str) -> None:
    """The skeleton of the device, box by box, with the day on which it was seen; one that never was is said."""
    tab = open_page(f"/sites/site-5/heat?{tour.WHEN}&path=/start&layer=cells")
    drawn = connect(dashboard_url).site("site-5").skeleton("/start", between(*tour.DAYS), device="desktop")
    assert drawn.seen is not None
    given = json.loads(tab.locator("[data-skeletons]").get_attribute("data-skeletons") or "")["desktop"]
    assert given["boxes"] == [[r.role, r.level, r.x, r.y, r.width, r.height, r.name] for r in drawn.rows]
    expect(tab.locator("[data-drawn]")).to_have_text(f"· The page as it looked on {drawn.seen:%Y-%m-%d}.")
    expect(tab.locator("[data-skeleton-hint]")).to_be_hidden()
    with_page = _picture(tab)
    tab.get_by_role("link", name="nothing", exact=True).click()
    assert _picture(tab) != with_page
    expect(tab.locator("[data-drawn]")).to_be_hidden()
    other = open_page(f"/sites/site-5/heat?{tour.WHEN}&path=/end")
    expect(other.locator("[data-skeleton-hint]")).to_be_visible()


def test_the_png_has_the_page_behind_its_clicks_too(world: World) -> None:
    """Where one was drawn on the device that is shown, and "nothing" was not chosen."""
    browser = world.browser("owner")
    path = f"/sites/site-5/heat/heat/png?{tour.WHEN}&path=/start"
    sizes = {}
    for more in ("", "&ground=none"):
        answer = browser.get(path + more)
        assert answer.status_code == 200
        sizes[more] = Image.open(io.BytesIO(answer.data)).size
    assert sizes[""] != sizes["&ground=none"]


def test_a_picture_is_drawn_and_sent_nowhere(open_page: OpenPage, tmp_path: Path) -> None:
    """It is read by the browser alone; what is no picture is said."""

    Image.new("RGB", (640, 900), (12, 200, 40)).save(tmp_path / "page.png")
    (tmp_path / "notes.txt").write_text("no picture")
    tab = open_page(f"/sites/site-1/heat?{WHEN}&path=/cart&ground=picture&layer=cells")
    sent: list[str] = []
    tab.on("request", lambda request: sent.append(request.url))
    tab.set_input_files("input[data-picture]", tmp_path / "notes.txt")
    expect(tab.locator("[data-picture-said]")).to_contain_text("is no picture")
    tab.set_input_files("input[data-picture]", tmp_path / "page.png")
    expect(tab.locator("[data-picture-said]")).to_contain_text("page.png, 640 × 900 px")
    assert tab.evaluate("[...document.querySelector('canvas').getContext('2d').getImageData(1, 1, 1, 1).data]") == [
        12, 200, 40, 255,
    ]  # fmt: skip
    assert [each for each in sent if not each.partition("?")[0].endswith("icon.svg")] == []


def _picture(tab: Page) -> str:
    found: str = tab.evaluate("document.querySelector('canvas').toDataURL()")
    return found
