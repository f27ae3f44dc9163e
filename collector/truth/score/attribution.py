"""Does credit go to the visits that led to an order, by each rule as it is defined?

The rules are worked out here once more, order by order, from the visits that were walked.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from collector.truth.score.judge import exact
from collector.truth.walk import GOAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.query.reports.attribution import Attribution
    from collector.truth.score.judge import Score
    from collector.truth.score.world import World
    from collector.truth.walked import Order, Walked

_COLUMNS: Final = ("channel", "campaign")
_HALF_LIFE_MS: Final = 7 * 86_400_000
_POSITIONS: Final = {"u_shaped": (0.4, 0.4, 0.5), "j_shaped": (0.2, 0.6, 0.25), "inverse_j": (0.6, 0.2, 0.75)}
_RULES: Final = ("first", "last", "last_non_direct", "linear", "time_decay", *_POSITIONS)
_ROUNDED: Final = (1e-5, 0.1)
"""Credit and money of some thousand orders together: of each, credit is kept to 1e-9 and money to 1e-4."""
_Credit = dict[tuple[str, str], tuple[float, float]]


def _attribution(worlds: Sequence[World]) -> Score:
    right = []
    for world in worlds:
        led = _led(world)
        right.append(all(_is_right(world, led, column) for column in _COLUMNS))
    return exact("attribution", f"credit and money by eight rules, by {', '.join(_COLUMNS)}", right)


def _is_right(world: World, led: list[tuple[Order, list[Walked]]], column: str) -> bool:
    answer = world.site.attribution(GOAL, world.period, column)
    expected, found = _expected(led, column), _found(answer)
    return (
        found.keys() == expected.keys()
        and all(_same(found[key], expected[key]) for key in expected)
        and answer.conversions_in_all == len(led)
        and all(math.isclose(sum(getattr(row, rule) for row in answer.rows), len(led), abs_tol=1e-6) for rule in _RULES)
    )


def _led(world: World) -> list[tuple[Order, list[Walked]]]:
    """Each order with the visitor's visits up to it, in order."""
    by_visitor: dict[str, list[Walked]] = {}
    for each in sorted(world.visits, key=lambda visit: visit.begin_ms):
        by_visitor.setdefault(each.visitor, []).append(each)
    return [
        (each.order, visits[: place + 1])
        for visits in by_visitor.values()
        for place, each in enumerate(visits)
        if each.order
    ]


def _expected(led: list[tuple[Order, list[Walked]]], column: str) -> _Credit:
    credit: _Credit = {}
    for order, visits in led:
        groups = [getattr(each.arrival, column) for each in visits]
        direct = [each.arrival.channel == "Direct" for each in visits]
        for rule, weights in _weights([each.begin_ms for each in visits], direct).items():
            for group, weight in zip(groups, weights, strict=True):
                before, money = credit.get((group, rule), (0.0, 0.0))
                credit[group, rule] = (before + weight, money + weight * float(order.value))
    return credit


def _same(found: tuple[float, float], expected: tuple[float, float]) -> bool:
    return all(abs(a - b) < most for a, b, most in zip(found, expected, _ROUNDED, strict=True))


def _found(answer: Attribution) -> _Credit:
    return {
        (row.group, rule): (getattr(row, rule), float(getattr(row, f"{rule}_value")))
        for row in answer.rows
        for rule in _RULES
    }


def _weights(begins_ms: list[int], direct: list[bool]) -> dict[str, list[float]]:
    """The credit of each touch, by rule."""
    size, last = len(begins_ms), len(begins_ms) - 1
    known = [place for place in range(size) if not direct[place]]
    decay = [2 ** ((begin - begins_ms[-1]) / _HALF_LIFE_MS) for begin in begins_ms]
    return {
        "first": _only(0, size),
        "last": _only(last, size),
        "last_non_direct": _only(known[-1] if known else last, size),
        "linear": [1 / size] * size,
        "time_decay": [each / sum(decay) for each in decay],
        **{rule: _by_place(size, *shares) for rule, shares in _POSITIONS.items()},
    }


def _only(place: int, size: int) -> list[float]:
    return [float(place == each) for each in range(size)]


def _by_place(size: int, first: float, last: float, first_of_two: float) -> list[float]:
    if size < 3:
        return [1.0] if size == 1 else [first_of_two, 1 - first_of_two]
    return [first, *[(1 - first - last) / (size - 2)] * (size - 2), last]


def _ad_clicks(worlds: Sequence[World]) -> Score:
    """Each order with the visitor's latest visit that an advertisement led to. Times are in whole seconds."""
    right = []
    for world in worlds:
        answer = world.site.ad_clicks(world.period, GOAL)
        found = {
            row.order_id: (row.click_id, int(row.clicked_at.timestamp()), int(row.converted_at.timestamp()), row.value)
            for row in answer.rows
        }
        expected = {}
        led = _led(world)
        for order, visits in led:
            advertised = [each for each in visits if each.click_id]
            if advertised:
                click = advertised[-1]
                expected[order.number] = (click.click_id, click.begin_ms // 1000, order.at_ms // 1000, order.value)
        right.append((found, answer.conversions) == (expected, len(led)))
    return exact("ad_clicks", "each order's click on an advertisement", right)


SCORES = (_attribution, _ad_clicks)
