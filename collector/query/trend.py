"""Groups by time: hours, days and weeks of the question's zone, as half-open instants that Python has worked out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from collector.query.errors import BadQuestion
from collector.query.period import between, instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from collector.query.period import Range
    from collector.query.sql import Binder

V = TypeVar("V")
SIZES = ("hour", "day", "week")
_MOST = 1000
_QUARTER_MS = 900_000


@dataclass(frozen=True, slots=True)
class Trend:
    """The parts of a period: where each begins (Unix ms, the first where the period does), and what it is called.

    Days are called by their date, weeks by their Monday, hours by date and hour; where clocks go back, an hour that
    there are two of has its offset besides.
    """

    size: str
    starts: tuple[int, ...]
    names: tuple[str, ...]
    now_ms: int

    def filled(self, found: Mapping[str, V], nothing: V) -> dict[str, V]:
        """What was found by name, in order, with `nothing` for the other parts; those to come are left out."""
        return {
            name: found.get(name, nothing)
            for start, name in zip(self.starts, self.names, strict=True)
            if name in found or start < self.now_ms
        }

    def sql(self, column: str, binder: Binder) -> str:
        """SQL of the beginning of the part in which the instant `column` lies, as text: see `name`."""
        return f"toString(roundDown(toUnixTimestamp64Milli({column}), {binder.integers(self.starts)}))"

    def name(self, value: object) -> str:
        """What the part is called that `sql` gave."""
        return self.names[self.starts.index(int(str(value)))]

    def value(self, name: str) -> str:
        """What `sql` gives for the part of this name."""
        return str(self.starts[self.names.index(name)])


def trend_of(period: Range, size: str, now_ms: int) -> Trend:
    """The hours, days or weeks (from Monday) of a period; `now_ms` says which of them have begun.

    Raises:
        BadQuestion: there are more than 1,000.
    """
    found = _hours(period) if size == "hour" else _days(period, weeks=size == "week")
    if len(found) > _MOST:
        raise BadQuestion(f"{len(found):,} groups by {size} are too many: ask for a shorter period or longer parts")
    return Trend(size, tuple(start for start, _ in found), tuple(name for _, name in found), now_ms)


def _days(period: Range, *, weeks: bool) -> list[tuple[int, str]]:
    first = period.start.date()
    day = first - timedelta(days=first.weekday()) if weeks else first
    found = []
    while (start := _midnight(day, period.zone)) < period.end_ms:
        found.append((max(start, period.start_ms), day.isoformat()))
        day += timedelta(days=7 if weeks else 1)
    return found


def _midnight(day: date, zone: str) -> int:
    return between(day, day + timedelta(days=1)).resolve(zone, 0).start_ms


def _hours(period: Range) -> list[tuple[int, str]]:
    """Wall clocks move by quarters of an hour at the least: so each is looked at."""
    if (period.end_ms - period.start_ms) > 2 * _MOST * 4 * _QUARTER_MS:
        raise BadQuestion("the period is too long for groups by hour: ask for a shorter one, or by day")
    found: list[tuple[int, str, str]] = []
    at = period.start_ms
    while at < period.end_ms:
        local = instant(at, period.zone)
        name, offset = f"{local:%Y-%m-%d %H}:00", f"{local:%z}"
        if not found or found[-1][1:] != (name, offset):
            found.append((at, name, offset))
        at = (at // _QUARTER_MS + 1) * _QUARTER_MS
    names = [name for _, name, _ in found]
    return [(start, f"{name}{offset}" if names.count(name) > 1 else name) for start, name, offset in found]
