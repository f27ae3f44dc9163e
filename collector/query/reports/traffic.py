"""How many come, from where, and whether they stay."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from collector.query.calendar import Bucket, bucket_sql, buckets
from collector.query.columns import column
from collector.query.definitions import CONVERSION_RATE, DIFFERENCE, ENGAGED, SESSION, VISITOR, define
from collector.query.errors import BadQuestion, unknown
from collector.query.orders import ORDER
from collector.query.period import duration_ms, instant
from collector.query.question import begin
from collector.query.rate import Rate
from collector.query.reports import sessions
from collector.query.reports.revenue import REVENUE
from collector.query.result import Result
from collector.query.session_money import Brought, brought
from collector.query.session_quality import (
    BOUNCE_GA,
    BOUNCE_SINGLE,
    ENGAGED_AFTER,
    ENGAGED_SESSION,
    check_only,
    judged_sql,
    length_of,
    q_values,
    rolls_up,
)
from collector.query.sql import Binder

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from decimal import Decimal

    from matplotlib.figure import Figure

    from collector.query.columns import Column
    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place, Question

TRAFFIC = define(
    "traffic",
    1,
    "sessions, visitors, page views and ms",
    "sessions that start in the hour, day, week or month of the question's zone; visitors = distinct visitors of those "
    "sessions, so that those of single days do not add up; page views and time in use of those sessions, whenever in "
    "the session. Median and p75 of the time in use are over all of these sessions, bounces included",
    "weeks begin on Monday",
    "Plausible; Matomo",
)
_MOST_ROWS = 100_000
Counted = dict[tuple[int, str] | None, tuple[Any, ...]]
_WHEN = {"hour": "%Y-%m-%d %H:%M", "day": "%Y-%m-%d", "week": "%Y-%m-%d", "month": "%Y-%m", "period": ""}


MEASURES: Final = {
    "visitors": "Visitors",
    "sessions": "Sessions",
    "page_views": "Page views",
    "views_per_session": "Page views per session",
    "engaged": "Engaged sessions",
    "bounce_ga": "Bounce rate",
    "bounce_single": "Sessions of one page view",
    "in_use": "Engaged time, median",
    "conversion": "Conversion rate",
    "revenue": "Revenue",
}
"""Fields of a row that can be drawn over time, in words."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A question about traffic without its site, period and filter."""

    every: str
    group: Column | None
    goal: str | None
    engaged_ms: int
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class TrafficRow:
    """An hour, day, week or month (or the whole period) of a group (empty: all).

    Attributes:
        place: ordinal of the hour, day … in the period, from 1; what two periods are compared by.
        start: its first instant; None for the whole period.
        incomplete: it is not over, or the period has only a part of it.
        engaged, bounce_ga, bounce_single, conversion: out of the sessions; conversion is None where no goal was asked.
        in_use, in_use_p75: median and p75 of the time in use of a session.
        revenue, rpv: what the goal's orders bring, in all and per session (with its 95 % interval), in the currency of
            the answer; None where no goal was asked, or no order has money.
        q_engaged, q_conversion, q_rpv: against the other groups of the same row of time; None where not judged.
    """

    place: int = field(metadata={"key": True, "show": False})
    start: datetime | None = field(metadata={"show": False})
    when: str = field(metadata={"sparse": True})
    group: str = field(metadata={"sparse": True, "key": True})
    visitors: int = field(metadata={"better": "more"})
    sessions: int = field(metadata={"better": "more"})
    page_views: int = field(metadata={"better": "more", "label": "views"})
    views_per_session: float | None = field(metadata={"label": "views/session"})
    engaged: Rate = field(metadata={"better": "more", "label": "engaged (95 %)"})
    bounce_ga: Rate = field(metadata={"better": "less", "show": False})
    bounce_single: Rate = field(metadata={"better": "less", "label": "bounce_single (95 %)"})
    in_use: timedelta | None = field(metadata={"better": "more"})
    in_use_p75: timedelta | None = field(metadata={"better": "more", "label": "p75"})
    conversion: Rate | None = field(metadata={"better": "goal", "sparse": True, "label": "conversion (95 %)"})
    incomplete: bool
    q_engaged: float | None = field(default=None, metadata={"sparse": True, "label": "q engaged"})
    q_conversion: float | None = field(default=None, metadata={"sparse": True, "label": "q conv."})
    revenue: Decimal | None = field(default=None, metadata={"better": "more", "sparse": True})
    rpv: float | None = field(
        default=None,
        metadata={"better": "more", "sparse": True, "label": "RPV", "money": True, "interval": ("rpv_low", "rpv_high")},
    )
    rpv_low: float | None = field(default=None, metadata={"sparse": True, "label": "from", "money": True})
    rpv_high: float | None = field(default=None, metadata={"sparse": True, "label": "to", "money": True})
    q_rpv: float | None = field(default=None, metadata={"sparse": True, "label": "q RPV"})


@dataclass(frozen=True, repr=False, kw_only=True)
class Traffic(Result[TrafficRow]):
    """Answer of `Site.traffic`: by time and group, the largest group first. `total` is all of it together."""

    question: Question = field(compare=False)
    shape: Shape
    total: TrafficRow
    row_type: ClassVar[type] = TrafficRow

    def about(self) -> list[str]:
        said = [f"by {self.shape.every}"] if self.shape.every != "period" else []
        said += [f"by {self.shape.group.name}"] if self.shape.group else []
        said += [f"goal {self.shape.goal}"] if self.shape.goal else []
        return [*said, *([self.shape.currency] if self.shape.currency else [])]

    def settled(self) -> dict[str, Any]:
        return {"currency": self.shape.currency}

    def in_parts(self) -> bool:
        return self.shape.every != "period"

    def hidden(self) -> tuple[str, ...]:
        parts = self.shape.every != "period" and any(row.incomplete for row in self.rows)
        return () if parts else ("incomplete",)

    def sessions(self, row: TrafficRow | None = None, only: str = "all", *, limit: int = 1000) -> sessions.Sessions:
        """The sessions of a row (None: of all), the newest first; with `limit` enough, as many as the row says.

        Args:
            row: one of `rows`.
            only: all, engaged, bounce_ga, bounce_single or converted.
            limit: at most so many.

        Raises:
            UnknownName: there is no such choice.
            QueryError: ClickHouse did not answer.
        """
        binder, shape = Binder(), self.shape
        chosen = check_only(only)
        if row is not None and shape.group is not None:
            chosen += f" AND grp = {binder.text(row.group)}"
        if row is not None and row.start is not None:
            found = _buckets(self.question, shape.every)
            edges = [each.start_ms for each in found]
            chosen += f" AND {bucket_sql('start_ms', edges, binder)} = {binder.integer(found[row.place - 1].start_ms)}"
        judged = _judged(self.question, shape, binder)
        since = len(self.question.asker.statements)
        ids = f"SELECT session_id FROM ({judged}\n) WHERE {chosen}"
        return sessions.of_ids(self.question, ids, binder, limit=limit, since=since)

    def plot(self, *, measure: str | None = None, dark: bool = False, previous: bool | str | Period = True) -> Figure:
        """The trend with an earlier period as a faint line; without time, bars with whiskers.

        Args:
            measure: only this one, one of `MEASURES`; by default sessions and rates.
            previous: the earlier period: the one before, another one, or False: none.

        Raises:
            BadQuestion: the measure was not asked for, or there is no time.
            UnknownName: there is no such measure.
            QueryError: matplotlib is not installed.
        """
        from collector.query.plots.traffic import plot  # noqa: PLC0415 - matplotlib is optional and slow to import

        if measure is not None:
            self._require(measure)
        return plot(self, measure, dark=dark, previous=previous)

    def _require(self, measure: str) -> None:
        if measure not in MEASURES:
            raise unknown("measure", measure, MEASURES)
        if self.shape.every == "period":
            raise BadQuestion(f"{measure} is drawn over time: ask with every='day'")
        if measure in ("conversion", "revenue") and self.shape.goal is None:
            raise BadQuestion(f"{measure} is about a goal: ask with goal=")


def ask(
    place: Place,
    period: Period | str,
    *,
    every: Literal["hour", "day", "week", "month", "period"] | None = None,
    by: str | None = None,
    goal: str | None = None,
    currency: str | None = None,
    without_money: bool = False,
    engaged_after: str | timedelta = ENGAGED_AFTER,
    where: Filter | None = None,
    bots: bool = False,
) -> Traffic:
    """How many come, from where, and whether they stay (definitions `traffic`, `engaged_session`).

    Args:
        every: a row each; by default days, or the whole period where `by` is given.
        goal: also how many sessions converted, and what their orders bring; name of the goal, `*` for any characters.
        currency: of the revenue; by default the one of most orders.
        without_money: leave out what orders bring, which takes as long as everything else.
        engaged_after: longer in the foreground is engaged.
    """
    span = every or ("period" if by else "day")
    if span not in _WHEN:
        raise unknown("length of a bucket", span, _WHEN)
    shape = Shape(span, column(by) if by else None, goal, duration_ms(engaged_after))
    question = begin(place, "traffic", period, where, bots=bots)
    if goal is not None:
        question.catalog.require("goal", goal)
    found = _buckets(question, span)
    counted = _counted(question, shape, found)
    rows = _rows(question, shape, found, counted)
    total = _row(question, replace(shape, every="period"), (1, _whole(question)), "", figures=counted.get(None))
    edges = [each.start_ms for each in found]
    money = brought(
        question, None if without_money else goal, shape.group,
        lambda binder: bucket_sql("start_ms", edges, binder), currency,
    )  # fmt: skip
    total = replace(total, **money.fields(total.sessions, money.cells))
    rows = tuple(replace(row, **money.fields(row.sessions, [_cell(row, edges)])) for row in rows)
    meta = question.meta(
        TRAFFIC,
        ENGAGED_SESSION,
        BOUNCE_GA,
        BOUNCE_SINGLE,
        ENGAGED,
        SESSION,
        VISITOR,
        *([CONVERSION_RATE] if goal else []),
        *([REVENUE, ORDER] if money.currency is not None else []),
        *([DIFFERENCE] if by else []),
        rolled_up=rolls_up(question, shape.group),
        notes=(*_notes(total, shape), *money.notes(str(goal), total.sessions)),
    )
    return Traffic(
        _with_q(rows, money, edges) if by else rows,
        meta,
        tuple(question.asker.statements),
        place.store,
        question=question,
        shape=replace(shape, currency=money.currency),
        total=total,
    )


def _buckets(question: Question, every: str) -> list[Bucket]:
    if every == "period":
        return [_whole(question)]
    return buckets(question.range.start_ms, question.range.end_ms, every, question.place.zone)


def _whole(question: Question) -> Bucket:
    return Bucket(question.range.start_ms, question.range.end_ms)


def _judged(question: Question, shape: Shape, binder: Binder) -> str:
    return judged_sql(question, binder, goal=shape.goal, engaged_ms=shape.engaged_ms, group=shape.group)


def _counted(question: Question, shape: Shape, found: list[Bucket]) -> Counted:
    """Figures by (start of the bucket, group), and of all together by None."""
    binder = Binder()
    place = bucket_sql("start_ms", [each.start_ms for each in found], binder)
    rows = question.asker.rows(
        f"""
SELECT grouping(bucket), bucket, grp, uniqExact(visitor_id), count(), sum(page_views), countIf(engaged),
    countIf(single), countIf(converted), quantilesExactInclusive(0.5, 0.75)(in_use_ms)
FROM (
    SELECT *, {place} AS bucket
    FROM ({_judged(question, shape, binder)}
    )
)
GROUP BY GROUPING SETS ((bucket, grp), ())""",
        binder,
    )
    return {None if rest else (int(bucket), str(grp)): tuple(figures) for rest, bucket, grp, *figures in rows}


def _rows(question: Question, shape: Shape, found: list[Bucket], counted: Counted) -> tuple[TrafficRow, ...]:
    sizes: dict[str, int] = {}
    for key, figures in counted.items():
        if key is not None:
            sizes[key[1]] = sizes.get(key[1], 0) + figures[1]
    groups = sorted(sizes, key=lambda group: (-sizes[group], group)) or ([] if shape.group else [""])
    busy = {key[0] for key in counted if key is not None}
    shown = [
        (place, each)
        for place, each in enumerate(found, 1)
        if each.start_ms <= question.now_ms or each.start_ms in busy
    ]
    if len(groups) * len(shown) > _MOST_ROWS:
        raise BadQuestion(
            f"{len(groups):,} groups in {len(shown):,} {shape.every}s are too many rows: ask with every='period', for "
            "a shorter period, or with a filter"
        )
    return tuple(
        _row(question, shape, each, group, figures=counted.get((each[1].start_ms, group)))
        for each in shown
        for group in groups
    )


def _row(
    question: Question, shape: Shape, when: tuple[int, Bucket], group: str, *, figures: tuple[Any, ...] | None
) -> TrafficRow:
    visitors, count, views, engaged, single, converted, (middle, upper) = figures or (0, 0, 0, 0, 0, 0, (None, None))
    place, bucket = when
    start = instant(bucket.start_ms, question.place.zone) if shape.every != "period" else None
    return TrafficRow(
        place,
        start,
        f"{start:{_WHEN[shape.every]}}" if start else "",
        group,
        visitors,
        count,
        views,
        views / count if count else None,
        Rate.of(engaged, count, ENGAGED_SESSION),
        Rate.of(count - engaged, count, BOUNCE_GA),
        Rate.of(single, count, BOUNCE_SINGLE),
        length_of(middle if count else None),
        length_of(upper if count else None),
        Rate.of(converted, count, CONVERSION_RATE) if shape.goal is not None else None,
        bucket.is_part(question.range, question.now_ms),
    )


def _cell(row: TrafficRow, edges: list[int]) -> tuple[str, str]:
    return str(edges[row.place - 1]), row.group


def _with_q(rows: tuple[TrafficRow, ...], money: Brought, edges: list[int]) -> tuple[TrafficRow, ...]:
    blocks = [list(block) for _, block in groupby(rows, key=lambda row: row.place)]
    engaged = q_values([[(row.engaged.k, row.engaged.n) for row in block] for block in blocks])
    converted = q_values([[(each.k, each.n) for row in block if (each := row.conversion)] for block in blocks])
    cells = [[(row.sessions, _cell(row, edges)) for row in block] for block in blocks]
    rpv = money.q_values(cells, [(sum(n for n, _ in block), [key for _, key in block]) for block in cells])
    return tuple(
        replace(
            row, q_engaged=q, q_conversion=converted[index][place] if row.conversion else None, q_rpv=rpv[index][place]
        )
        for index, block in enumerate(blocks)
        for place, (row, q) in enumerate(zip(block, engaged[index], strict=True))
    )


def _notes(total: TrafficRow, shape: Shape) -> tuple[str, ...]:
    return (
        f"In all: {total.sessions:,} sessions of {total.visitors:,} visitors, {total.page_views:,} page views; engaged "
        f"{total.engaged}, bounce_single {total.bounce_single}.",
        f"Engaged is more than {shape.engaged_ms / 1000:g} s in the foreground, a conversion, or two page views; "
        "bounce_ga is the rest.",
    )
