"""Which pages do people come back to again and again within a minute?"""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from collector.query.definitions import define
from collector.query.signals.signal import HIT, NO_ELEMENT, OTHER_PAGE, Limits, Look, Signal

PAGE_LOOP = define(
    "page_loop",
    1,
    "sessions",
    "sessions with at least k views of one page within W, of which the page views of the period are counted; views "
    "after a pause or of another anchor are no views of their own",
    f"k = {Limits().page_loop}, W = {Limits().page_loop_ms // 1000} s",
    "Conviva page loop (3 within 15 s)",
)


def _hits(look: Look, limits: Limits) -> str:
    least, within = look.binder.integer(limits.page_loop), look.binder.integer(limits.page_loop_ms)
    look = look.views
    views = f"{look.rows} AND events.kind = 'page_view' AND {OTHER_PAGE}"
    # Few come back so often: those are found by counting, and only theirs are put in order.
    return f"""
SELECT {HIT}
FROM (
    SELECT session, series[first].1 AS ms, series[first].2 AS page, series[first].3 AS number, place, grp,
        {NO_ELEMENT}, '' AS what, arrayMap((e, i) -> arrayLastIndex(x -> x.1 <= e.1 + {within}, series) - i + 1,
            series, arrayEnumerate(series)) AS counts, toFloat64(arrayMax(counts)) AS value,
        indexOf(counts, arrayMax(counts)) AS first
    FROM (
        SELECT events.session_id AS session, any({look.place}) AS place, any({look.group}) AS grp,
            arraySort(groupArray((toUnixTimestamp64Milli(events.ts), events.page_id, events.n))) AS series
        FROM {look.source} AS events
        WHERE {views} AND cityHash64(events.session_id, events.path) IN (
            SELECT cityHash64(events.session_id, events.path) AS visit FROM {look.source} AS events WHERE {views}
            GROUP BY visit HAVING count() >= {least})
        GROUP BY session, events.path
        HAVING count() >= {least}
    )
)
WHERE value >= {least}"""


SIGNAL = Signal("page_loop", PAGE_LOOP, _hits, "page_loop", "views", (2, 3, 4, 5, 6, 8, 10))
