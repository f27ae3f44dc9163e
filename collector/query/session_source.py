"""One row a session, from the roll-up (people) or from single events (bots too, or columns that it lacks)."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collector.query.columns import SESSION_COLUMNS
from collector.query.definitions import SESSION_SLACK_DAYS
from collector.query.sql import DAY_MS, SEQUENCE, sequence

if TYPE_CHECKING:
    from collections.abc import Collection

    from collector.query.columns import Column
    from collector.query.question import Question
    from collector.query.sql import Binder, Scope

FIRST = sequence("sessions.entry.ts", "sessions.entry.page_id", "sessions.entry.n")
"""The place of a session's first event in a row of `sessions`; the least of several rows is the session's."""
ATTRIBUTES = {name: name for name in (*SESSION_COLUMNS, "exit_path")}
_MANY = 4
"""From so many attributes on, reading the whole first event takes less than finding the first of each."""
_SUMS = ("page_views", "clicks", "errors", "conversions", "engaged_ms", "foreground_ms")


def sessions_sql(
    question: Question,
    scope: Scope,
    *,
    group: Column | None = None,
    touching: bool = False,
    only: str | None = None,
    attributes: Collection[str] = ATTRIBUTES,
) -> str:
    """A statement with one row for each session that starts in the period.

    Its columns: session_id, visitor_id, started_at, ended_at, the `ATTRIBUTES`, page_views, clicks, errors,
    conversions, engaged_ms, foreground_ms, and `grp`, the value of `group` at the first event.

    Args:
        attributes: those of `ATTRIBUTES` that are looked at. Others are not read either way, but each takes the
            server a millisecond to plan.
        touching: sessions with an event in the period, whenever they started.
        only: SQL of a set of session ids; the period is then not looked at.
    """
    named = {*attributes, *([group.name] if group else [])} & {*ATTRIBUTES}
    outer = f", {group.name} AS grp" if group and group.name in ATTRIBUTES else ""
    of_those = f" AND session_id IN ({only})" if only else ""
    during = "1" if only else (_overlaps if touching else _begins)(question, scope.binder)
    if question.bots or (group and not outer):
        grp = f", argMin({group.as_text}, {SEQUENCE}) AS grp" if group and not outer else ""
        whole = _from_events(scope, named, f"{scope.near()}{of_those}", during, grp)
    elif _is_better_grouped(question, named):
        whole = _grouped(scope, named, f"{'1' if only else _near(question, scope.binder)}{of_those}", during)
    else:
        whole = _added_up(scope, named, f"{during}{of_those}")
    return f"""
SELECT *{outer} FROM ({whole}
)"""


def mentioned(sql: str) -> frozenset[str]:
    """The attributes that a condition looks at: values are bound, so that every word of it is a name."""
    return frozenset(ATTRIBUTES) & frozenset(re.findall(r"\w+", sql))


def _begins(question: Question, binder: Binder) -> str:
    return question.during(binder, "started_at")


def _overlaps(question: Question, binder: Binder) -> str:
    start, end = binder.instant(question.range.start_ms), binder.instant(question.range.end_ms)
    return f"ended_at >= {start} AND started_at < {end}"


def _near(question: Question, binder: Binder) -> str:
    """Rows of the roll-up that can belong to a session of the period: it may be stored in several pieces."""
    slack = SESSION_SLACK_DAYS * DAY_MS
    return (
        f"sessions.started_at >= {binder.instant(question.range.start_ms - slack)}"
        f" AND sessions.started_at < {binder.instant(question.range.end_ms + slack)}"
    )


def _is_better_grouped(question: Question, named: set[str]) -> bool:
    """A session may be stored in several pieces, which grouping finds, or `FINAL` where they lie beside each other.

    FINAL takes half of it without attributes and two thirds with eight, but twice as much with one, since it reads all
    of the first event. Of several servers, two may have pieces of one session since a shard was added.
    """
    return question.place.spread or 0 < len(named & {*SESSION_COLUMNS}) < _MANY


def _added_up(scope: Scope, named: Collection[str], condition: str) -> str:
    """A part of a tuple that is named as a column (`entry.path`) would be read without the rest, of any piece."""
    firsts = [f"tupleElement(s.entry, '{_of_event(name)}') AS {name}" for name in SESSION_COLUMNS if name in named]
    columns = ", ".join([*firsts, "tupleElement(s.exit_path, 4) AS exit_path", *_SUMS])
    return f"""
    SELECT session_id, visitor_id, started_at, ended_at, {columns}
    FROM sessions AS s FINAL
    WHERE site_id = {scope.binder.integer(scope.site_id)} AND {condition}"""


def _grouped(scope: Scope, named: Collection[str], condition: str, during: str) -> str:
    firsts = [f"argMin({of_first(name)}, {FIRST}) AS {name}" for name in SESSION_COLUMNS if name in named]
    last = sequence("sessions.exit_path.1", "sessions.exit_path.2", "sessions.exit_path.3")
    sums = [f"sum(sessions.{name}) AS {name}" for name in _SUMS]
    columns = ", ".join([*firsts, f"argMax(sessions.exit_path.4, {last}) AS exit_path", *sums])
    return f"""
    SELECT session_id, min(sessions.visitor_id) AS visitor_id, min(sessions.started_at) AS started_at,
        max(sessions.ended_at) AS ended_at, {columns}
    FROM sessions
    WHERE sessions.site_id = {scope.binder.integer(scope.site_id)} AND {condition}
    GROUP BY session_id
    HAVING {during}"""


def of_first(name: str) -> str:
    """A session's attribute in a row of `sessions`: one of its first event's values."""
    return f"sessions.entry.{_of_event(name)}"


def _of_event(name: str) -> str:
    """What a session's attribute is called where it is one of its first event's."""
    return "path" if name == "entry_path" else name


def _from_events(scope: Scope, named: Collection[str], condition: str, during: str, grp: str) -> str:
    firsts = [
        f"argMin(toString(events.{_of_event(name)}), {SEQUENCE}) AS {name}" for name in SESSION_COLUMNS if name in named
    ]
    counts = [
        f"countIf(events.kind = '{kind}') AS {name}"
        for kind, name in (
            ("page_view", "page_views"),
            ("click", "clicks"),
            ("error", "errors"),
            ("conversion", "conversions"),
        )
    ]
    sums = [f"sum(toUInt64(events.{name})) AS {name}" for name in ("engaged_ms", "foreground_ms")]
    columns = ", ".join([*firsts, f"argMax(toString(events.path), {SEQUENCE}) AS exit_path", *counts, *sums])
    return f"""
    SELECT events.session_id AS session_id, min(events.visitor_id) AS visitor_id, min(events.ts) AS started_at,
        max(events.ts) AS ended_at, {columns}{grp}
    FROM events
    WHERE {condition}
    GROUP BY session_id
    HAVING {during}"""
