"""Where do people sit before the page and do nothing?"""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from collector.query.definitions import define
from collector.query.signals.signal import Limits, Look, Signal

ENGAGED_TAIL_MS = 15_000
"""So long after an input the script counts time as engaged (`ACTIVE_MS` in sdk_js/src/more/engagement.js)."""

STALL = define(
    "stall",
    1,
    "stalls",
    "reports of a page view in which the page was visible for at least T without an input: visible time that was not "
    f"engaged, and the {ENGAGED_TAIL_MS // 1000} s after the last input that count as engaged. A stall that a report "
    "divides is counted by its longer part",
    f"T = {Limits().stall_ms // 1000} s, at least {ENGAGED_TAIL_MS // 1000} s",
    "practice guides (30 s at a checkout)",
)


def _hits(look: Look, limits: Limits) -> str:
    idle = "(toInt64(events.foreground_ms) - toInt64(events.engaged_ms))"
    least = look.binder.integer(max(1, limits.stall_ms - ENGAGED_TAIL_MS))
    return f"""
SELECT {look.hit(f"{idle} + {ENGAGED_TAIL_MS}")}
FROM events
WHERE {look.rows} AND events.kind = 'engagement' AND {idle} >= {least}"""


SIGNAL = Signal(
    "stall", STALL, _hits, "stall_ms", "ms", tuple(1000 * seconds for seconds in (20, 25, 30, 40, 50, 60, 90, 120, 180))
)
