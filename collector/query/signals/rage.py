"""Where is the same thing clicked again and again, because it does not answer?"""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.definitions import RAGE
from collector.query.signals.signal import HIT, WHICH_ELEMENT, Limits, Look, Signal, names
from collector.query.sql import one_key

if TYPE_CHECKING:
    from collector.query.sql import Binder

# What is clicked fast on purpose.
_STEADY_ROLES = ("slider", "spinbutton", "scrollbar", "carousel", "canvas", "application")
_STEADY_NAMES = r"(?i)^\s*((next|prev|previous)( (slide|page|image|photo|item|month|year|day))?|[-+<>‹›«»−])\s*$"
_SAME = one_key("events.visitor_id", "events.page_id", "events.element_key", "events.element_item")


def rage_bursts(condition: str, keep: str, binder: Binder, limits: Limits | None = None, source: str = "events") -> str:
    """A statement with one row a burst: element_key, element_item, the columns `keep`, first_ms, first_n, clicks,
    numbers (the clicks' n).

    `condition` says which clicks of `source`, table `events`, are looked at; `keep` is SQL such as
    `any(events.session_id) AS session_id`. A burst needs a click without a response, which few have: of
    table `events` only the elements with such a click are put in order.
    """
    limits = limits or Limits()
    spread, gap = binder.integer(limits.rage_spread_px), binder.integer(limits.rage_gap_ms)
    least = binder.integer(limits.rage_clicks)
    place = "if(events.element_fixed, events.vx, events.x), if(events.element_fixed, events.vy, events.y)"
    clicks = f"{condition} AND events.kind = 'click' AND events.element_role NOT IN {names(_STEADY_ROLES)}"
    unanswered = ""
    if source == "events":
        unanswered = f" AND {_SAME} IN (SELECT {_SAME} FROM events WHERE {clicks} AND events.response = '')"
    return f"""
SELECT * EXCEPT (burst, series), burst[1].1 AS first_ms, burst[1].2 AS first_n, length(burst) AS clicks,
    arrayMap(c -> c.2, burst) AS numbers
FROM (
    SELECT *, arrayJoin(arraySplit(
        (now, before) -> now.1 - before.1 > {gap} OR abs(now.3 - before.3) > {spread}
            OR abs(now.4 - before.4) > {spread},
        series, arrayPushFront(arrayPopBack(series), series[1]))) AS burst
    FROM (
        SELECT any(events.element_key) AS element_key, any(events.element_item) AS element_item, {keep},
            arraySort(groupArray((toUnixTimestamp64Milli(events.ts), events.n, {place}, events.response != '')))
                AS series
        FROM {source} AS events
        WHERE {clicks}{unanswered}
        GROUP BY {_SAME}
        HAVING count() >= {least} AND countIf(events.response = '') > 0
            AND NOT match(any(events.element_name), {binder.text(_STEADY_NAMES)})
    )
)
WHERE clicks >= {least} AND arrayCount(c -> c.5, burst) < clicks
    AND arrayMax(c -> c.3, burst) - arrayMin(c -> c.3, burst) <= {spread}
    AND arrayMax(c -> c.4, burst) - arrayMin(c -> c.4, burst) <= {spread}"""


def _hits(look: Look, limits: Limits) -> str:
    look = look.clicks
    keep = (
        f"any(events.session_id) AS session, any(events.page_id) AS page, any({look.place}) AS place,"
        f" any({look.group}) AS grp, any({WHICH_ELEMENT}) AS what"
    )
    return f"""
SELECT {HIT}
FROM (
    SELECT *, first_ms AS ms, first_n AS number, element_key AS element, toString(element_item) AS item,
        toFloat64(clicks) AS value
    FROM ({rage_bursts(look.rows, keep, look.binder, limits, look.source)}
    )
)"""


SIGNAL = Signal("rage", RAGE, _hits, "rage_clicks", "clicks", (2, 3, 4, 5, 6, 7, 8))
