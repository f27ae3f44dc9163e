"""Sessions are found by how much happened in them, and by the step of a funnel after which they were lost."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from collector.query import BadQuestion, Filter, at_least, at_most, between, conversion, dropped, page
from tests.query.shop import days, order, save_shops
from tests.query.worlds import site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.query import Site
    from collector.store import Store

Event = dict[str, Any]


@pytest.fixture(scope="module")
def visits(shared: Store, new_site: Callable[[], int]) -> tuple[Site, Any, dict[str, list[Event]]]:
    """A shop around the end of summer time in Berlin: the site, the period, and the sessions that start in it."""
    first = min(new_site() for _ in range(6))
    zone, events = save_shops(shared, first, 7)[first]
    day, last, start, end = days(zone)
    sessions: dict[str, list[Event]] = defaultdict(list)
    for each in sorted(events, key=order):
        if not each["bot_class"]:
            sessions[f"{each['session_id']:016x}"].append(each)
    chosen = {key: s for key, s in sessions.items() if start <= s[0]["at"] < end}
    return site(shared, first), between(day, last), chosen


def count(series: list[Event], kind: str) -> int:
    return sum(e["kind"] == kind for e in series)


def lost_before_purchase(series: list[Event]) -> bool:
    carts = [i for i, e in enumerate(series) if e["kind"] == "page_view" and e["path"] == "/cart"]
    return bool(carts) and not any(e.get("goal") == "purchase" for e in series[carts[0] + 1 :])


CASES: list[tuple[Filter, Callable[[list[Event]], bool]]] = [
    (at_least(clicks=5), lambda s: count(s, "click") >= 5),
    (at_least(page_views=2) & at_most(page_views=2), lambda s: count(s, "page_view") == 2),
    (at_least(duration="10m"), lambda s: s[-1]["at"] - s[0]["at"] >= 600_000),
    (
        at_most(engaged="10s", errors=0),
        lambda s: sum(e.get("engaged_ms", 0) for e in s) <= 10_000 and not count(s, "error"),
    ),
    (~at_least(conversions=1), lambda s: not count(s, "conversion")),
    (dropped([page("/cart"), conversion("purchase")], at=1), lost_before_purchase),
]


@pytest.mark.parametrize(("condition", "holds"), CASES, ids=[str(each) for each, _ in CASES])
def test_exactly_the_sessions_of_which_it_is_true_are_found(
    visits: tuple[Site, Any, dict[str, list[Event]]], condition: Filter, holds: Callable[[list[Event]], bool]
) -> None:
    asked, period, sessions = visits
    expected = {key for key, series in sessions.items() if holds(series)}
    assert 0 < len(expected) < len(sessions)
    assert {row.session_id for row in asked.sessions(period, where=condition, limit=1000).rows} == expected


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (at_least, "at_least\\(\\) needs one of: duration"),
        (lambda: at_least(clicks="many"), "'many' is no whole number"),
        (lambda: at_most(engaged=5), "5 is no length of time"),
        (lambda: dropped([page("/a"), page("/b")], at=2), "one of them but the last"),
    ],
)
def test_what_cannot_be_is_refused(make: Callable[[], Filter], message: str) -> None:
    with pytest.raises(BadQuestion, match=message):
        make()
