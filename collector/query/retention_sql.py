"""The statement behind retention: one row a unit, with the day, week or month of its first step, and of its returns."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.query.calendar import bucket_sql
from collector.query.sql import SEQUENCE
from collector.query.steps import kinds_sql
from collector.query.units import unit_sql

if TYPE_CHECKING:
    from collector.query.calendar import Bucket
    from collector.query.columns import Column
    from collector.query.question import Question
    from collector.query.sql import Binder
    from collector.query.steps import Step

# Stands for all that lies before the period.
BEFORE = 0
# Of a unit's returns (places in time after its first step), those that say in which cells of its row it counts.
_MARKS = {
    "on": "back",
    "on_or_after": "arraySlice(arrayReverseSort(back), 1, 1)",
    "on_or_before": "arrayConcat(arrayFilter(b -> b = cohort, back),"
    " arraySlice(arraySort(arrayFilter(b -> b > cohort, back)), 1, 1))",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """A question about retention without its site, period and filter; `cohorts` of the `buckets` are of the period."""

    start_step: Step
    return_step: Step
    mode: str
    unit: str
    group: Column | None
    buckets: tuple[Bucket, ...]
    cohorts: int

    @property
    def is_alike(self) -> bool:
        """Whether coming again is the same as coming."""
        return self.start_step == self.return_step


def units_sql(question: Question, shape: Shape, binder: Binder, *, entered: bool = False) -> str:
    """A row for each unit whose first step of all times lies in the period and passes the filter.

    Its columns: unit, first_at (Unix ms), grp (value at the first step), cohort (start of its bucket), marks (starts
    of buckets; what they mean depends on the mode: those of its returns, the last of them, or that of the cohort and
    the first of the later ones), and with `entered` entered_in (session of the first step).
    """
    edges = [BEFORE, *(each.start_ms for each in shape.buckets)]
    said = _said(question, shape, binder, entered=entered)
    names = "".join(f", {name}" for name in said)
    found = _alike(question, shape, binder, said) if shape.is_alike else _apart(question, shape, binder, said)
    allowed = " AND allowed" if "allowed" in said else ""
    grp = "" if "grp" in said else ", '' AS grp"
    return f"""
SELECT unit, first_at, cohort, {_MARKS[shape.mode]} AS marks{names}{grp}
FROM (
    SELECT unit, {_MS.format("first")} AS first_at{names}, {bucket_sql("first_at", edges, binder)} AS cohort,
        {"arrayFilter(b -> b >= cohort, seen)" if shape.is_alike else _LATER} AS back
    FROM ({found}
    )
    WHERE first_at >= {binder.integer(question.range.start_ms)} AND first_at < {binder.integer(question.range.end_ms)}
        {allowed}
)"""


_MS = "toInt64(bitShiftRight({}, 96))"
_LATER = "arrayMap(s -> s.1, arrayFilter(s -> s.1 > cohort OR (s.1 = cohort AND s.2 >= first), seen))"


def _said(question: Question, shape: Shape, binder: Binder, *, entered: bool) -> dict[str, str]:
    """What of the first step is asked for, by name."""
    said = {"grp": shape.group.as_text} if shape.group else {}
    said |= {"allowed": question.row_filter(question.scope(binder))} if question.where else {}
    return said | ({"entered_in": "events.session_id"} if entered else {})


def _alike(question: Question, shape: Shape, binder: Binder, said: dict[str, str]) -> str:
    """Every step is a return as well: a unit holds its first, and the buckets of all."""
    picked = "".join(f", argMin({name}, place) AS {name}_" for name in said)
    named = "".join(f", {name}_ AS {name}" for name in said)
    return f"""
        SELECT unit, first, seen{named}
        FROM (
            SELECT unit, min(place) AS first, groupUniqArray(bucket) AS seen{picked}
            FROM ({_steps(question, shape, binder, said)}
            )
            GROUP BY unit
        )"""


def _apart(question: Question, shape: Shape, binder: Binder, said: dict[str, str]) -> str:
    """First by unit and bucket, so that a unit holds no more than the last return of each."""
    here = "".join(f", argMinIf({name}, place, is_start) AS {name}_here" for name in said)
    picked = "".join(f", argMinIf({name}_here, first_here, started) AS {name}" for name in said)
    return f"""
        SELECT unit, minIf(first_here, started) AS first, groupArrayIf((bucket, last_here), returned) AS seen{picked}
        FROM (
            SELECT unit, bucket, max(is_start) AS started, max(is_return) AS returned,
                minIf(place, is_start) AS first_here, maxIf(place, is_return) AS last_here{here}
            FROM ({_steps(question, shape, binder, said)}
            )
            GROUP BY unit, bucket
        )
        GROUP BY unit
        HAVING max(started)"""


def _steps(question: Question, shape: Shape, binder: Binder, said: dict[str, str]) -> str:
    """All starting steps of all times, and the returns since the first bucket."""
    scope = question.scope(binder)
    unit = unit_sql(shape.unit, scope)
    edges = [BEFORE, *(each.start_ms for each in shape.buckets)]
    until = binder.instant(min(question.now_ms, shape.buckets[-1].end_ms))
    starts, returns = shape.start_step.sql(binder), shape.return_step.sql(binder)
    which = f", {starts} AS is_start, {returns} AS is_return"
    since = binder.instant(shape.buckets[0].start_ms)
    kinds = kinds_sql((shape.start_step, shape.return_step))
    either = starts if shape.is_alike else f"({starts} OR ({returns} AND events.ts >= {since}))"
    return f"""
                SELECT {unit.id} AS unit, {SEQUENCE} AS place,
                    {bucket_sql("toUnixTimestamp64Milli(events.ts)", edges, binder)} AS bucket
                    {"" if shape.is_alike else which}{"".join(f", {sql} AS {name}" for name, sql in said.items())}
                FROM {unit.source}
                WHERE {scope.base()} AND events.ts < {until} AND events.kind IN ({kinds}) AND {either}"""
