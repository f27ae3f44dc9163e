"""Whether a rate, or the loss at a step, is concentrated in a segment or spread over all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from collector.query.columns import Column, column
from collector.query.definitions import SESSION, SESSION_HOURS, UNIT_DEFINITIONS, define
from collector.query.errors import BadQuestion, UnknownName
from collector.query.funnel_sql import MOST_STEPS, Shape
from collector.query.period import duration_ms
from collector.query.question import begin, check_unit
from collector.query.rate import Rate, difference
from collector.query.reports import sessions
from collector.query.result import Result
from collector.query.segment_scan import LEVEL, Judged, Segment, judge
from collector.query.segment_sql import Aim, Scan, counts_without, scan, sessions_of
from collector.query.sql import Binder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from matplotlib.figure import Figure

    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place, Question
    from collector.query.steps import Step

SEGMENT = define(
    "segment",
    1,
    "proportion of sessions, visitors or people",
    "the rate of those with one or two values of columns, against all others together (Newcombe's interval of the "
    "difference). First every single value, with Benjamini-Hochberg over all; then under each found its pairs, each "
    "against what remains of both its values (the larger p-value; 1 where the two differ in direction), with "
    "Benjamini-Hochberg in each family at the level times the share of single values found. Minimal: of the segments "
    "found that are worse, the smallest without which no single value is worse any more",
    "level 5 %, half of it for single values and half for pairs (so q-values are doubled); judged where the segment "
    "and what it is compared with have at least 100 each; up to two conditions",
    "Benjamini and Hochberg, JRSS B 57 (1995), 289-300; Benjamini and Bogomolov, JRSS B 76 (2014), 297-318",
)
COLUMNS = ("device", "browser", "os", "country", "channel", "source", "campaign", "entry_path", "visitor_type")
_MOST_COLUMNS, _CANDIDATES = 12, 8
_EMPTY = "(empty)"


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A segment against the rest.

    Attributes:
        segment: its conditions in words.
        rate, rest: of the segment, and of all others.
        change, low, high: the segment's rate less that of the rest, with its 95 % interval.
        q_value: None where it is too small to be judged.
        found: it differs (q at most 5 %).
        conditions: (column, value) of each condition.
    """

    segment: str = field(metadata={"key": True, "wide": True})
    rate: Rate
    rest: Rate
    change: float | None = field(metadata={"share": True, "label": "difference"})
    low: float | None = field(metadata={"show": False})
    high: float | None = field(metadata={"show": False})
    q_value: float | None = field(metadata={"label": "q"})
    found: bool
    conditions: Segment = field(metadata={"show": False})


@dataclass(frozen=True, repr=False, kw_only=True)
class Segments(Result[SegmentRow]):
    """Answer of `Site.segments`: those found first, by q-value, then the others by size.

    `overall` is the rate of all; `minimal` the minimal explaining segment, where there is one; `verdict` says it.
    """

    question: Question = field(compare=False)
    aim: Aim
    overall: Rate
    minimal: SegmentRow | None
    verdict: str
    row_type: ClassVar[type] = SegmentRow

    def about(self) -> list[str]:
        return [str(self.aim), f"all {self.overall}"]

    def sessions(self, row: SegmentRow, *, lost: bool = False, limit: int = 1000) -> sessions.Sessions:
        """The sessions behind `row.rate.k`, or with `lost` the others of the segment; of visitors those of the entry.

        Raises:
            UnknownName: the row is not of this answer.
            QueryError: ClickHouse did not answer.
        """
        if row not in self.rows:
            raise UnknownName(f"this answer has no row {row.segment!r}")
        binder, since = Binder(), len(self.question.asker.statements)
        ids = sessions_of(self.question, self.aim, row.conditions, binder, lost=lost)
        return sessions.of_ids(self.question, ids, binder, limit=limit, since=since)

    def plot(self, *, dark: bool = False) -> Figure:
        """Differences from the rest with their intervals, as a matplotlib Figure.

        Raises:
            QueryError: matplotlib is not installed.
        """
        from collector.query.plots.segments import plot  # noqa: PLC0415 - matplotlib is optional and slow to import

        return plot(self, dark=dark)


def ask(
    place: Place,
    period: Period | str,
    *,
    goal: str | None = None,
    steps: Sequence[Step] = (),
    at: int = 1,
    signal: Filter | None = None,
    columns: Sequence[str] = COLUMNS,
    window: str | timedelta = "session",
    unit: Literal["session", "visitor", "person"] = "session",
    limit: int = 50,
    where: Filter | None = None,
    bots: bool = False,
) -> Segments:
    """Whether a goal, a step or a signal is concentrated in a segment or spread (definition `segment`).

    Args:
        goal: sessions that convert; lower is worse.
        steps: or a funnel: those who go on after step `at`; lower is worse.
        at: the step of the funnel.
        signal: or sessions that a filter chooses, such as rage: or dead:Apply promo; higher is worse.
        columns: whose values are segments, at most 12; alone and two together.
        window: of the funnel, from step 1: text, timedelta, or "session".
        unit: of the funnel; goals and signals are of sessions.
        limit: how many segments.
    """
    check_unit(unit)
    if sum(map(bool, (goal, steps, signal))) != 1:
        raise BadQuestion("segments are of one of: goal, steps, signal")
    if not steps and unit != "session":
        raise BadQuestion("segments of a goal or a signal are of sessions; those of steps may be of visitors or people")
    if not 1 <= len(columns) <= _MOST_COLUMNS:
        raise BadQuestion(f"columns are 1 to {_MOST_COLUMNS}, not {len(columns)}")
    aim = Aim(goal, signal, _shape(steps, at, window, unit, columns) if steps else None, at, tuple(columns))
    for name in columns:
        column(name)
    question = begin(place, "segments", period, where, bots=bots)
    question.catalog.require_filter(signal)
    question.catalog.require_steps(steps)
    if goal:
        question.catalog.require("goal", goal)
    found = scan(question, aim)
    judged = judge(found.counts)
    minimal = _minimal(question, aim, judged, found)
    rows = _rows(judged, limit)
    verdict = _verdict(aim, judged, minimal)
    notes = [verdict] + ([f"{len(judged) - len(rows):,} more segments were looked at."] if len(judged) > limit else [])
    meta = question.meta(
        SEGMENT,
        UNIT_DEFINITIONS[unit],
        *([] if unit == "session" else [SESSION]),
        window_ms=aim.shape.window_ms if aim.shape else None,
        notes=tuple(notes),
    )
    return Segments(
        rows,
        meta,
        tuple(question.asker.statements),
        place.store,
        question=question,
        aim=aim,
        overall=Rate.of(*found.counts[()], SEGMENT),
        minimal=_row(minimal) if minimal else None,
        verdict=verdict,
    )


def _shape(steps: Sequence[Step], at: int, window: str | timedelta, unit: str, columns: Sequence[str]) -> Shape:
    if not 2 <= len(steps) <= MOST_STEPS or not 1 <= at < len(steps):
        raise BadQuestion(f"a funnel has 2 to {MOST_STEPS} steps, and `at` is one of them but the last")
    window_ms = SESSION_HOURS * 3_600_000 if window == "session" else duration_ms(window)
    values = Column("segments", "texts", f"[{', '.join(column(name).as_text for name in columns)}]")
    return Shape(tuple(steps), (), "ordered", window_ms, window == "session" or unit == "session", unit, values)


def _is_worse(aim: Aim, each: Judged) -> bool:
    return each.found and (each.difference > 0 if aim.signal is not None else each.difference < 0)


def _minimal(question: Question, aim: Aim, judged: list[Judged], found: Scan) -> Judged | None:
    """The smallest segment found without which no single value is worse any more."""
    worse = sorted((each for each in judged if _is_worse(aim, each)), key=lambda each: (each.q, -each.n))
    candidates = sorted(worse[:_CANDIDATES], key=lambda each: each.n)
    left = counts_without(question, aim, [each.segment for each in candidates], found)
    for each, rest in zip(candidates, left, strict=True):
        if not any(_is_worse(aim, other) for other in judge(rest)):
            return each
    return None


def _rows(judged: list[Judged], limit: int) -> tuple[SegmentRow, ...]:
    ordered = sorted(judged, key=lambda each: (not each.found, each.q if each.found else 0, -each.n, each.segment))
    return tuple(_row(each) for each in ordered[:limit])


def _row(each: Judged) -> SegmentRow:
    rate, rest = Rate.of(each.k, each.n, SEGMENT), Rate.of(each.k_rest, each.n_rest, SEGMENT)
    change, low, high = difference(rest, rate) or (None, None, None)
    return SegmentRow(_words(each.segment), rate, rest, change, low, high, each.q, each.found, each.segment)


def _words(segment: Segment) -> str:
    return ", ".join(f"{name} = {value or _EMPTY}" for name, value in segment)


def _verdict(aim: Aim, judged: list[Judged], minimal: Judged | None) -> str:
    tested = sum(each.q is not None for each in judged)
    if not tested:
        return "Too few to judge: no segment and its rest have 100 each."
    if minimal is not None:
        share, total = minimal.n, minimal.n + minimal.n_rest
        return (
            f"Concentrated in {_words(minimal.segment)}: {100 * minimal.k / minimal.n:.1f} % against "
            f"{100 * minimal.k_rest / minimal.n_rest:.1f} % in the rest; it is {100 * share / total:.0f} % of all, and "
            "without it no single value is worse."
        )
    worse = [each for each in judged if _is_worse(aim, each)]
    if worse:
        names = "; ".join(_words(each.segment) for each in sorted(worse, key=lambda each: each.q or 0)[:3])
        return f"Concentrated in several segments, none of which explains it alone: {names}."
    return f"Spread: none of {tested:,} segments is worse than the rest (q above {100 * LEVEL:.0f} %)."
