"""How many of the sessions, visitors or people converted."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from collector.query.columns import column
from collector.query.definitions import CONVERSION_RATE, DIFFERENCE, UNIT_DEFINITIONS
from collector.query.question import begin, check_unit
from collector.query.rate import Rate, against_the_rest
from collector.query.result import Result
from collector.query.session_source import ATTRIBUTES, sessions_sql
from collector.query.sql import Binder
from collector.query.units import unit_sql

if TYPE_CHECKING:
    from collector.query.columns import Column
    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place, Question


@dataclass(frozen=True, slots=True)
class ConversionRow:
    """A group (empty: all) with its rate; `q_value` against the rest, None where it was not judged."""

    group: str = field(metadata={"sparse": True, "key": True})
    rate: Rate = field(metadata={"label": "rate (95 %)"})
    q_value: float | None = field(metadata={"sparse": True, "label": "q"})


@dataclass(frozen=True, repr=False, kw_only=True)
class ConversionRate(Result[ConversionRow]):
    """Answer of `Site.conversion_rate`; the largest group first."""

    goal: str
    unit: str
    row_type: ClassVar[type] = ConversionRow

    def about(self) -> list[str]:
        return [f"{self.goal} per {self.unit}"]


def ask(
    place: Place,
    goal: str,
    period: Period | str,
    unit: Literal["session", "visitor", "person"],
    *,
    by: str | None = None,
    where: Filter | None = None,
    bots: bool = False,
) -> ConversionRate:
    """How many of the sessions, visitors or people converted (definition `conversion_rate`).

    Args:
        goal: name of the goal, `*` for any characters.
        unit: what is counted; there is no default, since the rates differ.
    """
    check_unit(unit)
    group = column(by) if by else None
    question = begin(place, "conversion_rate", period, where, bots=bots)
    question.catalog.require("goal", goal)
    binder = Binder()
    counted = (
        _sessions(question, binder, goal, group)
        if unit == "session"
        else _visitors(question, binder, goal, unit, group)
    )
    found = question.asker.rows(
        f"SELECT grp, countIf(converted) AS k, count() AS n FROM ({counted}\n)\nGROUP BY grp ORDER BY n DESC, grp",
        binder,
    )
    counts = [(k, n) for _, k, n in found] or [(0, 0)]
    q_values = against_the_rest(counts) if by else [None] * len(counts)
    groups = [str(row[0]) for row in found] or [""]
    rows = tuple(
        ConversionRow(name, Rate.of(*count, CONVERSION_RATE), q)
        for name, count, q in zip(groups, counts, q_values, strict=True)
        if by is None or count != (0, 0)
    )
    meta = question.meta(
        CONVERSION_RATE,
        UNIT_DEFINITIONS[unit],
        *([DIFFERENCE] if by else []),
        rolled_up=unit == "session" and not bots,
    )
    return ConversionRate(rows, meta, tuple(question.asker.statements), place.store, goal=goal, unit=unit)


def _sessions(question: Question, binder: Binder, goal: str, group: Column | None) -> str:
    scope = question.scope(binder)
    chosen = question.where.session(scope, ATTRIBUTES) if question.where else "1"
    return f"""
SELECT {"grp" if group else "''"} AS grp, session_id IN (
    SELECT events.session_id FROM events WHERE {scope.near()} AND {question.converted(goal, binder)}) AS converted
FROM ({sessions_sql(question, scope, group=group)}
)
WHERE {chosen}"""


def _visitors(question: Question, binder: Binder, goal: str, unit: str, group: Column | None) -> str:
    scope = question.scope(binder)
    source = unit_sql(unit, scope)
    grp = f"argMin({group.as_text}, (events.ts, events.page_id, events.n))" if group else "''"
    chosen = ""
    if question.where:
        chosen = f""" AND events.session_id IN (
    SELECT session_id FROM ({sessions_sql(question, scope, touching=True)}
    )
    WHERE {question.where.session(scope, ATTRIBUTES)})"""
    return f"""
SELECT {source.id} AS unit, {grp} AS grp, countIf({question.converted(goal, binder)}) > 0 AS converted
FROM {source.source}
WHERE {scope.base()} AND {question.during(binder)}{chosen}
GROUP BY unit"""
