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
    # As one number, time and number of the latest event take a quarter of the CPU that the pair of them takes.
    latest = "bitShiftLeft(toUInt128(toUnixTimestamp64Milli(events.ts)), 32) + events.n"
    # What is usual is the turns of the view from which on the rest, `above`, lie over the quantile. Where that view has
    # too few turns to be a hit, it is not among those kept, and 0 stands for it.
    return f"""
SELECT hit.2 AS session, toInt64(bitShiftRight(hit.3, 32)) AS ms, hit.4 AS page, toUInt32(hit.3) AS number,
    hit.5 AS place, hit.6 AS grp, {NO_ELEMENT}, '' AS what, toFloat64(hit.1) AS value
FROM (
    SELECT any(all_views) AS views, toInt64(views) - toInt64(floor({level} * views)) AS above,
        groupArray((turns, session, latest, page, place, grp, asked)) AS restless,
        arrayReverseSort(restless.1)[above] AS usual, arrayJoin(arrayFilter(v -> v.1 > usual AND v.7, restless)) AS hit
    FROM (
        SELECT any(events.session_id) AS session, any(events.page_id) AS page, any(events.path) AS path,
            max({latest}) AS latest, any({look.place}) AS place, any({look.group}) AS grp,
            any({look.chosen}) AS asked, sum(events.reversals) AS turns
        FROM events
        WHERE {look.within} AND events.kind = 'engagement' AND events.reversals > 0
        GROUP BY {PAGE_VIEW}
        HAVING turns >= {least}
    ) AS turning
    INNER JOIN (
        SELECT events.path AS path, count() AS all_views FROM {look.views.source} AS events
        WHERE {look.views.within} AND events.kind = 'page_view' GROUP BY path
    ) AS viewing USING path
    GROUP BY path
)"""


SIGNAL = Signal("scrolling", SCROLLING, _hits, "reversals", "reversals", (2, 3, 4, 5, 6, 8, 10, 12, 15, 20))
