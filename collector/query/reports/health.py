"""What came in, and what became of it: can the numbers of this period be trusted?"""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from collector.query.definitions import define
from collector.query.period import instant
from collector.query.question import begin
from collector.query.rate import Rate
from collector.query.render import cell
from collector.query.result import Result
from collector.query.sql import DAY_MS, Binder

if TYPE_CHECKING:
    from datetime import datetime

    from collector.query.period import Period
    from collector.query.question import Place, Question

HEALTH = define(
    "data_health",
    1,
    "proportion",
    "events of the period by what became of them: accepted ones by their own time, refused and set aside ones by when "
    "they came. Delay: from when an accepted event happened, by the corrected clock, to when the collector had it; "
    "what came back from a device that was offline counts too. Corrected: events whose time rests on the collector's "
    "clock, because the browser's was more than 10 s off. Requests that were refused as a whole are not among them: "
    "they leave no row",
    "none",
    "own",
)
_REFUSED_DAYS = 7
"""So long refused events are kept."""


@dataclass(frozen=True, slots=True)
class HealthRow:
    """Events with one fate: `accepted` by kind, `refused` by reason, or `set aside` because the database refused them.

    Attributes:
        share: of all events of the period that came in.
        last: when the last of them came.
    """

    fate: str = field(metadata={"key": True})
    what: str = field(metadata={"key": True, "label": "kind or reason"})
    events: int
    share: Rate = field(metadata={"label": "of all (95 %)"})
    last: datetime = field(metadata={"seconds": True})


@dataclass(frozen=True, repr=False, kw_only=True)
class Health(Result[HealthRow]):
    """Answer of `Site.health`; accepted kinds first, each fate with the most frequent first.

    `from_bots`, `offline` (kept on the device until it was online again) and `corrected` are shares of the accepted
    events; `delay` and `delay_p95` the median and the 95th percentile, None where no event says when it was received.
    """

    from_bots: Rate
    offline: Rate
    corrected: Rate
    delay: timedelta | None
    delay_p95: timedelta | None
    row_type: ClassVar[type] = HealthRow

    def about(self) -> list[str]:
        lines = [f"from bots {self.from_bots}", f"kept while offline {self.offline}", f"corrected {self.corrected}"]
        if self.delay is not None and self.delay_p95 is not None:
            lines.append(f"delay {cell(self.delay)} (median), {cell(self.delay_p95)} (95th percentile)")
        return lines


def ask(place: Place, period: Period | str) -> Health:
    """What came in and what became of it: accepted by kind, refused with the reason, set aside (definition
    `data_health`); bots, delays and wrong clocks. Bots count here.
    """
    question = begin(place, "health", period, bots=True)
    found = [*_accepted(question), *_refused(question), *_set_aside(question)]
    total = sum(count for _, _, count, _ in found)
    rows = tuple(
        HealthRow(fate, what, count, Rate.of(count, total, HEALTH), instant(last, place.zone))
        for fate, what, count, last in found
    )
    bots, offline, corrected, median, high, events = _whole(question)
    return Health(
        rows,
        question.meta(HEALTH, notes=_notes(question)),
        tuple(question.asker.statements),
        place.store,
        from_bots=Rate.of(bots, events, HEALTH),
        offline=Rate.of(offline, events, HEALTH),
        corrected=Rate.of(corrected, events, HEALTH),
        delay=_delay(median),
        delay_p95=_delay(high),
    )


def _delay(ms: float) -> timedelta | None:
    """NaN where no event says when it was received, as after 90 days."""
    return None if math.isnan(ms) else timedelta(milliseconds=round(ms))


def _notes(question: Question) -> tuple[str, ...]:
    if question.now_ms - question.range.start_ms <= _REFUSED_DAYS * DAY_MS:
        return ()
    return (f"Refused events are kept for {_REFUSED_DAYS} days; older ones are not counted here.",)


def _accepted(question: Question) -> list[tuple[str, str, int, int]]:
    binder = Binder()
    found = question.asker.rows(
        f"""
SELECT toString(events.kind) AS what, count() AS found, toUnixTimestamp64Milli(max(events.received_at)) AS last
FROM events
WHERE {question.scope(binder).base()} AND {question.during(binder)}
GROUP BY what ORDER BY found DESC, what""",
        binder,
    )
    return [("accepted", what, count, last) for what, count, last in found]


def _whole(question: Question) -> tuple[int, int, int, float, float, int]:
    binder = Binder()
    delay = "greatest(0, date_diff('millisecond', events.ts, events.received_at))"
    found = question.asker.rows(
        f"""
SELECT countIf(events.bot_class != ''), countIf(events.stored), countIf(events.clock IN ('received', 'clamped')),
    quantilesTDigestIf(0.5, 0.95)({delay}, events.received_at > '1970-01-02') AS delays, count() AS found
FROM events
WHERE {question.scope(binder).base()} AND {question.during(binder)}""",
        binder,
    )
    if not found:
        return 0, 0, 0, math.nan, math.nan, 0
    bots, offline, corrected, (median, high), events = found[0]
    return bots, offline, corrected, median, high, events


def _refused(question: Question) -> list[tuple[str, str, int, int]]:
    binder = Binder()
    found = question.asker.rows(
        f"""
SELECT toString(refused.reason) AS what, count() AS found, toUnixTimestamp64Milli(max(refused.received_at)) AS last
FROM rejected_events AS refused
WHERE refused.site = {binder.text(question.place.key)} AND {question.during(binder, "refused.received_at")}
GROUP BY what ORDER BY found DESC, what""",
        binder,
    )
    return [("refused", what, count, last) for what, count, last in found]


def _set_aside(question: Question) -> list[tuple[str, str, int, int]]:
    binder = Binder()
    found = question.asker.rows(
        f"""
SELECT count() AS found, toUnixTimestamp64Milli(max(dead.received_at)) AS last
FROM dead_events AS dead
WHERE dead.site_id = {binder.integer(question.place.site_id)} AND {question.during(binder, "dead.received_at")}
HAVING found > 0""",
        binder,
    )
    return [("set aside", "by the database", count, last) for count, last in found]
