"""Which page views kept people waiting?"""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from collector.query.definitions import define
from collector.query.signals.signal import Limits, Look, Signal

GOOD_POOR: dict[str, tuple[float, float]] = {
    "LCP": (2500, 4000),
    "INP": (200, 500),
    "CLS": (0.1, 0.25),
    "FCP": (1800, 3000),
    "TTFB": (800, 1800),
}
"""Up to the first a web vital is good, above the second poor; ms, CLS without unit."""
VITALS_SOURCE = "web-vitals library (https://web.dev/articles/vitals)"
_WAITING = ("LCP", "INP", "TTFB")

SLOW = define(
    "slow",
    1,
    "page views",
    "page views that told an LCP, INP or TTFB above f times the limit from which it is poor; value: the largest ratio",
    "f = 1; poor above " + ", ".join(f"{name} {GOOD_POOR[name][1]:g} ms" for name in _WAITING),
    VITALS_SOURCE,
)


def _hits(look: Look, limits: Limits) -> str:
    poor = ", ".join(f"events.vital = '{name}', {GOOD_POOR[name][1]}" for name in _WAITING)
    ratio = f"events.vital_value / multiIf({poor}, inf)"
    return f"""
SELECT {look.hit(ratio, "toString(events.vital)")}
FROM events
WHERE {look.rows} AND events.kind = 'vital' AND {ratio} > {look.binder.number(limits.slow)}"""


SIGNAL = Signal("slow", SLOW, _hits, "slow", "times poor", (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0))
