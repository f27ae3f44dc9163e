"""Sessions, the newest first, page by page."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from collector.query.definitions import ENGAGED, SESSION
from collector.query.errors import BadQuestion
from collector.query.period import instant
from collector.query.question import begin
from collector.query.result import Result
from collector.query.session_source import ATTRIBUTES, mentioned, sessions_sql
from collector.query.sql import Binder, hex_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from collector.query.filters import Filter
    from collector.query.period import Period
    from collector.query.question import Place, Question

_MOST = 10_000
_COLUMNS = (
    "session_id",
    "toUnixTimestamp64Milli(started_at)",
    "toUnixTimestamp64Milli(ended_at)",
    "visitor_id",
    "device",
    "browser",
    "os",
    "country",
    "channel",
    "source",
    "medium",
    "campaign",
    "entry_path",
    "exit_path",
    "page_views",
    "clicks",
    "errors",
    "conversions",
    "engaged_ms",
)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session. Attributes (device … campaign) are those of its first event; times are in the zone asked for."""

    session_id: str
    start: datetime
    duration: timedelta
    visitor_id: str
    device: str
    browser: str
    os: str
    country: str = field(metadata={"sparse": True})
    channel: str = field(metadata={"sparse": True})
    source: str = field(metadata={"sparse": True})
    medium: str = field(metadata={"sparse": True})
    campaign: str = field(metadata={"sparse": True})
    entry_page: str
    exit_page: str
    page_views: int = field(metadata={"label": "views"})
    clicks: int
    errors: int
    conversions: int = field(metadata={"label": "conv."})
    engaged: timedelta


@dataclass(frozen=True, repr=False, kw_only=True)
class Sessions(Result[SessionRow]):
    """Answer of `Site.sessions`. `next` is the `after` of the following page, None on the last one."""

    next: str | None
    row_type: ClassVar[type] = SessionRow


def ask(
    place: Place,
    period: Period | str,
    *,
    where: Filter | None = None,
    limit: int = 20,
    after: str | None = None,
    bots: bool = False,
) -> Sessions:
    """Sessions that start in the period, the newest first.

    Args:
        limit: how many, at most 10,000.
        after: `next` of the answer before, for the sessions that follow.
    """
    question = begin(place, "sessions", period, where, bots=bots)
    if not 1 <= limit <= _MOST:
        raise BadQuestion(f"limit is 1 to {_MOST:,}, not {limit:,}; `next` of the answer leads on")
    binder = Binder()
    scope = question.scope(binder)
    chosen = where.session(scope, ATTRIBUTES) if where else "1"
    if after is not None:
        start_ms, session_id = _cursor(after)
        before = f"({binder.integer(start_ms)}, {binder.unsigned(session_id)})"
        chosen += f" AND (toUnixTimestamp64Milli(started_at), session_id) < {before}"
    # First which sessions, by few columns; then everything about those.
    ids = f"""SELECT session_id FROM ({sessions_sql(question, scope, attributes=mentioned(chosen))}
) WHERE {chosen} ORDER BY started_at DESC, session_id DESC LIMIT {binder.integer(limit + 1)}"""
    return of_ids(question, ids, binder, limit=limit)


def of_listed(question: Question, ids: Sequence[str], *, limit: int) -> Sessions:
    """Whole sessions by their ids as they are shown, the newest first."""
    binder, since = Binder(), len(question.asker.statements)
    listed = ", ".join(binder.unsigned(int(each, 16)) for each in ids[:limit]) or "0"
    return of_ids(question, f"SELECT arrayJoin([{listed}])", binder, limit=limit, since=since)


def of_ids(question: Question, ids: str, binder: Binder, *, limit: int, since: int = 0) -> Sessions:
    """Whole sessions by the statement `ids`, the newest first; the answer keeps the statements from `since` on."""
    source = sessions_sql(question, question.scope(binder), only=ids)
    found = question.asker.rows(
        f"SELECT {', '.join(_COLUMNS)}\nFROM ({source}\n)\n"
        f"ORDER BY started_at DESC, session_id DESC\nLIMIT {binder.integer(limit + 1)}",
        binder,
    )
    rows = tuple(_row(each, question.place.zone) for each in found[:limit])
    following = f"{found[limit - 1][1]}-{hex_id(found[limit - 1][0])}" if len(found) > limit else None
    meta = replace(question, report="sessions").meta(
        SESSION,
        ENGAGED,
        rolled_up=not question.bots,
        notes=(f"More follow: after={following!r}",) if following else (),
    )
    return Sessions(rows, meta, tuple(question.asker.statements[since:]), question.place.store, next=following)


def _row(found: tuple[Any, ...], zone: str) -> SessionRow:
    """Columns come in the order of SessionRow's fields, with the end where that has the duration."""
    session_id, start, end, visitor_id, *described, engaged_ms = found
    duration, engaged = timedelta(milliseconds=end - start), timedelta(milliseconds=engaged_ms)
    values: tuple[Any, ...] = (
        hex_id(session_id),
        instant(start, zone),
        duration,
        hex_id(visitor_id),
        *described,
        engaged,
    )
    return SessionRow(*values)


def _cursor(after: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,15})-([0-9a-f]{16})", after)
    if not match:
        raise BadQuestion(f"{after!r} is no `next` of an answer")
    return int(match[1]), int(match[2], 16)
