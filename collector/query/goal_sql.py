"""Which events are conversions of a goal, what each is worth, and the goals that take a session to judge, as SQL.

A goal that takes a session stands at one event: `left_within` at the page view that was left, `abandoned` at the
event that began the cart. So every report that finds conversions by `Question.converted` knows them.
"""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from typing import TYPE_CHECKING

from collector import goals as file
from collector.query.carts import carts_sql
from collector.query.definitions import SESSION_SLACK_DAYS, define
from collector.query.errors import BadQuestion
from collector.query.sql import DAY_MS
from collector.query.steps import Step

if TYPE_CHECKING:
    from collector.goals import Abandoned, Left
    from collector.query.question import Question
    from collector.query.sql import Binder

SESSION_ENDS_MS = 30 * 60_000

GOAL = define(
    "goal",
    1,
    "events",
    "events that a goal of goals.yml matches, any of its matches; a detected micro step, where goals.yml does not say "
    "it otherwise; of any other name the conversion events with that name. class:macro without a goals.yml: all "
    "conversion events. A pattern means conversion events that goals.yml does not explain, and its goals that are not "
    "negative",
    "none",
    "own",
)
LEFT = define(
    "left",
    1,
    "sessions",
    "sessions of one page view that was visible for at most T, and which have ended; they count at that page view",
    "T as goals.yml says (left_5s: 5 s); ended: no event for 30 min",
    "own",
)


def converted_sql(question: Question, name: str, binder: Binder) -> str:
    """Condition that an event of table `events` is a conversion of the goal, by its name, pattern or class."""
    goals = question.place.goals
    parts = [step.sql(binder) for step in goals.steps(name)]
    for goal in goals.find(name):
        for match in goal.match:
            if isinstance(match, file.Left):
                parts.append(_left(question, match, binder))
            elif isinstance(match, file.Abandoned):
                parts.append(_abandoned(question, match, binder))
    return "(" + (" OR ".join(dict.fromkeys(parts)) or "0") + ")"


def kinds_sql(question: Question, *names: str) -> str:
    """The kinds of events among which conversions of these goals are, for `events.kind IN (…)`.

    Raises:
        BadQuestion: a goal takes a session to judge.
    """
    goals = question.place.goals
    for goal in (goal for name in names for goal in goals.find(name)):
        if goal.by_session:
            raise BadQuestion(f"goal {goal.name!r} takes a whole session to judge: name a goal that is an event")
    kinds = {kind for name in names for step in goals.steps(name) for kind in step.kinds}
    return ", ".join(f"'{kind}'" for kind in sorted(kinds)) or "''"


def worth_sql(question: Question, name: str, binder: Binder) -> tuple[str, str]:
    """SQL of amount and currency of a conversion of the goal: what goals.yml says, else what its event says."""
    amounts, currencies = [], []
    for goal in question.place.goals.find(name):
        if goal.value is None:
            continue
        for match in goal.match:
            if isinstance(match, file.Happening):
                condition = Step.from_dict(match.step).sql(binder)
                amounts.append(f"{condition}, toDecimal64({binder.text(f'{goal.value:f}')}, 4)")
                currencies.append(f"{condition}, {binder.text(goal.currency)}")
    if not amounts:
        return "events.value", "toString(events.currency)"
    return (
        f"multiIf({', '.join(amounts)}, events.value)",
        f"multiIf({', '.join(currencies)}, toString(events.currency))",
    )


def _left(question: Question, left: Left, binder: Binder) -> str:
    slack = SESSION_SLACK_DAYS * DAY_MS
    start, end = binder.instant(question.range.start_ms - slack), binder.instant(question.range.end_ms + slack)
    over = binder.instant(question.now_ms - SESSION_ENDS_MS)
    limit = binder.integer(left.within_ms)
    if question.bots:
        sessions = f"""SELECT e.session_id FROM events AS e
        WHERE e.site_id = {binder.integer(question.place.site_id)} AND e.ts >= {start} AND e.ts < {end}
        GROUP BY e.session_id
        HAVING countIf(e.kind = 'page_view') = 1 AND sum(e.foreground_ms) <= {limit} AND max(e.ts) <= {over}"""
    else:
        sessions = f"""SELECT s.session_id FROM sessions AS s
        WHERE s.site_id = {binder.integer(question.place.site_id)} AND s.started_at >= {start} AND s.started_at < {end}
        GROUP BY s.session_id
        HAVING sum(s.page_views) = 1 AND sum(s.foreground_ms) <= {limit} AND max(s.ended_at) <= {over}"""
    return f"(events.kind = 'page_view' AND events.session_id IN ({sessions}))"


def _abandoned(question: Question, abandoned: Abandoned, binder: Binder) -> str:
    slack = SESSION_SLACK_DAYS * DAY_MS
    carts = carts_sql(
        question,
        binder,
        abandoned.of,
        abandoned.without,
        within_ms=abandoned.within_ms,
        since_ms=question.range.start_ms - slack,
        until_ms=question.range.end_ms + slack,
    )
    return (
        f"(events.kind IN ({question.kinds(abandoned.of)}) AND (events.visitor_id, events.page_id, events.n) IN ("
        f"SELECT visitor, page, number FROM ({carts}\n) WHERE state = 'abandoned'))"
    )
