"""The statement behind `paths`: one row a unit, with the pages it went through from a start on, or up to an end.

The views of a unit are one array in the order (ts, page_id, n); repeats are collapsed and the depth is cut inside
the array, so that nothing is ever joined with itself.
"""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.query.definitions import SESSION_SLACK_DAYS
from collector.query.session_source import ATTRIBUTES, mentioned, sessions_sql
from collector.query.sql import DAY_MS, Binder
from collector.query.units import unit_sql

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.query.question import Question
    from collector.query.steps import Step

ENTRY, EXIT = "(entry)", "(exit)"
# Stations are numbers inside the arrays, which halves the work; other names are hashed.
_ENTRY, _EXIT, _ANCHOR = 1, 2, 3
_CLICK = """concat('click ', if(events.element_name != '', toString(events.element_name),
        if(events.element_selector != '', toString(events.element_selector), toString(events.element_role))))"""
_LABELS = {
    "page": "toString(events.path)",
    "page_type": "if(events.page_type = '', '(no page type)', toString(events.page_type))",
    "click": f"if(events.kind = 'click', {_CLICK}, toString(events.path))",
}


@dataclass(frozen=True, slots=True)
class Walk:
    """Paths without their site and period; `anchor` is the start, or with `backward` the end."""

    anchor: Step | None
    backward: bool
    of: str
    unit: str
    depth: int
    collapse: bool


def walks_sql(question: Question, walk: Walk, binder: Binder, *, who: bool = False) -> str:
    """A statement with one row for each unit of sessions that start in the period and that has the anchor.

    Its columns: way, the stations in the order in which they were walked (the entry and the exit are there where the
    depth reaches them), as numbers that `names_of` knows; with `who` session, that of the anchor.
    """
    series, anchor = "series", "1"
    if walk.anchor is not None:
        anchor = "arrayFirstIndex(e -> e.5, series)"
        series = f"arraySlice(series, 1, {anchor})" if walk.backward else f"arraySlice(series, {anchor})"
    elif walk.backward:
        anchor = "-1"
    way = f"arrayMap(e -> e.4, {series})"
    way = f"arrayCompact({way})" if walk.collapse else way
    if walk.backward or walk.anchor is None:
        way = f"arrayPushFront({way}, toUInt64({_ENTRY}))"
    if not walk.backward or walk.anchor is None:
        way = f"arrayPushBack({way}, toUInt64({_EXIT}))"
    size = walk.depth + 1
    cut = f"arraySlice({way}, -{size})" if walk.backward else f"arraySlice({way}, 1, {size})"
    return f"""
SELECT {cut} AS way{f", series[{anchor}].6 AS session" if who else ""}
FROM (
    SELECT arraySort(groupArray((at, page, number, name, is_anchor{", session" if who else ""}))) AS series
    FROM ({_events(question, walk, binder)}
    )
    GROUP BY unit{f"{chr(10)}    HAVING max(is_anchor)" if walk.anchor else ""}
)"""


def names_of(question: Question, walk: Walk, numbers: Iterable[int]) -> dict[int, str]:
    """What stations are called, by their numbers."""
    known = {_ENTRY: ENTRY, _EXIT: EXIT, _ANCHOR: str(walk.anchor)}
    wanted = sorted({each for each in numbers if each not in known})
    if not wanted:
        return known
    binder = Binder()
    among = ", ".join(binder.unsigned(each) for each in wanted)
    found = question.asker.rows(
        f"""
SELECT DISTINCT sipHash64({_LABELS[walk.of]}) AS number, {_LABELS[walk.of]}
FROM events
WHERE {_read(question, binder)} AND {_views(walk)} AND number IN ({among})""",
        binder,
    )
    return known | {int(number): str(name) for number, name in found}


def _events(question: Question, walk: Walk, binder: Binder) -> str:
    scope = question.scope(binder)
    unit = unit_sql(walk.unit, scope)
    anchor = walk.anchor.sql(binder) if walk.anchor else "0"
    # An anchor that is no view itself, such as a conversion, is a station of its own.
    name = f"if({_views(walk)}, sipHash64({_LABELS[walk.of]}), toUInt64({_ANCHOR}))"
    chosen = question.where.session(scope, ATTRIBUTES) if question.where else "1"
    sessions = sessions_sql(question, scope, attributes=mentioned(chosen))
    return f"""
        SELECT {unit.id} AS unit, events.session_id AS session, {name} AS name, {anchor} AS is_anchor,
            toUnixTimestamp64Milli(events.ts) AS at, events.page_id AS page, events.n AS number
        FROM {unit.source}
        WHERE {_read(question, binder)} AND ({_views(walk)}{f" OR {anchor}" if walk.anchor else ""})
            AND events.session_id IN (SELECT session_id FROM ({sessions}
            ) WHERE {chosen})"""


def _views(walk: Walk) -> str:
    return "events.kind IN ('page_view', 'click')" if walk.of == "click" else "events.kind = 'page_view'"


def _read(question: Question, binder: Binder) -> str:
    return f"{question.scope(binder).base()} AND {question.during(binder, look_ahead_ms=SESSION_SLACK_DAYS * DAY_MS)}"
