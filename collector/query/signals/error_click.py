"""Which clicks were followed by an error?"""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from collector.query.definitions import define
from collector.query.signals.signal import HIT, WHICH_ELEMENT, Limits, Look, Signal
from collector.query.sql import PAGE_VIEW

ERROR_CLICK = define(
    "error_click",
    1,
    "clicks",
    "clicks after which, in the same page view and within T, came a JavaScript error, an unhandled rejection or an "
    "answer with HTTP status 400 or above",
    f"T = {Limits().error_ms} ms",
    "Datadog (a JavaScript error during the click's action); 1,000 ms: own",
)


def error_clicks(look: Look, limits: Limits, types: str = "('js', 'rejection', 'http')") -> str:
    """One row a click, its columns `HIT`; `what` is the element, `error` what came, `source` its address, `type`."""
    clicks = look.clicks
    fault = f"events.kind = 'error' AND events.error_type IN {types}"
    within = look.binder.integer(limits.error_ms)
    return f"""
SELECT session, page, place, grp, press.1 AS ms, press.2 AS number, press.3 AS element, press.4 AS item,
    press.5 AS what, faults[next].3 AS error, faults[next].4 AS source, faults[next].5 AS type,
    toFloat64(faults[next].1 - press.1) AS value
FROM (
    SELECT *, arrayFirstIndex(f -> (f.1, f.2) > (press.1, press.2), faults) AS next
    FROM (
        SELECT any(events.session_id) AS session, any(events.page_id) AS page, any({clicks.place}) AS place,
            any({clicks.group}) AS grp,
            arraySort(groupArrayIf((toUnixTimestamp64Milli(events.ts), events.n, toString(events.error_message),
                toString(events.error_source), toString(events.error_type)), events.kind = 'error')) AS faults,
            arrayJoin(groupArrayIf((toUnixTimestamp64Milli(events.ts), events.n, events.element_key,
                toString(events.element_item), toString({WHICH_ELEMENT})), events.kind = 'click')) AS press
        FROM {clicks.source} AS events
        WHERE {clicks.rows} AND (events.kind = 'click' OR {fault})
            AND {PAGE_VIEW} IN (SELECT {PAGE_VIEW} FROM {clicks.source} AS events WHERE {clicks.rows} AND {fault})
        GROUP BY {PAGE_VIEW}
    )
)
WHERE next > 0 AND value <= {within}"""


def _hits(look: Look, limits: Limits) -> str:
    return f"\nSELECT {HIT} FROM ({error_clicks(look, limits)}\n)"


SIGNAL = Signal(
    "error_click", ERROR_CLICK, _hits, "error_ms", "ms", (100, 250, 500, 1000, 1500, 2000, 3000, 5000), below=True
)
