"""Where sessions begin, and whether they go on."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from collector.query.columns import column
from collector.query.definitions import CONVERSION_RATE, DIFFERENCE, ENGAGED, SESSION, define
from collector.query.errors import BadQuestion
from collector.query.orders import ORDER
from collector.query.period import duration_ms
from collector.query.question import begin
from collector.query.rate import Rate, adjusted, p_value
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
    rolls_up,
)
from collector.query.sql import Binder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from decimal import Decimal

    from matplotlib.figure import Figure

    from collector.query.columns import Column
    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place, Question

LANDING_PAGE = define(
    "landing_page",
    1,
    "sessions",
    "path of the first event of a session that starts in the period. Its rates are tested against all other landing "
    "pages together (of the same group), also against those that are not listed",
    "none",
    "own",
)
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class LandingRow:
    """A landing page of a group (empty: all).

    Attributes:
        share: of the sessions of the group.
        engaged, bounce_ga, bounce_single, conversion: out of the sessions; conversion is None where no goal was asked.
        in_use: median time in use of a session.
        revenue, rpv: what the goal's orders bring, in all and per session (with its 95 % interval), in the currency of
            the answer; None where no goal was asked, or no order has money.
        q_engaged, q_single, q_conversion, q_rpv: against all other landing pages of the group; None where not judged.
    """

    page: str = field(metadata={"key": True})
    group: str = field(metadata={"sparse": True, "key": True})
    sessions: int = field(metadata={"better": "more"})
    share: float | None = field(metadata={"share": True})
    engaged: Rate = field(metadata={"better": "more", "label": "engaged (95 %)"})
    bounce_ga: Rate = field(metadata={"better": "less", "show": False})
    bounce_single: Rate = field(metadata={"better": "less", "label": "bounce_single (95 %)"})
    in_use: timedelta | None = field(metadata={"better": "more"})
    conversion: Rate | None = field(metadata={"better": "goal", "sparse": True, "label": "conversion (95 %)"})
    q_engaged: float | None = field(default=None, metadata={"sparse": True, "label": "q engaged"})
    q_single: float | None = field(default=None, metadata={"sparse": True, "label": "q single"})
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
class LandingPages(Result[LandingRow]):
    """Answer of `Site.landing_pages`; the most frequent first. `totals` are of all landing pages, by group."""

    question: Question = field(compare=False)
    goal: str | None
    engaged_ms: int
    group: Column | None
    totals: Mapping[str, LandingRow]
    currency: str | None = None
    row_type: ClassVar[type] = LandingRow

    def about(self) -> list[str]:
        said = [f"by {self.group.name}"] if self.group else []
        said += [f"goal {self.goal}"] if self.goal else []
        return [*said, *([self.currency] if self.currency else [])]

    def settled(self) -> dict[str, Any]:
        return {"currency": self.currency}

    def sessions(self, row: LandingRow, only: str = "all", *, limit: int = 1000) -> sessions.Sessions:
        """The sessions of a row, the newest first; with `limit` enough, as many as the row says.

        Args:
            row: one of `rows`.
            only: all, engaged, bounce_ga, bounce_single or converted.
            limit: at most so many.

        Raises:
            UnknownName: there is no such choice.
            QueryError: ClickHouse did not answer.
        """
        binder = Binder()
        chosen = f"{check_only(only)} AND entry_path = {binder.text(row.page)}"
        if self.group:
            chosen += f" AND grp = {binder.text(row.group)}"
        judged = judged_sql(self.question, binder, goal=self.goal, engaged_ms=self.engaged_ms, group=self.group)
        since = len(self.question.asker.statements)
        ids = f"SELECT session_id FROM ({judged}\n) WHERE {chosen}"
        return sessions.of_ids(self.question, ids, binder, limit=limit, since=since)

    def plot(self, *, dark: bool = False) -> Figure:
        """Sessions of each page, and its rates with whiskers beside that of the site, as a matplotlib Figure.

        Raises:
            QueryError: matplotlib is not installed.
        """
        from collector.query.plots.pages import plot_landing  # noqa: PLC0415 - matplotlib is optional

        return plot_landing(self, dark=dark)


def ask(
    place: Place,
    period: Period | str,
    *,
    goal: str | None = None,
    currency: str | None = None,
    without_money: bool = False,
    by: str | None = None,
    engaged_after: str | timedelta = ENGAGED_AFTER,
    limit: int = 50,
    where: Filter | None = None,
    bots: bool = False,
) -> LandingPages:
    """Where sessions begin, and whether they go on (definitions `landing_page`, `engaged_session`).

    Args:
        goal: also how many sessions converted, and what their orders bring; name of the goal, `*` for any characters.
        currency: of the revenue; by default the one of most orders.
        without_money: leave out what orders bring, which takes as long as everything else.
        engaged_after: longer in the foreground is engaged.
        limit: how many rows, the most frequent first; at most 10,000.
    """
    if not 1 <= limit <= _MOST:
        raise BadQuestion(f"limit is 1 to {_MOST:,}, not {limit:,}")
    group, engaged_ms = (column(by) if by else None), duration_ms(engaged_after)
    question = begin(place, "landing_pages", period, where, bots=bots)
    if goal is not None:
        question.catalog.require("goal", goal)
    binder = Binder()
    found = question.asker.rows(
        f"""
SELECT grouping(entry_path) AS together, entry_path, grp, count() AS n, countIf(engaged), countIf(single),
    countIf(converted), quantileExactInclusive(0.5)(in_use_ms)
FROM ({judged_sql(question, binder, goal=goal, engaged_ms=engaged_ms, group=group)}
)
GROUP BY GROUPING SETS ((entry_path, grp), (grp))
ORDER BY together DESC, n DESC, entry_path, grp
LIMIT {binder.integer(2 * _MOST)}""",
        binder,
    )
    sizes = {str(grp): n for together, _, grp, n, *_ in found if together}
    money = brought(question, None if without_money else goal, group, lambda _: "entry_path", currency)
    rows = tuple(_row(each, sizes, goal, money) for each in found)
    totals = {row.group: row for row, each in zip(rows, found, strict=True) if each[0]}
    judged = _with_q(tuple(row for row, each in zip(rows, found, strict=True) if not each[0]), totals, money)
    meta = question.meta(
        LANDING_PAGE,
        ENGAGED_SESSION,
        BOUNCE_GA,
        BOUNCE_SINGLE,
        ENGAGED,
        SESSION,
        DIFFERENCE,
        *([CONVERSION_RATE] if goal else []),
        *([REVENUE, ORDER] if money.currency is not None else []),
        rolled_up=rolls_up(question, group),
        notes=(
            *_notes(judged, totals, limit, engaged_ms),
            *money.notes(str(goal), sum(each.sessions for each in totals.values())),
        ),
    )
    return LandingPages(
        judged[:limit],
        meta,
        tuple(question.asker.statements),
        place.store,
        question=question,
        goal=goal,
        engaged_ms=engaged_ms,
        group=group,
        totals=totals,
        currency=money.currency,
    )


def _row(found: tuple[Any, ...], sizes: dict[str, int], goal: str | None, money: Brought) -> LandingRow:
    together, page, group, count, engaged, single, converted, middle = found
    return LandingRow(
        str(page),
        str(group),
        count,
        count / sizes[str(group)],
        Rate.of(engaged, count, ENGAGED_SESSION),
        Rate.of(count - engaged, count, BOUNCE_GA),
        Rate.of(single, count, BOUNCE_SINGLE),
        length_of(middle),
        Rate.of(converted, count, CONVERSION_RATE) if goal is not None else None,
        **money.fields(count, _cells(money, str(group)) if together else [(str(page), str(group))]),
    )


def _cells(money: Brought, group: str) -> list[tuple[str, str]]:
    return [key for key in money.cells if key[1] == group]


def _with_q(rows: tuple[LandingRow, ...], totals: Mapping[str, LandingRow], money: Brought) -> tuple[LandingRow, ...]:
    columns = [_against(rows, totals, name) for name in ("engaged", "bounce_single", "conversion")]
    columns.append(_q_rpv(rows, totals, money))
    return tuple(
        replace(row, q_engaged=engaged, q_single=single, q_conversion=converted, q_rpv=rpv)
        for row, engaged, single, converted, rpv in zip(rows, *columns, strict=True)
    )


def _against(rows: tuple[LandingRow, ...], totals: Mapping[str, LandingRow], name: str) -> list[float | None]:
    pairs = [(getattr(row, name), getattr(totals[row.group], name)) for row in rows]
    return adjusted(
        [None if own is None else p_value(own.k, own.n, every.k - own.k, every.n - own.n) for own, every in pairs]
    )


def _q_rpv(rows: tuple[LandingRow, ...], totals: Mapping[str, LandingRow], money: Brought) -> list[float | None]:
    """Benjamini-Hochberg is over all rows of all groups, as with the rates."""
    places = [[place for place, row in enumerate(rows) if row.group == group] for group in totals]
    found = money.q_values(
        [[(rows[place].sessions, (rows[place].page, rows[place].group)) for place in block] for block in places],
        [(totals[group].sessions, _cells(money, group)) for group in totals],
    )
    by_place = {
        place: q for block, each in zip(places, found, strict=True) for place, q in zip(block, each, strict=True)
    }
    return [by_place[place] for place in range(len(rows))]


def _notes(
    rows: tuple[LandingRow, ...], totals: Mapping[str, LandingRow], limit: int, engaged_ms: int
) -> tuple[str, ...]:
    notes = []
    if len(rows) > limit:
        more = "at least " if len(rows) >= 2 * _MOST - len(totals) else ""
        notes.append(f"{more}{len(rows) - limit:,} more rows: ask with a larger limit.".capitalize())
    notes += [
        f"All landing pages{f' of {group}' if group else ''}: {each.sessions:,} sessions, engaged {each.engaged}"
        + (f", converted {each.conversion}." if each.conversion else ".")
        for group, each in list(totals.items())[:6]
    ]
    notes.append(
        f"Engaged is more than {engaged_ms / 1000:g} s in the foreground, a conversion, or two page views; bounce_ga "
        "is the rest."
    )
    return tuple(notes)
