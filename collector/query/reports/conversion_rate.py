"""How many of the sessions, visitors or people converted."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from collector.query.conversions import Grouping, grouping, is_rolled_up, units_with_goals
from collector.query.definitions import CONVERSION_RATE, DIFFERENCE, UNIT_DEFINITIONS
from collector.query.errors import BadQuestion, unknown
from collector.query.goal_sql import GOAL
from collector.query.question import begin, check_unit
from collector.query.rate import Rate, against_the_rest
from collector.query.reports import sessions
from collector.query.result import Result
from collector.query.sql import Binder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place, Question


@dataclass(frozen=True, slots=True)
class ConversionRow:
    """A goal and group (empty: all) with its rate; `q_value` against the rest, None where it was not judged.

    `kind` is the goal's class: macro, micro, negative; empty for a pattern.
    """

    goal: str = field(metadata={"key": True})
    kind: str = field(metadata={"sparse": True, "label": "class"})
    group: str = field(metadata={"sparse": True, "key": True})
    rate: Rate = field(metadata={"better": "goal", "label": "rate (95 %)"})
    q_value: float | None = field(metadata={"sparse": True, "label": "q"})


@dataclass(frozen=True, repr=False, kw_only=True)
class ConversionRate(Result[ConversionRow]):
    """Answer of `Site.conversion_rate`: goals as asked; the largest group first, hours, days and weeks in order."""

    goals: tuple[str, ...]
    unit: str
    by: str | None
    question: Question = field(compare=False)
    row_type: ClassVar[type] = ConversionRow

    @property
    def goal(self) -> str:
        """The goals in words."""
        return ", ".join(self.goals)

    def about(self) -> list[str]:
        version = [f"goals {self.meta.goals}"] if self.meta.goals else []
        return [f"{self.goal} per {self.unit}", *version]

    def hidden(self) -> tuple[str, ...]:
        return ("goal", "kind") if len(self.goals) == 1 else ()

    def sessions(
        self, *, goal: str | None = None, group: str | None = None, converted: bool = True, limit: int = 1000
    ) -> sessions.Sessions:
        """The sessions behind `rate.k` of a row, or with `converted=False` those of the others; the newest first.

        Of a visitor or person it is the session of the first conversion, or else the first session of the period.

        Args:
            goal: one of those that were asked for; needed where there are several.
            group: of the row; needed where the visitors of several hours, days or weeks were counted.

        Raises:
            UnknownName: no such goal.
        """
        if goal is None and len(self.goals) == 1:
            goal = self.goals[0]
        if goal not in self.goals:
            raise unknown("goal of the answer", str(goal), self.goals)
        binder = Binder()
        groups = grouping(self.question, self.by)
        counted = units_with_goals(self.question, binder, [goal], self.unit, groups)
        chosen = "mask != 0" if converted else "mask = 0"
        if group is not None:
            chosen += f" AND grp = {binder.text(groups.value(group))}"
        since = len(self.question.asker.statements)
        ids = f"SELECT session FROM ({counted}\n) WHERE {chosen}"
        return sessions.of_ids(self.question, ids, binder, limit=limit, since=since)

    def plot(self, *, dark: bool = False) -> Figure:
        """The rates with their intervals: lines over time, else a mark for each goal and group.

        Raises:
            QueryError: matplotlib is not installed.
        """
        from collector.query.plots.rates import plot  # noqa: PLC0415 - matplotlib is optional and slow to import

        return plot(self, dark=dark)


def ask(
    place: Place,
    goal: str | Sequence[str],
    period: Period | str,
    unit: Literal["session", "visitor", "person"],
    *,
    by: str | None = None,
    where: Filter | None = None,
    bots: bool = False,
) -> ConversionRate:
    """How many of the sessions, visitors or people converted (definition `conversion_rate`).

    Args:
        goal: name of a goal, `*` for any characters; class:macro, class:micro or class:negative for any goal of that
            class. Several are a row each.
        unit: what is counted; there is no default, since the rates differ.
        by: column whose values are groups; hour, day or week for a trend; none for no groups
    """
    check_unit(unit)
    goals = (goal,) if isinstance(goal, str) else tuple(dict.fromkeys(goal))
    if not goals:
        raise BadQuestion("name a goal, such as purchase, or class:macro")
    question = begin(place, "conversion_rate", period, where, bots=bots)
    groups = grouping(question, by)
    for each in goals:
        question.catalog.require("goal", each)
    binder = Binder()
    counted = units_with_goals(question, binder, goals, unit, groups)
    reached = ", ".join(f"countIf(bitTest(mask, {bit}))" for bit in range(len(goals)))
    found = question.asker.rows(
        f"SELECT grp, count() AS units, {reached} FROM ({counted}\n)\nGROUP BY grp ORDER BY units DESC, grp", binder
    )
    rows = tuple(
        row for bit, name in enumerate(goals) for row in _rows(question, name, groups, _counts(found, bit, groups))
    )
    meta = question.meta(
        CONVERSION_RATE,
        GOAL,
        UNIT_DEFINITIONS[unit],
        *([DIFFERENCE] if groups.column else []),
        rolled_up=is_rolled_up(question, unit, groups),
    )
    return ConversionRate(
        rows,
        meta,
        tuple(question.asker.statements),
        place.store,
        goals=goals,
        unit=unit,
        by=by,
        question=question,
    )


def _counts(found: list[tuple[Any, ...]], bit: int, groups: Grouping) -> list[tuple[str, int, int]]:
    """(group, k, n); every part of the period, also those with nothing."""
    counts = [(groups.name(row[0]), int(row[2 + bit]), int(row[1])) for row in found]
    if groups.trend:
        by_name = groups.trend.filled({name: (k, n) for name, k, n in counts}, (0, 0))
        return [(name, k, n) for name, (k, n) in by_name.items()]
    return counts or ([("", 0, 0)] if groups.by is None else [])


def _rows(question: Question, goal: str, groups: Grouping, counts: list[tuple[str, int, int]]) -> list[ConversionRow]:
    q_values = against_the_rest([(k, n) for _, k, n in counts]) if groups.column else [None] * len(counts)
    kind = "" if "*" in goal else question.place.goals.kind(goal)
    return [
        ConversionRow(goal, kind, name, Rate.of(k, n, CONVERSION_RATE), q)
        for (name, k, n), q in zip(counts, q_values, strict=True)
    ]
