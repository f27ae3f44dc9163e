"""Success and failure in one number: macro goals, plus some of the micro ones, minus the negative ones."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, ClassVar, Literal

from collector.query.conversions import Grouping, grouping, is_rolled_up, units_with_goals
from collector.query.definitions import CONVERSION_RATE, UNIT_DEFINITIONS, define
from collector.query.errors import BadQuestion
from collector.query.goal_sql import GOAL
from collector.query.question import begin, check_unit
from collector.query.rate import Rate, wilson
from collector.query.result import Result
from collector.query.sql import Binder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place

MICRO_WEIGHT = 0.1
NEGATIVE_WEIGHT = 0.1

NET_SCORE = define(
    "net_score",
    2,
    "goals per 100 sessions, visitors or people",
    "100 x the mean over units of [any macro goal] + u x [any micro goal] - w x [any negative goal]; each counts once "
    "a unit. Interval, 95 %: Wilson's of the three rates, put together by the method of variance estimates recovery "
    "with the correlations of the classes among the units",
    f"weights u = {MICRO_WEIGHT} and w = {NEGATIVE_WEIGHT} unless asked otherwise: they say what a step and a loss are "
    "worth in macro goals, and are yours to choose",
    "own; interval: Zou and Donner, Statistics in Medicine 27 (2008), 1693-1702",
)
_CLASSES = ("class:macro", "class:micro", "class:negative")


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A group (empty: all). `score` per 100 units with `low` to `high`, its 95 % interval; None without units.

    `macro`, `micro`, `negative`: units with any goal of the class, out of all.
    """

    group: str = field(metadata={"sparse": True, "key": True})
    macro: Rate = field(metadata={"better": "more"})
    micro: Rate = field(metadata={"better": "more"})
    negative: Rate = field(metadata={"better": "less"})
    score: float | None = field(metadata={"better": "more", "interval": ("low", "high")})
    low: float | None
    high: float | None


@dataclass(frozen=True, repr=False, kw_only=True)
class NetScore(Result[ScoreRow]):
    """Answer of `Site.net_score`; the largest group first, hours, days and weeks in order."""

    unit: str
    row_type: ClassVar[type] = ScoreRow

    def about(self) -> list[str]:
        return [f"per 100 {self.unit}s", *([f"goals {self.meta.goals}"] if self.meta.goals else [])]


def ask(
    place: Place,
    period: Period | str,
    unit: Literal["session", "visitor", "person"],
    *,
    by: str | None = None,
    where: Filter | None = None,
    micro_weight: float = MICRO_WEIGHT,
    negative_weight: float = NEGATIVE_WEIGHT,
    bots: bool = False,
) -> NetScore:
    """Macro goals, plus some of the micro ones, minus the negative ones (definition `net_score`).

    Args:
        unit: what is counted; there is no default, since the rates differ.
        by: column whose values are groups; hour, day or week for a trend; none for no groups
        micro_weight: what a micro goal is worth, in macro goals.
        negative_weight: what a negative goal costs, in macro goals.
    """
    check_unit(unit)
    if not (0 <= micro_weight < math.inf and 0 <= negative_weight < math.inf):
        raise BadQuestion("a weight is 0 or more")
    question = begin(place, "net_score", period, where, bots=bots)
    groups = grouping(question, by)
    binder = Binder()
    counted = units_with_goals(question, binder, _CLASSES, unit, groups)
    found = question.asker.rows(
        f"SELECT grp, mask, count() FROM ({counted}\n)\nGROUP BY grp, mask ORDER BY grp, mask", binder
    )
    by_group: dict[str, dict[int, int]] = {}
    for grp, mask, count in found:
        by_group.setdefault(groups.name(grp), {})[int(mask)] = int(count)
    weights = (1.0, micro_weight, -negative_weight)
    rows = [_row(name, counts, weights) for name, counts in _ordered(by_group, groups)]
    notes = [f"u = {micro_weight:g}, w = {negative_weight:g}."]
    if not place.goals.listed:
        notes.append("There is no goals.yml: macro are all conversions that pages send, and nothing is negative.")
    meta = question.meta(
        NET_SCORE,
        GOAL,
        CONVERSION_RATE,
        UNIT_DEFINITIONS[unit],
        rolled_up=is_rolled_up(question, unit, groups),
        notes=tuple(notes),
    )
    return NetScore(tuple(rows), meta, tuple(question.asker.statements), place.store, unit=unit)


def _ordered(by_group: dict[str, dict[int, int]], groups: Grouping) -> list[tuple[str, dict[int, int]]]:
    if groups.trend:
        return list(groups.trend.filled(by_group, {}).items())
    if not by_group and groups.by is None:
        return [("", {})]
    return sorted(by_group.items(), key=lambda pair: (-sum(pair[1].values()), pair[0]))


def _row(name: str, counts: Mapping[int, int], weights: tuple[float, float, float]) -> ScoreRow:
    """`counts`: units by the mask of the classes that they reached."""
    n = sum(counts.values())
    macro, micro, negative = rates = [Rate.of(_with(counts, 1 << bit), n, CONVERSION_RATE) for bit in range(3)]
    if not n:
        return ScoreRow(name, macro, micro, negative, None, None, None)
    score = sum(weight * rate.k for weight, rate in zip(weights, rates, strict=True)) / n
    below, above = _reach(counts, rates, weights)
    return ScoreRow(name, macro, micro, negative, 100 * score, 100 * (score - below), 100 * (score + above))


def _with(counts: Mapping[int, int], classes: int) -> int:
    """Units that reached all these classes."""
    return sum(count for mask, count in counts.items() if mask & classes == classes)


def _reach(counts: Mapping[int, int], rates: Sequence[Rate], weights: Sequence[float]) -> tuple[float, float]:
    """How far the interval of the weighted sum of the rates reaches below and above it (definition `net_score`).

    A standard error of the units' scores would be 0 where no unit, or every one, has reached a goal.
    """
    ends = [wilson(rate.k, rate.n) for rate in rates]
    reaches = []
    for end, other in ((0, 1), (1, 0)):
        parts = [
            weight * (ends[bit][end if weight >= 0 else other] - rates[bit].k / rates[bit].n)
            for bit, weight in enumerate(weights)
        ]
        square = sum(part * part for part in parts)
        for one, two in combinations(range(3), 2):
            alike = _correlation(rates[one], rates[two], _with(counts, 1 << one | 1 << two))
            sign = math.copysign(1.0, weights[one] * weights[two])
            square += 2 * sign * alike * parts[one] * parts[two]
        reaches.append(math.sqrt(max(0.0, square)))
    return reaches[0], reaches[1]


def _correlation(one: Rate, two: Rate, both: int) -> float:
    """Phi coefficient of two classes among the same units; 0 where all, or none, have one of them."""
    spread = one.k * (one.n - one.k) * two.k * (two.n - two.k)
    return (one.n * both - one.k * two.k) / math.sqrt(spread) if spread else 0.0
