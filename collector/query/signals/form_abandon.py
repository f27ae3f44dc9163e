"""Where are forms begun and left?"""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from collector.query.definitions import FORM_ABANDON
from collector.query.signals.signal import HIT, NO_ELEMENT, Limits, Look, Signal
from collector.query.sql import SEQUENCE


def _hits(look: Look, limits: Limits) -> str:
    expired = look.binder.instant(look.now_ms - limits.form_minutes * 60_000)
    return f"""
SELECT {HIT}
FROM (
    SELECT events.session_id AS session, max({SEQUENCE}) AS last, toInt64(bitShiftRight(last, 96)) AS ms,
        toUInt64(bitShiftRight(last, 32)) AS page, toUInt32(last) AS number, argMax({look.place}, {SEQUENCE}) AS place,
        argMax({look.group}, {SEQUENCE}) AS grp, {NO_ELEMENT}, max(events.ts) AS ended,
        concat(toString(events.form), '/', argMaxIf(toString(events.field), {SEQUENCE}, events.kind = 'field')) AS what,
        toFloat64(1) AS value
    FROM events
    WHERE {look.scope.near()} AND events.kind IN ('form', 'field')
    GROUP BY session, events.form
    HAVING countIf(events.kind = 'field' OR events.step IN ('start', 'attempt', 'error', 'ok')) > 0
        AND countIf(events.step = 'ok') = 0 AND ended <= {expired} AND argMax({look.rows}, {SEQUENCE})
)"""


SIGNAL = Signal("form_abandon", FORM_ABANDON, _hits)
