"""Page views of a page that began in the period: what heat and scroll are counted over."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.query.columns import PAGE_COLUMNS
from collector.query.definitions import SESSION_SLACK_DAYS
from collector.query.errors import unknown
from collector.query.filters import Both, Not, Where
from collector.query.sql import DAY_MS, Binder, matches

if TYPE_CHECKING:
    from collector.query.columns import Column
    from collector.query.question import Question
    from collector.query.sql import Scope


def page_condition(question: Question, path: str, binder: Binder, *, rolled_up: bool) -> str:
    """Condition on rows about page views of `path` that began in the period and pass the filter.

    From events: by the instant when the page view began. From a roll-up (which must be named `events` in the
    statement): by the day on which it began.
    """
    scope = question.scope(binder)
    chosen = f"{matches('events.path', path, binder)} AND {question.row_filter(scope)}"
    if rolled_up:
        return f"events.site_id = {binder.integer(question.place.site_id)} AND {_days(question, binder)} AND {chosen}"
    return f"{viewed(question, scope)} AND {chosen}"


def viewed(question: Question, scope: Scope) -> str:
    """Condition on rows of `events` whose page view began in the period."""
    # An event happens after its page view began, and not later than a session can last; this finds the parts.
    binder = scope.binder
    # A day takes a third of the time that an instant takes to read and to compare.
    began = _days(question, binder) if question.has_page_days() else question.during(binder, "events.page_start")
    return (
        f"{scope.base()} AND {began}"
        f" AND events.ts >= {binder.instant(question.range.start_ms - DAY_MS)}"
        f" AND events.ts < {binder.instant(question.range.end_ms + SESSION_SLACK_DAYS * DAY_MS)}"
    )


def _days(question: Question, binder: Binder) -> str:
    """Condition on the day on which the page view began, in the site's own zone."""
    first, end = binder.text(str(question.range.first_day)), binder.text(str(question.range.end_day))
    return f"events.page_day >= toDate({first}) AND events.page_day < toDate({end})"


def page_views(question: Question, path: str, group: Column | None, *, rolled_up: bool) -> dict[str, int]:
    """Number of page views by group (empty: all)."""
    binder = Binder()
    condition = page_condition(question, path, binder, rolled_up=rolled_up)
    if rolled_up:
        grp = f"toString(events.{group.name})" if group else "''"
        sql = f"SELECT {grp} AS grp, sum(events.page_views) AS n FROM page_totals AS events WHERE {condition}"
    else:
        sql = (
            f"SELECT {group.as_text if group else repr('')} AS grp, count() AS n"
            f" FROM events WHERE {condition} AND events.kind = 'page_view'"
        )
    found = question.asker.rows(f"{sql} GROUP BY grp HAVING n > 0 ORDER BY n DESC, grp", binder)
    return {str(name): int(n) for name, n in found}


def check_page_group(by: str | None) -> set[str]:
    """The column of a breakdown about page views.

    Raises:
        UnknownName: page views have no such column.
    """
    if by is None:
        return set()
    if by not in PAGE_COLUMNS:
        raise unknown("column of page views", by, PAGE_COLUMNS)
    return {by}


def rolls_up(question: Question, used: set[str]) -> bool:
    """Whether the roll-ups of page views hold the answer: they know page and device alone."""
    plain = all(isinstance(part, Where | Both | Not) for part in (question.where.parts() if question.where else ()))
    return question.can_roll_up() and plain and used <= {"device", "path"}
