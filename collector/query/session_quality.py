"""Whether a session was any good: engaged, bounced, converted. The same statement for every report that says so."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from collector.query.definitions import define
from collector.query.errors import unknown
from collector.query.rate import adjusted, p_value
from collector.query.session_source import ATTRIBUTES, mentioned, sessions_sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.query.columns import Column
    from collector.query.question import Question
    from collector.query.sql import Binder

ENGAGED_AFTER = "10s"
ENGAGED_SESSION = define(
    "engaged_session",
    1,
    "proportion of sessions",
    "sessions in which a page was in the foreground for more than the threshold, all page views together, or with a "
    "conversion event, or with at least two page views; out of the sessions that start in the period",
    "10 s of foreground time unless asked otherwise (10 to 60 s are usual)",
    "Google Analytics 4, engaged sessions",
)
BOUNCE_GA = define(
    "bounce_ga",
    1,
    "proportion of sessions",
    "sessions that are not engaged (1 - engaged_session)",
    "as engaged_session",
    "Google Analytics 4, bounce rate",
)
BOUNCE_SINGLE = define(
    "bounce_single",
    1,
    "proportion of sessions",
    "sessions with not more than one page view, whatever happened on it, out of the sessions that start in the "
    "period. Not to be mixed with bounce_ga",
    "one page view",
    "Matomo, bounce rate",
)
# What a session can be chosen by, and the column of `judged_sql` that says so.
ONLY = {
    "all": "1",
    "engaged": "engaged",
    "bounce_ga": "NOT engaged",
    "bounce_single": "single",
    "converted": "converted",
}


def judged_sql(
    question: Question, binder: Binder, *, goal: str | None, engaged_ms: int, group: Column | None = None
) -> str:
    """A statement with one row for each session that starts in the period and passes the filter.

    Its columns: session_id, visitor_id, start_ms (Unix ms), ended_at, entry_path, exit_path, page_views, in_use_ms,
    grp (value of `group` at the first event, else empty), engaged, single, converted.
    """
    scope = question.scope(binder)
    chosen = question.where.session(scope, ATTRIBUTES) if question.where else "1"
    converted = "0"
    if goal is not None:
        converted = f"""session_id IN (
        SELECT events.session_id FROM events WHERE {scope.near()} AND {question.converted(goal, binder)})"""
    return f"""
SELECT session_id, visitor_id, toUnixTimestamp64Milli(started_at) AS start_ms, ended_at, entry_path, exit_path,
    page_views, engaged_ms AS in_use_ms, {"grp" if group else "''"} AS grp,
    foreground_ms > {binder.integer(engaged_ms)} OR page_views >= 2 OR conversions >= 1 AS engaged,
    page_views <= 1 AS single, {converted} AS converted
FROM ({sessions_sql(question, scope, group=group, attributes={"entry_path", *mentioned(chosen)})}
)
WHERE {chosen}"""


def check_only(only: str) -> str:
    """SQL of the choice `only` over `judged_sql`.

    Raises:
        UnknownName: there is no such choice.
    """
    if only not in ONLY:
        raise unknown("choice of sessions", only, ONLY)
    return ONLY[only]


def rolls_up(question: Question, group: Column | None) -> bool:
    """Whether the roll-up of sessions gives the answer."""
    return not question.bots and (group is None or group.name in ATTRIBUTES)


def q_values(blocks: Sequence[Sequence[tuple[int, int]]]) -> list[list[float | None]]:
    """Each (k, n) against the others of its block; Benjamini-Hochberg over all blocks (definition `difference`)."""
    judged: list[float | None] = []
    for block in blocks:
        k_all, n_all = sum(k for k, _ in block), sum(n for _, n in block)
        judged += [p_value(k, n, k_all - k, n_all - n) for k, n in block]
    left = iter(adjusted(judged))
    return [[next(left) for _ in block] for block in blocks]


def length_of(ms: float | None) -> timedelta | None:
    """ms as a length of time; None for none, or for the quantile of nothing."""
    return None if ms is None or math.isnan(ms) else timedelta(milliseconds=round(ms))
