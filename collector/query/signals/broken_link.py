"""Which links and buttons lead nowhere?"""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from collector.query.definitions import define
from collector.query.signals.error_click import error_clicks
from collector.query.signals.signal import HIT, NO_ELEMENT, WHICH_ELEMENT, Limits, Look, Signal

BROKEN_LINK = define(
    "broken_link",
    1,
    "clicks and page views",
    "page views with HTTP status 400 or above, counted on the page from which they were reached (the one before in the "
    "session; else on the broken page itself), clicks that are followed by an HTTP error as in error_click, and "
    "clicks on links that were watched for at least T (as in dead) without any response",
    f"T = {Limits().dead_ms} ms",
    "own",
)


def _hits(look: Look, limits: Limits) -> str:
    return f"""{_missing(look.views)}
UNION ALL
SELECT {HIT} FROM (SELECT * EXCEPT what, concat(what, ' → ', error, ' ', source) AS what
    FROM ({error_clicks(look, limits, "('http')")}
))
UNION ALL
SELECT {look.clicks.hit("events.watched_ms", WHICH_ELEMENT)}
FROM {look.clicks.source} AS events
WHERE {look.clicks.rows} AND events.kind = 'click' AND events.element_role = 'link' AND events.response = ''
    AND events.watched_ms >= {look.binder.integer(limits.dead_ms)} AND NOT events.selection"""


def _missing(look: Look) -> str:
    broken = "events.kind = 'page_view' AND events.status >= 400"
    return f"""
SELECT {HIT}
FROM (
    SELECT session, at.1 AS ms, at.2 AS page, at.3 AS number, at.4 AS place, at.5 AS grp, {NO_ELEMENT},
        visit.1 AS what, toFloat64(visit.2) AS value, visit.3 AS at
    FROM (
        SELECT events.session_id AS session, arraySort(e -> (e.1, e.2, e.3), groupArray((
                toUnixTimestamp64Milli(events.ts), events.page_id, events.n, toString({look.place}),
                toString({look.group}), toUInt8({look.rows}), events.status, toString(events.path)))) AS series,
            arrayJoin(arrayFilter(v -> v.2 >= 400 AND v.3.6, arrayMap(
                (e, before) -> (e.8, e.7, if(before.1 = 0, e, before)),
                series, arrayPushFront(arrayPopBack(series), CAST(
                    (0, 0, 0, '', '', 0, 0, ''), 'Tuple(Int64, UInt64, UInt32, String, String, UInt8, UInt16, String)'
                ))))) AS visit
        FROM {look.source} AS events
        WHERE {look.near} AND events.kind = 'page_view' AND events.session_id IN (
            SELECT events.session_id FROM {look.source} AS events WHERE {look.near} AND {broken})
        GROUP BY session
    )
)"""


SIGNAL = Signal("broken_link", BROKEN_LINK, _hits)
