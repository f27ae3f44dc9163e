"""Groups by time: what the hours, days and weeks of a period are called, and which of them an instant lies in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from collector.query.calendar import bucket_sql, buckets
from collector.query.errors import BadQuestion
from collector.query.period import instant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from collector.query.period import Range
    from collector.query.sql import Binder

V = TypeVar("V")
SIZES = ("hour", "day", "week")
_MOST = 1000


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
        return f"toString({bucket_sql(f'toUnixTimestamp64Milli({column})', self.starts, binder)})"

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
    found = buckets(period.start_ms, period.end_ms, size, period.zone)
    if len(found) > _MOST:
        raise BadQuestion(f"{len(found):,} groups by {size} are too many: ask for a shorter period or longer parts")
    starts = tuple(max(each.start_ms, period.start_ms) for each in found)
    clocks = [instant(each.start_ms, period.zone) for each in found]
    return Trend(size, starts, _hours(clocks) if size == "hour" else _days(clocks), now_ms)


def _days(clocks: Sequence[datetime]) -> tuple[str, ...]:
    return tuple(clock.date().isoformat() for clock in clocks)


def _hours(clocks: Sequence[datetime]) -> tuple[str, ...]:
    names = [f"{clock:%Y-%m-%d %H}:00" for clock in clocks]
    twice = {name for name, count in Counter(names).items() if count > 1}
    return tuple(f"{name}{clock:%z}" if name in twice else name for name, clock in zip(names, clocks, strict=True))
