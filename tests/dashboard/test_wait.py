"""Whoever looks at a page has its frame at once, and the page when its answers are there."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from collector.dashboard import wait
from tests.dashboard.conftest import WHEN
from tests.support import wait_until

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.dashboard.conftest import OpenPage, World

PATH = f"/sites/site-1/overview?{WHEN}"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def in_a_hurry(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing comes in time, and no answer is kept."""
    monkeypatch.setattr(wait, "PATIENCE", 0.0)
    forget(world)


def forget(world: World) -> None:
    wait_until(lambda: wait._threads._idle._value == wait.THREADS, 30, "idle threads")
    world.forget()


def whole(client: FlaskClient, path: str) -> bytes:
    """What the frame asks for."""
    frame = client.get(path, headers=BROWSER)
    assert frame.status_code == 200
    assert "Asking the database" in frame.text
    found = re.search(r'href="([^"]+)" data-whole', frame.text)
    assert found
    return client.get(found[1].replace("&amp;", "&"), headers=BROWSER).data


@pytest.mark.usefixtures("in_a_hurry")
def test_the_frame_comes_first_and_asks_for_the_whole(world: World) -> None:
    """The whole page is what a program has at once, and its links lead to pages that are not asked for as a whole."""
    browser = world.browser("viewer")
    shown = whole(browser, PATH)
    assert shown == browser.get(PATH).data
    assert b"whole=" not in shown


@pytest.mark.usefixtures("in_a_hurry")
@pytest.mark.parametrize("said", ["&goal=nothing", "&where=colour%3Dred"])
def test_what_is_impossible_is_said_on_the_whole_page(world: World, said: str) -> None:
    """As without a frame."""
    browser = world.browser("viewer")
    assert whole(browser, PATH + said) == browser.get(PATH + said).data


def test_what_is_there_in_time_needs_no_frame(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page whose answers are kept comes whole; so does one for which no thread is idle."""
    browser = world.browser("viewer")
    monkeypatch.setattr(wait, "PATIENCE", 60.0)
    alone = browser.get(PATH).data
    assert browser.get(PATH, headers=BROWSER).data == alone
    monkeypatch.setattr(wait, "PATIENCE", 0.0)
    forget(world)
    for _ in range(wait.THREADS):
        assert wait._threads._idle.acquire(blocking=False)
    try:
        assert browser.get(PATH, headers=BROWSER).data == alone
    finally:
        for _ in range(wait.THREADS):
            wait._threads._idle.release()


@pytest.mark.usefixtures("in_a_hurry")
def test_a_part_that_is_fetched_again_is_never_a_frame(world: World) -> None:
    """htmx takes what it looks for out of the answer."""
    answer = world.browser("viewer").get("/sites/site-1/live", headers={**BROWSER, "HX-Request": "true"})
    assert 'id="live"' in answer.text


@pytest.mark.usefixtures("in_a_hurry")
@pytest.mark.parametrize("page", ["overview", "heat"])
def test_a_browser_ends_at_the_whole_page(world: World, open_page: OpenPage, page: str) -> None:
    """Its address is the one that was opened, with what stands behind #, and there is one step back."""
    tab = open_page("/definitions")
    origin = tab.url.removesuffix("/definitions")
    asked = f"{origin}/sites/site-1/{page}?{WHEN}&path=%2Fcart#part"
    tab.goto(asked)
    tab.locator("section.card canvas").first.wait_for()
    assert tab.url == asked
    tab.go_back()
    tab.wait_for_url("**/definitions")


@pytest.mark.usefixtures("in_a_hurry")
def test_it_works_without_javascript(world: World, open_page: OpenPage) -> None:
    """The browser itself follows."""
    tab = open_page(PATH, java_script_enabled=False)
    tab.locator(".tiles .tile").first.wait_for()


@pytest.mark.usefixtures("in_a_hurry")
def test_a_page_that_went_wrong_leaves_its_thread(world: World) -> None:
    """Threads are idle again soon, whatever became of the page."""
    browser = world.browser("viewer")
    for _ in range(3 * wait.THREADS):
        browser.get(PATH + "&goal=nothing", headers=BROWSER)
        time.sleep(0.01)
    wait_until(lambda: wait._threads._idle._value == wait.THREADS, 30, "idle threads")


def test_a_link_that_somebody_rests_on_is_ready_when_it_is_opened(world: World, open_page: OpenPage) -> None:
    """Its page is made meanwhile, once, and comes whole; what leads elsewhere is not asked for."""
    tab = open_page(f"/account?{WHEN}")
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url) if request.resource_type == "fetch" else None)
    tab.goto(tab.url.replace("/account", "/sites/site-1/setup"))
    link = tab.locator("nav a", has_text="Retention").first
    world.forget()
    with tab.expect_response(lambda answer: answer.request.resource_type == "fetch") as made:
        link.hover()
    assert "Asking the database" not in made.value.text()
    tab.locator("a[href='/account']").first.hover()
    link.focus()
    tab.wait_for_timeout(300)
    assert asked == [made.value.url]
    with tab.expect_response(lambda answer: "/retention?" in answer.url) as shown:
        link.click()
    assert "Asking the database" not in shown.value.text()
    assert shown.value.url == made.value.url
