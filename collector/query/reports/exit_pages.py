"""Where sessions end, and whether that is more often than elsewhere."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import accumulate
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, ClassVar

from collector.query.columns import column
from collector.query.definitions import JUDGED_FROM, SESSION, define
from collector.query.errors import BadQuestion
from collector.query.question import begin
from collector.query.rate import Rate, adjusted
from collector.query.reports import sessions
from collector.query.result import Result
from collector.query.session_source import ATTRIBUTES, sessions_sql
from collector.query.sql import Binder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from collector.query.columns import Column
    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place, Question

OPEN_MINUTES = 30
_DEPTHS = 50
_MOST = 10_000
EXIT_RATE = define(
    "exit_rate",
    1,
    "proportion of page views",
    "exits out of page views of the page. An exit is a session that starts in the period, has ended, and whose last "
    "event is on the page; page views are those of the same sessions. Where the page view of an exit was lost, exits "
    "are the denominator",
    f"ended: no event in the last {OPEN_MINUTES} min",
    "Plausible, exit rate; Contentsquare (last seen here)",
)
EXIT_LIFT = define(
    "exit_lift",
    1,
    "ratio",
    "exit_rate over the rate that is expected of pages seen as early in a session as this one: each page view counts "
    "with the share of all sessions that have so many page views and go no further, out of those that have at least "
    "so many. Expected exits of all pages add up to the sessions. low and high are the interval of the exit rate over "
    "the same. The q-value is Benjamini-Hochberg's over a two-sided normal test of the exits, with the sum of "
    "share x (1 - share) as their variance",
    f"judged from {JUDGED_FROM} page views on; page views from the {_DEPTHS}th of a session on are taken together",
    "own",
)


@dataclass(frozen=True, slots=True)
class ExitRow:
    """A page of a group (empty: all).

    Attributes:
        views, exits: page views, and sessions that ended there.
        rate: exits out of views.
        expected: the rate expected for its place in sessions, 0-1.
        lift, low, high: rate over expected; above 1 people leave more often than from other pages at that point.
        q_value: exits against those expected; None where not judged.
    """

    page: str = field(metadata={"key": True})
    group: str = field(metadata={"sparse": True, "key": True})
    views: int
    exits: int
    rate: Rate = field(metadata={"label": "exit rate (95 %)"})
    expected: float | None = field(metadata={"share": True})
    lift: float | None
    low: float | None
    high: float | None
    q_value: float | None = field(default=None, metadata={"sparse": True, "label": "q"})


@dataclass(frozen=True, repr=False, kw_only=True)
class ExitPages(Result[ExitRow]):
    """Answer of `Site.exit_pages`; the page with the most exits first. `total` is the rate of all pages, by group."""

    question: Question = field(compare=False)
    group: Column | None
    totals: Mapping[str, Rate]
    row_type: ClassVar[type] = ExitRow

    def about(self) -> list[str]:
        return [f"by {self.group.name}"] if self.group else []

    def sessions(self, row: ExitRow, *, limit: int = 1000) -> sessions.Sessions:
        """The sessions that ended on the page of a row, the newest first; with `limit` enough, as many as `exits`.

        Raises:
            QueryError: ClickHouse did not answer.
        """
        binder = Binder()
        chosen = f"exit_path = {binder.text(row.page)}"
        if self.group:
            chosen += f" AND grp = {binder.text(row.group)}"
        since = len(self.question.asker.statements)
        ids = f"SELECT session_id FROM ({_sessions(self.question, binder, self.group)}\n) WHERE ended AND {chosen}"
        return sessions.of_ids(self.question, ids, binder, limit=limit, since=since)

    def plot(self, *, dark: bool = False) -> Figure:
        """Exits of each page, its exit rate and its lift with whiskers, as a matplotlib Figure.

        Raises:
            QueryError: matplotlib is not installed.
        """
        from collector.query.plots.pages import plot_exits  # noqa: PLC0415 - matplotlib is optional

        return plot_exits(self, dark=dark)


def ask(
    place: Place,
    period: Period | str,
    *,
    by: str | None = None,
    limit: int = 50,
    where: Filter | None = None,
    bots: bool = False,
) -> ExitPages:
    """Where sessions end, and whether that is more often than elsewhere (definitions `exit_rate`, `exit_lift`).

    Args:
        limit: how many rows, the most exits first; at most 10,000.
    """
    if not 1 <= limit <= _MOST:
        raise BadQuestion(f"limit is 1 to {_MOST:,}, not {limit:,}")
    group = column(by) if by else None
    question = begin(place, "exit_pages", period, where, bots=bots)
    going_on, leaving = _leaving(question)
    found = _counted(question, group, leaving)
    totals = {str(grp): _rate(exits, views) for together, _, grp, views, exits, *_ in found if together}
    pages = [each for each in found if not each[0]]
    q_values = adjusted([_p_value(*each[3:]) for each in pages])
    rows = tuple(_row(each, q) for each, q in zip(pages, q_values, strict=True))
    meta = question.meta(EXIT_RATE, EXIT_LIFT, SESSION, rolled_up=False, notes=_notes(len(rows) - limit, going_on))
    return ExitPages(
        rows[:limit],
        meta,
        tuple(question.asker.statements),
        place.store,
        question=question,
        group=group,
        totals=totals,
    )


def _sessions(question: Question, binder: Binder, group: Column | None = None) -> str:
    """Sessions of the period that pass the filter; `ended` says which may not go on."""
    scope = question.scope(binder)
    chosen = question.where.session(scope, ATTRIBUTES) if question.where else "1"
    until = binder.instant(question.now_ms - OPEN_MINUTES * 60_000)
    return f"""
SELECT session_id, exit_path, page_views, {"grp" if group else "''"} AS grp, ended_at <= {until} AS ended
FROM ({sessions_sql(question, scope, group=group)}
)
WHERE {chosen}"""


def _leaving(question: Question) -> tuple[int, list[float]]:
    """How many sessions may go on; and the share of sessions that go no further, by their number of page views."""
    binder = Binder()
    depths = question.asker.rows(
        f"""
SELECT least(page_views, {_DEPTHS}) AS depth, countIf(ended), sumIf(page_views - {_DEPTHS - 1}, ended),
    countIf(NOT ended)
FROM ({_sessions(question, binder)}
)
GROUP BY depth""",
        binder,
    )
    ending = [0] * _DEPTHS
    beyond = 0
    for depth, count, views, _ in depths:
        if depth > 0:
            ending[depth - 1] = count
        beyond = views if depth == _DEPTHS else beyond
    reaching = list(accumulate(reversed(ending)))[::-1]
    reaching[-1] = beyond
    shares = [here / all_ if all_ else 0.0 for here, all_ in zip(ending, reaching, strict=True)]
    return sum(row[3] for row in depths), shares


def _counted(question: Question, group: Column | None, leaving: list[float]) -> list[tuple[Any, ...]]:
    """(whether all pages, page, group, views, exits, expected exits), totals first, then the most exits first."""
    binder = Binder()
    scope = question.scope(binder)
    share = f"{binder.numbers(leaving)}[least(place, {_DEPTHS})]"
    return question.asker.rows(
        f"""
SELECT grouping(page) AS together, page, grp, countIf(place > 0) AS views, countIf(place = 0) AS exits,
    sumIf({share}, place > 0), sumIf({share} * (1 - {share}), place > 0)
FROM (
    SELECT grp, entry.1 AS page, entry.2 AS place
    FROM (
        SELECT grp, arrayJoin(arrayPushBack(arrayZip(pages, arrayEnumerate(pages)), (exit_path, toUInt32(0)))) AS entry
        FROM (SELECT * FROM ({_sessions(question, binder, group)}
        ) WHERE ended) AS done
        LEFT JOIN (
            SELECT events.session_id AS viewed, arrayMap(view -> view.4, arraySort(groupArray(
                (events.ts, events.page_id, events.n, toString(events.path))))) AS pages
            FROM events
            WHERE {scope.near()} AND events.kind = 'page_view'
            GROUP BY viewed
        ) AS seen ON seen.viewed = done.session_id
    )
)
GROUP BY GROUPING SETS ((page, grp), (grp))
ORDER BY together DESC, exits DESC, views DESC, page, grp
LIMIT {binder.integer(2 * _MOST)}""",
        binder,
    )


def _p_value(views: int, exits: int, expecting: float, variance: float) -> float | None:
    """Two-sided, of exits as expected; None where the page is too small, or nobody leaves or everybody does."""
    if views < JUDGED_FROM or variance <= 0:
        return None
    return 2 * NormalDist().cdf(-abs(exits - expecting) / math.sqrt(variance))


def _rate(exits: int, views: int) -> Rate:
    return Rate.of(exits, max(views, exits), EXIT_RATE)


def _row(found: tuple[Any, ...], q: float | None) -> ExitRow:
    _, page, group, views, exits, expecting, _ = found
    rate = _rate(exits, views)
    expected = expecting / views if views else None
    lift, low, high = (None if each is None or not expected else each / expected for each in _bounds(rate))
    return ExitRow(str(page), str(group), views, exits, rate, expected, lift, low, high, q)


def _bounds(rate: Rate) -> tuple[float | None, float | None, float | None]:
    return rate.rate, rate.low, rate.high


def _notes(more: int, going_on: int) -> tuple[str, ...]:
    notes = [f"{more:,} more rows: ask with a larger limit."] if more > 0 else []
    notes += [f"{going_on:,} sessions may go on and are left out."] if going_on else []
    return tuple(notes)
