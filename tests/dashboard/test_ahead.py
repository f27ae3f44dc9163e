"""A page's questions are asked beside each other, by idle threads, and only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.dashboard import ahead, connection
from collector.dashboard.page import Ask, found
from collector.dashboard.view import View
from tests.dashboard.conftest import BEGIN, END, WHEN
from tests.support import wait_until

if TYPE_CHECKING:
    from tests.dashboard.conftest import World

PATH = f"/sites/site-1/overview?{WHEN}&compare=previous"


def kept() -> int:
    """How many answers the dashboard keeps."""
    return len(connection._memory._kept)


def is_idle() -> bool:
    return ahead._threads._idle._value == ahead.THREADS


def test_what_was_asked_ahead_is_not_asked_again(world: World) -> None:
    """All panels but the first are answered when the page comes to them, with what changed since."""
    world.forget()
    page = found()["overview"]
    view = View.of("site-1", "overview", [("from", BEGIN), ("to", END), ("compare", "previous"), ("goal", "purchase")])
    with ahead.asking_ahead(view, page):
        wait_until(lambda: kept() > 0 and is_idle(), 30, "the answers")
    before = kept()
    assert before >= len(page.panels) - 1
    ask = Ask(connection.site("site-1", None), view, page.choices)
    for panel in page.panels[1:]:
        ahead.Answer(panel, ask).table  # noqa: B018 - asks
    assert kept() == before


def test_without_an_idle_thread_a_page_asks_for_itself(world: World) -> None:
    """It says the same."""
    browser = world.browser("viewer")
    wait_until(is_idle, 30, "idle threads")
    for _ in range(ahead.THREADS):
        assert ahead._threads._idle.acquire(blocking=False)
    try:
        world.forget()
        alone = browser.get(PATH)
    finally:
        for _ in range(ahead.THREADS):
            ahead._threads._idle.release()
    world.forget()
    assert alone.status_code == 200
    assert browser.get(PATH).data == alone.data


def test_a_page_that_is_done_leaves_nothing_to_ask(world: World) -> None:
    """A question that is not possible included: threads are idle again, and the next page has them."""
    browser = world.browser("viewer")
    for path in (
        PATH,
        f"/sites/site-1/funnel?{WHEN}&step=page:/nowhere",
        f"/sites/site-1/overview?{WHEN}&goal=nothing",
    ):
        browser.get(path)
        wait_until(is_idle, 30, "idle threads")
