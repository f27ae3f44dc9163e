"""What changed between two periods is the difference of two answers, with the interval of the difference."""

from __future__ import annotations

import math
import random
import sys
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from collector.dashboard.table import changes_of_total
from collector.goals import goals_of
from collector.query import BadQuestion, Site, between
from collector.query.compare import key_names
from collector.query.definitions import CONVERSION_RATE
from collector.query.goals import Goals
from collector.query.period import parse, previous
from collector.query.rate import Rate, difference
from collector.query.report import REPORTS, Report
from collector.query.reports.elements import ElementRow
from collector.query.reports.errors import ErrorRow
from collector.query.reports.exit_pages import ExitRow
from collector.query.reports.form import FieldRow, FormRow
from collector.query.reports.friction import FrictionRow
from collector.query.reports.funnel import FunnelRow
from collector.query.reports.revenue import RevenueRow
from collector.query.reports.traffic import TrafficRow
from collector.query.reports.vitals import VitalRow
from tests.query.worlds import DAY, HOUR, ms, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.store import Store

WEEK = between("2026-11-09", "2026-11-16")


@pytest.fixture(scope="module")
def shop(shared: Store, new_site: Callable[[], int]) -> Site:
    """One week with 20 converting of 200 visitors, and the next with 60 of 300."""
    site_id, events, visitor = new_site(), [], 0
    for start, visitors, converting in (("2026-11-02", 200, 20), ("2026-11-09", 300, 60)):
        for index in range(visitors):
            visitor += 1
            when = ms(start) + index * DAY // 100
            base = {"at": when, "visitor_id": visitor, "session_id": visitor, "page_id": visitor}
            events.append({**base, "n": 0, "device": "mobile" if index % 2 else "desktop"})
            if index < converting:
                events.append({**base, "kind": "conversion", "goal": "purchase", "n": 1})
    save(shared, site_id, events)
    return site(shared, site_id)


@pytest.mark.parametrize(
    ("after", "before", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_published_intervals_of_differences(
    after: tuple[int, int], before: tuple[int, int], low: float, high: float
) -> None:
    """Newcombe (1998), table II, method 10."""
    found = difference(Rate.of(*before, CONVERSION_RATE), Rate.of(*after, CONVERSION_RATE))
    assert found is not None
    assert found[1:] == pytest.approx((low, high), abs=5e-5)


def test_the_period_before_is_as_long_and_ends_where_the_asked_one_begins(shop: Site) -> None:
    change = shop.conversion_rate("purchase", WEEK, "visitor").compare()
    assert str(change.before.meta.period) == "2026-11-02 to 2026-11-08"
    (row,) = change.rows
    assert (row.before, row.after) == (0.1, 0.2)
    assert row.change == pytest.approx(0.1)
    assert row.low is not None
    assert row.high is not None
    assert 0 < row.low < 0.1 < row.high
    assert row.q_value is not None
    assert row.q_value < 0.01
    assert "since 2026-11-02 to 2026-11-08" in change.to_table()


def test_groups_are_paired_by_name(shop: Site) -> None:
    change = shop.conversion_rate("purchase", WEEK, "visitor", by="device").compare("2026-11-02..2026-11-09")
    assert {row.row for row in change.rows} == {"purchase · desktop", "purchase · mobile"}
    assert change.spec["by"] == "device"


def test_a_row_without_a_counterpart_has_no_change(shop: Site) -> None:
    change = shop.conversion_rate("purchase", WEEK, "visitor", by="device").compare("2026-10-01..2026-10-05")
    assert {(row.before, row.change, row.q_value) for row in change.rows} == {(None, None, None)}


def test_rows_that_have_no_counterpart_are_not_compared(shop: Site) -> None:
    with pytest.raises(BadQuestion, match="cannot be compared"):
        shop.sessions(WEEK).compare()


def test_numbers_with_intervals_have_one_of_their_change(shared: Store, new_site: Callable[[], int]) -> None:
    """Revenue and the net score, whose ends are no numbers of their own; what has no interval has no change's."""
    site_id, events, random_ = new_site(), [], random.Random(2)
    for week, (start, converting, price) in enumerate((("2026-11-02", 0.2, 20), ("2026-11-09", 0.4, 60))):
        for index in range(200):
            visitor = 1000 * week + index + 1
            base = {"at": ms(start) + index * DAY // 100, "visitor_id": visitor, "session_id": visitor}
            base["page_id"] = visitor
            events.append({**base, "n": 0})
            if random_.random() < converting:
                value = Decimal(f"{price * random_.lognormvariate(0, 0.4):.2f}")
                bought = {"kind": "conversion", "goal": "purchase", "n": 1, "value": value, "currency": "EUR"}
                events.append({**base, **bought, "order_id": str(visitor)})
    save(shared, site_id, events)
    asked = site(shared, site_id)
    revenue = asked.revenue(WEEK, unit="session")
    changes = {row.measure: row for row in revenue.compare().rows}
    assert not {"aov_low", "aov_high", "rpv_low", "rpv_high"} & set(changes)
    (now,), (was,) = revenue.rows, revenue.compare().before.rows
    for name in ("aov", "rpv"):
        found = changes[name]
        low, middle, high = (getattr(now, name + end) for end in ("_low", "", "_high"))
        was_low, was_middle, was_high = (getattr(was, name + end) for end in ("_low", "", "_high"))
        assert found.change == pytest.approx(middle - was_middle)
        assert found.low == pytest.approx(found.change - math.hypot(middle - low, was_high - was_middle))
        assert found.high == pytest.approx(found.change + math.hypot(high - middle, was_middle - was_low))
        assert (found.low or 0) > 0
        assert (found.q_value, found.proportion) == (None, False)
    assert (changes["orders"].low, changes["orders"].high) == (None, None)
    scored = {
        row.measure: row for row in asked.net_score(WEEK, "session", micro_weight=0, negative_weight=0).compare().rows
    }
    assert set(scored) == {"macro", "micro", "negative", "score"}
    macro, score = scored["macro"], scored["score"]
    assert (score.low, score.high) == (pytest.approx(100 * (macro.low or 0)), pytest.approx(100 * (macro.high or 0)))
    assert macro.proportion


@pytest.mark.parametrize(
    ("row_type", "ways"),
    [
        (TrafficRow, {"visitors": "more", "engaged": "more", "bounce_ga": "less", "views_per_session": None}),
        (VitalRow, {"median": "less", "p75": "less", "good": "more", "fair": "less", "poor": "less"}),
        (FieldRow, {"returned": "less", "last_field": "less", "hazard": "less", "reached": "more", "edits": None}),
        (FormRow, {"completed": "more", "abandoned": "less"}),
        (ExitRow, {"exits": None, "rate": None, "lift": None}),
        (RevenueRow, {"orders": "more", "revenue": "more", "aov": "more", "refunded": "less", "cancelled": "less"}),
        (ErrorRow, {"errors": "less", "rate": "less"}),
        (FrictionRow, {"hits": "less", "rate": "less", "difference": None}),
        (ElementRow, {"clicks": None, "dead": "less", "rage": "less"}),
        (FunnelRow, {"from_first": "more", "dropped": None}),
    ],
)
def test_which_way_is_better_is_said_by_the_field(row_type: type, ways: dict[str, str | None]) -> None:
    """Not guessed from its name; what grows with the visits alone, or ends somewhere anyway, is neither."""
    about = {each.name: each.metadata for each in fields(row_type)}
    assert {name: about[name].get("better") for name in ways} == ways


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_no_field_has_an_unknown_way(report: Report) -> None:
    """`more`, `less`, or as the goal is; never said of a key or of the end of an interval."""
    for each in vars(sys.modules[report.ask.__module__]).values():
        if isinstance(each, type) and is_dataclass(each) and each.__name__.endswith("Row"):
            ends = {end for one in fields(each) for end in one.metadata.get("interval", ())}
            ways = {one.name: one.metadata["better"] for one in fields(each) if "better" in one.metadata}
            assert set(ways.values()) <= {"more", "less", "goal"}
            assert not ends & ways.keys()
            assert not set(key_names(each)) & ways.keys()


def test_less_of_a_negative_goal_is_better(shared: Store, new_site: Callable[[], int]) -> None:
    """By the row where it says the goal's class, else by the goal that was asked."""
    site_id = new_site()
    save(shared, site_id, [
        {"at": ms(day) + HOUR, "n": n, "visitor_id": 1, "session_id": index, "page_id": index, "kind": kind,
         "goal": "refund" if n else ""}
        for index, day in enumerate(("2026-11-03", "2026-11-10"), 1)
        for n, kind in enumerate(("page_view", "conversion"))
    ])  # fmt: skip
    negative = goals_of({"refund": {"class": "negative", "match": {"conversion": "refund"}}}, "")
    place = site(shared, site_id).place
    for goals, better in ((Goals(), "more"), (Goals(negative), "less")):
        asked = Site(replace(place, goals=goals))
        assert {row.better for row in asked.conversion_rate("refund", WEEK, "session").compare().rows} == {better}
        changes = {row.measure: row for row in asked.traffic(WEEK, every="period", goal="refund").compare().rows}
        assert (changes["conversion"].better, changes["sessions"].better) == (better, "more")


@pytest.mark.parametrize(
    ("asked", "now", "start", "end"),
    [
        ("3d", "2026-11-18T12:30", "2026-11-13T00:00", "2026-11-15T12:30"),
        ("today", "2026-11-18T09:00:00.250", "2026-11-17T00:00", "2026-11-17T09:00:00.250"),
        # Midnight itself: nothing has passed of today, so all of yesterday is shown.
        ("today", "2026-11-18T00:00", "2026-11-17T00:00", "2026-11-18T00:00"),
        # Clocks went back in between: noon is noon, an hour more after midnight.
        ("today", "2026-10-26T12:00", "2026-10-25T00:00", "2026-10-25T12:00"),
        ("2026-11-01..2026-11-08", "2026-11-18T12:00", "2026-10-25T00:00", "2026-11-01T00:00"),
        ("2026-12-01..2026-12-08", "2026-11-18T12:00", "2026-11-24T00:00", "2026-12-01T00:00"),
        ("24h", "2026-11-18T12:30", "2026-11-16T12:30", "2026-11-17T12:30"),
        ("2026-11-18T06:00..2026-11-18T18:00", "2026-11-18T10:00", "2026-11-17T18:00", "2026-11-17T22:00"),
    ],
)
def test_a_period_that_is_not_over_is_held_against_as_much_of_the_one_before(
    asked: str, now: str, start: str, end: str
) -> None:
    now_ms = ms(now, "Europe/Berlin")
    found = parse(asked).resolve("Europe/Berlin", now_ms)
    before = previous(found, now_ms).resolve("Europe/Berlin", now_ms)
    assert (before.start_ms, before.end_ms) == (ms(start, "Europe/Berlin"), ms(end, "Europe/Berlin"))


def test_today_until_noon_is_no_loss(shared: Store, new_site: Callable[[], int]) -> None:
    """As many visits an hour today as yesterday: no change, where rows are no parts of the period."""
    site_id = new_site()
    noon, midnight = ms("2026-11-18T12:00"), ms("2026-11-18")
    save(shared, site_id, [
        {"at": when, "n": 0, "visitor_id": index, "session_id": index, "page_id": index}
        for index, when in enumerate(range(midnight - DAY, noon, HOUR), 1)
    ])  # fmt: skip
    asked = site(shared, site_id, now_ms=noon)
    changes = {row.measure: row for row in asked.traffic("today", every="period").compare().rows}
    assert (changes["sessions"].before, changes["sessions"].after) == (12, 12)
    assert "since 2026-11-17 00:00 to 2026-11-17 12:00" in asked.traffic("today", every="period").compare().to_table()
    by_hour = asked.traffic("today", every="hour").compare()
    assert len(by_hour.before.rows) == 24
    assert asked.traffic("today", every="period").compare("2026-11-17").before.total.sessions == 24  # type: ignore[attr-defined]
    tile = changes_of_total(asked.traffic("today", every="hour"), "previous")["sessions"]
    assert (tile.way, tile.title) == ("same", "before 12")
    assert changes_of_total(asked.traffic("today"), "2026-11-17")["sessions"].text == "−50 %"
    over = site(shared, site_id, now_ms=midnight + DAY)
    assert [
        row.before for row in over.traffic("2026-11-18", every="period").compare().rows if row.measure == "sessions"
    ] == [24]
