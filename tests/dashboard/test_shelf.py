"""Pages are made once for all who look, and anew while they are still shown; nothing of a reader is kept in them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from collector.dashboard import connection, shelf
from collector.dashboard.answer import Answer
from collector.dashboard.page import Ask, Page, Panel, found
from collector.dashboard.view import View
from collector.query import NotConnected
from tests.dashboard.conftest import BEGIN, END, WHEN
from tests.support import wait_until

if TYPE_CHECKING:
    from tests.dashboard.conftest import World

VIEW = View.of("site-1", "overview", [("from", BEGIN), ("to", END)])
PATH = f"/sites/site-1/overview?{WHEN}"


def is_idle() -> bool:
    return shelf._anew._idle._value == 1


class Clock:
    """The moment of a page, moved by hand."""

    def __init__(self) -> None:
        self.ms = 1_800_000_000_000

    def __call__(self, *_about: object) -> int:
        return self.ms


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The moment stands still until it is moved, and the idle thread is done with what was before."""
    wait_until(is_idle, 30, "the idle thread")
    found = Clock()
    monkeypatch.setattr(connection, "now_ms", found)
    return found


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Each page that is made from now on: whether an idle thread made it."""
    listed: list[bool] = []
    make = shelf.make

    def counted(view: View, page: Page, *, alone: bool = False) -> shelf.Made:
        listed.append(alone)
        return make(view, page, alone=alone)

    monkeypatch.setattr(shelf, "make", counted)
    return listed


def test_many_who_look_have_it_made_once(world: World, clock: Clock, made: list[bool]) -> None:
    """At the same time, and one after the other."""
    kept = world.app.extensions["footpath-shelf"]
    page = found()["overview"]

    def look(_: int) -> shelf.Made:
        with world.app.app_context():
            answer: shelf.Made = kept.page(VIEW, page)
            return answer

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(look, range(8)))
    assert made == [False]
    assert all(each is seen[0] for each in seen)
    assert world.browser("viewer").get(PATH).status_code == 200
    assert made == [False]


def test_it_is_shown_once_more_while_it_is_made_anew(world: World, clock: Clock, made: list[bool]) -> None:
    """Nobody waits for what is looked at all the time; what is older than that is waited for."""
    kept, page = world.app.extensions["footpath-shelf"], found()["overview"]
    with world.app.app_context():
        first = kept.page(VIEW, page)
        clock.ms += shelf.LATE_MS
        assert kept.page(VIEW, page) is first
        wait_until(is_idle, 30, "the page, made anew")
        second = kept.page(VIEW, page)
        assert (first.at_ms, second.at_ms) == (clock.ms - shelf.LATE_MS, clock.ms)
        assert made == [False, True]
        clock.ms += shelf.LATE_MS + 1
        assert kept.ready(VIEW, page) is None
        assert kept.page(VIEW, page).at_ms == clock.ms
    assert made == [False, True, False]


def test_what_is_watched_is_never_late(world: World, clock: Clock, made: list[bool]) -> None:
    """Live shows what there is, or waits for it."""
    browser = world.browser("viewer")
    for _ in range(2):
        assert browser.get("/sites/site-1/live").status_code == 200
        clock.ms += 1
    assert made == [False, False]


def test_without_an_idle_thread_it_is_made_anew_later(world: World, clock: Clock, made: list[bool]) -> None:
    """It stays as it was, and the next who looks tries again."""
    kept, page = world.app.extensions["footpath-shelf"], found()["overview"]
    with world.app.app_context():
        first = kept.page(VIEW, page)
        clock.ms += 1
        wait_until(lambda: shelf._anew._idle.acquire(blocking=False), 30, "the idle thread")
        try:
            assert kept.page(VIEW, page) is first
        finally:
            shelf._anew._idle.release()
        assert kept.page(VIEW, page) is first
        wait_until(is_idle, 30, "the page, made anew")
        assert kept.page(VIEW, page).at_ms == clock.ms
    assert made == [False, True]


def test_what_cannot_be_made_anew_is_not_shown_for_long(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who comes next hears what is wrong."""
    browser = world.browser("viewer")
    assert browser.get(PATH).status_code == 200

    def away(*_: object, **__: object) -> None:
        raise NotConnected("nobody there")

    monkeypatch.setattr(shelf, "make", away)
    assert browser.get(PATH).status_code == 200
    clock.ms += 1
    assert browser.get(PATH).status_code == 200
    wait_until(is_idle, 30, "the attempt")
    assert browser.get(PATH).status_code == 503


def test_a_question_that_failed_is_not_kept(world: World, made: list[bool]) -> None:
    """It may be answered the next time."""
    browser = world.browser("viewer")
    for _ in range(2):
        assert browser.get(f"/sites/site-1/paths?{WHEN}&taken=nowhere").status_code == 200
    assert made == [False, False]


def test_those_looked_at_longest_ago_go_first(world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shelf is no place for every page that was ever asked for."""
    monkeypatch.setattr(shelf, "MOST", 2)
    kept, page = world.app.extensions["footpath-shelf"], found()["vitals"]
    views = [View.of("site-1", "vitals", [("period", text)]) for text in ("7d", "28d", "90d")]
    with world.app.app_context():
        for view in (views[0], views[1], views[0], views[2]):
            kept.page(view, page)
        assert [kept.ready(view, page) is not None for view in views] == [True, False, True]


@pytest.mark.parametrize("name", [name for name in found() if name != "session"])
def test_a_page_knows_nothing_of_who_reads_it(world: World, name: str) -> None:
    """It is made where there is no reader, and shows each the same whoever had it made."""
    path = (
        f"/sites/site-1/{name}?{WHEN}&step=page:/&step=page:/cart&path=/cart&signal=dead&at=/cart&versus=device=mobile"
    )
    with world.app.app_context():
        shelf.make(View.of("site-1", name, [("from", BEGIN), ("to", END)]), found()[name], alone=True)
    alone = world.browser("viewer").get(path)
    assert alone.status_code == 200
    world.forget()
    owner, viewer = world.browser("owner").get(path), world.browser("viewer").get(path)
    assert "/people" in owner.text
    assert viewer.data == alone.data


def test_files_of_a_page_are_of_its_moment(world: World, clock: Clock, made: list[bool]) -> None:
    """What is loaded down is what is on the screen."""
    browser = world.browser("viewer")
    assert browser.get(PATH).status_code == 200
    statements = len(connection._memory._kept)
    answer = browser.get(f"/sites/site-1/overview/sources/csv?{WHEN}")
    assert answer.status_code == 200
    assert answer.text.startswith("place,")
    assert (made, len(connection._memory._kept)) == ([False], statements)


def test_one_answer_does_not_wait_for_another(world: World) -> None:
    """A panel that takes long holds up no other, in whatever thread it is asked."""
    slow, done = threading.Event(), threading.Event()

    def held(_: Ask) -> Any:
        slow.set()
        assert done.wait(30)
        raise NotConnected("held up")

    view, page = VIEW, found()["overview"]
    ask = Ask(connection.site("site-1", None), view, page.choices)
    quick = next(each for each in page.panels if each.name == "devices")
    with ThreadPoolExecutor(2) as pool:
        waits = pool.submit(Answer(Panel("held", "", held), ask).settle)
        try:
            assert slow.wait(30)
            pool.submit(Answer(quick, Ask(ask.site, view, page.choices)).settle).result(30)
        finally:
            done.set()
        with pytest.raises(NotConnected):
            waits.result(30)
