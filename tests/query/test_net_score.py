"""The net score is the mean of what each unit scored, with the classes that conversion_rate counts."""

from __future__ import annotations

import random
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

import pytest

from collector.query import BadQuestion, between
from collector.query.reports.net_score import _row
from tests.query.test_goals import publish
from tests.query.worlds import ms, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.query import Site
    from collector.store import Store

WEEK = between("2026-11-01", "2026-11-08")
START = ms("2026-11-02T12:00:00")
CLASSES = {"buy": "macro", "look": "micro", "leave": "negative"}


@pytest.fixture(scope="module")
def world() -> list[dict[str, Any]]:
    random_ = random.Random(3)
    events = []
    for index in range(1, 301):
        who = {"visitor_id": index, "session_id": index, "page_id": index, "at": START + index * 600_000}
        who["device"] = random_.choice(["mobile", "desktop"])
        events.append({**who, "n": 0})
        for n, name in enumerate(CLASSES, 1):
            times = random_.choice([0, 0, 1, 2])
            events += [{**who, "n": 10 * n + i, "kind": "custom", "custom_name": name} for i in range(times)]
    return events


@pytest.fixture(scope="module")
def shop(shared: Store, new_site: Callable[[], int], world: list[dict[str, Any]]) -> Site:
    site_id = new_site()
    save(shared, site_id, world)
    publish(shared, site_id, {name: {"class": each, "match": {"event": name}} for name, each in CLASSES.items()})
    return site(shared, site_id)


@pytest.mark.parametrize("by", [None, "device", "day"])
def test_the_score_is_the_mean_of_the_units_scores(shop: Site, world: list[dict[str, Any]], by: str | None) -> None:
    answer = shop.net_score(WEEK, "session", by=by, micro_weight=0.3, negative_weight=2)
    seen = 0
    for row in answer.rows:
        units: dict[int, set[str]] = {}
        for each in world:
            day = f"2026-11-0{1 + (each['at'] - ms('2026-11-01')) // 86_400_000}"
            if by is None or row.group == {"device": each["device"], "day": day}[by]:
                units.setdefault(each["session_id"], set()).add(each.get("custom_name", ""))
        scores = [100 * (("buy" in s) + 0.3 * ("look" in s) - 2 * ("leave" in s)) for s in units.values()]
        assert row.macro.n == len(scores)
        seen += len(scores)
        if not scores:
            assert (row.score, row.low, row.high) == (None, None, None)
            continue
        assert row.score == pytest.approx(fmean(scores))
        if len(scores) > 50:
            half = 1.959964 * stdev(scores) / len(scores) ** 0.5
            wide = pytest.approx(half, rel=0.1)
            assert (row.score - row.low, row.high - row.score) == (wide, wide)
    assert seen == 300


@pytest.mark.parametrize("by", [None, "device"])
def test_of_one_class_alone_the_interval_is_that_of_its_rate(shop: Site, by: str | None) -> None:
    for row in shop.net_score(WEEK, "session", by=by, micro_weight=0, negative_weight=0).rows:
        assert row.macro.low is not None
        assert row.macro.high is not None
        assert (row.low, row.high) == (pytest.approx(100 * row.macro.low), pytest.approx(100 * row.macro.high))


def test_a_group_that_reached_nothing_is_not_sure_to_stay_there(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    save(shared, site_id, [{"at": START, "n": 0}])
    (row,) = site(shared, site_id).net_score(WEEK, "session").rows
    assert row.score == 0
    assert (row.low or 0) < 0 < (row.high or 0)


@pytest.mark.parametrize(
    ("units", "macro", "micro_with", "micro_without", "negative"),
    [
        (30, 0.02, 0.9, 0.3, 0.02),
        (30, 0.02, 0.1, 0.02, 0.0),
        (100, 0.02, 0.9, 0.3, 0.02),
        (100, 0.1, 0.9, 0.4, 0.1),
        (1000, 0.3, 0.5, 0.5, 0.3),
    ],
)
def test_the_interval_holds_the_truth_as_often_as_it_says(
    units: int, macro: float, micro_with: float, micro_without: float, negative: float
) -> None:
    """In 2,000 groups of so many units, whose classes hang together; small groups may have wider ones, never shorter.

    The standard error of the units' scores holds it in 85, 46, 88, 94 and 95 of 100.
    """
    import numpy as np

    shares, weights = [], (1.0, 0.1, -0.5)
    for mask in range(8):
        micro = micro_with if mask & 1 else micro_without
        chances = (macro, micro, negative)
        shares.append(float(np.prod([c if mask >> bit & 1 else 1 - c for bit, c in enumerate(chances)])))
    truth = 100 * sum(
        share * sum(weight for bit, weight in enumerate(weights) if mask >> bit & 1)
        for mask, share in enumerate(shares)
    )
    held = 0
    for drawn in np.random.default_rng(3).multinomial(units, shares, size=2000):
        row = _row("", dict(enumerate(int(each) for each in drawn)), weights)
        held += (row.low or 0) <= truth + 1e-9 and truth - 1e-9 <= (row.high or 0)
    assert held / 2000 > 0.94


@pytest.mark.parametrize("unit", ["session", "visitor", "person"])
def test_its_classes_are_the_numbers_of_conversion_rate(shop: Site, unit: Any) -> None:
    (row,) = shop.net_score(WEEK, unit).rows
    rates = shop.conversion_rate(["class:macro", "class:micro", "class:negative"], WEEK, unit).rows
    assert [each.rate for each in rates] == [row.macro, row.micro, row.negative]
    assert [each.kind for each in rates] == ["macro", "micro", "negative"]


def test_without_a_file_macro_is_what_pages_send(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    other = {"at": START, "visitor_id": 2, "session_id": 2, "page_id": 2}
    save(shared, site_id, [
        {"at": START, "n": 0}, {"at": START, "n": 1, "kind": "conversion", "goal": "lead"},
        {**other, "n": 0}, {**other, "n": 1, "kind": "form", "form": "f", "step": "start"},
    ])  # fmt: skip
    answer = site(shared, site_id).net_score(WEEK, "session")
    assert (answer.rows[0].macro.k, answer.rows[0].micro.k, answer.rows[0].negative.k) == (1, 1, 0)
    assert "There is no goals.yml" in answer.to_table()


def test_nobody_has_no_score(shop: Site) -> None:
    (row,) = shop.net_score(between("2020-01-01", "2020-01-02"), "visitor").rows
    assert (row.score, row.low, row.macro.rate) == (None, None, None)
    assert shop.net_score(between("2020-01-01", "2020-01-02"), "visitor", by="device").rows == ()


@pytest.mark.parametrize("weight", [-1, float("nan"), float("inf")])
def test_a_weight_is_not_negative(shop: Site, weight: float) -> None:
    with pytest.raises(BadQuestion, match="a weight is 0 or more"):
        shop.net_score(WEEK, "visitor", micro_weight=weight)
