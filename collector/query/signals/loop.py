"""Who goes back to an earlier step instead of on to the next?"""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.definitions import define
from collector.query.signals.signal import HIT, NO_ELEMENT, Limits, Look, Signal
from collector.query.steps import kinds_sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.query.steps import Step

LOOP = define(
    "loop",
    1,
    "sessions",
    "sessions that were at a step and next did an earlier one of the steps given, by (ts, page_id, n), at least k "
    "times; counted at the step from which they went back",
    f"k = {Limits().backs}",
    "own; ordered steps as in a funnel",
)


def step_number(steps: Sequence[Step], look: Look) -> str:
    """SQL of which step a row of `events` is, from 1; 0: none. One that is several counts as the first of them."""
    cases = ", ".join(f"{step.sql(look.binder)}, {number}" for number, step in enumerate(steps, 1))
    return f"toUInt8(multiIf({cases}, 0))"


def step_series(steps: Sequence[Step], look: Look) -> str:
    """A statement with one row a session: its steps in order, as (ms, page, n, step, is asked about, group)."""
    kinds = kinds_sql(steps)
    return f"""
    SELECT events.session_id AS session, arraySort(groupArray((toUnixTimestamp64Milli(events.ts), events.page_id,
        events.n, {step_number(steps, look)} AS step, toUInt8({look.rows}), toString({look.group})))) AS series
    FROM events
    WHERE {look.scope.near()} AND events.kind IN ({kinds}) AND step > 0
    GROUP BY session"""


def loops(steps: Sequence[Step], look: Look, limits: Limits) -> str:
    """One row a session and step from which it went back at least `backs` times."""
    return f"""
SELECT {HIT} FROM (
    SELECT session, min(left.1) AS ms, argMin(left.2, left) AS page, argMin(left.3, left) AS number,
        toString(left.4) AS place, left.6 AS grp, {NO_ELEMENT},
        argMin(concat('back to step ', toString(left.7)), left) AS what,
        toFloat64(count()) AS value
    FROM (
        SELECT session, arrayJoin(arrayFilter(v -> v.5 AND v.7 < v.4, arrayMap(
            (e, next) -> (e.1, e.2, e.3, e.4, e.5, e.6, next.4), arrayPopBack(series), arrayPopFront(series)))) AS left
        FROM ({step_series(steps, look)}
        )
    )
    GROUP BY session, place, grp
    HAVING value >= {look.binder.integer(limits.backs)}
)"""


def signal(steps: Sequence[Step]) -> Signal:
    """The signal of these steps, in their order."""
    return Signal("loop", LOOP, lambda look, limits: loops(steps, look, limits), "backs", "times", (1, 2, 3, 4, 5))
