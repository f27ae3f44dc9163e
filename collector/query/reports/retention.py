"""How many come again, by the day, week or month of their first visit."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, make_dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from collector.query.calendar import buckets
from collector.query.columns import column
from collector.query.definitions import DIFFERENCE, UNIT_DEFINITIONS, define
from collector.query.errors import BadQuestion, unknown
from collector.query.period import instant
from collector.query.question import begin
from collector.query.rate import Rate
from collector.query.reports import sessions
from collector.query.result import Result
from collector.query.retention_sql import Shape, units_sql
from collector.query.session_quality import q_values
from collector.query.sql import Binder, hex_id
from collector.query.steps import Step
from collector.query.units import unit_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from matplotlib.figure import Figure

    from collector.query.calendar import Bucket
    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place, Question

RETENTION = define(
    "retention",
    1,
    "proportion of visitors or people",
    "cohort: visitors or people whose first starting step of all times lies in the day, week or month (and passes the "
    "filter, which holds for that event). In column 0 those who return in it, where the first step itself counts if it "
    "is a return. In column k, on: those who return in the k-th day, week or month after it; on_or_after: in that or a "
    "later one, until now; on_or_before: in any from the first to that. A cell whose day, week or month is not over is "
    "empty, not zero. The row `all` adds up the cohorts whose cell is not empty",
    "weeks begin on Monday",
    "Mixpanel, retention (on, on or after, on or before); Amplitude, calendar retention",
)
MODES = ("on", "on_or_after", "on_or_before")
UNITS = ("visitor", "person")
_ALL = "all"
_MOST = 400
# No day, week or month is longer.
_LONGEST_MS = {"day": 26 * 3_600_000, "week": 8 * 86_400_000, "month": 32 * 86_400_000}
_ANY_PAGE = Step("page")


@dataclass(frozen=True, slots=True)
class RetentionRow:
    """A cell: a cohort of a group (empty: all) in the `offset`-th day, week or month after it.

    Attributes:
        cohort: first instant of its day, week or month; None for all cohorts together.
        when: the same as text; `all`.
        size: units of the cohort so far; for `all`, of the cohorts whose cell is not empty.
        retained: None where the day, week or month is not over.
        incomplete: the cohort's own is not over, or the period has only a part of it.
        q_value: of `all`, against the other groups; None where not judged.
    """

    cohort: datetime | None
    when: str = field(metadata={"key": True})
    group: str = field(metadata={"sparse": True, "key": True})
    size: int = field(metadata={"better": "more"})
    offset: int = field(metadata={"key": True})
    retained: Rate | None = field(metadata={"better": "more"})
    incomplete: bool
    q_value: float | None = field(default=None, metadata={"sparse": True, "label": "q"})


@dataclass(frozen=True, slots=True)
class CohortUnitRow:
    """A unit of a cohort: its id, when and in which session it took its first step."""

    id: str
    first_at: datetime
    session_id: str


@dataclass(frozen=True, repr=False, kw_only=True)
class CohortUnits(Result[CohortUnitRow]):
    """Answer of `Retention.actors`; the latest first step first."""

    question: Question = field(compare=False)
    row_type: ClassVar[type] = CohortUnitRow

    def sessions(self, *, limit: int = 1000) -> sessions.Sessions:
        """The sessions in which they took their first step, the newest first.

        Raises:
            QueryError: ClickHouse did not answer.
        """
        return sessions.of_listed(self.question, [row.session_id for row in self.rows], limit=limit)


@dataclass(frozen=True, repr=False, kw_only=True)
class Retention(Result[RetentionRow]):
    """Answer of `Site.retention`: a row for each cell, `all` first, then cohort by cohort. Printed as a triangle."""

    question: Question = field(compare=False)
    shape: Shape
    every: str
    row_type: ClassVar[type] = RetentionRow

    def in_parts(self) -> bool:
        return True

    def about(self) -> list[str]:
        shape, said = self.shape, [self.shape.mode.replace("_", " "), f"by {self.every}", f"per {self.shape.unit}"]
        said += [f"from {shape.start_step}"] if shape.start_step != _ANY_PAGE else []
        return said + ([f"to {shape.return_step}"] if shape.return_step != _ANY_PAGE else [])

    def shown(self) -> Sequence[Any]:
        """A row for each cohort, a column for each day, week or month after it."""
        offsets = sorted({row.offset for row in self.rows})
        cells: dict[tuple[str, str], dict[int, RetentionRow]] = {}
        for row in self.rows:
            cells.setdefault((row.when, row.group), {})[row.offset] = row
        columns = [(f"_{offset}", Any, field(metadata={"label": str(offset), "share": True})) for offset in offsets]
        group = ("group", str, field(metadata={"sparse": True}))
        line = make_dataclass("Line", [(self.every, str), group, ("size", int), *columns])
        return [
            line(
                f"{when} *" if each[0].incomplete else when,
                name,
                max(row.size for row in each.values()),
                *(cell.retained.rate if (cell := each[offset]).retained else None for offset in offsets),
            )
            for (when, name), each in cells.items()
        ]

    def actors(self, row: RetentionRow, *, returned: bool = True) -> CohortUnits:
        """The units that returned, exactly as many as the cell's `k`; or, not `returned`, all of the cohort.

        Raises:
            BadQuestion: the row is of all cohorts together.
            QueryError: ClickHouse did not answer.
        """
        if row.cohort is None:
            raise BadQuestion("the row is of all cohorts: ask for the units of a cohort")
        starts = [each.start_ms for each in self.shape.buckets]
        own = [instant(each, self.meta.zone) for each in starts].index(row.cohort)
        binder = Binder()
        chosen = f"cohort = {binder.integer(starts[own])} AND grp = {binder.text(row.group)}"
        if returned:
            chosen += f" AND {_reached(self.shape.mode, starts, own, row.offset, binder)}"
        since = len(self.question.asker.statements)
        found = self.question.asker.rows(
            f"SELECT unit, first_at, entered_in FROM ({units_sql(self.question, self.shape, binder, entered=True)}\n)\n"
            f"WHERE {chosen} ORDER BY first_at DESC, unit",
            binder,
        )
        zone = self.question.place.zone
        rows = tuple(
            CohortUnitRow(unit_text(unit), instant(first, zone), hex_id(session)) for unit, first, session in found
        )
        statements = tuple(self.question.asker.statements[since:])
        return CohortUnits(rows, self.meta, statements, self.question.place.store, question=self.question)

    def plot(self, *, dark: bool = False) -> Figure:
        """The triangle of cohorts; of several groups, a curve of all cohorts for each, with its interval.

        Raises:
            QueryError: matplotlib is not installed.
        """
        from collector.query.plots.retention import plot  # noqa: PLC0415 - matplotlib is optional and slow to import

        return plot(self, dark=dark)


def ask(
    place: Place,
    period: Period | str,
    every: Literal["day", "week", "month"] = "week",
    *,
    mode: Literal["on", "on_or_after", "on_or_before"] = "on",
    start_step: Step | None = None,
    return_step: Step | None = None,
    length: int = 8,
    unit: Literal["visitor", "person"] = "visitor",
    by: str | None = None,
    where: Filter | None = None,
    bots: bool = False,
) -> Retention:
    """How many come again, by the day, week or month of their first visit (definition `retention`).

    `where` and `by` hold for the first visit.

    Args:
        every: length of cohorts and columns.
        mode: `on`: those who came in that day, week or month; `on_or_after`: then or later; `on_or_before`: by then.
        start_step: what begins; by default any page view.
        return_step: what counts as coming again; by default any page view.
        length: how many days, weeks or months to follow.
        unit: what is counted.
    """
    for what, value, known in (("length", every, _LONGEST_MS), ("mode", mode, MODES), ("unit", unit, UNITS)):
        if value not in known:
            raise unknown(f"{what} of retention", value, known)
    if not 1 <= length <= _MOST:
        raise BadQuestion(f"length is 1 to {_MOST}, not {length:,}")
    question = begin(place, "retention", period, where, bots=bots)
    question.catalog.require_steps([step for step in (start_step, return_step) if step])
    first, end = question.range.start_ms, question.range.end_ms
    cohorts = len(buckets(first, end, every, place.zone))
    found = tuple(buckets(first, end + length * _LONGEST_MS[every], every, place.zone)[: cohorts + length])
    steps = start_step or _ANY_PAGE, return_step or _ANY_PAGE
    shape = Shape(*steps, mode, unit, column(by) if by else None, found, cohorts)
    binder = Binder()
    counted = question.asker.rows(
        f"SELECT cohort, grp, arrayJoin(arrayPushFront(marks, 0)) AS mark, count()\n"
        f"FROM ({units_sql(question, shape, binder)}\n)\nGROUP BY cohort, grp, mark",
        binder,
    )
    counts = Counter({(int(cohort), str(grp), int(mark)): int(n) for cohort, grp, mark, n in counted})
    rows = _rows(question, shape, counts, length, every)
    notes = ["* not over, or the period has only a part of it."] if any(row.incomplete for row in rows) else []
    notes += ["Empty cells (-) are not over yet."] if any(row.retained is None for row in rows) else []
    meta = question.meta(
        RETENTION, UNIT_DEFINITIONS[unit], *([DIFFERENCE] if by else []), rolled_up=False, notes=tuple(notes)
    )
    return Retention(
        rows,
        meta,
        tuple(question.asker.statements),
        place.store,
        question=question,
        shape=shape,
        every=every,
    )


def _reached(mode: str, starts: list[int], own: int, offset: int, binder: Binder) -> str:
    """Condition that a unit of cohort `own` counts in the cell."""
    at = binder.integer(starts[own + offset])
    if mode == "on" or (offset == 0 and mode == "on_or_before"):
        return f"has(marks, {at})"
    if mode == "on_or_after":
        return f"arrayExists(m -> m >= {at}, marks)"
    return f"arrayExists(m -> m > {binder.integer(starts[own])} AND m <= {at}, marks)"


def _rows(
    question: Question, shape: Shape, counts: Counter[tuple[int, str, int]], length: int, every: str
) -> tuple[RetentionRow, ...]:
    sizes: Counter[str] = Counter()
    for (_, group, mark), n in counts.items():
        sizes[group] += n if mark == 0 else 0
    groups = sorted(sizes, key=lambda group: (-sizes[group], group)) or ([] if shape.group else [""])
    cells = [
        _cell(question, shape, counts, (own, offset, group), every)
        for own in range(shape.cohorts)
        if shape.buckets[own].start_ms <= question.now_ms
        for group in groups
        for offset in range(length + 1)
    ]
    return (*_together(cells, groups, length, judged=shape.group is not None), *cells)


def _cell(
    question: Question, shape: Shape, counts: Counter[tuple[int, str, int]], which: tuple[int, int, str], every: str
) -> RetentionRow:
    own, offset, group = which
    cohort, there = shape.buckets[own], shape.buckets[own + offset]
    size = counts[cohort.start_ms, group, 0]
    retained = None
    if there.end_ms <= question.now_ms:
        marks = _counting(shape, own, offset)
        retained = Rate.of(sum(counts[cohort.start_ms, group, each.start_ms] for each in marks), size, RETENTION)
    start = instant(cohort.start_ms, question.place.zone)
    return RetentionRow(
        start,
        f"{start:%Y-%m}" if every == "month" else f"{start:%Y-%m-%d}",
        group,
        size,
        offset,
        retained,
        cohort.is_part(question.range, question.now_ms),
    )


def _counting(shape: Shape, own: int, offset: int) -> tuple[Bucket, ...]:
    """The marks that a cell adds up."""
    if shape.mode == "on" or (offset == 0 and shape.mode == "on_or_before"):
        return shape.buckets[own + offset : own + offset + 1]
    if shape.mode == "on_or_after":
        return shape.buckets[own + offset :]
    return shape.buckets[own + 1 : own + offset + 1]


def _together(cells: list[RetentionRow], groups: list[str], length: int, *, judged: bool) -> list[RetentionRow]:
    rows = []
    for group in groups:
        for offset in range(length + 1):
            known = [c.retained for c in cells if (c.group, c.offset) == (group, offset) and c.retained is not None]
            k, n = sum(rate.k for rate in known), sum(rate.n for rate in known)
            retained = Rate.of(k, n, RETENTION) if known else None
            rows.append(RetentionRow(None, _ALL, group, n, offset, retained, incomplete=False))
    if not judged:
        return rows
    blocks = [[row for row in rows if row.offset == offset and row.retained] for offset in range(length + 1)]
    judged_ = q_values([[(row.retained.k, row.retained.n) for row in block if row.retained] for block in blocks])
    q_of = {
        (row.group, row.offset): q
        for block, qs in zip(blocks, judged_, strict=True)
        for row, q in zip(block, qs, strict=True)
    }
    return [replace(row, q_value=q_of.get((row.group, row.offset))) for row in rows]
