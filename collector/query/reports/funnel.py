"""How many go from step to step, where they are lost, and who they are."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from collector.query.columns import column
from collector.query.definitions import (
    DIFFERENCE,
    FUNNEL_ANY,
    FUNNEL_STEP,
    FUNNEL_STRICT,
    FUNNEL_TIME,
    SESSION_HOURS,
    UNIT_DEFINITIONS,
    define,
)
from collector.query.errors import BadQuestion, unknown
from collector.query.funnel_actors import Actors, actors_of
from collector.query.funnel_sql import MOST_STEPS, Shape, not_reached, reading_of, units_sql
from collector.query.funnel_times import Times, times_of
from collector.query.period import duration_ms, instant
from collector.query.question import begin, check_unit
from collector.query.rate import Rate, against_the_rest
from collector.query.render import span
from collector.query.result import Result
from collector.query.sql import Binder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from matplotlib.figure import Figure

    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place, Question
    from collector.query.steps import Step

_DEFINITIONS = {"ordered": FUNNEL_STEP, "strict": FUNNEL_STRICT, "any": FUNNEL_ANY}
HOLD = define(
    "funnel_hold",
    1,
    "units",
    "as funnel_step, and all steps of an attempt have the same values in the columns that are held; an empty value is "
    "a value",
    "at most 3 columns",
    "Mixpanel, hold property constant",
)
REENTRY = define(
    "funnel_first_entry",
    1,
    "units",
    "as funnel_step, and only the attempt of the unit's first entering event counts",
    "none",
    "Mixpanel's default",
)
GRACE = define(
    "funnel_grace",
    1,
    "units",
    "as funnel_step, but a step may lie before the step before it, and before step 1, by at most the grace: each step "
    "takes the first event in the order (ts, page_id, n) that is within it and is no step of the attempt already",
    "none unless asked for; 2 s is usual",
    "Mixpanel (2 s), Amplitude (1 s)",
)
ATTRIBUTE = define(
    "funnel_attribute",
    1,
    "units",
    "the value of a breakdown at the first entering event of the unit (first), at the last step of the attempt that "
    "counts (last), or at its step N, where units that did not reach it are a group of their own that is not judged",
    "first unless asked otherwise",
    "PostHog, breakdown attribution",
)
_MOST_HELD = 3
_REENTRIES = ("longest", "first")


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """A step of a group (empty: all).

    Attributes:
        count: units that reached the step so far; `count - dropped - open` reached the next one.
        dropped: units that did not go on, and whose window has ended.
        open: units that did not go on yet, and whose window has not ended.
        from_first, from_previous: over units whose window has ended.
        so_far: over all units, whether or not they still have time.
        q_value: `from_first` against the other groups; None where not judged.
        median_ms, mean_ms, p75_ms, p90_ms, km_median_ms: time to the next step, where it was asked for.
    """

    group: str = field(metadata={"sparse": True, "key": True})
    step: int = field(metadata={"key": True})
    name: str
    count: int = field(metadata={"better": "more"})
    dropped: int
    open: int
    from_first: Rate = field(metadata={"better": "more"})
    from_previous: Rate = field(metadata={"better": "more"})
    so_far: Rate = field(metadata={"better": "more"})
    q_value: float | None = field(default=None, metadata={"sparse": True, "label": "q"})
    median_ms: float | None = field(
        default=None, metadata={"better": "less", "sparse": True, "label": "median", "unit": "ms"}
    )
    mean_ms: float | None = field(
        default=None, metadata={"better": "less", "sparse": True, "label": "mean", "unit": "ms"}
    )
    p75_ms: float | None = field(
        default=None, metadata={"better": "less", "sparse": True, "label": "p75", "unit": "ms"}
    )
    p90_ms: float | None = field(
        default=None, metadata={"better": "less", "sparse": True, "label": "p90", "unit": "ms"}
    )
    km_median_ms: float | None = field(
        default=None, metadata={"better": "less", "sparse": True, "label": "KM median", "unit": "ms"}
    )


@dataclass(frozen=True, repr=False, kw_only=True)
class Funnel(Result[FunnelRow]):
    """Answer of `Site.funnel`: one row a step and group, the largest group first."""

    question: Question = field(compare=False)
    shape: Shape
    row_type: ClassVar[type] = FunnelRow

    def about(self) -> list[str]:
        said = [f"{self.shape.order} per {self.shape.unit}"]
        said += ["first entry"] if self.shape.reentry == "first" else []
        said += ["same " + ", ".join(each.name for each in self.shape.hold)] if self.shape.hold else []
        return [*said, *([f"grace {span(self.shape.grace_ms)}"] if self.shape.grace_ms else [])]

    def hidden(self) -> tuple[str, ...]:
        return () if any(row.open for row in self.rows) else ("open", "so_far")

    def actors(self, step: int, *, dropped: bool = False, group: str | None = None) -> Actors:
        """The units that reached `step` (1 is the first), or with `dropped` those lost after it.

        They are exactly as many as `count` or `dropped` of the row. `group` narrows to one group.

        Raises:
            BadQuestion: there is no such step.
            QueryError: ClickHouse did not answer.
        """
        if not 1 <= step <= len(self.shape.steps):
            raise BadQuestion(f"there is no step {step}: the funnel has {len(self.shape.steps)}")
        return actors_of(self.question, self.shape, step, dropped=dropped, group=group)

    def plot(self, *, dark: bool = False) -> Figure:
        """Bars with interval whiskers and the drop-off between them, as a matplotlib Figure.

        Raises:
            QueryError: matplotlib is not installed.
        """
        from collector.query.plots.funnel import plot  # noqa: PLC0415 - matplotlib is optional and slow to import

        return plot(self, dark=dark)


def ask(
    place: Place,
    steps: Sequence[Step],
    period: Period | str,
    window: str | timedelta = "7d",
    *,
    by: str | None = None,
    where: Filter | None = None,
    order: Literal["ordered", "strict", "any"] = "ordered",
    unit: Literal["session", "visitor", "person"] = "visitor",
    exclude: Sequence[Step] = (),
    hold: Sequence[str] = (),
    reentry: Literal["longest", "first"] = "longest",
    grace: str | timedelta | None = None,
    attribute: int | str = "first",
    times: bool = False,
    bots: bool = False,
) -> Funnel:
    """How many go from step to step (definition `funnel_step`), and by `.actors(step)` who.

    `where` holds for the entering event and its session.

    Args:
        steps: 2 to 12 things that a visitor does, such as `page("/cart")`, or `preset("cart")` (preset:cart).
        window: the longest way from step 1; or "session".
        order: `strict`: no other step between two steps; `any`: in any order.
        unit: what is counted.
        exclude: an attempt ends at these.
        hold: up to 3 columns whose value is the same at all steps, such as `props.product`.
        reentry: `longest`: of several attempts the one that gets furthest counts; `first`: the first one.
        grace: how long before the step before it a step may be, such as 2s; none: not at all.
        attribute: whose value of `by` counts: `first` (the first entry), `last` (the last step of the attempt that
            counts), or the number of a step.
        times: also how long each step takes; dearer.
    """
    shape = _shape(steps, window, by=by, order=order, unit=unit, exclude=exclude, times=times)
    shape = _refined(shape, hold=hold, reentry=reentry, grace=grace, attribute=attribute)
    question = begin(place, "funnel", period, where, bots=bots)
    question.catalog.require_steps([*shape.steps, *shape.exclude])
    binder = Binder()
    units = units_sql(reading_of(question, shape, binder), shape)
    reached = question.asker.rows(
        f"SELECT grp, level, {_ended(question, shape, binder)} AS ended, count() FROM ({units}\n)\n"
        "GROUP BY grp, level, ended ORDER BY grp",
        binder,
    )
    taken = times_of(question, shape) if times else {}
    rows = _rows(reached, shape, taken)
    incomplete = question.range.end_ms + shape.window_ms > question.now_ms
    meta = question.meta(
        _DEFINITIONS[order],
        UNIT_DEFINITIONS[unit],
        *([DIFFERENCE] if by else []),
        *([FUNNEL_TIME] if times else []),
        *([HOLD] if shape.hold else []),
        *([REENTRY] if shape.reentry == "first" else []),
        *([GRACE] if shape.grace_ms else []),
        *([ATTRIBUTE] if by else []),
        window_ms=shape.window_ms,
        read_until=instant(question.range.end_ms + shape.window_ms, place.zone),
        incomplete_from=instant(max(question.range.start_ms, question.now_ms - shape.window_ms), place.zone)
        if incomplete
        else None,
        notes=_notes(reached, shape, by),
    )
    return Funnel(rows, meta, tuple(question.asker.statements), place.store, question=question, shape=shape)


def _shape(
    steps: Sequence[Step],
    window: str | timedelta,
    *,
    by: str | None,
    order: str,
    unit: str,
    exclude: Sequence[Step],
    times: bool,
) -> Shape:
    check_unit(unit)
    if order not in _DEFINITIONS:
        raise unknown("order", order, _DEFINITIONS)
    if not 2 <= len(steps) <= MOST_STEPS:
        raise BadQuestion(f"a funnel has 2 to {MOST_STEPS} steps, not {len(steps)}")
    if order == "any" and (exclude or times):
        raise BadQuestion("a funnel in any order has neither exclusions nor times between steps")
    if order == "any" and len(set(steps)) < len(steps):
        raise BadQuestion("a funnel in any order cannot ask for the same step twice")
    window_ms = SESSION_HOURS * 3_600_000 if window == "session" else duration_ms(window)
    return Shape(
        tuple(steps),
        tuple(exclude),
        order,
        window_ms,
        window == "session" or unit == "session",
        unit,
        column(by) if by else None,
    )


def _ended(question: Question, shape: Shape, binder: Binder) -> str:
    if question.range.end_ms + shape.window_ms <= question.now_ms:
        return "1"  # Nobody's last entry need be looked for: a sixth of the time.
    return f"last_entry + {binder.integer(shape.window_ms)} <= {binder.integer(question.now_ms)}"


def _refined(
    shape: Shape, *, hold: Sequence[str], reentry: str, grace: str | timedelta | None, attribute: int | str
) -> Shape:
    if len(hold) > _MOST_HELD:
        raise BadQuestion(f"at most {_MOST_HELD} columns are held, not {len(hold)}")
    if reentry not in _REENTRIES:
        raise unknown("reentry", reentry, _REENTRIES)
    if grace is not None and (shape.order != "ordered" or shape.exclude):
        raise BadQuestion("a grace is for ordered funnels without exclusions")
    kept = _attribute(attribute, len(shape.steps))
    if kept != "first" and (shape.order == "any" or shape.group is None):
        raise BadQuestion("attribute says which value of `by` counts, of a funnel that is ordered or strict")
    return replace(
        shape,
        hold=tuple(column(name) for name in hold),
        reentry=reentry,
        grace_ms=0 if grace is None else duration_ms(grace),
        attribute=kept,
    )


def _attribute(attribute: int | str, steps: int) -> int | str:
    text = str(attribute)
    if text in ("first", "last"):
        return text
    if not text.isdigit() or not 1 <= int(text) <= steps:
        raise BadQuestion(f"attribute is first, last or a step from 1 to {steps}, not {text!r}")
    return int(text)


def _rows(reached: list[tuple[Any, ...]], shape: Shape, taken: dict[tuple[str, int], Times]) -> tuple[FunnelRow, ...]:
    groups = [(group, list(each)) for group, each in groupby(reached, key=lambda row: str(row[0]))]
    groups.sort(key=lambda pair: (-sum(row[3] for row in pair[1]), pair[0]))
    if not groups and shape.group is None:
        groups = [("", [])]
    by_group = [_group_rows(group, each, shape, taken) for group, each in groups]
    if shape.group is None:
        return tuple(row for rows in by_group for row in rows)
    # Groups by the value at a step have all reached it: only what follows can differ.
    known = int(shape.attribute) if isinstance(shape.attribute, int) else 1
    judged = [rows for rows in by_group if rows[0].group != not_reached(known)]
    for index in range(known, len(shape.steps)):
        q_values = against_the_rest([(rows[index].from_first.k, rows[index].from_first.n) for rows in judged])
        for rows, q in zip(judged, q_values, strict=True):
            rows[index] = replace(rows[index], q_value=q)
    return tuple(row for rows in by_group for row in rows)


def _group_rows(
    group: str, reached: list[tuple[Any, ...]], shape: Shape, taken: dict[tuple[str, int], Times]
) -> list[FunnelRow]:
    definition = _DEFINITIONS[shape.order]
    ended = _at_least(reached, len(shape.steps), only_ended=True)
    every = _at_least(reached, len(shape.steps), only_ended=False)
    rows = []
    for index, step in enumerate(shape.steps):
        last = index + 1 == len(shape.steps)
        lost = 0 if last else ended[index] - ended[index + 1]
        stayed = 0 if last else every[index] - every[index + 1]
        name = f"any {index + 1}" if shape.order == "any" else str(step)
        rows.append(
            FunnelRow(
                group,
                index + 1,
                name,
                every[index],
                lost,
                stayed - lost,
                Rate.of(ended[index], ended[0], definition),
                Rate.of(ended[index], ended[max(0, index - 1)], definition),
                Rate.of(every[index], every[0], definition),
                None,
                *taken.get((group, index + 1), Times()),
            )
        )
    return rows


def _at_least(reached: list[tuple[Any, ...]], steps: int, *, only_ended: bool) -> list[int]:
    return [
        sum(count for _, level, ended, count in reached if level >= step and (ended or not only_ended))
        for step in range(1, steps + 1)
    ]


def _notes(reached: list[tuple[Any, ...]], shape: Shape, by: str | None) -> tuple[str, ...]:
    still, every = sum(row[3] for row in reached if not row[2]), sum(row[3] for row in reached)
    notes = []
    if still:
        notes.append(
            f"The window of {still:,} of {every:,} has not ended: rates are over the other {every - still:,}; "
            "`so far` is over all."
        )
    if shape.attribute != "first":
        where = "the last step reached" if shape.attribute == "last" else f"step {shape.attribute}"
        notes.append(f"Groups are by {by} at {where}.")
    if shape.order == "any":
        notes.append("Steps in order: " + ", ".join(map(str, shape.steps)) + ".")
    return tuple(notes)
