"""One row a session, from the roll-up (people) or from single events (bots too, or columns that it lacks)."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.columns import SESSION_COLUMNS

if TYPE_CHECKING:
    from collector.query.columns import Column
    from collector.query.question import Question
    from collector.query.sql import Scope

ATTRIBUTES = {name: name for name in (*SESSION_COLUMNS, "exit_path")}
_SUMS = ("page_views", "clicks", "errors", "conversions", "engaged_ms", "foreground_ms")
_ORDER = "(events.ts, events.page_id, events.n)"


def sessions_sql(
    question: Question,
    scope: Scope,
    *,
    group: Column | None = None,
    touching: bool = False,
    only: str | None = None,
) -> str:
    """A statement with one row for each session that starts in the period.

    Its columns: session_id, visitor_id, started_at, ended_at, the `ATTRIBUTES`, page_views, clicks, errors,
    conversions, engaged_ms, foreground_ms, and `grp`, the value of `group` at the first event.

    Args:
        touching: sessions with an event in the period, whenever they started.
        only: SQL of a set of session ids; the period is then not looked at.
    """
    rolled_up = not question.bots and (group is None or group.name in ATTRIBUTES)
    wanted = only or _candidates(question, scope, touching)
    begun = "" if touching or only else f"\nHAVING {question.during(scope.binder, 'started_at')}"
    outer = f", {group.name} AS grp" if group and group.name in ATTRIBUTES else ""
    if rolled_up:
        return f"""
SELECT *{outer} FROM (
    SELECT session_id, min(sessions.visitor_id) AS visitor_id, min(sessions.started_at) AS started_at,
        max(sessions.ended_at) AS ended_at, {_rolled_up()}
    FROM sessions
    WHERE sessions.site_id = {scope.binder.integer(scope.site_id)} AND session_id IN ({wanted})
    GROUP BY session_id{begun}
)"""
    grp = f", argMin({group.as_text}, {_ORDER}) AS grp" if group and not outer else ""
    place = scope.base() if only else scope.near()
    return f"""
SELECT *{outer} FROM (
    SELECT events.session_id AS session_id, min(events.visitor_id) AS visitor_id, min(events.ts) AS started_at,
        max(events.ts) AS ended_at, {_from_events()}{grp}
    FROM events
    WHERE {place} AND events.session_id IN ({wanted})
    GROUP BY session_id{begun}
)"""


def _candidates(question: Question, scope: Scope, touching: bool) -> str:
    """Ids of the sessions asked for, and perhaps of some that began a little earlier."""
    binder = scope.binder
    if question.bots:
        return f"SELECT events.session_id FROM events WHERE {scope.base()} AND {question.during(binder)}"
    site = f"sessions.site_id = {binder.integer(scope.site_id)}"
    when = question.during(binder, "sessions.started_at")
    if touching:
        when = (
            f"sessions.ended_at >= {binder.instant(question.range.start_ms)}"
            f" AND sessions.started_at < {binder.instant(question.range.end_ms)}"
        )
    return f"SELECT sessions.session_id FROM sessions WHERE {site} AND {when}"


def _rolled_up() -> str:
    firsts = [f"min(sessions.{name}).4 AS {name}" for name in SESSION_COLUMNS]
    sums = [f"sum(sessions.{name}) AS {name}" for name in _SUMS]
    return ", ".join([*firsts, "max(sessions.exit_path).4 AS exit_path", *sums])


def _from_events() -> str:
    firsts = [
        f"argMin(toString(events.{'path' if name == 'entry_path' else name}), {_ORDER}) AS {name}"
        for name in SESSION_COLUMNS
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
    return ", ".join([*firsts, f"argMax(toString(events.path), {_ORDER}) AS exit_path", *counts, *sums])
