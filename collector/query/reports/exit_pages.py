"""Where sessions end, and whether that is more often than elsewhere."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import accumulate
from statistics import NormalDist
from typing import TYPE_CHECKING, ClassVar

from collector.query.columns import column
from collector.query.definitions import JUDGED_FROM, SESSION, define
from collector.query.errors import BadQuestion
from collector.query.question import begin
from collector.query.rate import Rate, adjusted
from collector.query.reports import sessions
from collector.query.result import Result
from collector.query.session_source import ATTRIBUTES, mentioned, sessions_sql
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
    lift: float | None = field(metadata={"interval": ("low", "high")})
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
    totals, pages = _counted(question, group)
    leaving = _leaving(totals)
    expected = [_expected(page, leaving) for page in pages]
    q_values = adjusted([_p_value(page.views, page.exits, *each) for page, each in zip(pages, expected, strict=True)])
    rows = tuple(_row(page, each, q) for page, (each, _), q in zip(pages, expected, q_values, strict=True))
    going_on = sum(each.going_on for each in totals)
    meta = question.meta(EXIT_RATE, EXIT_LIFT, SESSION, rolled_up=False, notes=_notes(len(rows) - limit, going_on))
    return ExitPages(
        rows[:limit],
        meta,
        tuple(question.asker.statements),
        place.store,
        question=question,
        group=group,
        totals={each.group: _rate(each.exits, each.views) for each in totals if each.views or each.exits},
    )


def _sessions(question: Question, binder: Binder, group: Column | None = None) -> str:
    """Sessions of the period that pass the filter; `ended` says which may not go on."""
    scope = question.scope(binder)
    chosen = question.where.session(scope, ATTRIBUTES) if question.where else "1"
    until = binder.instant(question.now_ms - OPEN_MINUTES * 60_000)
    return f"""
SELECT session_id, exit_path, page_views, {"grp" if group else "''"} AS grp, ended_at <= {until} AS ended
FROM ({sessions_sql(question, scope, group=group, attributes=mentioned(chosen))}
)
WHERE {chosen}"""


@dataclass(frozen=True, slots=True)
class _Found:
    """Of a page and group, or of all pages: page views by their place in the session, the last one for all from
    `_DEPTHS` on; exits by the session's number of page views; and sessions that may go on.
    """

    page: str
    group: str
    seen: dict[int, int]
    left: dict[int, int]
    going_on: int

    @property
    def views(self) -> int:
        return sum(self.seen.values())

    @property
    def exits(self) -> int:
        return sum(self.left.values())


def _counted(question: Question, group: Column | None) -> tuple[list[_Found], list[_Found]]:
    """Each group as a whole, and its pages, the most exits first."""
    binder = Binder()
    scope = question.scope(binder)
    rows = question.asker.rows(
        f"""
SELECT grouping(page) AS together, page, grp, sumMapIf([place], [found], place > 0) AS seen,
    sumMapIf([depth], [found], place = 0) AS left, sumIf(found, place < 0) AS going_on,
    sumIf(found, place > 0) AS views, sumIf(found, place = 0) AS exits
FROM (
    SELECT grp, entry.1 AS page, entry.2 AS place, entry.3 AS depth, count() AS found
    FROM (
        SELECT grp, arrayJoin(if(ended, arrayPushBack(
                arrayMap((page, i) -> (page, least(toInt64(i), {_DEPTHS}), toUInt64(0)), pages, arrayEnumerate(pages)),
                (exit_path, toInt64(0), page_views)
            ), [(exit_path, toInt64(-1), toUInt64(0))])) AS entry
        FROM ({_sessions(question, binder, group)}
        ) AS done
        LEFT JOIN (
            SELECT events.session_id AS viewed, arrayMap(view -> view.4, arraySort(groupArray(
                (events.ts, events.page_id, events.n, toString(events.path))))) AS pages
            FROM events
            WHERE {scope.near()} AND events.kind = 'page_view'
            GROUP BY viewed
        ) AS seen ON seen.viewed = done.session_id
    )
    GROUP BY grp, page, place, depth
)
GROUP BY GROUPING SETS ((page, grp), (grp))
HAVING together OR views + exits > 0
ORDER BY together DESC, exits DESC, views DESC, page, grp
LIMIT {binder.integer(2 * _MOST)}""",
        binder,
    )
    found = [
        (together, _Found(str(page), str(grp), _by(seen), _by(left), going_on))
        for together, page, grp, seen, left, going_on, *_ in rows
    ]
    return [each for together, each in found if together], [each for together, each in found if not together]


def _by(pairs: tuple[list[int], list[int]]) -> dict[int, int]:
    return dict(zip(*pairs, strict=True))


def _leaving(totals: list[_Found]) -> list[float]:
    """The share of sessions that go no further, by their number of page views."""
    ending = [0] * _DEPTHS
    beyond = 0
    for depth, count in (each for total in totals for each in total.left.items()):
        if depth > 0:
            ending[min(depth, _DEPTHS) - 1] += count
        beyond += max(0, depth - _DEPTHS + 1) * count
    reaching = list(accumulate(reversed(ending)))[::-1]
    reaching[-1] = beyond
    return [here / all_ if all_ else 0.0 for here, all_ in zip(ending, reaching, strict=True)]


def _expected(found: _Found, leaving: list[float]) -> tuple[float, float]:
    """Exits that are expected of the page views, and their variance."""
    shares = [(count, leaving[place - 1]) for place, count in found.seen.items()]
    return sum(count * share for count, share in shares), sum(count * share * (1 - share) for count, share in shares)


def _p_value(views: int, exits: int, expecting: float, variance: float) -> float | None:
    """Two-sided, of exits as expected; None where the page is too small, or nobody leaves or everybody does."""
    if views < JUDGED_FROM or variance <= 0:
        return None
    return 2 * NormalDist().cdf(-abs(exits - expecting) / math.sqrt(variance))


def _rate(exits: int, views: int) -> Rate:
    return Rate.of(exits, max(views, exits), EXIT_RATE)


def _row(found: _Found, expecting: float, q: float | None) -> ExitRow:
    rate = _rate(found.exits, found.views)
    expected = expecting / found.views if found.views else None
    lift, low, high = (None if each is None or not expected else each / expected for each in _bounds(rate))
    return ExitRow(found.page, found.group, found.views, found.exits, rate, expected, lift, low, high, q)


def _bounds(rate: Rate) -> tuple[float | None, float | None, float | None]:
    return rate.rate, rate.low, rate.high


def _notes(more: int, going_on: int) -> tuple[str, ...]:
    notes = [f"{more:,} more rows: ask with a larger limit."] if more > 0 else []
    notes += [f"{going_on:,} sessions may go on and are left out."] if going_on else []
    return tuple(notes)
