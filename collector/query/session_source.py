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

    A session may be stored in several pieces. `FINAL` adds them up where they lie beside each other: half of what
    grouping takes without attributes, two thirds with eight, twice as much with one, since it reads all of the first
    event. Of several servers, two may have pieces of one session since a shard was added.

    Its columns: session_id, visitor_id, started_at, ended_at, the `ATTRIBUTES`, page_views, clicks, errors,
    conversions, engaged_ms, foreground_ms, and `grp`, the value of `group` at the first event.

    Args:
        attributes: those of `ATTRIBUTES` that are looked at. Others are not read either way, but each takes the
            server a millisecond to plan.
        touching: sessions with an event in the period, whenever they started.
        only: SQL of a set of session ids; the period is then not looked at.
    """
    binder = scope.binder
    named = {*attributes, *([group.name] if group else [])} & {*ATTRIBUTES}
    outer = f", {group.name} AS grp" if group and group.name in ATTRIBUTES else ""
    chosen = f" AND session_id IN ({only})" if only else ""
    having = "" if only else f"\n    HAVING {_overlaps(question, binder) if touching else _begins(question, binder)}"
    if not question.bots and (group is None or outer):
        site = f"sessions.site_id = {binder.integer(scope.site_id)}"
        if not question.place.spread and not 0 < len(named & {*SESSION_COLUMNS}) < _MANY:
            during = "" if only else f" AND {(_overlaps if touching else _begins)(question, binder, 'sessions.')}"
            return f"""
SELECT *{outer} FROM (
    SELECT sessions.session_id AS session_id, sessions.visitor_id AS visitor_id, sessions.started_at AS started_at,
        sessions.ended_at AS ended_at, {_merged(named)}
    FROM sessions FINAL
    WHERE {site}{during}{chosen}
)"""
        near = "" if only else f" AND {_near(question, binder)}"
        return f"""
SELECT *{outer} FROM (
    SELECT session_id, min(sessions.visitor_id) AS visitor_id, min(sessions.started_at) AS started_at,
        max(sessions.ended_at) AS ended_at, {_rolled_up(named)}
    FROM sessions
    WHERE {site}{near}{chosen}
    GROUP BY session_id{having}
)"""
    grp = f", argMin({group.as_text}, {SEQUENCE}) AS grp" if group and not outer else ""
    return f"""
SELECT *{outer} FROM (
    SELECT events.session_id AS session_id, min(events.visitor_id) AS visitor_id, min(events.ts) AS started_at,
        max(events.ts) AS ended_at, {_from_events(named)}{grp}
    FROM events
    WHERE {scope.near()}{chosen}
    GROUP BY session_id{having}
)"""


def mentioned(sql: str) -> frozenset[str]:
    """The attributes that a condition looks at: values are bound, so that every word of it is a name."""
    return frozenset(ATTRIBUTES) & frozenset(re.findall(r"\w+", sql))


def _begins(question: Question, binder: Binder, of: str = "") -> str:
    return question.during(binder, f"{of}started_at")


def _overlaps(question: Question, binder: Binder, of: str = "") -> str:
    start, end = binder.instant(question.range.start_ms), binder.instant(question.range.end_ms)
    return f"{of}ended_at >= {start} AND {of}started_at < {end}"


def _near(question: Question, binder: Binder) -> str:
    """Rows of the roll-up that can belong to a session of the period: it may be stored in several pieces."""
    slack = SESSION_SLACK_DAYS * DAY_MS
    return (
        f"sessions.started_at >= {binder.instant(question.range.start_ms - slack)}"
        f" AND sessions.started_at < {binder.instant(question.range.end_ms + slack)}"
    )


def _merged(named: Collection[str]) -> str:
    """The columns of sessions whose rows ClickHouse adds up while it reads them.

    A part of a tuple that is named as a column (`entry.path`) is read without the rest, and is that of any piece.
    """
    firsts = [
        f"tupleElement(sessions.entry, '{_of_event(name)}') AS {name}" for name in SESSION_COLUMNS if name in named
    ]
    sums = [f"sessions.{name} AS {name}" for name in _SUMS]
    return ", ".join([*firsts, "tupleElement(sessions.exit_path, 4) AS exit_path", *sums])


def _rolled_up(named: Collection[str]) -> str:
    firsts = [f"argMin({of_first(name)}, {FIRST}) AS {name}" for name in SESSION_COLUMNS if name in named]
    last = sequence("sessions.exit_path.1", "sessions.exit_path.2", "sessions.exit_path.3")
    sums = [f"sum(sessions.{name}) AS {name}" for name in _SUMS]
    return ", ".join([*firsts, f"argMax(sessions.exit_path.4, {last}) AS exit_path", *sums])


def of_first(name: str) -> str:
    """A session's attribute in a row of `sessions`: one of its first event's values."""
    return f"sessions.entry.{_of_event(name)}"


def _of_event(name: str) -> str:
    """What a session's attribute is called where it is one of its first event's."""
    return "path" if name == "entry_path" else name


def _from_events(named: Collection[str]) -> str:
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
    return ", ".join([*firsts, f"argMax(toString(events.path), {SEQUENCE}) AS exit_path", *counts, *sums])
