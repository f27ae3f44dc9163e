"""Which pages are left at once, back to where people came from?"""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from collector.query.definitions import define
from collector.query.signals.signal import HIT, NO_ELEMENT, OTHER_PAGE, Limits, Look, Signal

QUICK_BACK = define(
    "quick_back",
    1,
    "page views",
    "page views B of a session between two of one other page A (A, B, A: next to each other by (ts, page_id, n)), with "
    "less than T from the beginning of B to that of the second A, and neither a click nor a field visit on B; views "
    "after a pause or of another anchor are no page of their own",
    f"T = {Limits().quick_back_ms // 1000} s",
    "uxify (5 s, no interaction, then back); Hotjar (about 7 s)",
)


def _hits(look: Look, limits: Limits) -> str:
    limit = look.binder.integer(limits.quick_back_ms)
    views = f"{look.views.near} AND events.kind = 'page_view' AND {OTHER_PAGE}"
    # By numbers alone for the sessions that came back to a page; then words and uses, of the few left so soon.
    source = f"{look.views.source} AS events"
    page = "cityHash64(events.session_id, events.path)"
    return f"""
SELECT {HIT}
FROM (
    SELECT left_soon.session AS session, left_soon.away.1 AS ms, left_soon.away.2 AS page, left_soon.away.3 AS number,
        any({look.place}) AS place, any({look.group}) AS grp, {NO_ELEMENT}, '' AS what,
        toFloat64(left_soon.away.4) AS value
    FROM events
    INNER JOIN (
        SELECT session, arrayJoin(arrayFilter(v -> v.5, arrayMap(
            (a, b, c) -> (b.1, b.2, b.3, c.1 - b.1, a.4 = c.4 AND a.4 != b.4 AND c.1 - b.1 < {limit}),
            arrayPopBack(arrayPopBack(series)), arrayPopFront(arrayPopBack(series)),
            arrayPopFront(arrayPopFront(series))))) AS away, away.2 AS page_
        FROM (
            SELECT events.session_id AS session, arraySort(groupArray((toUnixTimestamp64Milli(events.ts),
                events.page_id, events.n, cityHash64(events.path)))) AS series
            FROM {source}
            WHERE {views} AND events.session_id IN (
                SELECT any(events.session_id) FROM {source} WHERE {views} GROUP BY {page} HAVING count() > 1)
            GROUP BY session
            HAVING length(series) > 2
        )
    ) AS left_soon ON events.session_id = left_soon.session AND events.page_id = left_soon.page_
    WHERE {look.rows} AND events.kind IN ('page_view', 'click', 'field')
    GROUP BY session, ms, page, number, value
    HAVING countIf(events.kind != 'page_view') = 0
)"""


SIGNAL = Signal(
    "quick_back",
    QUICK_BACK,
    _hits,
    "quick_back_ms",
    "ms",
    tuple(1000 * seconds for seconds in (3, 4, 5, 6, 7, 8, 10, 12, 15)),
    below=True,
)
