"""Which clicks on ads led to conversions: a list to hand back to those who sold the ads."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from collector.query.definitions import SESSION_HOURS, SESSION_SLACK_DAYS, define
from collector.query.goal_sql import GOAL
from collector.query.orders import ORDER, as_money, chosen_orders_sql, orders_sql
from collector.query.period import duration_ms, instant
from collector.query.question import begin
from collector.query.result import Result
from collector.query.sql import DAY_MS, SEQUENCE, Binder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta
    from decimal import Decimal

    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place, Question

AD_CLICK = define(
    "ad_click",
    1,
    "conversions",
    "orders of the period (definition `order`) that are not cancelled, each with the latest session of its visitor "
    "that came with a click id, begins at or before it in the order (ts, page_id, n), and not longer before it than "
    "the look-back; the session in which it happens counts however long it is. Such a session begins at its first "
    "page view, or conversion event, with a click id. Orders without such a session are not listed",
    "look-back 30 days unless asked otherwise",
    "30 days: Google Ads, click-through conversion window",
)


@dataclass(frozen=True, slots=True)
class AdClickRow:
    """A conversion and the click on an ad that led to it. Times are in the zone of the question, in whole seconds.

    Attributes:
        click_id_type: name of the parameter: gclid, fbclid, msclkid, ttclid …
        conversion: name of the goal, as it was asked.
        value: what the conversion was worth after refunds, in `currency`.
    """

    click_id_type: str = field(metadata={"label": "type"})
    click_id: str
    clicked_at: datetime
    conversion: str = field(metadata={"show": False})
    converted_at: datetime
    value: Decimal
    currency: str = field(metadata={"sparse": True})
    order_id: str = field(metadata={"sparse": True})


@dataclass(frozen=True, repr=False, kw_only=True)
class AdClicks(Result[AdClickRow]):
    """Answer of `Site.ad_clicks`; the earliest conversion first. `conversions` are all, with a click id or without."""

    goal: str
    conversions: int
    row_type: ClassVar[type] = AdClickRow

    def about(self) -> list[str]:
        return [self.goal]


def ask(
    place: Place,
    period: Period | str,
    goal: str = "purchase",
    *,
    types: str | Sequence[str] | None = None,
    lookback: str | timedelta = "30d",
    where: Filter | None = None,
    bots: bool = False,
) -> AdClicks:
    """Which clicks on ads led to conversions, with what an offline upload wants (definition `ad_click`).

    `where` selects the sessions in which the conversions happened.

    Args:
        goal: name of the goal, `*` for any characters.
        types: only click ids of these types, such as gclid; sessions with others are then no clicks.
        lookback: the longest way from a click to a conversion.
    """
    chosen = [types] if isinstance(types, str) else list(types or ())
    question = begin(place, "ad_clicks", period, where, bots=bots)
    question.catalog.require("goal", goal)
    for each in chosen:
        question.catalog.require("click id", each)
    lookback_ms = duration_ms(lookback)
    binder = Binder()
    orders = chosen_orders_sql(question, binder, orders_sql(question, binder, goal, "visitor", winsorize=None))
    within = f"(c.1, c.2, c.3) <= (at, page, number) AND (at - c.1 <= {binder.integer(lookback_ms)} OR c.4 = session)"
    found = question.asker.rows(
        f"""
SELECT in_all, before[-1].5 AS type, before[-1].6 AS id, before[-1].1 AS clicked, at, exact, currency, order_
FROM (
    SELECT *, count() OVER () AS in_all, arrayFilter(c -> {within}, clicks) AS before
    FROM (
        SELECT * FROM ({orders}
        )
        WHERE NOT cancelled
    ) AS orders
    LEFT JOIN ({_clicks_sql(question, goal, chosen, lookback_ms, binder)}
    ) AS known ON known.visitor = orders.unit
)
WHERE notEmpty(before)
ORDER BY at, page, number""",
        binder,
    )
    conversions = found[0][0] if found else 0
    rows = tuple(_row(each, goal, place.zone) for each in found)
    meta = question.meta(AD_CLICK, ORDER, GOAL, window_ms=lookback_ms, notes=_notes(len(rows), conversions))
    return AdClicks(rows, meta, tuple(question.asker.statements), place.store, goal=goal, conversions=conversions)


def _clicks_sql(question: Question, goal: str, types: Sequence[str], lookback_ms: int, binder: Binder) -> str:
    """A row for each visitor who converted: visitor, clicks (at, page, number, session, type, id), sorted."""
    scope = question.scope(binder)
    # A session that goes on when it converts may have begun before the look-back.
    since = question.range.start_ms - max(lookback_ms, SESSION_HOURS * 3_600_000) - SESSION_SLACK_DAYS * DAY_MS
    # All events of a session have its click id; where its page views were lost, the conversion has it.
    during = (
        f"events.kind IN ('page_view', 'conversion') AND events.ts >= {binder.instant(since)}"
        f" AND events.ts < {binder.instant(question.range.end_ms)}"
    )
    of_types = f" AND events.click_id_type IN ({', '.join(map(binder.text, types))})" if types else ""
    buyers = f"""SELECT events.visitor_id FROM events
            WHERE {scope.base()} AND {question.during(binder)} AND events.kind IN ({question.kinds(goal)})
                AND {question.converted(goal, binder)}"""
    return f"""
        SELECT visitor, arraySort(groupArray(first)) AS clicks
        FROM (
            SELECT any(events.visitor_id) AS visitor,
                argMin((toUnixTimestamp64Milli(events.ts), events.page_id, events.n, events.session_id,
                    toString(events.click_id_type), events.click_id), {SEQUENCE}) AS first
            FROM events
            WHERE {scope.base()} AND {during} AND events.click_id_type != '' AND events.click_id != ''{of_types}
                AND events.visitor_id IN ({buyers})
            GROUP BY events.session_id
        )
        GROUP BY visitor"""


def _row(found: tuple[Any, ...], goal: str, zone: str) -> AdClickRow:
    _, kind, click, clicked, at, value, currency, order = found
    times = [instant(each, zone).replace(microsecond=0) for each in (clicked, at)]
    return AdClickRow(kind, click, times[0], goal, times[1], as_money(value), str(currency), order)


def _notes(rows: int, conversions: int) -> tuple[str, ...]:
    if not rows:
        return ("No conversion of the period has a click id.",)
    return (
        f"{rows:,} of {conversions:,} conversions have a click id within the look-back; the others are not listed.",
    )
