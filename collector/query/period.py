"""Periods: what an analyst says ("28d", two days, today) and the half-open instants that it means in a zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias
from zoneinfo import ZoneInfo, available_timezones

from collector.query.errors import BadQuestion, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

_LENGTH = re.compile(r"(\d{1,5})\s*([mhdw])")
_DURATION = re.compile(r"(\d{1,9})\s*(ms|s|m|h|d|w)")
_UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_LATEST_MS = 7_258_118_400_000
PREVIOUS = "previous"
"""As many days or hours, right before."""
_BEYOND = "a period lies between 1970 and 2200"
_FORMS = "7d, 4w, 24h, 30m, today, 2026-11-01 or 2026-11-01..2026-11-15 (the second day is not included)"


@dataclass(frozen=True, slots=True)
class Range:
    """Half-open instants in Unix ms. `first_day` and `end_day` (not included) are set where both are midnights."""

    start_ms: int
    end_ms: int
    zone: str
    first_day: date | None = None
    end_day: date | None = None

    @property
    def start(self) -> datetime:
        """The first instant, in the range's zone."""
        return instant(self.start_ms, self.zone)

    @property
    def end(self) -> datetime:
        """The first instant after the range, in the range's zone."""
        return instant(self.end_ms, self.zone)

    def __str__(self) -> str:
        if self.first_day is not None and self.end_day is not None:
            last_day = self.end_day - timedelta(days=1)
            return f"{self.first_day}" if last_day <= self.first_day else f"{self.first_day} to {last_day}"
        return f"{self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M}"


@dataclass(frozen=True, slots=True)
class Period:
    """What was asked: `last` of a length, or from `start` to `end` (not included), as ISO texts."""

    length: str | None = None
    start: str | None = None
    end: str | None = None

    def resolve(self, zone: str, now_ms: int) -> Range:
        """The instants in `zone`. Days end at the zone's midnights, whatever clocks do (DST-safe).

        `last("28d")` is today, which is not over, and the 27 days before it; hours and minutes end now.

        Raises:
            UnknownName: no such zone.
            BadQuestion: the period is empty or turned round, or not of these centuries.
        """
        try:
            found = self._resolve(zone, now_ms)
        except OverflowError:
            raise BadQuestion(_BEYOND) from None
        if not 0 <= found.start_ms < found.end_ms <= _LATEST_MS:
            raise BadQuestion(_BEYOND)
        return found

    def _resolve(self, zone: str, now_ms: int) -> Range:
        place = zone_of(zone)
        if self.length is not None:
            return _last(self.length, zone, place, now_ms)
        first, end = _bound(self.start or "", place), _bound(self.end or "", place)
        if end[0] <= first[0]:
            raise BadQuestion(
                f"the period ends ({self.end}) before it has begun ({self.start}); its end is not included"
            )
        if first[1] is None or end[1] is None:
            return Range(first[0], end[0], zone)
        return Range(first[0], end[0], zone, first[1], end[1])

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for `from_dict`."""
        return {"last": self.length} if self.length is not None else {"start": self.start, "end": self.end}

    @classmethod
    def from_dict(cls, spec: Mapping[str, Any]) -> Period:
        """From what `to_dict` gave."""
        return last(spec["last"]) if "last" in spec else between(spec["start"], spec["end"])


Earlier: TypeAlias = Period | str
"""A period to compare with: one of its own, or `previous`."""


def last(length: str) -> Period:
    """The last days (`28d`, `4w`; today included) or the last hours and minutes (`24h`, `30m`, until now).

    Raises:
        BadQuestion: not of that form.
    """
    match = _LENGTH.fullmatch(length.strip())
    if not match or int(match[1]) == 0:
        raise BadQuestion(f"{length!r} is not a length of time: write {_FORMS}")
    return Period(length=f"{int(match[1])}{match[2]}")


def between(start: str | date | datetime, end: str | date | datetime) -> Period:
    """From `start` to `end`, which is not included: `between("2026-11-01", "2026-11-15")` is 14 days.

    Dates are midnights of the zone of the question; datetimes without an offset are in that zone too.

    Raises:
        BadQuestion: not a date or a time.
    """
    return Period(start=_iso(start), end=_iso(end))


def today() -> Period:
    """Today in the zone of the question, up to now."""
    return last("1d")


def parse(text: Period | str) -> Period:
    """A period from text (`7d`, `today`, `2026-11-01..2026-11-15`, `2026-11-01`), or itself.

    Raises:
        BadQuestion: not of those forms.
    """
    if isinstance(text, Period):
        return text
    text = text.strip()
    if text == "today":
        return today()
    if ".." in text:
        start, _, end = text.partition("..")
        return between(start.strip(), end.strip())
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        day = date.fromisoformat(_iso(text))
        try:
            return between(day, day + timedelta(days=1))
        except OverflowError:
            raise BadQuestion(_BEYOND) from None
    return last(text)


def previous(asked: Range, now_ms: int | None = None) -> Period:
    """As many days or hours right before; of a period that is not over `now_ms`, as much as has passed of it."""
    now = instant(now_ms, asked.zone) if now_ms is not None and asked.start_ms < now_ms < asked.end_ms else None
    if asked.first_day is not None and asked.end_day is not None:
        days = asked.end_day - asked.first_day
        # By the clock on the wall: noon is noon where one of the two days has an hour more.
        return between(asked.first_day - days, now.replace(tzinfo=None) - days if now else asked.first_day)
    length = asked.end - asked.start
    return between(asked.start - length, (now or asked.end) - length)


def parse_earlier(text: Earlier) -> Earlier:
    """`previous` as it is, any other period as `parse` has it: what a question that is stored says.

    Raises:
        BadQuestion: it cannot be read.
    """
    return text if text == PREVIOUS else parse(text)


def earlier(said: Earlier, asked: Range, now_ms: int | None = None) -> Period:
    """The period that `asked` is compared with: `previous`, see there, or another one.

    Raises:
        BadQuestion: it cannot be read.
    """
    return previous(asked, now_ms) if said == PREVIOUS else parse(said)


def duration_ms(length: str | timedelta) -> int:
    """A length of time in ms: a timedelta, or text such as `7d`, `12h`, `30m`, `45s`, `500ms`.

    Raises:
        BadQuestion: not a length, or not longer than 0.
    """
    if isinstance(length, timedelta):
        value = round(length / timedelta(milliseconds=1))
    else:
        match = _DURATION.fullmatch(length.strip())
        if not match:
            raise BadQuestion(f"{length!r} is not a length of time: write 7d, 12h, 30m, 45s or 500ms")
        value = int(match[1]) * _UNIT_MS[match[2]]
    if value <= 0:
        raise BadQuestion("a length of time is longer than 0")
    return value


def instant(ms: int, zone: str) -> datetime:
    """Unix ms as a datetime in `zone`, exact to the ms."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).astimezone(ZoneInfo(zone))


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name.

    Raises:
        UnknownName: there is none.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise unknown("time zone", name, available_timezones()) from None


def _last(length: str, zone: str, place: ZoneInfo, now_ms: int) -> Range:
    delta = _delta(length)
    if length[-1] in "hm":
        return Range(now_ms - round(delta / timedelta(milliseconds=1)), now_ms, zone)
    end_day = instant(now_ms, zone).date() + timedelta(days=1)
    first_day = end_day - delta
    return Range(midnight(first_day, place), midnight(end_day, place), zone, first_day, end_day)


def _delta(length: str) -> timedelta:
    amount, unit = int(length[:-1]), length[-1]
    return timedelta(**{{"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}[unit]: amount})


def _iso(value: str | date | datetime) -> str:
    try:
        if isinstance(value, str):
            return _read(value).isoformat()
        return value.isoformat()
    except ValueError:
        raise BadQuestion(f"{value!r} is not a day or a time: write {_FORMS}") from None


def _read(text: str) -> date | datetime:
    return date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)


def _bound(text: str, place: ZoneInfo) -> tuple[int, date | None]:
    """The instant, and the day where it is a midnight of `place`."""
    value = _read(text)
    if not isinstance(value, datetime):
        return midnight(value, place), value
    if value.tzinfo is None:
        value = value.replace(tzinfo=place)
    ms = _ms(value)
    day = value.astimezone(place).date()
    return ms, day if midnight(day, place) == ms else None


def midnight(day: date, place: ZoneInfo) -> int:
    """The first instant of `day`; where clocks skip midnight, the first instant after the gap."""
    return _ms(datetime(day.year, day.month, day.day, tzinfo=place))


def _ms(value: datetime) -> int:
    return round((value - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))
