"""Web vitals equal a plain answer in Python: the last value told, by navigation; deciles of equal size."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.query import BadQuestion, UnknownName, between
from collector.query.signals.slow import GOOD_POOR
from tests.query.worlds import examples, ms, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.store import Store

Event = dict[str, Any]
START = ms("2026-11-02T12:00:00")
PERIOD = between("2026-11-02", "2026-11-03")


@examples(2)
@given(seed=st.integers(0, 10**6))
def test_quartiles_and_shares_are_those_of_python(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    random_, events = random.Random(seed), []
    last: dict[tuple[str, ...], dict[int, float]] = defaultdict(dict)
    for index in range(120):
        began = START + random_.choice([0, 0, 0, 86_400_000])
        bot = random_.random() < 0.1
        view = {
            "page_id": index,
            "visitor_id": index,
            "session_id": index // 2,
            "page_at": began,
            "path": random_.choice(["/a", "/b"]),
            "bot_class": "crawler" if bot else "",
        }
        events.append({**view, "at": began})
        navigation = random_.choice(["navigate", "reload"])
        for name, (good, poor) in GOOD_POOR.items():
            for told in range(random_.choice([0, 1, 2])):
                value = random_.choice([good, poor, poor * 1.01, good / 2, (good + poor) / 2])
                vital = {"kind": "vital", "vital": name, "vital_value": value, "navigation": navigation}
                events.append({**view, **vital, "at": began + 100, "n": 1 + told + 10 * list(GOOD_POOR).index(name)})
                if not bot and began == START:
                    last[view["path"], name, navigation][index] = value
    random_.shuffle(events)
    site_id = new_site()
    save(shared, site_id, events)
    rows = site(shared, site_id).vitals(PERIOD, of="page").rows
    assert {(row.page, row.vital, row.navigation) for row in rows} == set(last)
    for row in rows:
        values = sorted(last[row.page, row.vital, row.navigation].values())
        good, poor = GOOD_POOR[row.vital]
        place = 0.75 * (len(values) - 1)
        below = values[int(place)]
        above = values[min(int(place) + 1, len(values) - 1)]
        assert row.p75 == pytest.approx(below + (place - int(place)) * (above - below))
        assert (row.good.k, row.poor.k) == (sum(v <= good for v in values), sum(v > poor for v in values))
        assert row.good.k + row.fair.k + row.poor.k == row.good.n == len(values)


@pytest.fixture(scope="module")
def slow_shop(shared: Store, new_site: Callable[[], int]) -> Any:
    """1,000 sessions with an LCP of 1 to 1,000 ms, of which the faster half converts."""
    events = []
    for index in range(1, 1001):
        view = {"at": START, "page_id": index, "visitor_id": index, "session_id": index}
        events += [{**view, "n": 0}, {**view, "kind": "vital", "vital": "LCP", "vital_value": float(index), "n": 1}]
        if index <= 500:
            events.append({**view, "kind": "conversion", "goal": "purchase", "n": 2})
    site_id = new_site()
    save(shared, site_id, events)
    return site(shared, site_id)


def test_deciles_are_ten_equal_parts_with_their_conversion(slow_shop: Any) -> None:
    deciles = slow_shop.vitals(PERIOD).deciles("LCP", "purchase")
    assert [(row.low, row.high) for row in deciles.rows][:2] == [(1, 100), (101, 200)]
    assert [(row.rate.k, row.rate.n) for row in deciles.rows] == [(100, 100)] * 5 + [(0, 100)] * 5
    assert all(row.q_value is not None and row.q_value < 0.001 for row in deciles.rows)


def test_what_does_not_exist_is_named(slow_shop: Any) -> None:
    with pytest.raises(UnknownName, match="unknown vital 'LPC', did you mean 'LCP'"):
        slow_shop.vitals(PERIOD).deciles("LPC", "purchase")
    with pytest.raises(UnknownName, match="unknown page '/x'"):
        slow_shop.vitals(PERIOD, path="/x")
    with pytest.raises(BadQuestion, match="limit is 1 to 1,000"):
        slow_shop.vitals(PERIOD, limit=0)


@pytest.mark.parametrize("dark", [False, True])
def test_pictures_have_a_bar_a_share_and_a_point_a_decile(slow_shop: Any, *, dark: bool) -> None:
    pytest.importorskip("matplotlib")
    answer = slow_shop.vitals(PERIOD)
    assert len(answer.plot(dark=dark).axes[0].patches) == 3
    assert len(answer.deciles("LCP", "purchase").plot(dark=dark).axes[0].containers) == 10
    empty = slow_shop.vitals(between("2020-01-01", "2020-01-02"))
    assert empty.plot(dark=dark).axes
    assert empty.deciles("LCP", "purchase").plot(dark=dark).axes
