"""Which hours, days, weeks and months of a zone a period is made of: their instants, made once, here.

Statements get the instants as bound numbers, so that no two ways of counting days can disagree, whatever clocks do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from collector.query.errors import BadQuestion, unknown
from collector.query.period import instant, midnight, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from collector.query.period import Range
    from collector.query.sql import Binder

EVERY = ("hour", "day", "week", "month")
_HOUR_MS = 3_600_000
_MOST = 5000


@dataclass(frozen=True, slots=True)
class Bucket:
    """An hour, day, week (from Monday) or month of a zone, as half-open Unix ms."""

    start_ms: int
    end_ms: int

    def is_part(self, asked: Range, now_ms: int) -> bool:
        """Whether the period has only a part of it, or it is not over."""
        return self.start_ms < asked.start_ms or self.end_ms > asked.end_ms or self.end_ms > now_ms


def buckets(start_ms: int, end_ms: int, every: str, zone: str) -> list[Bucket]:
    """The buckets that touch the half-open instants, in order and without gaps.

    Raises:
        UnknownName: `every` is none of `EVERY`.
        BadQuestion: there are more than 5,000.
    """
    if every not in EVERY:
        raise unknown("length of a bucket", every, EVERY)
    edges: list[int] = []
    for edge in _hours(start_ms, zone) if every == "hour" else _days(start_ms, every, zone):
        edges.append(edge)
        if edge >= end_ms:
            break
        if len(edges) > _MOST:
            raise BadQuestion(f"the period has more than {_MOST:,} {every}s: ask for longer ones, or a shorter period")
    # A day that a zone left out has no length.
    return [Bucket(first, after) for first, after in pairwise(edges) if after > max(first, start_ms)]


def bucket_sql(ms: str, edges: Sequence[int], binder: Binder) -> str:
    """SQL of the last of the sorted `edges` that is not after the instant `ms` (Unix ms), else of the first."""
    return f"roundDown(toInt64({ms}), {binder.integers(edges)})"


def _hours(start_ms: int, zone: str) -> Iterator[int]:
    """Instants at which the clock shows a full hour, or jumps into another one."""
    edge = start_ms - _past_the_hour(start_ms, zone)
    while True:
        yield edge
        edge += _HOUR_MS - _past_the_hour(edge, zone)


def _past_the_hour(ms: int, zone: str) -> int:
    clock = instant(ms, zone)
    return clock.minute * 60_000 + clock.second * 1000 + clock.microsecond // 1000


def _days(start_ms: int, every: str, zone: str) -> Iterator[int]:
    place = zone_of(zone)
    day = _first_day(instant(start_ms, zone), every)
    while True:
        yield midnight(day, place)
        day = _next_day(day, every)


def _first_day(when: datetime, every: str) -> date:
    day = when.date()
    if every == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if every == "month" else day


def _next_day(day: date, every: str) -> date:
    if every == "month":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day + timedelta(days=7 if every == "week" else 1)
