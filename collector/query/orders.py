"""One row an order: the page's conversion, and over it what servers know. See the definition `order`."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from collector.query.conversions import in_chosen_sessions
from collector.query.definitions import SESSION_SLACK_DAYS, define
from collector.query.sql import DAY_MS, SEQUENCE, one_key
from collector.query.units import unit_sql

if TYPE_CHECKING:
    from collector.query.question import Question
    from collector.query.sql import Binder

ORDER = define(
    "order",
    1,
    "orders",
    "conversions of the goal, one for each order_id however often it came: the first one, at its time, in its "
    "session; a conversion without order_id is an order of its own. Its money is that of the latest outcome `order` "
    "with this order_id, where that has a value, else what goals.yml says the goal is worth, else what the conversion "
    "said; minus the outcomes `refund` with this order_id and currency. With an outcome `cancellation` it is no order",
    "none",
    "own",
)


def orders_sql(question: Question, binder: Binder, goal: str, unit: str, *, winsorize: float | None) -> str:
    """A statement with one row for each order: of a session that starts about the period, else within the period.

    Its columns: unit, session, at (Unix ms), page, number (n), ordered_at (DateTime64), order_id, currency, paid
    (before refunds), refunded, net (0 where cancelled), cancelled. With `winsorize` a net above that quantile of its
    currency is the quantile.
    """
    scope = question.scope(binder)
    source = unit_sql(unit, scope)
    slack = SESSION_SLACK_DAYS * DAY_MS if unit == "session" else 0
    since = binder.instant(question.range.start_ms - slack)
    until = binder.instant(question.range.end_ms + slack)
    amount, currency = question.worth(goal, binder)
    converted = question.converted(goal, binder)
    site = binder.integer(question.place.site_id)
    kept = "toFloat64(net_)"
    if winsorize is not None:
        kept = f"least({kept}, quantileExactInclusiveIf({winsorize:.6f})({kept}, NOT gone) OVER (PARTITION BY money))"
    # A page that is loaded again next week is no second order: what came before the period is looked at too.
    return f"""
SELECT unit_ AS unit, session_ AS session, at_ AS at, first_at AS ordered_at, order_, money AS currency, paid_ AS paid,
    page, number, refunded_ AS refunded, gone AS cancelled, if(gone, 0, {kept}) AS net,
    if(gone, toDecimal64(0, 4), net_) AS exact
FROM (
    SELECT *, if(has_server, server.2, page_money) AS money, if(has_server, server.1, page_amount) AS paid_,
        arraySum(arrayMap(r -> if(r.1 = money, r.2, toDecimal64(0, 4)), refunds)) AS refunded_,
        paid_ - refunded_ AS net_, cancellations > 0 AS gone
    FROM (
        SELECT first.1 AS unit_, first.2 AS session_, first.3 AS at_, first.4 AS page_amount, first.5 AS page_money,
            first.6 AS page, first.7 AS number, first.8 AS order_, first_at
        FROM (
            SELECT argMin(({source.id}, events.session_id, toUnixTimestamp64Milli(events.ts), toDecimal64({amount}, 4),
                    {currency}, events.page_id, events.n, events.order_id), {SEQUENCE}) AS first,
                min(events.ts) AS first_at
            FROM {source.source}
            WHERE {scope.base()} AND events.ts < {until} AND (events.kind = 'conversion' OR events.ts >= {since})
                AND events.kind IN ({question.kinds(goal)}) AND {converted}
            GROUP BY if(events.order_id != '', {one_key("events.order_id")},
                {one_key("events.visitor_id", "events.page_id", "events.n")})
            HAVING first_at >= {since}
        )
    ) AS pages
    LEFT JOIN (
        SELECT o.order_id AS known_order, countIf(o.kind = 'order' AND o.currency != '') > 0 AS has_server,
            argMaxIf((o.value, toString(o.currency)), o.received_at, o.kind = 'order' AND o.currency != '') AS server,
            groupArrayIf((toString(o.currency), o.value), o.kind = 'refund') AS refunds,
            countIf(o.kind = 'cancellation') AS cancellations
        FROM latest_outcomes AS o
        WHERE o.site_id = {site} AND o.order_id != ''
        GROUP BY known_order
    ) AS told ON told.known_order = pages.order_
)"""


def chosen_orders_sql(question: Question, binder: Binder, orders: str) -> str:
    """The orders of `orders_sql` in the sessions that the filter selects."""
    chosen = in_chosen_sessions(question, binder, "session")
    return f"SELECT * FROM ({orders}\n) WHERE 1{chosen}"


def as_money(value: Decimal) -> Decimal:
    """With two digits after the point, and with more only where it has more."""
    cents = value.quantize(Decimal("0.01"))
    return cents if cents == value else value.normalize()
