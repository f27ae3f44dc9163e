"""What breaks on pages, for how many, and after which clicks."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from collector.query.columns import PAGE_COLUMNS
from collector.query.definitions import define
from collector.query.errors import BadQuestion
from collector.query.page_views import viewed
from collector.query.period import instant
from collector.query.question import begin, check_page_filter
from collector.query.rate import Rate
from collector.query.reports.sessions import of_ids
from collector.query.result import Result
from collector.query.signals import Limits, Look
from collector.query.signals.error_click import error_clicks
from collector.query.sql import Binder, matches

if TYPE_CHECKING:
    from datetime import datetime

    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place, Question
    from collector.query.reports.sessions import Sessions

_TYPES = "('js', 'rejection', 'resource', 'http')"
ERROR = define(
    "error",
    1,
    "proportion of sessions",
    "sessions with the error (its type, message and source; the page where asked) in page views that began in the "
    "period, out of the sessions with a page view that did. First and last seen: of all that is "
    "stored, up to 2 days after the period. After clicks: elements whose click it followed, as in "
    "error_click, with how often",
    "a page view tells an error at most 5 times, and 20 errors",
    "own",
)


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """An error: what it is, how often, for how many sessions, when it was first and last seen, after which clicks."""

    type: str = field(metadata={"key": True})
    message: str = field(metadata={"key": True})
    source: str = field(metadata={"key": True})
    page: str = field(metadata={"sparse": True, "key": True})
    line: int = field(metadata={"show": False})
    errors: int = field(metadata={"better": "less"})
    rate: Rate = field(metadata={"better": "less", "label": "sessions affected (95 %)"})
    first_seen: datetime
    last_seen: datetime
    after_clicks: dict[str, int] = field(metadata={"sparse": True})


@dataclass(frozen=True, repr=False, kw_only=True)
class Errors(Result[ErrorRow]):
    """Answer of `Site.errors`; what hit most sessions first."""

    path: str
    question: Question = field(compare=False)
    row_type: ClassVar[type] = ErrorRow

    def about(self) -> list[str]:
        return [self.path]

    def sessions(
        self,
        message: str | None = None,
        *,
        type: str | None = None,
        source: str | None = None,
        page: str | None = None,
        limit: int = 1000,
    ) -> Sessions:
        """The sessions with an error, exactly as many as `rate.k` of a row whose columns are all said; newest first.

        Args:
            message, type, source, page: as in the rows, `*` for any characters; None: any.

        Raises:
            QueryError: ClickHouse did not answer.
        """
        binder = Binder()
        said = {"error_message": message, "error_type": type, "error_source": source, "path": page}
        parts = [matches(f"events.{name}", text, binder) for name, text in said.items() if text is not None]
        condition = " AND ".join([_condition(self.question, self.path, binder), *parts])
        since = len(self.question.asker.statements)
        ids = f"SELECT events.session_id FROM events WHERE {condition} AND events.kind = 'error'"
        return of_ids(self.question, ids, binder, limit=limit, since=since)


def ask(
    place: Place,
    period: Period | str,
    *,
    path: str = "*",
    pages: bool = False,
    error_ms: int = 1000,
    where: Filter | None = None,
    limit: int = 50,
    bots: bool = False,
) -> Errors:
    """What breaks on pages: for how many sessions, since when, and after which clicks (definition `error`).

    Args:
        path: path of the page; `*` stands for any characters.
        pages: one row for each page on which it happens.
        error_ms: how long after a click an error is put down to it.
        limit: how many errors, those of most sessions.
    """
    if not 1 <= limit <= 1000:
        raise BadQuestion(f"limit is 1 to 1,000, not {limit:,}")
    check_page_filter(where, PAGE_COLUMNS)
    question = begin(place, "errors", period, where, bots=bots)
    if path != "*":
        question.catalog.require("page", path)
    page = "toString(events.path)" if pages else "''"
    seen = _seen(question, path)
    after = _after(question, path, page, error_ms)
    binder = Binder()
    asked = _condition(question, path, binder)
    scope = question.scope(binder)
    until = binder.instant(question.range.end_ms)
    found = question.asker.rows(
        f"""
SELECT toString(events.error_type) AS type, toString(events.error_message) AS message,
    toString(events.error_source) AS source, {page} AS page, anyIf(events.error_line, asked), countIf({asked} AS asked),
    uniqExactIf(events.session_id, asked) AS hit, toUnixTimestamp64Milli(min(events.ts)),
    toUnixTimestamp64Milli(max(events.ts))
FROM events
WHERE {scope.base()} AND events.kind = 'error' AND events.ts < {until} + INTERVAL 2 DAY
GROUP BY type, message, source, page
HAVING hit > 0
ORDER BY hit DESC, type, message, source, page
LIMIT {binder.integer(limit)}""",
        binder,
    )
    rows = tuple(
        ErrorRow(
            kind,
            message,
            source,
            where_,
            line,
            count,
            Rate.of(hit, max(seen, hit), ERROR),
            instant(first, place.zone),
            instant(last, place.zone),
            after.get((kind, message, source, where_), {}),
        )
        for kind, message, source, where_, line, count, hit, first, last in found
    )
    meta = question.meta(ERROR)
    return Errors(rows, meta, tuple(question.asker.statements), place.store, path=path, question=question)


def _condition(question: Question, path: str, binder: Binder) -> str:
    scope = question.scope(binder)
    page = f" AND {matches('events.path', path, binder)}" if path != "*" else ""
    return f"{viewed(question, scope)}{page} AND {question.row_filter(scope)}"


def _seen(question: Question, path: str) -> int:
    """Sessions with a page view."""
    binder = Binder()
    condition = _condition(question, path, binder)
    found = question.asker.rows(
        f"SELECT uniqExact(events.session_id) FROM events WHERE {condition} AND events.kind = 'page_view'", binder
    )
    return found[0][0] if found else 0


def _after(question: Question, path: str, page: str, error_ms: int) -> dict[tuple[str, ...], dict[str, int]]:
    """The three elements whose clicks each error follows most, with how often."""
    binder = Binder()
    condition = _condition(question, path, binder)
    look = Look(question.scope(binder), condition, place=page)
    clicks = error_clicks(look, Limits(error_ms=error_ms), _TYPES)
    found = question.asker.rows(
        f"""
SELECT type, error, source, toString(place) AS page, what, count() AS times FROM ({clicks}
)
GROUP BY type, error, source, page, what ORDER BY times DESC, what
LIMIT 3 BY type, error, source, page""",
        binder,
    )
    after: dict[tuple[str, ...], dict[str, int]] = {}
    for *names, what, times in found:
        after.setdefault(tuple(names), {})[what] = times
    return after
