"""How long it takes from a beginning to what it is worth."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from collector.query import survival
from collector.query.columns import column
from collector.query.definitions import DIFFERENCE, UNIT_DEFINITIONS, define
from collector.query.errors import BadQuestion, unknown
from collector.query.period import duration_ms, instant
from collector.query.question import begin
from collector.query.rate import Rate, against_the_rest
from collector.query.reports import sessions
from collector.query.result import Result
from collector.query.sql import SEQUENCE, Binder, hex_id
from collector.query.steps import kinds_sql
from collector.query.units import unit_sql, unit_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from matplotlib.figure import Figure

    from collector.query.columns import Column
    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place, Question
    from collector.query.steps import Step

TIME_TO_VALUE = define(
    "time_to_value",
    1,
    "s, and proportion of visitors or people",
    "visitors or people whose first starting step of all times lies in the period (and passes the filter, which holds "
    "for that event), from it to their first later value step in the order (ts, page_id, n), in whole seconds. Median, "
    "p75 and p90 are over those who have come to it. within: those who came to it within T, out of those who began at "
    "least T ago. Kaplan-Meier's median and share at T are over all: who has not come to it counts for as long as it "
    "was followed, until now or the longest time; interval of Greenwood on the log-log scale",
    "T 7 days, followed for at most 90 days, unless asked otherwise",
    "Kaplan and Meier, JASA 53 (1958), 457-481; median time between two goals: time to value, own wording",
)
UNITS = ("visitor", "person")


@dataclass(frozen=True, slots=True)
class Shape:
    """A question about time to value without its site, period and filter."""

    start_step: Step
    value_step: Step
    within_ms: int
    follow_ms: int
    unit: str
    group: Column | None


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A group (empty: all).

    Attributes:
        started, reached: units that began, and those that have come to the value step so far.
        within: share that came to it within T, of those who began at least T ago.
        median, p75, p90: time of those who have come to it.
        km_median: time by which half come to it, those who still may considered; None where that is not seen.
        km_share, km_low, km_high: share expected to come to it within T, the same way, with its 95 % interval.
        q_value: `within` against the other groups; None where not judged.
    """

    group: str = field(metadata={"sparse": True, "key": True})
    started: int = field(metadata={"better": "more"})
    reached: int = field(metadata={"better": "more"})
    within: Rate = field(metadata={"better": "more"})
    median: timedelta | None = field(metadata={"better": "less"})
    p75: timedelta | None = field(metadata={"better": "less"})
    p90: timedelta | None = field(metadata={"better": "less"})
    km_median: timedelta | None = field(metadata={"better": "less", "label": "KM median"})
    km_share: float | None = field(
        metadata={"better": "more", "label": "KM within", "share": True, "interval": ("km_low", "km_high")}
    )
    km_low: float | None = field(metadata={"label": "low", "share": True})
    km_high: float | None = field(metadata={"label": "high", "share": True})
    q_value: float | None = field(default=None, metadata={"sparse": True, "label": "q"})


@dataclass(frozen=True, slots=True)
class ValueUnitRow:
    """A unit: its id, when and in which session it began, and how long it took; None: it has not come to it."""

    id: str
    started_at: datetime
    session_id: str
    took: timedelta | None


@dataclass(frozen=True, repr=False, kw_only=True)
class ValueUnits(Result[ValueUnitRow]):
    """Answer of `TimeToValue.actors`; the latest beginning first."""

    question: Question = field(compare=False)
    row_type: ClassVar[type] = ValueUnitRow

    def sessions(self, *, limit: int = 1000) -> sessions.Sessions:
        """The sessions in which they began, the newest first.

        Raises:
            QueryError: ClickHouse did not answer.
        """
        return sessions.of_listed(self.question, [row.session_id for row in self.rows], limit=limit)


@dataclass(frozen=True, repr=False, kw_only=True)
class TimeToValue(Result[ValueRow]):
    """Answer of `Site.time_to_value`; the largest group first. `curves` are Kaplan and Meier's, by group."""

    question: Question = field(compare=False)
    shape: Shape
    curves: Mapping[str, tuple[survival.Point, ...]]
    row_type: ClassVar[type] = ValueRow

    def about(self) -> list[str]:
        return [f"{self.shape.start_step} to {self.shape.value_step}", f"per {self.shape.unit}"]

    def actors(self, row: ValueRow, *, reached: bool = True) -> ValueUnits:
        """The units of a row that have come to the value step, as many as `reached`; or those that have not.

        Raises:
            QueryError: ClickHouse did not answer.
        """
        binder = Binder()
        chosen = f"grp = {binder.text(row.group)} AND {'reached' if reached else 'NOT reached'}"
        since = len(self.question.asker.statements)
        found = self.question.asker.rows(
            f"SELECT unit, began, entered_in, seconds, reached\n"
            f"FROM ({_units(self.question, self.shape, binder, entered=True)}\n)\n"
            f"WHERE {chosen} ORDER BY began DESC, unit",
            binder,
        )
        zone = self.question.place.zone
        rows = tuple(
            ValueUnitRow(
                unit_text(unit), instant(began, zone), hex_id(session), timedelta(seconds=seconds) if done else None
            )
            for unit, began, session, seconds, done in found
        )
        statements = tuple(self.question.asker.statements[since:])
        return ValueUnits(rows, self.meta, statements, self.question.place.store, question=self.question)

    def plot(self, *, dark: bool = False) -> Figure:
        """Kaplan and Meier's curve of each group with its band, as a matplotlib Figure.

        Raises:
            QueryError: matplotlib is not installed.
        """
        from collector.query.plots.time_to_value import plot  # noqa: PLC0415 - matplotlib is optional, slow to import

        return plot(self, dark=dark)


def ask(
    place: Place,
    start_step: Step,
    value_step: Step,
    period: Period | str,
    within: str | timedelta = "7d",
    *,
    follow: str | timedelta = "90d",
    unit: Literal["visitor", "person"] = "visitor",
    by: str | None = None,
    where: Filter | None = None,
    bots: bool = False,
) -> TimeToValue:
    """How long it takes from a beginning to what it is worth (definition `time_to_value`).

    `where` and `by` hold for the beginning.

    Args:
        start_step: what begins, such as a sign-up; the first of all times counts.
        value_step: what it is worth, such as a first order.
        within: T, for the share that comes to it in time.
        follow: the longest time looked at after the beginning.
        unit: what is counted.
    """
    if unit not in UNITS:
        raise unknown("unit of time to value", unit, UNITS)
    group = column(by) if by else None
    shape = Shape(start_step, value_step, duration_ms(within), duration_ms(follow), unit, group)
    if shape.within_ms > shape.follow_ms:
        raise BadQuestion("`within` is longer than `follow`: nobody is followed for so long")
    question = begin(place, "time_to_value", period, where, bots=bots)
    question.catalog.require_steps([start_step, value_step])
    binder = Binder()
    found = question.asker.rows(
        f"""
SELECT grp, seconds, reached, ripe, ripe AND reached AND took <= {binder.integer(shape.within_ms)} AS in_time, count()
FROM ({_units(question, shape, binder)}
)
GROUP BY grp, seconds, reached, ripe, in_time""",
        binder,
    )
    groups: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for grp, *figures in found:
        groups[str(grp)].append(tuple(figures))
    if by is None:
        groups.setdefault("", [])
    curves = {group: survival.curve([(row[0], bool(row[1]), row[4]) for row in each]) for group, each in groups.items()}
    rows = sorted(
        (_row(group, each, curves[group], shape) for group, each in groups.items()),
        key=lambda row: (-row.started, row.group),
    )
    if by is not None:
        q_values = against_the_rest([(row.within.k, row.within.n) for row in rows])
        rows = [replace(row, q_value=q) for row, q in zip(rows, q_values, strict=True)]
    until = question.range.end_ms + shape.follow_ms
    meta = question.meta(
        TIME_TO_VALUE,
        UNIT_DEFINITIONS[unit],
        *([DIFFERENCE] if by else []),
        window_ms=shape.within_ms,
        read_until=instant(until, place.zone),
        incomplete_from=instant(max(question.range.start_ms, question.now_ms - shape.follow_ms), place.zone)
        if until > question.now_ms
        else None,
        notes=_notes(rows),
    )
    return TimeToValue(
        tuple(rows),
        meta,
        tuple(question.asker.statements),
        place.store,
        question=question,
        shape=shape,
        curves=curves,
    )


def _units(question: Question, shape: Shape, binder: Binder, *, entered: bool = False) -> str:
    """A row for each unit that began: unit, began, grp, took (ms), seconds, reached, ripe; entered_in if asked."""
    scope = question.scope(binder)
    source = unit_sql(shape.unit, scope)
    now, follow = binder.integer(question.now_ms), binder.integer(shape.follow_ms)
    starts, values = shape.start_step.sql(binder), shape.value_step.sql(binder)
    kinds = kinds_sql((shape.start_step, shape.value_step))
    since = binder.instant(question.range.start_ms)
    until = binder.instant(min(question.now_ms, question.range.end_ms + shape.follow_ms))
    said = {"grp": shape.group.as_text} if shape.group else {}
    said |= {"allowed": question.row_filter(scope)} if question.where else {}
    said |= {"entered_in": "events.session_id"} if entered else {}
    picked = "".join(f", argMinIf({name}, place, is_start) AS {name}_" for name in said)
    return f"""
SELECT unit, began, grp, took, reached, intDiv(if(reached, took, least({now} - began, {follow})), 1000) AS seconds,
    began + {binder.integer(shape.within_ms)} <= {now} AS ripe{", entered_in" if entered else ""}
FROM (
    SELECT unit, toInt64(bitShiftRight(first, 96)) AS began, {"grp_" if shape.group else "''"} AS grp,
        arrayMin(arrayFilter(v -> v > first, worth)) AS value_at, arrayExists(v -> v > first, worth)
            AND toInt64(bitShiftRight(value_at, 96)) - began <= {follow} AS reached,
        toInt64(bitShiftRight(value_at, 96)) - began AS took{", entered_in_ AS entered_in" if entered else ""}
    FROM (
        SELECT unit, minIf(place, is_start) AS first, groupArrayIf(place, is_value) AS worth{picked}
        FROM (
            SELECT {source.id} AS unit, {SEQUENCE} AS place, {starts} AS is_start, {values} AS is_value
                {"".join(f", {sql} AS {name}" for name, sql in said.items())}
            FROM {source.source}
            WHERE {scope.base()} AND events.ts < {until} AND events.kind IN ({kinds})
                AND ({starts} OR ({values} AND events.ts >= {since}))
        )
        GROUP BY unit
        HAVING max(is_start){" AND allowed_" if question.where else ""}
    )
    WHERE began >= {binder.integer(question.range.start_ms)} AND began < {binder.integer(question.range.end_ms)}
)"""


def _row(group: str, found: list[tuple[Any, ...]], points: tuple[survival.Point, ...], shape: Shape) -> ValueRow:
    taken = sorted((seconds, count) for seconds, reached, _, _, count in found if reached)
    ripe = sum(count for *_, is_ripe, _, count in found if is_ripe)
    in_time = sum(count for *_, is_in_time, count in found if is_in_time)
    half = survival.median_of(points)
    there = survival.at(points, shape.within_ms // 1000)
    return ValueRow(
        group,
        sum(row[4] for row in found),
        sum(count for _, count in taken),
        Rate.of(in_time, ripe, TIME_TO_VALUE),
        _quantile(taken, 0.5),
        _quantile(taken, 0.75),
        _quantile(taken, 0.9),
        None if half is None else timedelta(seconds=half),
        there.share if there else None,
        there.low if there else None,
        there.high if there else None,
    )


def _quantile(taken: list[tuple[int, int]], level: float) -> timedelta | None:
    """The quantile of (seconds, how many), sorted; between two values in proportion."""
    count = sum(each for _, each in taken)
    if not count:
        return None
    place = level * (count - 1)
    below = int(place)
    low, high = _nth(taken, below), _nth(taken, min(below + 1, count - 1))
    return timedelta(seconds=low + (place - below) * (high - low))


def _nth(taken: list[tuple[int, int]], place: int) -> int:
    for seconds, count in taken:
        if place < count:
            return seconds
        place -= count
    raise IndexError(place)


def _notes(rows: list[ValueRow]) -> tuple[str, ...]:
    started, ripe = sum(row.started for row in rows), sum(row.within.n for row in rows)
    if started == ripe:
        return ()
    return (
        f"{started - ripe:,} of {started:,} began too recently: `within` is over the other {ripe:,}; KM is over all.",
    )
