"""The reports find what was planted; and a report that did not would be found out."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from collector.truth import command, score
from collector.truth.planted import BROWSERS
from collector.truth.score import attribution, causes, clicks, evidence, judge, money, pages, rates, returning, visits
from collector.truth.walk import ADD, CART, PICTURE, PROOF
from collector.truth.walked import Besides

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from collector.truth.score import Score, World
    from collector.truth.walked import Walked

COUNTED = (
    visits._sessions, visits._traffic, visits._landing, visits._exits, visits._paths,
    money._revenue, money._carts, money._net_score, *attribution.SCORES,
    clicks._struck, clicks._activity, clicks._clicks, clicks._dead, clicks._redesign, clicks._zones, clicks._errors,
    returning._retention, returning._times, rates._step_counts,
    evidence._health, evidence._gaps, evidence._refused,
)  # fmt: skip
TOLD = (visits._timelines, evidence._replays)
ESTIMATED = (
    money._order_value, money._abandoned, pages._reach, pages._speed, pages._quartiles, pages._dead_share,
    pages._slow_share, returning._soon, rates._conversion_rates, rates._steps, rates._hazards,
)  # fmt: skip
FOUND = (causes._broken, causes._concentrated)
ELSEWHERE: dict[Callable[..., Score], Callable[[Sequence[World]], Score]] = {
    pages._no_difference_by_speed: partial(pages._no_difference_by_speed, path="*"),
    clicks._leads_on: partial(clicks._leads_on, name=PROOF),
    clicks._leads_to_nothing: partial(clicks._leads_to_nothing, useless=[ADD]),
    rates._nothing: partial(rates._nothing, columns=["browser"]),
    rates._no_money: partial(rates._no_money, columns=["browser"]),
    causes._blamed: partial(causes._blamed, columns=["browser", "device", "os"]),
    evidence._drawn: partial(evidence._drawn, path=CART),
}
"""Asked about something else: what makes a difference (the slow cart is seen by those who buy), or what makes none; a
page that was never drawn."""


@pytest.fixture(scope="module")
def worlds() -> Iterator[list[World]]:
    """Three sites, each large enough for its broken browser to be judged."""
    with command.worlds(3, 1500, "test", Console(file=io.StringIO())) as filled:
        yield filled


@pytest.mark.slow
def test_the_reports_find_what_was_planted(worlds: list[World]) -> None:
    found = list(score.scores(worlds, lambda: None))
    assert [each for each in found if not each.good] == []
    assert command.markdown(found).count("\n") == len(found) + 1
    assert all(world.walked and len(world.visits) < len(world.walked) for world in worlds)


@pytest.mark.slow
def test_crawlers_came_too_and_are_told_where_they_are_asked_for(worlds: list[World]) -> None:
    for world in worlds:
        with_bots = world.site.traffic(world.period, bots=True).total.sessions
        assert 1.02 * len(world.visits) < with_bots < 1.1 * len(world.visits)


@pytest.mark.slow
def test_a_count_that_is_one_visit_off_is_found_out(worlds: list[World]) -> None:
    """The same answers, held against a world in which somebody was never there, and nothing wrong was sent."""
    lies = [replace(world, walked=_without_one(world), besides=Besides(world.besides.crawled)) for world in worlds]
    assert _names(COUNTED, lies) == []


@pytest.mark.slow
def test_an_event_that_is_a_millisecond_off_is_found_out(worlds: list[World]) -> None:
    assert _names(TOLD, [replace(world, walked=[_late(each) for each in world.walked]) for world in worlds]) == []


@pytest.mark.slow
def test_a_rate_that_is_not_what_was_planted_is_found_out(worlds: list[World]) -> None:
    lies = [replace(world, planted=replace(world.planted, **_other(world))) for world in worlds]
    assert _names((*ESTIMATED, *FOUND), lies) == []


@pytest.mark.slow
def test_a_difference_where_none_should_be_and_none_where_one_should_be_are_found_out(worlds: list[World]) -> None:
    assert _names(ELSEWHERE.values(), worlds) == []


def test_every_score_has_a_lie_that_it_must_find_out() -> None:
    assert {*COUNTED, *TOLD, *ESTIMATED, *FOUND, *ELSEWHERE} == {*score.SCORES}


def test_what_was_never_judged_is_not_good() -> None:
    """A report without answers passes no score but the one that forbids findings."""
    assert not judge.exact("report", "planted", []).good
    assert not judge.coverage("report", "planted", [None, None]).good
    assert not judge.finds("report", "planted", []).good
    assert judge.invents("report", ["column"], []).good


def _names(scores: Iterable[Callable[[Sequence[World]], Score]], worlds: list[World]) -> list[str]:
    """The scores that are content with these worlds."""
    return [f"{found.report}: {found.planted}" for each in scores if (found := each(worlds)).good]


def _without_one(world: World) -> list[Walked]:
    """The visits without one that bought and clicked the picture, of a visitor who came only then."""
    came = Counter(each.visitor for each in world.walked)
    gone = next(each for each in world.visits if each.order and each.clicks()[PICTURE] and came[each.visitor] == 1)
    return [each for each in world.walked if each is not gone]


def _late(visit: Walked) -> Walked:
    """The visit, the last event of whose first page happened a millisecond later."""
    first, *others = visit.views
    *before, (at_ms, kind) = first.told
    return replace(visit, views=[replace(first, told=[*before, (at_ms + 1, kind)]), *others])


def _other(world: World) -> dict[str, Any]:
    planted = world.planted
    at = BROWSERS.index(planted.broken_browser)
    return {
        "guide": 0.9, "reads_on": 0.1, "leaves": 0.3, "misled": 0.5, "order_mean": 2 * planted.order_mean,
        "add": {device: rate / 2 for device, rate in planted.add.items()},
        "checkout": {device: rate / 2 for device, rate in planted.checkout.items()},
        "reach": tuple(rate / 2 for rate in planted.reach), "returns": planted.returns / 3,
        "fast_ms": 2 * planted.fast_ms, "slow_ms": planted.slow_ms / 2,
        "broken_browser": BROWSERS[at - 1],
    }  # fmt: skip
