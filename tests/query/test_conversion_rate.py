"""Conversion rates of several goals at once, over time and with their people, equal a plain answer in Python."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.query import BadQuestion, UnknownName, between, where
from collector.query.period import Range, parse
from collector.query.trend import trend_of
from tests.query.shop import days, order, save_shops
from tests.query.test_plots import drawn
from tests.query.worlds import HOUR, at, examples, ms, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.query import Site
    from collector.store import Store

GOALS = ["purchase", "lead", "form_start", "*"]
seeds = st.integers(0, 10**6)


def reached(goal: str, event: dict[str, Any]) -> bool:
    if goal == "form_start":
        return event["kind"] == "form" and event["step"] == "start"
    return event["kind"] == "conversion" and goal in ("*", event["goal"])


def part(when: int, zone: str, by: str, first: int) -> str:
    """The name of the hour, day or week of an instant, by another way than ours."""
    local = at(when).astimezone(ZoneInfo(zone))
    if by == "hour":
        return f"{local:%Y-%m-%d %H}:00"
    day = local.date()
    return (day - timedelta(days=day.weekday()) if by == "week" else day).isoformat()


@examples(2)
@given(seed=seeds)
def test_goals_over_time_equal_a_plain_answer(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    """In zones that change their clocks in these days, for sessions and visitors."""
    ids = [new_site() for _ in range(6)]
    for site_id, (zone, events) in save_shops(shared, ids[0], seed).items():
        first, last, start, end = days(zone)
        asked, period = site(shared, site_id), between(first, last)
        people = [e for e in events if not e["bot_class"]]
        sessions = defaultdict(list)
        for each in sorted(people, key=order):
            sessions[each["session_id"]].append(each)
        for by in ("hour", "day", "week"):
            expected: dict[str, Any] = {"session": defaultdict(list), "visitor": defaultdict(list)}
            for series in sessions.values():
                if start <= series[0]["at"] < end:
                    expected["session"][part(series[0]["at"], zone, by, start)].append(series)
            visitors = defaultdict(list)
            for each in people:
                if start <= each["at"] < end:
                    visitors[part(each["at"], zone, by, start), each["visitor_id"]].append(each)
            for (name, _), series in visitors.items():
                expected["visitor"][name].append(series)
            for unit, groups in expected.items():
                answer = asked.conversion_rate(GOALS, period, unit, by=by)
                got: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
                for row in answer.rows:
                    # An hour that there are two of is one to strftime; sessions are in one of them alone.
                    name = row.group[:16] if by == "hour" else row.group
                    got[row.goal, name][0] += row.rate.k
                    got[row.goal, name][1] += row.rate.n
                if by == "hour" and unit == "visitor":
                    continue
                assert {key: tuple(value) for key, value in got.items() if value[1]} == {
                    (goal, name): (sum(any(reached(goal, e) for e in series) for series in units), len(units))
                    for goal in GOALS
                    for name, units in groups.items()
                }


@pytest.mark.parametrize("unit", ["session", "visitor", "person"])
@pytest.mark.parametrize("by", [None, "channel", "day"])
def test_a_row_hands_over_its_sessions(shared: Store, new_site: Callable[[], int], unit: Any, by: str | None) -> None:
    """Exactly as many as the number says, of those who converted and of the others."""
    ids = [new_site() for _ in range(6)]
    shops = save_shops(shared, ids[0], 5)
    for site_id, (zone, _) in list(shops.items())[:2]:
        first, last, *_ = days(zone)
        answer = site(shared, site_id).conversion_rate(["purchase", "lead"], between(first, last), unit, by=by)
        for row in answer.rows:
            chosen = {"goal": row.goal, "group": row.group if by else None}
            assert len(answer.sessions(**chosen).rows) == row.rate.k
            assert len(answer.sessions(**chosen, converted=False).rows) == row.rate.n - row.rate.k
    with pytest.raises(UnknownName, match="unknown goal of the answer 'purchas', did you mean 'purchase'"):
        answer.sessions(goal="purchas")


@pytest.fixture(scope="module")
def shop(shared: Store, new_site: Callable[[], int]) -> Site:
    site_id, start = new_site(), ms("2026-11-02T12:00:00")
    events = []
    for index in range(600):
        who = {"visitor_id": index + 1, "session_id": index + 1, "page_id": index + 1, "at": start + index * HOUR // 10}
        events.append({**who, "n": 0, "device": "mobile" if index % 3 else "desktop"})
        if index % 7 == 0:
            events.append({**who, "n": 1, "kind": "conversion", "goal": "purchase"})
        if index % 4 == 0:
            events.append({**who, "n": 2, "kind": "conversion", "goal": "lead"})
    save(shared, site_id, events)
    return site(shared, site_id)


WEEK = between("2026-11-01", "2026-11-08")


def test_one_goal_asked_alone_or_among_others_is_the_same_number(shop: Site) -> None:
    together = shop.conversion_rate(["purchase", "lead"], WEEK, "visitor", by="device")
    for goal in ("purchase", "lead"):
        alone = shop.conversion_rate(goal, WEEK, "visitor", by="device")
        assert alone.rows == tuple(row for row in together.rows if row.goal == goal)


def test_days_without_anything_are_rows_without_a_rate(shop: Site) -> None:
    rows = shop.conversion_rate("purchase", WEEK, "session", by="day").rows
    assert [row.group for row in rows] == [f"2026-11-0{day}" for day in range(1, 8)]
    assert [row.rate.n for row in rows] == [0, 120, 240, 240, 0, 0, 0]
    assert rows[0].rate.rate is None
    assert {row.q_value for row in rows} == {None}


def test_what_has_not_begun_is_no_row(shop: Site, shared: Store) -> None:
    """An hour to come has no rate of 0; one that has begun has its row."""
    asked = site(shared, shop.place.site_id, now_ms=ms("2026-11-05T00:00:01"))
    for by, count in (("day", 5), ("hour", 4 * 24 + 1), ("week", 2)):
        assert len(asked.conversion_rate("purchase", WEEK, "session", by=by).rows) == count
        assert len(asked.net_score(WEEK, "session", by=by).rows) == count
        assert len(asked.revenue(WEEK, by=by).rows) == count
    assert len(asked.cart_abandonment(WEEK, order="lead", cart="purchase", by="day").rows) == 5


@pytest.mark.parametrize(
    ("period", "zone", "size", "names", "first"),
    [
        ("2026-10-25", "Europe/Berlin", "hour", 25, "2026-10-25 00:00"),
        ("2026-03-29", "Europe/Berlin", "hour", 23, "2026-03-29 00:00"),
        ("2026-10-04", "Australia/Lord_Howe", "hour", 24, "2026-10-04 00:00"),
        ("2026-11-01..2026-11-15", "UTC", "week", 3, "2026-10-26"),
        ("2026-11-02..2026-11-16", "UTC", "week", 2, "2026-11-02"),
        ("2026-10-24..2026-10-27", "America/New_York", "day", 3, "2026-10-24"),
    ],
)
def test_parts_are_those_of_the_wall_clock(period: str, zone: str, size: str, names: int, first: str) -> None:
    """Without gaps, each with a name of its own."""
    resolved: Range = parse(period).resolve(zone, 0)
    trend = trend_of(resolved, size, 0)
    assert len(trend.names) == len(set(trend.names)) == names
    assert trend.names[0] == first
    assert trend.starts[0] == resolved.start_ms
    assert list(trend.starts) == sorted(trend.starts)


def test_an_hour_that_there_are_two_of_says_which() -> None:
    names = trend_of(parse("2026-10-25").resolve("Europe/Berlin", 0), "hour", 0).names
    assert names[1:5] == ("2026-10-25 01:00", "2026-10-25 02:00+0200", "2026-10-25 02:00+0100", "2026-10-25 03:00")


@pytest.mark.parametrize("period", ["2020-01-01..2026-01-01", "2026-01-01..2026-03-01"])
def test_too_many_hours_are_refused(shop: Site, period: str) -> None:
    with pytest.raises(BadQuestion, match=r"by hour|hours: ask for longer"):
        shop.conversion_rate("purchase", period, "session", by="hour")


def test_no_goals_and_too_many_are_refused(shop: Site) -> None:
    with pytest.raises(BadQuestion, match="name a goal"):
        shop.conversion_rate([], WEEK, "session")
    with pytest.raises(BadQuestion, match="60 goals can be asked for at once, not 61"):
        shop.conversion_rate(["purchase" + "*" * more for more in range(61)], WEEK, "session")


@pytest.mark.parametrize("unit", ["visitor", "person"])
def test_a_visitor_is_in_the_group_of_the_first_event_in_the_period(
    shared: Store, new_site: Callable[[], int], unit: Any
) -> None:
    """Also where the session began the day before, on another device, and where its events came in two shipments."""
    site_id, midnight = new_site(), ms("2026-11-02T00:00:00")
    before = {"visitor_id": 1, "session_id": 1, "page_id": 1, "at": midnight - HOUR, "device": "desktop"}
    later = {**before, "page_id": 2, "at": midnight + HOUR, "device": "mobile"}
    again = {**later, "session_id": 3, "page_id": 4, "at": midnight + 9 * HOUR, "device": "tablet"}
    won = {**again, "n": 1, "kind": "conversion", "goal": "purchase"}
    gone = {**before, "visitor_id": 2, "session_id": 2, "page_id": 3}
    save(shared, site_id, [later, won])
    save(shared, site_id, [before, again, gone])
    answer = site(shared, site_id).conversion_rate("purchase", between("2026-11-02", "2026-11-03"), unit, by="device")
    assert [(row.group, row.rate.k, row.rate.n) for row in answer.rows] == [("mobile", 1, 1)]
    assert [row.session_id for row in answer.sessions().rows] == [f"{3:016x}"]


def test_groups_are_judged_and_filters_hold(shop: Site) -> None:
    rows = shop.conversion_rate(["purchase", "lead"], WEEK, "session", by="device").rows
    assert [(row.goal, row.kind, row.group) for row in rows] == [
        ("purchase", "macro", "mobile"), ("purchase", "macro", "desktop"),
        ("lead", "macro", "mobile"), ("lead", "macro", "desktop"),
    ]  # fmt: skip
    assert all(row.q_value is not None for row in rows)
    (only,) = shop.conversion_rate("purchase", WEEK, "session", where=where(device="desktop")).rows
    assert only.rate == rows[1].rate


def test_a_picture_has_a_line_or_a_mark_for_each_row(shop: Site) -> None:
    over_time = shop.conversion_rate(["purchase", "lead"], WEEK, "session", by="day").plot()
    assert len(over_time.axes[0].lines) == 2
    grouped = shop.conversion_rate(["purchase", "lead"], WEEK, "session", by="device").plot(dark=True)
    assert grouped.axes[0].texts[0].get_text() == "57 of 400"
    assert grouped.axes[0].get_yticklabels()[0].get_text() == "purchase · mobile"
    assert drawn(over_time) != drawn(grouped)
    empty = shop.conversion_rate("purchase", between("2020-01-01", "2020-01-03"), "session", by="device")
    assert drawn(empty.plot())
    assert drawn(shop.conversion_rate("purchase", between("2020-01-01", "2020-01-03"), "session", by="day").plot())
