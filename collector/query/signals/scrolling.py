"""On which page views do people scroll up and down in search of something?"""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from collector.query.definitions import define
from collector.query.signals.signal import NO_ELEMENT, Limits, Look, Signal
from collector.query.sql import PAGE_VIEW

SCROLLING = define(
    "scrolling",
    1,
    "page views",
    "page views with more changes of the scroll direction than quantile q over all of people's page views of that "
    "page in the period, and with at least k",
    f"q = {Limits().reversals_quantile}, k = {Limits().reversals}",
    "Clarity (more than is usual on the page, no number); quantile and minimum: own",
)


def _hits(look: Look, limits: Limits) -> str:
    least, level = look.binder.integer(limits.reversals), look.binder.number(limits.reversals_quantile)
    # Most page views have none, and only those that have enough are looked up by their words.
    return f"""
SELECT session, latest.1 AS ms, page, latest.2 AS number, place, grp, {NO_ELEMENT}, '' AS what,
    toFloat64(turns) AS value
FROM (
    SELECT any(events.session_id) AS session, any(events.page_id) AS page,
        max((toUnixTimestamp64Milli(events.ts), events.n)) AS latest, any({look.place}) AS place,
        any({look.group}) AS grp, any(events.path) AS path, sum(events.reversals) AS turns
    FROM events
    WHERE {look.rows} AND events.kind = 'engagement' AND {PAGE_VIEW} IN (
        SELECT {PAGE_VIEW} FROM events
        WHERE {look.within} AND events.kind = 'engagement' AND events.reversals > 0
        GROUP BY {PAGE_VIEW} HAVING sum(events.reversals) >= {least})
    GROUP BY {PAGE_VIEW}
) AS view
INNER JOIN (
    SELECT path, arraySort(groupArray(turns)) AS restless, any(all_views) AS views,
        restless[toInt64(floor({level} * views)) - toInt64(views) + toInt64(length(restless)) + 1] AS usual
    FROM (
        SELECT any(events.path) AS path, sum(events.reversals) AS turns
        FROM events
        WHERE {look.within} AND events.kind = 'engagement' AND events.reversals > 0
        GROUP BY {PAGE_VIEW}
    ) AS turning
    INNER JOIN (
        SELECT events.path AS path, count() AS all_views FROM events
        WHERE {look.within} AND events.kind = 'page_view' GROUP BY path
    ) AS viewing USING path
    GROUP BY path
) AS page_ USING path
WHERE turns > usual"""


SIGNAL = Signal("scrolling", SCROLLING, _hits, "reversals", "reversals", (2, 3, 4, 5, 6, 8, 10, 12, 15, 20))
