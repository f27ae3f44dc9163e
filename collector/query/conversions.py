"""One row a session, visitor or person of the period, with which of several goals it reached. Rates and people come
from it alike."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.query.columns import SESSION_COLUMNS, column
from collector.query.definitions import SESSION_SLACK_DAYS
from collector.query.errors import BadQuestion
from collector.query.session_source import ATTRIBUTES, FIRST, mentioned, of_first, sessions_sql
from collector.query.sql import DAY_MS, SEQUENCE
from collector.query.trend import SIZES, Trend, trend_of
from collector.query.units import unit_sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.query.columns import Column
    from collector.query.question import Question
    from collector.query.sql import Binder

MOST_GOALS = 60
_NO_GOALS = "toUInt64(0)"


@dataclass(frozen=True, slots=True)
class Grouping:
    """What the groups are: values of a column, parts of the period, or one group."""

    by: str | None
    column: Column | None = None
    trend: Trend | None = None

    def name(self, value: object) -> str:
        """What a group is called, from the column grp."""
        return self.trend.name(value) if self.trend else str(value)

    def value(self, name: str) -> str:
        """The grp of a group by its name."""
        return self.trend.value(name) if self.trend else name


def grouping(question: Question, by: str | None) -> Grouping:
    """The groups for `by`: hour, day, week, a column, or None.

    Raises:
        UnknownName: no such column.
        BadQuestion: too many hours or days.
    """
    if by in SIZES:
        return Grouping(by, trend=trend_of(question.range, str(by), question.now_ms))
    return Grouping(by, column(by) if by else None)


def units_with_goals(question: Question, binder: Binder, goals: Sequence[str], unit: str, groups: Grouping) -> str:
    """A statement with one row for each session that starts in the period, or visitor or person with an event in it.

    Its columns: unit, grp, mask (bit i: goal i was reached), session (where the unit reached a goal first, else its
    first one). A visitor is in one group of a column, that of its first event, and in each part of the period in
    which it has events.

    Raises:
        BadQuestion: too many goals.
    """
    if len(goals) > MOST_GOALS:
        raise BadQuestion(f"{MOST_GOALS} goals can be asked for at once, not {len(goals)}")
    reached = [question.converted(goal, binder) for goal in goals]
    mask = " + ".join(f"bitShiftLeft(toUInt64({each}), {bit})" for bit, each in enumerate(reached)) or _NO_GOALS
    if unit == "session":
        return _sessions(question, binder, mask, " OR ".join(reached), groups)
    if is_rolled_up(question, unit, groups):
        return _visitors_of_sessions(question, binder, mask, " OR ".join(reached), groups)
    return _visitors(question, binder, mask, unit, groups)


def _sessions(question: Question, binder: Binder, mask: str, any_of: str, groups: Grouping) -> str:
    scope = question.scope(binder)
    chosen = question.where.session(scope, ATTRIBUTES) if question.where else "1"
    grp = "''"
    if groups.trend:
        grp = groups.trend.sql("started_at", binder)
    elif groups.column:
        grp = "grp"
    sessions = f"""(
    SELECT * FROM ({sessions_sql(question, scope, group=groups.column, attributes=mentioned(chosen))}
    )
    WHERE {chosen}
) AS all_sessions"""
    if not any_of:
        return f"SELECT session_id AS unit, {grp} AS grp, session_id AS session, {mask} AS mask FROM {sessions}"
    return f"""
SELECT session_id AS unit, {grp} AS grp, session_id AS session, won.mask AS mask
FROM {sessions}
LEFT JOIN (
    SELECT events.session_id AS won_session, groupBitOr({mask}) AS mask
    FROM events WHERE {scope.near()} AND ({any_of})
    GROUP BY won_session
) AS won ON won.won_session = all_sessions.session_id"""


def _visitors(question: Question, binder: Binder, mask: str, unit: str, groups: Grouping) -> str:
    scope = question.scope(binder)
    source = unit_sql(unit, scope)
    grp = f"argMin({groups.column.as_text}, {SEQUENCE})" if groups.column else "''"
    part = groups.trend.sql("events.ts", binder) if groups.trend else ""
    chosen = in_chosen_sessions(question, binder)
    reached = "toUInt64(0) AS mask, toUInt64(0) AS session"
    if mask != _NO_GOALS:
        first = f"bitShiftLeft(toUInt256(({mask}) = 0), 200) + {SEQUENCE}"
        reached = f"groupBitOr({mask}) AS mask, argMin(events.session_id, {first}) AS session"
    return f"""
SELECT {source.id} AS unit, {part or grp} AS grp, {reached}
FROM {source.source}
WHERE {scope.base()} AND {question.during(binder)}{chosen}
GROUP BY unit{", grp" if part else ""}"""


def is_rolled_up(question: Question, unit: str, groups: Grouping) -> bool:
    """Whether the roll-up of sessions knows the units: sessions of people, or visitors with their first events."""
    # It takes entry_path from the event's path, not from its column of that name.
    known = groups.column is None or groups.column.name in {*SESSION_COLUMNS} - {"entry_path"}
    return not question.bots and (unit == "session" or (unit == "visitor" and known and groups.trend is None))


def _visitors_of_sessions(question: Question, binder: Binder, mask: str, any_of: str, groups: Grouping) -> str:
    """As `_visitors`, from the first events of sessions: all events are ten times as many rows, and more.

    A session that began before the period is looked up in its events: the first of them in the period counts.
    """
    scope = question.scope(binder)
    slack = SESSION_SLACK_DAYS * DAY_MS
    start, soon = question.range.start_ms, min(question.range.end_ms, question.range.start_ms + slack)
    site = f"sessions.site_id = {binder.integer(scope.site_id)}"
    before = f"""SELECT sessions.session_id FROM sessions
        WHERE {site} AND sessions.started_at >= {binder.instant(start - slack)}
            AND sessions.started_at < {binder.instant(start)} AND sessions.ended_at >= {binder.instant(start)}"""
    chosen = in_chosen_sessions(question, binder, "sessions.session_id")
    rolled, value = ("''", "''")
    if groups.column:
        rolled, value = of_first(groups.column.name), groups.column.as_text
    firsts = f"""
    SELECT first_of AS unit, argMin(value, place) AS grp, argMin(in_session, place) AS first_session
    FROM (
        SELECT sessions.visitor_id AS first_of, {FIRST} AS place, {rolled} AS value, sessions.session_id AS in_session
        FROM sessions
        WHERE {site} AND {question.during(binder, "sessions.started_at")}{chosen}
        UNION ALL
        SELECT events.visitor_id, {SEQUENCE}, {value}, events.session_id
        FROM events
        WHERE {scope.base()} AND events.ts >= {binder.instant(start)} AND events.ts < {binder.instant(soon)}
            AND events.session_id IN ({before}){in_chosen_sessions(question, binder)}
    )
    GROUP BY unit"""
    if not any_of:
        return f"SELECT unit, grp, {_NO_GOALS} AS mask, {_NO_GOALS} AS session FROM ({firsts})"
    return f"""
SELECT unit, grp, won.mask AS mask, if(won.mask = 0, first_session, won.won_session) AS session
FROM ({firsts}
) AS firsts
LEFT JOIN (
    SELECT events.visitor_id AS winner, groupBitOr({mask}) AS mask, argMin(events.session_id, {SEQUENCE}) AS won_session
    FROM events
    WHERE {scope.base()} AND {question.during(binder)}{in_chosen_sessions(question, binder)} AND ({any_of})
    GROUP BY winner
) AS won ON won.winner = firsts.unit"""


def in_chosen_sessions(question: Question, binder: Binder, session: str = "events.session_id") -> str:
    """Condition, with its leading AND, that the column `session` is one that the filter selects; empty: none."""
    if question.where is None:
        return ""
    scope = question.scope(binder)
    chosen = question.where.session(scope, ATTRIBUTES)
    return f""" AND {session} IN (
    SELECT session_id FROM ({sessions_sql(question, scope, touching=True, attributes=mentioned(chosen))}
    )
    WHERE {chosen})"""
