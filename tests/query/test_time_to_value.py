"""Time to value equals a plain count in Python; Kaplan and Meier's curve is that of the textbooks."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import timedelta
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.query import BadQuestion, UnknownName, between, event, page, where
from collector.query.survival import curve, median_of
from tests.query.shop import ZONES, days, order
from tests.query.test_retention import returns_of
from tests.query.visits import Event, save_visits
from tests.query.worlds import DAY, HOUR, examples, ms, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.store import Store

seeds = st.integers(0, 10**6)
samples = st.lists(st.tuples(st.integers(0, 12), st.booleans(), st.integers(1, 3)), min_size=1, max_size=25)
# Freireich and others, Blood 21 (1963): weeks of remission under 6-mercaptopurine; True: it ended then.
REMISSION = [
    *[(6, True, 3), (6, False, 1), (7, True, 1), (9, False, 1), (10, True, 1), (10, False, 1), (11, False, 1)],
    *[(13, True, 1), (16, True, 1), (17, False, 1), (19, False, 1), (20, False, 1), (22, True, 1), (23, True, 1)],
    *[(25, False, 1), (32, False, 2), (34, False, 1), (35, False, 1)],
]


def product_limit(found: list[tuple[int, bool, int]]) -> dict[int, tuple[float, float]]:
    """Share still to come and Greenwood's sum, after each time at which somebody came."""
    left, greenwood, steps = 1.0, 0.0, {}
    for now in sorted({seconds for seconds, done, _ in found if done}):
        at_risk = sum(n for seconds, _, n in found if seconds >= now)
        came = sum(n for seconds, done, n in found if done and seconds == now)
        left *= 1 - came / at_risk
        greenwood += came / (at_risk * (at_risk - came)) if at_risk > came else math.inf
        steps[now] = left, greenwood
    return steps


def test_the_curve_is_the_published_one() -> None:
    points = {point.seconds: 1 - point.share for point in curve(REMISSION)}
    published = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert points == pytest.approx(published, abs=0.0005)
    assert median_of(curve(REMISSION)) == 23


@examples(40)
@given(found=samples)
def test_the_curve_and_its_interval_are_the_products(found: list[tuple[int, bool, int]]) -> None:
    points, expected = curve(found), product_limit(found)
    assert {point.seconds: point.share for point in points} == pytest.approx(
        {t: 1 - s for t, (s, _) in expected.items()}
    )
    for point in points:
        left, greenwood = expected[point.seconds]
        if 0 < left < 1 and math.isfinite(greenwood):
            half = NormalDist().inv_cdf(0.975) * math.sqrt(greenwood) / abs(math.log(left))
            assert point.low == pytest.approx(1 - left ** math.exp(-half))
            assert point.high == pytest.approx(1 - left ** math.exp(half))


@examples(1)
@given(seed=seeds)
def test_every_figure_equals_a_count_over_all_history(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    for site_id, (zone, events) in save_visits(shared, min(new_site() for _ in ZONES), seed).items():
        if not {"signup", "aha"} <= {each.get("custom_name") for each in events}:
            continue
        first, last, start, end = days(zone, before=9, after=4)
        now = end + 2 * DAY + 1
        asked = site(shared, site_id, now_ms=now)
        for unit, by, within, follow, bots in (
            ("visitor", None, "7d", "90d", False),
            ("person", "device", "1d", "7d", False),
            ("visitor", "campaign", "1h", "1h", True),
        ):
            answer = asked.time_to_value(
                event("signup"), event("aha"), between(first, last), within, follow=follow, unit=unit, by=by, bots=bots
            )
            longest, in_time = _ms(follow), _ms(within)
            groups: dict[str, list[tuple[Event, int, bool]]] = defaultdict(list)
            for begun, later in returns_of(events, now, unit, "signup", "aha", bots=bots).values():
                if start <= begun["at"] < end:
                    after = [each["at"] - begun["at"] for each in later if order(each) > order(begun)]
                    reached = bool(after) and after[0] <= longest
                    took = after[0] if reached else min(now - begun["at"], longest)
                    groups[begun.get(by, "") if by else ""].append((begun, took, reached))
            if by is None:
                groups.setdefault("", [])
            assert {row.group: row.started for row in answer.rows} == {key: len(each) for key, each in groups.items()}
            for row in answer.rows:
                units = groups[row.group]
                took_ms = [took for _, took, reached in units if reached]
                ripe = [each for each in units if each[0]["at"] + in_time <= now]
                assert row.reached == len(took_ms)
                assert (row.within.k, row.within.n) == (
                    sum(reached and took <= in_time for _, took, reached in ripe),
                    len(ripe),
                )
                for level, got in ((0.5, row.median), (0.75, row.p75), (0.9, row.p90)):
                    assert got == _quantile([took // 1000 for took in took_ms], level)
                expected = product_limit([(took // 1000, reached, 1) for _, took, reached in units])
                got_curve = {point.seconds: 1 - point.share for point in answer.curves[row.group]}
                assert got_curve == pytest.approx({key: left for key, (left, _) in expected.items()})
                assert len(answer.actors(row).rows) == row.reached
                open_ = answer.actors(row, reached=False)
                assert len(open_.rows) == len(open_.sessions().rows) == row.started - row.reached


def test_who_began_too_recently_is_open_and_no_failure(shared: Store, new_site: Callable[[], int]) -> None:
    site_id, now = new_site(), ms("2026-11-20T12:00:00")
    events: list[Any] = []
    for visitor, (began, took) in enumerate([(10 * DAY, HOUR), (10 * DAY, None), (DAY, HOUR), (DAY, None)], 1):
        who = {"visitor_id": visitor, "session_id": visitor, "page_id": visitor, "kind": "custom"}
        events.append({**who, "at": now - began, "custom_name": "signup", "n": 0})
        if took:
            events.append({**who, "at": now - began + took, "custom_name": "aha", "n": 1})
    save(shared, site_id, events)
    answer = site(shared, site_id, now_ms=now).time_to_value(event("signup"), event("aha"), "14d")
    row = answer.rows[0]
    assert (row.started, row.reached, row.within.k, row.within.n) == (4, 2, 1, 2)
    assert (row.median, row.km_share, row.km_median) == (timedelta(hours=1), 0.5, timedelta(hours=1))
    assert answer.meta.notes[0].startswith("2 of 4 began too recently")
    chosen = site(shared, site_id, now_ms=now).time_to_value(
        event("signup"), event("aha"), "14d", where=where(visitor_id="0000000000000001")
    )
    assert chosen.rows[0].started == 1


def test_impossible_questions_are_refused(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    save(shared, site_id, [{"at": ms("2026-11-02")}])
    asked = site(shared, site_id)
    with pytest.raises(BadQuestion, match="`within` is longer than `follow`"):
        asked.time_to_value(page("/"), page("/"), "7d", "8d", follow="7d")
    with pytest.raises(UnknownName, match="unknown unit of time to value 'session'"):
        asked.time_to_value(page("/"), page("/"), "7d", unit="session")
    with pytest.raises(UnknownName, match="unknown event 'aha'"):
        asked.time_to_value(page("/"), event("aha"), "7d")
    nobody = asked.time_to_value(page("/"), page("/"), between("2020-01-01", "2020-01-02"))
    assert (nobody.rows[0].started, nobody.rows[0].median, nobody.rows[0].km_share) == (0, None, None)


def _quantile(values: list[int], level: float) -> timedelta | None:
    if not values:
        return None
    ordered, place = sorted(values), level * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return timedelta(seconds=ordered[below] + (place - below) * (ordered[above] - ordered[below]))


def _ms(length: str) -> int:
    return int(length[:-1]) * {"d": DAY, "h": HOUR}[length[-1]]
