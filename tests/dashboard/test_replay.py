"""A visit is played again: what is shown is what `site.replay` and `site.skeleton` say, moment by moment."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from collector.dashboard.python_call import python_of
from collector.query import Connection, between, connect, where
from collector.store import Store
from tests.dashboard.conftest import BEGIN, END, WHEN
from tests.dashboard.test_pages import Read, session_id
from tests.dashboard.tour import DAYS, SESSION

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from collector.query import Site
    from tests.dashboard.conftest import OpenPage, World

VISIT = f"/sites/site-5/session?id={SESSION:016x}"


@pytest.fixture
def site(dashboard_url: str) -> Site:
    """The site with the visit, asked as an analyst asks."""
    return Connection(Store(dashboard_url)).site("site-5")


def played(html: str) -> dict[str, Any]:
    """What the player was given."""
    found: dict[str, Any] = json.loads(
        next(said["data-replay"] for _, said in Read(html).elements if "data-replay" in said)
    )
    return found


def test_what_is_played_is_what_python_says(world: World, site: Site) -> None:
    """Every moment with its place and friction, the pages with their windows, the skeleton box by box."""
    found = played(world.browser("owner").get(VISIT).text)
    answer = site.replay(SESSION)
    pages = list(answer.pages)
    assert found["rows"] == [
        [row.offset, pages.index(row.page_id), row.kind, row.x, row.y, row.what, row.left, row.top, row.width,
         row.height, row.friction]
        for row in answer.rows
    ]  # fmt: skip
    assert {row[2] for row in found["rows"]} >= {"page", "pointer", "scroll", "click", "field", "conversion"}
    assert {row[10] for row in found["rows"]} == {"", "rage", "dead"}
    assert [page["path"] for page in found["pages"]] == ["/start", "/end"]
    assert all(page["viewport"] == [1000, 800] for page in found["pages"])
    drawn = site.skeleton("/start", between(*DAYS), device="desktop")
    first, second = (found["skeletons"][page["skeleton"]] for page in found["pages"])
    assert (first["width"], first["height"]) == (drawn.page_width, drawn.page_height) == (1000, 3000)
    assert first["boxes"] == [[r.role, r.level, r.x, r.y, r.width, r.height, r.name] for r in drawn.rows]
    assert second is None


def test_it_plays_to_its_end(open_page: OpenPage) -> None:
    """Over both pages, without the pause, faster; the line that is now goes along, and the address has the moment."""
    tab = open_page(VISIT)
    expect(tab.locator("[data-path]")).to_have_text("/start")
    expect(tab.locator("[data-clock]")).to_have_text("0:00 / 1:20")
    tab.select_option("[data-speed]", "8")
    tab.get_by_role("button", name="Play").click()
    expect(tab.get_by_role("button", name="Pause")).to_have_count(1)
    expect(tab.locator("[data-path]")).to_have_text("/end")
    expect(tab.locator("[data-clock]")).to_have_text("1:20 / 1:20")
    expect(tab.get_by_role("button", name="Play")).to_have_count(1)
    expect(tab.locator("li[aria-current]")).to_contain_text("converted: purchase")
    expect(tab).to_have_url(re.compile("#t=80.0$"))


def test_pauses_are_skipped_unless_one_wants_them(open_page: OpenPage, site: Site) -> None:
    """How much is skipped is said: all but a second of every pause of more than two."""
    times = [row.offset for row in site.replay(SESSION).rows]
    gaps = [after - before for before, after in pairwise(times)]
    idle = round(sum(gap - 1000 for gap in gaps if gap > 2000) / 1000)
    tab = open_page(f"{VISIT}#t=8")
    expect(tab.locator("[data-idle]")).to_have_text(f" ({idle // 60} min {idle % 60} s)")
    tab.locator("[data-skip]").uncheck()
    tab.get_by_role("button", name="Play").click()
    expect(tab.locator("[data-clock]")).to_have_text("0:09 / 1:20")
    tab.locator("[data-skip]").check()
    expect(tab.locator("[data-skipped]")).to_contain_text("skipped 5")
    expect(tab.locator("[data-path]")).to_have_text("/end")


def test_stumbles_are_found_one_by_one(open_page: OpenPage) -> None:
    """Three clicks of one rage are one; a second before it happens; forth and back."""
    tab = open_page(VISIT)
    expect(tab.locator("[data-stumbles]")).to_have_text("2 stumbles")
    onward = tab.get_by_role("button", name="to the next stumble")
    onward.click()
    expect(tab.locator("[data-status]")).to_contain_text('1 of 2: rage: clicked button "Apply promo"')
    expect(tab.locator("[data-status]")).to_contain_text("3 times")
    expect(tab).to_have_url(re.compile("#t=4.0$"))
    onward.click()
    expect(tab.locator("[data-status]")).to_contain_text('2 of 2: dead: clicked button "Send"')
    expect(tab).to_have_url(re.compile("#t=74.0$"))
    onward.click()
    expect(tab.locator("[data-status]")).to_have_text("nothing more went wrong")
    tab.get_by_role("button", name="to the previous stumble").click()
    expect(tab).to_have_url(re.compile("#t=4.0$"))


def test_a_line_leads_to_its_moment_and_the_address_too(open_page: OpenPage, site: Site) -> None:
    """With a pointer, with keys, and from a link that somebody sent."""
    tab = open_page(VISIT)
    rage = tab.locator(".timelines li.stumble").first
    expect(rage).to_contain_text("rage")
    rage.locator("span").last.click()
    expect(tab).to_have_url(re.compile("#t=5.0$"))
    expect(rage).to_have_attribute("aria-current", "true")
    (scroll,) = {(row.x, row.y) for row in site.replay(SESSION).rows if row.kind == "scroll" and row.offset == 2500}
    assert tab.locator("[data-replay]").get_attribute("data-scroll") == f"{scroll[0]} {scroll[1]}"
    tab.locator("[data-stage]").focus()
    tab.keyboard.press("ArrowRight")
    expect(tab).to_have_url(re.compile("#t=10.0$"))
    tab.keyboard.press("p")
    expect(tab).to_have_url(re.compile("#t=4.0$"))
    tab.keyboard.press("Space")
    expect(tab.get_by_role("button", name="Pause")).to_have_count(1)
    tab.keyboard.press("Space")
    expect(tab.get_by_role("button", name="Play")).to_have_count(1)
    sent = open_page(f"{VISIT}#t=70.5")
    expect(sent.locator("[data-clock]")).to_have_text("1:10 / 1:20")
    expect(sent.locator("[data-caption]")).to_contain_text("visited field email")


def test_the_link_to_a_moment_is_copied(open_page: OpenPage) -> None:
    """What somebody pastes opens the visit at that moment."""
    tab = open_page(f"{VISIT}#t=70.5", permissions=["clipboard-read", "clipboard-write"])
    tab.get_by_role("button", name="Copy link").click()
    expect(tab.locator("[data-status]")).to_have_text("link to this moment copied")
    assert tab.evaluate("navigator.clipboard.readText()") == tab.url
    assert tab.url.endswith(f"id={SESSION:016x}#t=70.5")


def test_it_fills_the_screen_and_comes_back(open_page: OpenPage) -> None:
    """The window is drawn as large as there is place for."""
    tab = open_page(f"{VISIT}#t=5")
    before = tab.locator("canvas").bounding_box()
    tab.get_by_role("button", name="Whole screen").click()
    expect(tab.get_by_role("button", name="Back")).to_have_count(1)
    larger = tab.locator("canvas").bounding_box()
    assert before
    assert larger
    assert larger["width"] > before["width"]
    tab.get_by_role("button", name="Back").click()
    expect(tab.get_by_role("button", name="Whole screen")).to_have_count(1)


def test_the_window_shows_what_happened(open_page: OpenPage) -> None:
    """The page, scrolled; a ring around a click, the field that has the focus; what was touched, where nothing was
    drawn."""
    tab = open_page(f"{VISIT}#t=1.5")
    top, width = _picture(tab), tab.evaluate("document.querySelector('canvas').width")
    assert width / tab.evaluate("document.querySelector('canvas').height") == pytest.approx(1000 / 800, abs=0.01)
    moments = [top]
    for moment in ("4.5", "5.1", "7.5", "69", "70.5", "75.1"):
        tab.evaluate(f"location.hash = '#t={moment}'")
        expect(tab.locator("[data-range]")).to_have_js_property("value", str(round(float(moment) * 10) * 100))
        moments.append(_picture(tab))
    assert len(set(moments)) == len(moments)
    expect(tab.locator("[data-undrawn]")).to_be_visible()
    # The button that was hit on the page that was never drawn.
    inside, outside = (
        tab.evaluate(
            "([x, y]) => { const c = document.querySelector('canvas'), s = c.width / 1000;"
            "return [...c.getContext('2d').getImageData(x * s, y * s, 1, 1).data].join() }",
            place,
        )
        for place in ([258, 385], [800, 700])
    )
    assert inside != outside


def test_a_page_of_another_width_is_fitted_to_the_window(open_page: OpenPage) -> None:
    """What goes from edge to edge still does, what stands in the middle stays there, and nothing changes its height."""
    tab = open_page(f"{VISIT}#t=0.1", reduced_motion="reduce")
    given = json.loads(tab.locator("[data-replay]").get_attribute("data-replay") or "")
    given["rows"] = [[0, 0, "page", None, None, "", None, None, None, None, ""]]
    given["pages"][0]["document"] = [1000, 3000]
    for width, box in ((1200, [350, 200, 400, 100]), (900, [200, 200, 400, 100])):
        # The button is drawn where it stands in a window of 1000 px.
        boxes = [["banner", 0, 0, 0, width, 80], ["button", 0, *box], ["text", 0, width // 2 - 50, 500, 100, 20]]
        given["skeletons"] = [{"width": width, "height": 3000, "boxes": boxes}]
        inside, outside, banner = tab.evaluate(
            "([data, places]) => { const canvas = document.createElement('canvas');"
            "const stage = footpathStage(canvas, data); stage.within(1000, 800); stage.draw(0);"
            "const s = canvas.width / 1000;"
            "return places.map(([x, y]) => canvas.getContext('2d').getImageData(x * s, y * s, 1, 1).data.join()) }",
            [given, [[box[0] + (1000 - width) / 2 + 5, 220], [box[0] + (1000 - width) / 2 - 5, 220], [995, 40]]],
        )
        assert inside != outside
        assert banner != outside


def test_the_pointer_stays_when_the_wheel_moves_the_page(open_page: OpenPage) -> None:
    """Between two moves of the pointer the page goes down by 600 px, and the pointer keeps its place in the window."""
    tab = open_page(f"{VISIT}#t=1.5", reduced_motion="reduce")
    at = "[600, 500].map((each) => each / 1000)"
    seen = []
    for moment in ("1.5", "2.2"):
        tab.evaluate(f"location.hash = '#t={moment}'")
        expect(tab.locator("[data-range]")).to_have_js_property("value", str(round(float(moment) * 10) * 100))
        seen.append(
            tab.evaluate(
                f"() => {{ const c = document.querySelector('canvas'), [x, y] = {at};"
                "return [...c.getContext('2d').getImageData(x * c.width + 3, y * c.width + 8, 1, 1).data].join() }"
            )
        )
    assert seen[0] == seen[1] == "28,33,31,255"


def test_who_wants_no_motion_sees_none_between_samples(open_page: OpenPage) -> None:
    """The pointer stays at its last place until the next one is known."""
    tab = open_page(f"{VISIT}#t=0.6", reduced_motion="reduce")
    before = _picture(tab)
    tab.evaluate("location.hash = '#t=0.9'")
    expect(tab).to_have_url(re.compile("0.9"))
    expect(tab.locator("[data-range]")).to_have_js_property("value", "900")
    assert _picture(tab) == before


def test_hostile_names_are_drawn_and_never_run(open_page: OpenPage, dashboard_url: str) -> None:
    """Pages and buttons called like scripts: text on a canvas, and no complaint of the browser's policy."""
    tab = open_page(f"/sites/site-2/session?id={session_id(dashboard_url, 'site-2')}")
    tab.on("dialog", lambda dialog: pytest.fail(dialog.message))
    tab.locator("[data-next]").click()
    tab.get_by_role("button", name="Play").click()
    assert _picture(tab)
    assert tab.evaluate("document.querySelectorAll('main img, main script, main svg svg').length") == 0


def test_without_trails_it_says_how_it_moves(world: World, dashboard_url: str) -> None:
    """From click to click; with trails nothing is said."""
    browser = world.browser("owner")
    url = f"/sites/site-1/session?id={session_id(dashboard_url, 'site-1')}"
    assert "so it moves from click to click" in browser.get(url).text
    assert "so it moves from click to click" not in browser.get(VISIT).text


def test_visits_are_watched_one_after_another(open_page: OpenPage, dashboard_url: str) -> None:
    """The next one is that of the list with the same filters; the last one says that it is the last."""
    listed = connect(dashboard_url).site("site-1").sessions(between(BEGIN, END), where=where(device="mobile")).rows
    assert len(listed) > 2
    tab = open_page(f"/sites/site-1/session?{WHEN}&is=device%3Dmobile&id={listed[-3].session_id}")
    for row in listed[-2:]:
        tab.get_by_role("link", name="Next visit with device: mobile").click()
        expect(tab.locator("dd code")).to_have_text(row.visitor_id)
        expect(tab.locator("dd").first).to_contain_text(f"{row.start:%Y-%m-%d %H:%M:%S}")
        tab.locator("[data-stage]").focus()
        tab.keyboard.press("ArrowRight")
        expect(tab).to_have_url(re.compile(f"id={row.session_id}#t="))
    tab.get_by_role("link", name="Next visit").click()
    expect(tab.locator("main")).to_contain_text("That was the earliest visit.")


def test_csv_and_python_of_the_replay_are_the_very_answer(world: World, site: Site) -> None:
    """All moments, and the call that gives them."""
    browser = world.browser("owner")
    answer = site.replay(f"{SESSION:016x}")
    assert browser.get(VISIT.replace("session?", "session/replay/csv?")).text == answer.to_csv()
    space: dict[str, Any] = {}
    exec(python_of(answer).replace("print(answer)", ""), space)
    assert space["answer"].rows == answer.rows
    assert python_of(answer) in Read(browser.get(VISIT.replace("session?", "session/replay/code?")).text).text


def _picture(tab: Page) -> str:
    found: str = tab.evaluate("document.querySelector('canvas').toDataURL()")
    return found
