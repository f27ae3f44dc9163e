"""Rage and dead clicks, computed from raw clicks when asked. See the definitions `rage` and `dead`."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.definitions import DEAD_MS, RAGE_CLICKS, RAGE_GAP_MS, RAGE_SPREAD_PX

if TYPE_CHECKING:
    from collector.query.sql import Binder

# What is clicked fast on purpose.
_STEADY_ROLES = ("slider", "spinbutton", "scrollbar", "carousel", "canvas", "application")
_STEADY_NAMES = r"(?i)^\s*((next|prev|previous)( (slide|page|image|photo|item|month|year|day))?|[-+<>‹›«»−])\s*$"
# Links leave the page and inputs take the focus: neither needs another answer.
_QUIET_ROLES = (
    "link",
    "textbox",
    "searchbox",
    "combobox",
    "listbox",
    "option",
    "checkbox",
    "radio",
    "switch",
    "slider",
    "spinbutton",
)


def dead_sql(binder: Binder, threshold_ms: int = DEAD_MS) -> str:
    """Condition that a click of table `events` is dead."""
    limit = binder.integer(threshold_ms)
    return (
        f"(events.kind = 'click' AND events.watched_ms >= {limit}"
        f" AND (events.response = '' OR events.response_ms > {limit})"
        f" AND NOT events.selection AND events.element_role NOT IN {_names(_QUIET_ROLES)})"
    )


def rage_bursts(condition: str, keep: str, binder: Binder) -> str:
    """A statement with one row a burst: the columns `keep` of its page view, and `clicks`, their number.

    `condition` says which clicks of table `events` are looked at; `keep` is SQL such as
    `any(events.session_id) AS session_id`.
    """
    spread, gap = binder.integer(RAGE_SPREAD_PX), binder.integer(RAGE_GAP_MS)
    place = "if(events.element_fixed, events.vx, events.x), if(events.element_fixed, events.vy, events.y)"
    return f"""
SELECT * EXCEPT (burst, series), length(burst) AS clicks
FROM (
    SELECT *, arrayJoin(arraySplit(
        (now, before) -> now.1 - before.1 > {gap} OR abs(now.3 - before.3) > {spread}
            OR abs(now.4 - before.4) > {spread},
        series, arrayPushFront(arrayPopBack(series), series[1]))) AS burst
    FROM (
        SELECT events.element_key AS element_key, events.element_item AS element_item, {keep},
            arraySort(groupArray((toUnixTimestamp64Milli(events.ts), events.n, {place}, events.response != '')))
                AS series
        FROM events
        WHERE {condition} AND events.kind = 'click' AND events.element_role NOT IN {_names(_STEADY_ROLES)}
            AND NOT match(events.element_name, {binder.text(_STEADY_NAMES)})
        GROUP BY events.visitor_id, events.page_id, element_key, element_item
        HAVING count() >= {RAGE_CLICKS}
    )
)
WHERE clicks >= {RAGE_CLICKS} AND arrayCount(c -> c.5, burst) < clicks
    AND arrayMax(c -> c.3, burst) - arrayMin(c -> c.3, burst) <= {spread}
    AND arrayMax(c -> c.4, burst) - arrayMin(c -> c.4, burst) <= {spread}"""


def _names(names: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"'{name}'" for name in names) + ")"
