"""Where are forms begun and left?"""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from collector.query.definitions import FORM_ABANDON
from collector.query.signals.signal import HIT, NO_ELEMENT, Limits, Look, Signal
from collector.query.sql import SEQUENCE


def _hits(look: Look, limits: Limits) -> str:
    expired = look.binder.instant(look.now_ms - limits.form_minutes * 60_000)
    words = f"toString({look.place}), toString({look.group}), toUInt8({look.rows})"
    last = f"argMax((toUnixTimestamp64Milli(events.ts), events.page_id, events.n, {words}), {SEQUENCE})"
    return f"""
SELECT {HIT}
FROM (
    SELECT events.session_id AS session, {last} AS last, last.1 AS ms, last.2 AS page, last.3 AS number,
        last.4 AS place, last.5 AS grp, {NO_ELEMENT}, max(events.ts) AS ended,
        concat(toString(events.form), '/', argMaxIf(toString(events.field), {SEQUENCE}, events.kind = 'field')) AS what,
        toFloat64(1) AS value
    FROM events
    WHERE {look.scope.near()} AND events.kind IN ('form', 'field')
    GROUP BY session, events.form
    HAVING countIf(events.kind = 'field' OR events.step IN ('start', 'attempt', 'error', 'ok')) > 0
        AND countIf(events.step = 'ok') = 0 AND ended <= {expired} AND last.6
)"""


SIGNAL = Signal("form_abandon", FORM_ABANDON, _hits)
