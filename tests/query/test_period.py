"""Periods are half-open, end at local midnights, and survive every change of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.query import BadQuestion, Period, UnknownName, between, last, today
from collector.query.period import duration_ms, instant, parse
from tests.query.worlds import DAY, HOUR, examples, ms

NOW = ms("2026-11-21T15:30:00.123")
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Kolkata",
    "America/Havana",
    "Asia/Beirut",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "Pacific/Kiritimati",
]


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        (last("1d"), "2026-11-21", "2026-11-22"),
        (today(), "2026-11-21", "2026-11-22"),
        (last("28d"), "2026-10-25", "2026-11-22"),
        (last("2w"), "2026-11-08", "2026-11-22"),
        (between("2026-11-01", "2026-11-15"), "2026-11-01", "2026-11-15"),
        (between(date(2026, 11, 1), "2026-11-02T12:30"), "2026-11-01", "2026-11-02T12:30:00"),
        ("2026-11-01..2026-11-15", "2026-11-01", "2026-11-15"),
        ("2026-11-01", "2026-11-01", "2026-11-02"),
        ("today", "2026-11-21", "2026-11-22"),
        ("24h", "2026-11-20T15:30:00.123", "2026-11-21T15:30:00.123"),
        ("30m", "2026-11-21T15:00:00.123", "2026-11-21T15:30:00.123"),
    ],
)
def test_what_is_said_and_what_it_means(period: Period | str, start: str, end: str) -> None:
    found = parse(period).resolve("UTC", NOW)
    assert (found.start_ms, found.end_ms) == (ms(start), ms(end))


def test_a_day_with_a_change_of_the_clock_has_23_or_25_hours() -> None:
    autumn = between("2026-10-25", "2026-10-26").resolve("Europe/Berlin", NOW)
    spring = between("2026-03-29", "2026-03-30").resolve("Europe/Berlin", NOW)
    assert (autumn.end_ms - autumn.start_ms, spring.end_ms - spring.start_ms) == (25 * HOUR, 23 * HOUR)


def test_a_datetime_with_an_offset_is_that_instant_in_every_zone() -> None:
    when = datetime(2026, 11, 1, 12, 0, 0, 123_000, tzinfo=UTC)
    for zone in ZONES:
        assert between(when, "2026-11-09").resolve(zone, NOW).start_ms == ms("2026-11-01T12:00:00.123")


@examples(100)
@given(st.dates(date(2005, 1, 1), date(2030, 1, 1)), st.integers(1, 40), st.sampled_from(ZONES))
def test_days_are_exactly_the_instants_with_those_local_dates(first: date, length: int, zone: str) -> None:
    end = first + timedelta(days=length)
    found = between(first, end).resolve(zone, NOW)
    place = ZoneInfo(zone)

    def local(at_ms: int) -> date:
        return instant(at_ms, zone).astimezone(place).date()

    # A day that a zone skipped altogether (Apia, 2011-12-30) begins with the next one.
    assert local(found.start_ms) >= first
    assert local(found.start_ms - 1) < first
    assert local(found.end_ms) >= end
    assert local(found.end_ms - 1) < end
    assert (found.first_day, found.end_day) == (first, end)


@examples(100)
@given(st.integers(0, 2 * 10**12), st.sampled_from(ZONES))
def test_instants_keep_their_milliseconds(at_ms: int, zone: str) -> None:
    assert (instant(at_ms, zone) - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1) == at_ms


@pytest.mark.parametrize("text", ["", "7", "d", "0d", "7x", "yesterday", "2026-13-01", "2026-11-01..", "7d; DROP"])
def test_what_is_no_period_is_refused_with_the_forms_that_are(text: str) -> None:
    with pytest.raises(BadQuestion, match="write 7d"):
        parse(text)


def test_an_empty_period_is_refused() -> None:
    with pytest.raises(BadQuestion, match="its end is not included"):
        between("2026-11-15", "2026-11-15").resolve("UTC", NOW)


def test_an_unknown_zone_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'Europe/Berlin'"):
        today().resolve("Europe/Berln", NOW)


@pytest.mark.parametrize("period", [last("28d"), last("24h"), between("2026-11-01", "2026-11-15")])
def test_periods_survive_being_stored(period: Period) -> None:
    assert Period.from_dict(period.to_dict()) == period


def test_windows() -> None:
    assert duration_ms("7d") == duration_ms(timedelta(days=7)) == 7 * DAY
    with pytest.raises(BadQuestion, match="longer than 0"):
        duration_ms(timedelta(0))


@pytest.mark.parametrize(
    "text", ["0001-01-01", "9999-12-31", "0001-01-01..9999-12-31", "1969-12-31", "2200-01-02", "99999w"]
)
def test_a_period_of_other_centuries_is_refused(text: str) -> None:
    """With a sentence, whatever calendars and clocks can count."""
    with pytest.raises(BadQuestion, match="between 1970 and 2200"):
        parse(text).resolve("America/New_York", NOW)
