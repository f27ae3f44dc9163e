"""Traffic equals a plain count in Python, in every zone, from the roll-up and from single events."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.query import BadQuestion, between, did, page, where
from collector.query.calendar import EVERY, buckets
from tests.query.shop import ZONES, days
from tests.query.visits import Event, save_visits, sessions_of
from tests.query.worlds import DAY, HOUR, NOW_MS, at, examples, ms, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.store import Store

seeds = st.integers(0, 10**6)


def label(when: int, every: str, zone: str) -> Any:
    """Which hour, day, week or month of the zone an instant belongs to, by the clock on the wall."""
    local = at(when).astimezone(ZoneInfo(zone))
    if every == "hour":
        return local.date(), local.hour, local.utcoffset()
    if every == "week":
        return local.date() - timedelta(days=local.weekday())
    return local.date() if every == "day" else (local.year, local.month)


def is_engaged(series: list[Event]) -> bool:
    """By the words of the definition."""
    return (
        sum(e.get("foreground_ms", 0) for e in series) > 10_000
        or any(e["kind"] == "conversion" for e in series)
        or sum(e["kind"] == "page_view" for e in series) >= 2
    )


def figures(sessions: list[list[Event]]) -> tuple[Any, ...]:
    """What a row says of its sessions."""
    return (
        len({series[0]["visitor_id"] for series in sessions}),
        len(sessions),
        sum(e["kind"] == "page_view" for series in sessions for e in series),
        sum(map(is_engaged, sessions)),
        sum(not is_engaged(series) for series in sessions),
        sum(sum(e["kind"] == "page_view" for e in series) < 2 for series in sessions),
        sum(any(e.get("goal") == "purchase" for e in series) for series in sessions),
        median(sum(e.get("engaged_ms", 0) for e in series) for series in sessions) if sessions else None,
    )


def said(row: Any) -> tuple[Any, ...]:
    """The same of a row."""
    return (
        row.visitors,
        row.sessions,
        row.page_views,
        row.engaged.k,
        row.bounce_ga.k,
        row.bounce_single.k,
        row.conversion.k,
        None if row.in_use is None else pytest.approx(row.in_use / timedelta(milliseconds=1), abs=0.51),
    )


@examples(2)
@given(seed=seeds)
def test_every_row_of_time_and_group_equals_a_count_of_its_sessions(
    shared: Store, new_site: Callable[[], int], seed: int
) -> None:
    for site_id, (zone, events) in save_visits(shared, min(new_site() for _ in ZONES), seed).items():
        first, last, start, end = days(zone, before=9, after=3)
        asked, period = site(shared, site_id), between(first, last)
        for every, by, bots in (
            ("hour", None, False),
            ("day", None, False),
            ("day", "device", True),
            ("week", "channel", False),
            ("month", "title", False),
            ("period", "campaign", False),
        ):
            sessions = list(sessions_of(events, start, end, bots=bots).values())
            answer = asked.traffic(period, every=every, by=by, goal="purchase", bots=bots)
            assert answer.meta.rolled_up == (not bots and by != "title")
            assert said(answer.total) == figures(sessions)
            for row in answer.rows:
                mine = [
                    s
                    for s in sessions
                    if (row.start is None or label(s[0]["at"], every, zone) == label(_ms(row.start), every, zone))
                    and (by is None or s[0].get(by, "") == row.group)
                ]
                assert said(row) == figures(mine), (zone, every, row)
            assert sum(row.sessions for row in answer.rows) == len(sessions)


@examples(1)
@given(seed=seeds)
def test_a_row_hands_over_its_sessions(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    for site_id, (zone, events) in save_visits(shared, min(new_site() for _ in ZONES), seed).items():
        first, last, start, end = days(zone, before=2, after=2)
        asked, period = site(shared, site_id), between(first, last)
        answer = asked.traffic(
            period, every="day", by="device", goal="lead", where=where(channel="Email") | did(page("/"))
        )
        for row in answer.rows:
            for only, count in (
                ("all", row.sessions),
                ("engaged", row.engaged.k),
                ("bounce_ga", row.bounce_ga.k),
                ("bounce_single", row.bounce_single.k),
                ("converted", row.conversion.k if row.conversion else 0),
            ):
                assert len(answer.sessions(row, only).rows) == count
        assert len(answer.sessions().rows) == answer.total.sessions
        everyone = asked.traffic(period)
        assert {row.session_id for row in everyone.sessions(limit=9999).rows} == {
            f"{key:016x}" for key in sessions_of(events, start, end)
        }
        rate = asked.conversion_rate("lead", period, "session").rows[0].rate
        converted = asked.traffic(period, goal="lead").total.conversion
        assert converted is not None
        assert (converted.k, converted.n) == (rate.k, rate.n)


def test_days_without_visits_are_rows_and_the_unfinished_day_says_so(
    shared: Store, new_site: Callable[[], int]
) -> None:
    site_id, now = new_site(), ms("2026-11-20T12:00:00", "Europe/Berlin")
    save(shared, site_id, [{"at": now - 4 * DAY}, {"at": now - HOUR, "session_id": 2, "n": 1}], "Europe/Berlin")
    rows = site(shared, site_id, now_ms=now).traffic("7d").rows
    assert [row.when for row in rows] == [f"2026-11-{day}" for day in range(14, 21)]
    assert [row.sessions for row in rows] == [0, 0, 1, 0, 0, 0, 1]
    assert [row.incomplete for row in rows] == [False] * 6 + [True]
    assert (rows[0].engaged.rate, rows[0].in_use, rows[0].views_per_session) == (None, None, None)
    weeks = site(shared, site_id, now_ms=now).traffic("7d", every="week").rows
    assert [(row.when, row.incomplete) for row in weeks] == [("2026-11-09", True), ("2026-11-16", True)]
    ahead = site(shared, site_id, now_ms=now).traffic(between("2026-11-20", "2026-11-25")).rows
    assert [row.when for row in ahead] == ["2026-11-20"]


def test_the_threshold_of_an_engaged_session_is_an_argument(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    start = ms("2026-11-02T12:00:00")
    save(
        shared,
        site_id,
        [
            {"at": start, "n": 0},
            {"at": start + 1, "kind": "engagement", "foreground_ms": 30_000, "n": 1},
            {"at": start, "session_id": 2, "page_id": 2, "n": 0},
            {"at": start + 1, "session_id": 2, "page_id": 2, "kind": "engagement", "foreground_ms": 10_000, "n": 1},
        ],
    )
    asked = site(shared, site_id)
    engaged = [asked.traffic("2026-11-02", engaged_after=after).total.engaged.k for after in ("9s", "10s", "30s", "1m")]
    assert engaged == [2, 1, 0, 0]
    assert asked.traffic("2026-11-02").total.bounce_single.k == 2


def test_groups_are_judged_against_the_others_where_they_are_large_enough(
    shared: Store, new_site: Callable[[], int]
) -> None:
    site_id, start, events = new_site(), ms("2026-11-02T12:00:00"), []
    for index in range(450):
        campaign = "a" if index < 200 else "b" if index < 400 else "few"
        events += [
            {"at": start, "session_id": index, "visitor_id": index, "page_id": index, "campaign": campaign, "n": n}
            for n in range(2 if campaign == "a" or index % 2 else 1)
        ]
    save(shared, site_id, events)
    rows = {row.group: row for row in site(shared, site_id).traffic("2026-11-02", by="campaign").rows}
    assert (rows["a"].engaged.rate, rows["b"].engaged.rate) == (1, 0.5)
    assert rows["few"].q_engaged is None
    assert max(rows[name].q_engaged or 0 for name in "ab") < 0.001


def test_two_periods_are_compared_day_by_day(shared: Store, new_site: Callable[[], int]) -> None:
    site_id, first = new_site(), ms("2026-11-02T12:00:00")
    save(
        shared,
        site_id,
        [{"at": first + day * DAY, "session_id": day * 10 + n, "n": n} for day in range(4) for n in range(day + 1)],
    )
    answer = site(shared, site_id).traffic(between("2026-11-04", "2026-11-06"))
    changes = [row for row in answer.compare().rows if row.measure == "sessions"]
    assert [(row.row, row.before, row.after) for row in changes] == [("1", 1, 3), ("2", 2, 4)]


@pytest.mark.parametrize("zone", [*ZONES, "Pacific/Apia", "America/St_Johns", "Asia/Beirut"])
@pytest.mark.parametrize("every", EVERY)
def test_buckets_leave_no_gap_and_begin_where_the_clock_says(zone: str, every: str) -> None:
    # 2011: Samoa left out a day. Clocks that change within an hour, as in Newfoundland until then, are not looked at.
    for year in (2026,) if every == "hour" else (2011, 2026):
        start, end = ms(f"{year}-01-01T00:10:00", zone), ms(f"{year}-12-31T20:00:00", zone)
        changes = [(midnight - 2 * DAY + 600_000, midnight + 2 * DAY) for midnight in _changes(zone, year)]
        spans = changes if every == "hour" else [(start, end)]
        for first, last in spans:
            found = buckets(first, last, every, zone)
            assert found[0].start_ms <= first < found[0].end_ms
            assert found[-1].start_ms < last <= found[-1].end_ms
            assert all(one.end_ms == other.start_ms for one, other in pairwise(found))
            labels = [label(each.start_ms, every, zone) for each in found]
            assert len(set(labels)) == len(labels)
            assert all(
                label(each.start_ms, every, zone) == label(each.end_ms - 1, every, zone)
                and label(each.start_ms - 1, every, zone) != label(each.start_ms, every, zone)
                for each in found
            )


def test_too_many_rows_are_refused(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    save(shared, site_id, [{"at": NOW_MS - DAY}])
    with pytest.raises(BadQuestion, match="more than 5,000 hours: ask for longer ones"):
        site(shared, site_id).traffic("400d", every="hour")


def _changes(zone: str, year: int) -> list[int]:
    """Midnights of days on which the zone changes its clock, and of one on which it does not."""
    found = [ms(f"{year}-03-01", zone)]
    day = date(year, 1, 1)
    while day.year == year:
        one, other = (
            datetime(each.year, each.month, each.day, tzinfo=ZoneInfo(zone)) for each in (day, day + timedelta(1))
        )
        if one.utcoffset() != other.utcoffset():
            found.append(round(one.timestamp() * 1000))
        day += timedelta(days=1)
    return found


def _ms(when: datetime) -> int:
    return round(when.timestamp() * 1000)


def test_money_can_be_left_out(shared: Store, new_site: Callable[[], int]) -> None:
    """Everything else is the same, of landing pages too, with a statement fewer; a currency makes no sense then."""
    for site_id, (zone, _) in save_visits(shared, min(new_site() for _ in ZONES), 3).items():
        first, last, *_ = days(zone, before=2, after=2)
        asked, period = site(shared, site_id), between(first, last)
        for report in (asked.traffic, asked.landing_pages):
            whole, less = report(period, goal="*"), report(period, goal="*", without_money=True)
            assert len(less.sql) == len(whole.sql) - 1
            gone = {"revenue": None, "rpv": None, "rpv_low": None, "rpv_high": None, "q_rpv": None}
            assert less.rows == tuple(replace(row, **gone) for row in whole.rows)
            with pytest.raises(BadQuestion, match="do not leave money out"):
                report(period, goal="*", currency="EUR", without_money=True)
