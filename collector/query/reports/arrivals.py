"""What arrives right now, and what was refused, with the reason: is the script on the page, and does it work?"""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from collector.query.errors import BadQuestion
from collector.query.period import instant, last
from collector.query.question import begin
from collector.query.result import Result
from collector.query.sql import SEQUENCE, Binder, hex_id

if TYPE_CHECKING:
    from datetime import datetime

    from collector.query.question import Place, Question

_MOST = 1000
_OLDER_MS = 49 * 3_600_000
"""An event may be two days older than its arrival; the primary key knows its own days."""
_WHAT = """multiIf(
        events.kind = 'click', concat(toString(events.element_role), ' ', if(events.element_name != '',
            toString(events.element_name), toString(events.element_selector))),
        events.kind = 'conversion', concat(toString(events.goal), if(events.currency = '', '',
            concat(' ', toString(events.value), ' ', toString(events.currency)))),
        events.kind = 'field', concat(toString(events.form), '/', toString(events.field)),
        events.kind = 'form', concat(toString(events.form), ' ', toString(events.step)),
        events.kind = 'error', toString(events.error_message),
        events.kind = 'vital', concat(toString(events.vital), ' ', toString(round(events.vital_value, 3))),
        events.kind = 'zone', toString(events.element_zone),
        events.kind = 'custom', toString(events.custom_name),
        '')"""


@dataclass(frozen=True, slots=True)
class ArrivalRow:
    """An event that arrived, or that was refused: then `refused` is the reason, and `what` says what was wrong.

    Attributes:
        arrived: when the collector took it, or refused it.
        device: with the class of a bot, where it is one.
        source: of the session's entry, else its channel.
    """

    arrived: datetime = field(metadata={"seconds": True})
    kind: str
    what: str = field(metadata={"wide": True})
    page: str
    device: str
    source: str
    refused: str = field(metadata={"sparse": True})
    session_id: str = field(metadata={"show": False})


@dataclass(frozen=True, repr=False, kw_only=True)
class Arrivals(Result[ArrivalRow]):
    """Answer of `Site.arrivals`; the newest first."""

    within: str
    row_type: ClassVar[type] = ArrivalRow

    def about(self) -> list[str]:
        return [f"the last {self.within}"]


def ask(place: Place, *, within: str = "30m", refused: bool = False, limit: int = 50) -> Arrivals:
    """What arrived last, bots too, and what was refused with its reason.

    Args:
        within: how far back, such as 30m or 24h.
        refused: only what was refused.
        limit: how many rows, the newest.
    """
    if not 1 <= limit <= _MOST:
        raise BadQuestion(f"limit is 1 to {_MOST:,}, not {limit:,}")
    question = begin(place, "arrivals", last(within), bots=True)
    rows = [*([] if refused else _taken(question, limit)), *_refused(question, limit)]
    rows.sort(key=lambda row: row.arrived, reverse=True)
    return Arrivals(tuple(rows[:limit]), question.meta(), tuple(question.asker.statements), place.store, within=within)


def _taken(question: Question, limit: int) -> list[ArrivalRow]:
    binder = Binder()
    since, until = question.range.start_ms, question.range.end_ms
    found = question.asker.rows(
        f"""
SELECT toUnixTimestamp64Milli(events.received_at) AS arrived, toString(events.kind), {_WHAT} AS what,
    toString(events.path), if(events.bot_class = '', toString(events.device), concat('bot: ', events.bot_class)),
    toString(if(events.source = '', events.channel, events.source)), events.session_id
FROM events
WHERE {question.scope(binder).base()} AND events.ts >= {binder.instant(since - _OLDER_MS)}
    AND events.received_at >= {binder.instant(since)} AND events.received_at < {binder.instant(until)}
ORDER BY arrived DESC, {SEQUENCE} DESC
LIMIT {binder.integer(limit)}""",
        binder,
    )
    zone = question.place.zone
    return [
        ArrivalRow(instant(arrived, zone), kind, what.strip(), path, device, source, "", hex_id(session))
        for arrived, kind, what, path, device, source, session in found
    ]


def _refused(question: Question, limit: int) -> list[ArrivalRow]:
    binder = Binder()
    since, until = binder.instant(question.range.start_ms), binder.instant(question.range.end_ms)
    found = question.asker.rows(
        f"""
SELECT toUnixTimestamp64Milli(refused.received_at) AS arrived, toString(refused.reason), refused.errors
FROM rejected_events AS refused
WHERE refused.site = {binder.text(question.place.key)} AND refused.received_at >= {since}
    AND refused.received_at < {until}
ORDER BY arrived DESC, refused.errors
LIMIT {binder.integer(limit)}""",
        binder,
    )
    zone = question.place.zone
    return [ArrivalRow(instant(arrived, zone), "", errors, "", "", "", reason, "") for arrived, reason, errors in found]
