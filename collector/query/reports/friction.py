"""Where visitors stumble: steps and signals, how many sessions, and how those fare."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, ClassVar, Literal

from collector.query import render
from collector.query.columns import PAGE_COLUMNS, column
from collector.query.definitions import DIFFERENCE, SESSION, define
from collector.query.errors import BadQuestion, unknown
from collector.query.friction_parts import Curve, Hit, HitRow, curve_of, elements_of, sessions_of
from collector.query.friction_sql import Map, cells_sql
from collector.query.page_views import check_page_group
from collector.query.question import begin, check_page_filter
from collector.query.rate import Rate, adjusted, against_the_rest, difference, p_value
from collector.query.result import Result
from collector.query.signals import SIGNALS, Limits, Signal
from collector.query.signals.loop import signal as loop_of
from collector.query.signals.stall import ENGAGED_TAIL_MS
from collector.query.sql import Binder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place
    from collector.query.reports.sessions import Sessions
    from collector.query.steps import Step

AFFECTED = define(
    "friction",
    1,
    "proportion of sessions",
    "sessions with a hit of the signal at the step, out of the sessions that saw the step, in page views that began in "
    "the period. A page or page type is a step; of given steps a session is at the one that it did last. A session "
    "with several hits counts once",
    "see the signals' definitions: " + ", ".join([*SIGNALS, "loop"]),
    "own",
)
AFFECTED_CONVERSION = define(
    "friction_conversion",
    1,
    "difference of proportions",
    "of the sessions that saw the step: those with the signal there that contain a conversion of the goal, against "
    "those without it; difference with Newcombe's hybrid score interval, p-value as in `difference`, "
    "Benjamini-Hochberg over all rows. It says how those sessions fared, not what the friction caused",
    "as in `difference`",
    "Newcombe, Statistics in Medicine 17 (1998), 873-890, method 10",
)


Cell = tuple[str, int, int, list[int], list[int], list[int]]
"""See `cells_sql`."""


@dataclass(frozen=True, slots=True)
class FrictionRow:
    """A signal at a step, in a group (empty: all).

    Attributes:
        hits: how often; `rate.k` sessions are affected, of `rate.n` that saw the step.
        q_value: of the rate against the other groups; None where not judged.
        affected, unaffected: conversion with and without the signal; None where no goal was asked for.
        difference, low, high: affected - unaffected, with its 95 % interval; `conversion_q` is its q-value.
    """

    step: str = field(metadata={"sparse": True, "key": True})
    group: str = field(metadata={"sparse": True, "key": True})
    signal: str = field(metadata={"key": True})
    hits: int = field(metadata={"better": "less"})
    rate: Rate = field(metadata={"better": "less", "label": "sessions affected (95 %)"})
    q_value: float | None = field(default=None, metadata={"sparse": True, "label": "q"})
    affected: Rate | None = field(default=None, metadata={"better": "goal", "sparse": True, "label": "converted"})
    unaffected: Rate | None = field(
        default=None, metadata={"better": "goal", "sparse": True, "label": "converted without it"}
    )
    difference: float | None = field(
        default=None, metadata={"sparse": True, "share": True, "interval": ("low", "high")}
    )
    low: float | None = field(default=None, metadata={"sparse": True, "share": True})
    high: float | None = field(default=None, metadata={"sparse": True, "share": True})
    conversion_q: float | None = field(default=None, metadata={"sparse": True, "label": "q of it"})


@dataclass(frozen=True, repr=False, kw_only=True)
class Friction(Result[FrictionRow]):
    """Answer of `Site.friction`; the most seen step first, each with every signal."""

    map: Map = field(compare=False)
    goal: str | None
    row_type: ClassVar[type] = FrictionRow

    def about(self) -> list[str]:
        return [
            *(map(str, self.map.steps) if self.map.steps else [f"by {self.map.of}"]),
            *([self.goal] if self.goal else []),
        ]

    def to_table(self) -> str:
        """The signals that were met, the most sessions first; without a picture of all others, which are zero."""
        met = sorted((row for row in self.rows if row.hits), key=lambda row: -row.rate.k)
        lines = [render.printable(line) for line in self.title()]
        notes = [render.printable(note) for note in self.meta.notes]
        return "\n".join([*lines, "", render.table(met, hide=self.hidden()), *(["", *notes] if notes else [])])

    def sessions(
        self,
        signal: str,
        step: str | None = None,
        *,
        group: str | None = None,
        hit: HitRow | None = None,
        limit: int = 1000,
    ) -> Sessions:
        """The sessions that the signal hit, at one step or at any: as many as `rate.k` of the row, the newest first.

        Args:
            step: as in the rows.
            hit: a row of `elements`: only the sessions in which the signal hit this, as many as its `sessions` where
                `step` is the row's.

        Raises:
            UnknownName: no such signal or step.
            QueryError: ClickHouse did not answer.
        """
        return sessions_of(self.map, self._signal(signal), self._place(step), group=group, hit=hit, limit=limit)

    def elements(self, signal: str | None = None, step: str | None = None, *, limit: int = 50) -> Hit:
        """What was hit: elements, or pages, forms and vitals where the signal is no click's; most sessions first.

        Args:
            signal: one of the map's; without one all of clicks (rage, dead, error_click, broken_link).

        Raises:
            BadQuestion: none of the map's signals is of clicks, so that one has to be named.
            UnknownName: no such signal or step.
            QueryError: ClickHouse did not answer.
        """
        signals = self.map.clicked if signal is None else (self._signal(signal),)
        if not signals:
            named = ", ".join(each.name for each in self.map.signals)
            raise BadQuestion(f"none of the signals is of clicks: name one of {named}")
        return elements_of(self.map, signals, self._place(step), limit)

    def sensitivity(self, signal: str, step: str | None = None, *, thresholds: Sequence[float] = ()) -> Curve:
        """The rate over a range of the signal's threshold, by one statement.

        Raises:
            BadQuestion: the signal has no threshold.
            UnknownName: no such signal or step.
            QueryError: ClickHouse did not answer.
        """
        return curve_of(self.map, self._signal(signal), self._place(step), thresholds)

    def plot(self, *, group: str | None = None, dark: bool = False) -> Figure:
        """The matrix of steps and signals, coloured by the rate, as a matplotlib Figure.

        Raises:
            QueryError: matplotlib is not installed.
            UnknownName: no such group.
        """
        from collector.query.plots.friction import plot  # noqa: PLC0415 - matplotlib is optional and slow to import

        return plot(self, group, dark=dark)

    def _signal(self, name: str) -> Signal:
        known = {each.name: each for each in self.map.signals}
        if name not in known:
            raise unknown("signal", name, known)
        return known[name]

    def _place(self, step: str | None) -> str | None:
        if step is None or not self.map.steps:
            return step
        names = [str(each) for each in self.map.steps]
        if step not in names:
            raise unknown("step", step, names)
        return str(names.index(step) + 1)


def ask(
    place: Place,
    period: Period | str,
    *,
    of: Literal["page", "page_type", "site"] = "page",
    steps: Sequence[Step] = (),
    signals: Sequence[str] = (),
    goal: str | None = None,
    by: str | None = None,
    where: Filter | None = None,
    limit: int = 20,
    bots: bool = False,
    rage_clicks: int = 3,
    rage_gap_ms: int = 1000,
    rage_spread_px: int = 30,
    dead_ms: int = 2500,
    error_ms: int = 1000,
    backs: int = 1,
    page_loop: int = 3,
    page_loop_ms: int = 60_000,
    stall_ms: int = 30_000,
    quick_back_ms: int = 7000,
    reversals: int = 6,
    reversals_quantile: float = 0.95,
    slow: float = 1.0,
    form_minutes: int = 30,
) -> Friction:
    """Where visitors stumble: signals of friction by page or step, and how those sessions fare (definition `friction`).

    Args:
        of: what the steps are, where none are given; `site` is one for all pages.
        steps: things that a visitor does in this order; a session is at the one that it did last. Adds the signal
            `loop`.
        signals: only these: rage, dead, error_click, broken_link, quick_back, page_loop, stall, scrolling, slow,
            form_abandon, loop.
        goal: also how many of the affected and of the other sessions reach this goal.
        limit: how many steps, the most seen ones.
        rage_clicks: from how many clicks on one element on it is rage.
        rage_gap_ms: so long lie at most between two of them.
        rage_spread_px: so far do they lie apart at most.
        dead_ms: without a response for so long a click or a link is dead.
        error_ms: how long after a click an error counts.
        backs: from how many ways back to an earlier step on it is a loop.
        page_loop: from how many views of one page on it is a loop.
        page_loop_ms: within how long.
        stall_ms: how long nothing is done before the visible page; at least 15,000.
        quick_back_ms: a page left for the one before within less than this.
        reversals: from how many changes of the scroll direction on it is excessive.
        reversals_quantile: and above this quantile of the page's views.
        slow: how many times the limit from which a vital is poor.
        form_minutes: so long after its last event a form counts as left.
    """
    given = locals()
    limits = Limits(**{each.name: given[each.name] for each in fields(Limits)})
    _check(limits, limit)
    group = column(by) if by else None
    check_page_filter(where, PAGE_COLUMNS)
    check_page_group(by)
    chosen = _chosen(signals, steps)
    question = begin(place, "friction", period, where, bots=bots)
    question.catalog.require_steps(steps)
    if goal is not None:
        question.catalog.require("goal", goal)
    wanted = Map(question, of, tuple(steps), group, limits, chosen)
    binder = Binder()
    found = question.asker.rows(cells_sql(wanted, goal, limit, binder), binder)
    rows = _judged([row for step, cells in found for row in _rows(wanted, goal, step, cells)], by=by, goal=goal)
    meta = question.meta(
        AFFECTED,
        SESSION,
        *(each.definition for each in chosen),
        *([AFFECTED_CONVERSION] if goal else []),
        *([DIFFERENCE] if by else []),
        notes=_notes(goal, len(found), limit),
    )
    return Friction(tuple(rows), meta, tuple(question.asker.statements), place.store, map=wanted, goal=goal)


def _chosen(wanted: Sequence[str], steps: Sequence[Step]) -> tuple[Signal, ...]:
    known = {**SIGNALS, **({"loop": loop_of(steps)} if steps else {})}
    for name in wanted:
        if name == "loop" and not steps:
            raise BadQuestion("loop is a way back to an earlier step: say which steps there are")
        if name not in known:
            raise unknown("signal", name, known)
    return tuple(known[name] for name in dict.fromkeys(wanted)) if wanted else tuple(known.values())


def _check(limits: Limits, limit: int) -> None:
    for name, value in asdict(limits).items():
        if value <= 0:
            raise BadQuestion(f"{name} must be above 0, not {value}")
    if limits.rage_clicks < 2:
        raise BadQuestion(f"rage_clicks is at least 2, not {limits.rage_clicks}: one click is no burst")
    if limits.page_loop < 2:
        raise BadQuestion(f"page_loop is at least 2, not {limits.page_loop}: one view is no loop")
    if limits.stall_ms < ENGAGED_TAIL_MS:
        raise BadQuestion(f"stall_ms is at least {ENGAGED_TAIL_MS:,}: for so long after an input a page counts as used")
    if limits.reversals_quantile >= 1:
        raise BadQuestion(f"reversals_quantile is below 1, not {limits.reversals_quantile}")
    if not 1 <= limit <= 1000:
        raise BadQuestion(f"limit is 1 to 1,000, not {limit:,}")


def _rows(wanted: Map, goal: str | None, place: str, cells: list[Cell]) -> list[FrictionRow]:
    """The rows of one step: every signal in every group that saw it, the largest group first."""
    name = str(wanted.steps[int(place) - 1]) if wanted.steps else place
    rows = []
    for group, seen, won_by_all, hit, hits, hit_and_won in sorted(cells, key=lambda cell: (-cell[1], cell[0])):
        for number, signal in enumerate(wanted.signals):
            sessions = hit[number]
            row = FrictionRow(name, group, signal.name, hits[number], Rate.of(sessions, seen, AFFECTED))
            if goal is not None:
                won = hit_and_won[number]
                affected = Rate.of(won, sessions, AFFECTED_CONVERSION)
                unaffected = Rate.of(won_by_all - won, seen - sessions, AFFECTED_CONVERSION)
                change, low, high = difference(unaffected, affected) or (None, None, None)
                row = replace(row, affected=affected, unaffected=unaffected, difference=change, low=low, high=high)
            rows.append(row)
    return rows


def _judged(rows: list[FrictionRow], *, by: str | None, goal: str | None) -> list[FrictionRow]:
    """With q-values: of each rate against the other groups at that step, and of the differences of conversion."""
    groups: list[float | None] = [None] * len(rows)
    if by is not None:
        cells: dict[tuple[str, str], list[int]] = {}
        for place, row in enumerate(rows):
            cells.setdefault((row.step, row.signal), []).append(place)
        for places in cells.values():
            for place, q in zip(
                places, against_the_rest([(rows[each].rate.k, rows[each].rate.n) for each in places]), strict=True
            ):
                groups[place] = q
    converted = adjusted([_p_value(row.affected, row.unaffected) for row in rows]) if goal else [None] * len(rows)
    return [
        replace(row, q_value=q, conversion_q=q_converted)
        for row, q, q_converted in zip(rows, groups, converted, strict=True)
    ]


def _p_value(affected: Rate | None, unaffected: Rate | None) -> float | None:
    if affected is None or unaffected is None:
        return None
    return p_value(affected.k, affected.n, unaffected.k, unaffected.n)


def _notes(goal: str | None, steps: int, limit: int) -> tuple[str, ...]:
    notes = []
    if goal is not None:
        notes.append("Converted: how the sessions with the signal fared, not what it caused.")
    if steps == limit:
        notes.append(f"The {limit:,} most seen steps; limit= shows more.")
    return tuple(notes)
