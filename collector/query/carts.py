"""Carts: where a visitor began one, and whether the order followed. See the definition `cart`.

`cart_abandonment` counts them, and a goal of goals.yml with `abandoned:` finds its events by the same statement.
"""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.definitions import define

if TYPE_CHECKING:
    from collector.query.columns import Column
    from collector.query.question import Question
    from collector.query.sql import Binder

CART_HOURS = 24

CART = define(
    "cart",
    1,
    "carts",
    "a cart begins at an event of the cart goal that has no other one of the visitor in the window before it, orders "
    "in between aside. It is open as long as the window from its beginning has not ended, whether or not it is ordered "
    "already: else young carts would be the ordered ones. Then it is ordered where an event of the order goal followed "
    "within the window, else abandoned. It belongs to the period in which it begins. "
    "Session variant: both in one session",
    f"window {CART_HOURS} h",
    "24 h: Baymard, cart abandonment, as 1 - orders / carts",
)


def carts_sql(
    question: Question,
    binder: Binder,
    cart: str,
    order: str,
    *,
    within_ms: int,
    since_ms: int,
    until_ms: int,
    in_session: bool = False,
    group: Column | None = None,
) -> str:
    """A statement with one row for each cart that begins from `since_ms` to `until_ms` (Unix ms, half-open).

    Its columns: visitor, session, page, number (of the event that begins it), begun (Unix ms), grp (the value of
    `group` at that event), state: 'ordered', 'abandoned' or 'open'. `cart` and `order` are names of goals.
    """
    window = binder.integer(within_ms)
    is_cart, is_order = question.converted(cart, binder), question.converted(order, binder)
    scope = question.scope(binder)
    owner = ", events.session_id" if in_session else ""
    value = group.as_text if group else "''"
    return f"""
SELECT visitor, e.1 AS begun, e.2 AS page, e.3 AS number, e.6 AS session, e.7 AS grp,
    multiIf(begun + {window} > {binder.integer(question.now_ms)}, 'open',
        ending.5 AND ending.1 - begun <= {window}, 'ordered', 'abandoned') AS state
FROM (
    SELECT visitor, ending, arrayJoin(arrayFilter((e, before) -> e.1 - before > {window}, steps,
        arrayPushFront(arrayPopBack(arrayMap(e -> e.1, steps)), -{window} - 1))) AS e
    FROM (
        SELECT visitor, run[-1] AS ending, arrayFilter(e -> e.4, run) AS steps
        FROM (
            SELECT visitor, arrayJoin(arraySplit((e, after_order) -> after_order, series,
                arrayPushFront(arrayPopBack(arrayMap(e -> e.5, series)), toUInt8(0)))) AS run
            FROM (
                SELECT events.visitor_id AS visitor, arraySort(groupArray((toUnixTimestamp64Milli(events.ts),
                    events.page_id, events.n, toUInt8({is_cart}), toUInt8({is_order}), events.session_id, {value})))
                    AS series
                FROM events
                WHERE {scope.base()} AND events.ts >= {binder.instant(since_ms - within_ms)}
                    AND events.ts < {binder.instant(until_ms + within_ms)}
                    AND events.kind IN ({question.kinds(cart, order)}) AND ({is_cart} OR {is_order})
                GROUP BY events.visitor_id{owner}
            )
        )
        WHERE notEmpty(steps)
    )
)
WHERE begun >= {binder.integer(since_ms)} AND begun < {binder.integer(until_ms)}"""
