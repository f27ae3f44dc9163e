"""Live says who is here, and where nobody is, why: bots alone, nothing yet, or what the collector refused."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from collector.dashboard import connection
from collector.dashboard.collector_now import CollectorNow
from collector.sites import LiveSites
from collector.store import Store
from tests.dashboard.test_pages import Read
from tests.query.worlds import save
from tests.support import now_ms

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dashboard.conftest import World

REFUSED = CollectorNow(
    accepted=0, waiting=0, oldest_seconds=0, set_aside=0, failed_inserts=0, is_stuck=False,
    refused=(("field", 900), ("origin", 12), ("site", 3)),
)  # fmt: skip
ONLY_BOTS = "All events that arrived are of bots"
NUMBERS = itertools.count(62)


class Says:
    """A collector that says this, and how old its answers may be."""

    def __init__(self, world: World, said: CollectorNow | None) -> None:
        self.said, self.asked = said, list[float]()
        world.app.jinja_env.globals["collector_now"] = self

    def __call__(self, seconds: float = 0) -> CollectorNow | None:
        self.asked.append(seconds)
        return self.said


def arrive(world: World, url: str, folder: Path, *bot_classes: str) -> str:
    """Live's address, of a site at which these arrived now, each in a visit of its own."""
    number = next(NUMBERS)
    store, key = Store(url), f"site-{number}"
    events = [
        {"at": now_ms() - 5000, "n": 0, "bot_class": each, "visitor_id": n, "session_id": n, "page_id": n}
        for n, each in enumerate(bot_classes, 1)
    ]
    save(store, number, events)
    store.close()
    (folder / "config" / "sites.yml").write_text(f"sites: {{{key}: {{id: {number}, origins: ['*']}}}}")
    world.app.extensions["footpath-sites"] = LiveSites(folder / "config")
    return f"/sites/{key}/live"


def test_who_waits_is_told_what_was_refused_as_a_whole(world: World) -> None:
    """Owners, with what to change; the collector is asked each time. Single events are no matter of sites.yml."""
    says = Says(world, REFUSED)
    text = Read(world.browser("owner").get("/sites/site-4/live").text).text
    assert "Waiting for the first event" in text
    for each in (
        "origin",
        "12",
        "none of those that sites.yml has for its site",
        "correct data-site",
        "Footpath-Reason",
    ):
        assert each in text
    assert "900" not in text
    assert says.asked == [0]
    says.said = None
    assert "The collector does not answer" in world.browser("owner").get("/sites/site-4/live").text
    says.said = CollectorNow(0, 0, 0, 0, 0, (("field", 900),), is_stuck=False)
    assert "has refused no request" in world.browser("owner").get("/sites/site-4/live").text


@pytest.mark.parametrize("name", ["viewer", "analyst"])
def test_others_are_told_where_the_reason_is(world: World, name: str) -> None:
    """The counts are of all sites together, which they may not see: the collector is not even asked."""
    says = Says(world, REFUSED)
    assert world.browser("owner").get("/sites/site-1/live").status_code == 200
    says.asked.clear()
    text = Read(world.browser(name).get("/sites/site-1/live").text).text
    assert "Waiting for the first event" in text
    assert "the browser's network tab has the reason in the answer's header Footpath-Reason" in text
    assert "all sites together" not in text
    assert not says.asked


def test_where_events_arrive_the_collector_is_asked_seldom(world: World, dashboard_url: str, tmp_path: Path) -> None:
    """What it refused stands below, for owners; without it nothing does."""
    says = Says(world, REFUSED)
    path = arrive(world, dashboard_url, tmp_path, "")
    text = world.browser("owner").get(path).text
    assert 'id="refused"' in text
    assert says.asked == [10]
    for said in (None, CollectorNow(0, 0, 0, 0, 0, (("field", 900),), is_stuck=False)):
        says.said = said
        text = world.browser("owner").get(path).text
        assert "Requests that the collector refused" not in text
        assert "Waiting for" not in text


@pytest.mark.parametrize(("classes", "said"), [(("crawler", "crawler"), True), (("crawler", ""), False)])
def test_bots_alone_are_told_of(
    world: World, dashboard_url: str, tmp_path: Path, classes: tuple[str, ...], said: bool
) -> None:
    """Else nobody would know why events arrive and no visitors; who counts bots is not told so."""
    Says(world, None)
    path = arrive(world, dashboard_url, tmp_path, *classes)
    assert (ONLY_BOTS in world.browser("owner").get(path).text) == said
    assert ONLY_BOTS not in world.browser("owner").get(f"{path}?bots=1").text


def test_visits_are_of_the_same_moment_as_the_number_above(
    world: World, dashboard_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has come shows in both two seconds later; first pages and errors are asked every ten."""
    Says(world, None)
    asked: list[int] = []
    moment = now_ms()

    def moments(key: str, about: str = "", seconds: int = connection.SECONDS) -> int:
        asked.append(seconds)
        return moment if seconds == 2 else moment - 9000

    monkeypatch.setattr(connection, "now_ms", moments)
    path = arrive(world, dashboard_url, tmp_path, "")
    text = world.browser("owner").get(path).text
    assert "<b>1</b><small>1 sessions</small>" in text
    visits = text.partition('id="sessions"')[2].partition('id="landing"')[0]
    assert "/session?" in visits
    assert "Nobody came" not in visits
    assert set(asked) == {2, 10}
    assert "Events, visits and the numbers above them are fetched again every 2 seconds" in text
