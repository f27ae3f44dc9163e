"""Statements behind `form`: one row a session, and one row a field."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.definitions import FORM_EXPIRY_MINUTES
from collector.query.session_source import ATTRIBUTES, mentioned, sessions_sql
from collector.query.sql import SEQUENCE, Binder, matches, one_key

if TYPE_CHECKING:
    from collector.query.columns import Column
    from collector.query.question import Question


def sessions_of_form(question: Question, name: str, group: Column | None, binder: Binder) -> str:
    """A statement with one row for each session whose first event of the form lies in the period.

    Its columns: session, grp, started, attempted, failed, succeeded, resubmitted, abandoned, open, and last (the field
    visited last).
    """
    grp = f"argMin({group.as_text}, {SEQUENCE})" if group else "''"
    expired = question.now_ms - FORM_EXPIRY_MINUTES * 60_000
    return f"""
    SELECT *, started AND NOT succeeded AND ended_at > {binder.instant(expired)} AS open,
        started AND NOT succeeded AND NOT open AS abandoned
    FROM (
        SELECT events.session_id AS session, {grp} AS grp, min(events.ts) AS began_at, max(events.ts) AS ended_at,
            countIf(events.kind = 'field' OR events.step IN ('start', 'attempt', 'error', 'ok')) > 0 AS started,
            countIf(events.step IN ('attempt', 'error', 'ok')) > 0 AS attempted,
            countIf(events.step = 'error') > 0 AS failed, countIf(events.step = 'ok') > 0 AS succeeded,
            countIf(events.step = 'attempt') > 1 AS resubmitted,
            argMaxIf(toString(events.field), {SEQUENCE}, events.kind = 'field') AS last
        FROM events
        WHERE {_events(question, name, binder)}
        GROUP BY session
        HAVING {question.during(binder, "began_at")}
    )"""


def fields_sql(question: Question, name: str, group: Column | None, binder: Binder) -> str:
    """The statement with one row a group and field: what is counted by session."""
    return f"""
SELECT s.grp AS grp, toString(f.name) AS field, argMax(f.latest.1, f.last_visit), count() AS reached,
    countIf(f.visits > 1), countIf(NOT f.latest.2), countIf(s.abandoned AND s.last = toString(f.name)), countIf(s.open)
FROM ({_visited(question, name, binder)}
) AS f
INNER JOIN ({sessions_of_form(question, name, group, binder)}
) AS s ON f.session = s.session
GROUP BY grp, field"""


def visits_sql(question: Question, name: str, group: Column | None, binder: Binder) -> str:
    """The statement with one row a group and field: what is counted by visit."""
    sums = ", ".join(f"sum(events.{each})" for each in ("edits", "deletes", "refills", "pasted", "autofilled"))
    waited = "assumeNotNull(events.hesitation_ms), isNotNull(events.hesitation_ms)"
    code = "if(events.invalid = '', [], [toString(events.invalid)])"
    return f"""
SELECT s.grp AS grp, toString(events.field) AS name, count(),
    quantilesExactInclusiveIf(0.5, 0.75)({waited}), quantilesExactInclusive(0.5, 0.75)(events.dwell_ms), {sums},
    sumMap({code}, arrayWithConstant(length({code}), toUInt64(1)))
FROM events
INNER JOIN ({sessions_of_form(question, name, group, binder)}
) AS s ON events.session_id = s.session
WHERE {_events(question, name, binder)} AND events.kind = 'field'
GROUP BY grp, name"""


def reached_sql(question: Question, name: str, field: str, binder: Binder) -> str:
    """Condition that a session of `sessions_of_form` visited the field."""
    visited = f"{_events(question, name, binder)} AND events.kind = 'field' AND events.field = {binder.text(field)}"
    return f"session IN (SELECT events.session_id FROM events WHERE {visited})"


def _visited(question: Question, name: str, binder: Binder) -> str:
    return f"""
    SELECT any(events.session_id) AS session, any(events.field) AS name, count() AS visits,
        max(events.ts) AS last_visit, argMax((events.field_index, events.filled), {SEQUENCE}) AS latest
    FROM events
    WHERE {_events(question, name, binder)} AND events.kind = 'field'
    GROUP BY {one_key("events.session_id", "events.field")}"""


def _events(question: Question, name: str, binder: Binder) -> str:
    scope = question.scope(binder)
    condition = f"{scope.near()} AND events.kind IN ('form', 'field') AND {matches('events.form', name, binder)}"
    if question.where is None:
        return condition
    chosen = question.where.session(scope, ATTRIBUTES)
    sessions = sessions_sql(question, scope, touching=True, attributes=mentioned(chosen))
    return f"{condition} AND events.session_id IN (SELECT session_id FROM ({sessions}\n) WHERE {chosen})"
