"""Which clicks did nothing?"""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.definitions import DEAD, DEAD_MS
from collector.query.signals.signal import WHICH_ELEMENT, Limits, Look, Signal, names

if TYPE_CHECKING:
    from collector.query.sql import Binder

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
        f" AND NOT events.selection AND events.element_role NOT IN {names(_QUIET_ROLES)})"
    )


def _hits(look: Look, limits: Limits) -> str:
    # The longest threshold at which it is still dead.
    longest = "if(events.response = '', events.watched_ms, least(events.watched_ms, toInt32(events.response_ms) - 1))"
    return f"""
SELECT {look.clicks.hit(longest, WHICH_ELEMENT)}
FROM {look.clicks.source} AS events
WHERE {look.clicks.rows} AND {dead_sql(look.binder, limits.dead_ms)}"""


SIGNAL = Signal("dead", DEAD, _hits, "dead_ms", "ms", (500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 5000, 6000, 7000))
