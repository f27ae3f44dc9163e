"""Where sessions begin and end: equal to a plain count in Python, and to what other reports say."""

from __future__ import annotations

import math
from collections import Counter
from datetime import timedelta
from statistics import NormalDist, median
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.query import BadQuestion, between, where
from tests.query.shop import ZONES, days
from tests.query.test_traffic import is_engaged
from tests.query.visits import save_visits, sessions_of
from tests.query.worlds import DAY, HOUR, NOW_MS, examples, ms, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.store import Store

seeds = st.integers(0, 10**6)
MINUTE = 60_000


@examples(1)
@given(seed=seeds)
def test_landing_pages_equal_a_count_of_their_sessions(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    for site_id, (zone, events) in save_visits(shared, min(new_site() for _ in ZONES), seed).items():
        first, last, start, end = days(zone, before=9, after=3)
        asked, period = site(shared, site_id), between(first, last)
        for by, bots in ((None, False), ("device", False), ("device", True), ("host", False)):
            answer = asked.landing_pages(period, goal="purchase", by=by, bots=bots)
            sessions = list(sessions_of(events, start, end, bots=bots).values())
            keys = Counter((s[0]["path"], s[0].get(by, "shop.example") if by else "") for s in sessions)
            assert {(row.page, row.group): row.sessions for row in answer.rows} == keys
            for row in answer.rows:
                mine = [s for s in sessions if (s[0]["path"], row.group) == (row.page, s[0].get(by or "", row.group))]
                assert (
                    row.engaged.k,
                    row.bounce_ga.n,
                    row.bounce_single.k,
                    row.conversion.k if row.conversion else 0,
                ) == (
                    sum(map(is_engaged, mine)),
                    len(mine),
                    sum(sum(e["kind"] == "page_view" for e in s) < 2 for s in mine),
                    sum(any(e.get("goal") == "purchase" for e in s) for s in mine),
                )
                in_use = median(sum(e.get("engaged_ms", 0) for e in s) for s in mine)
                assert row.in_use is not None
                assert row.in_use / timedelta(milliseconds=1) == pytest.approx(in_use, abs=0.51)
            for group, total in answer.totals.items():
                rows = [row for row in answer.rows if row.group == group]
                assert sum(row.sessions for row in rows) == total.sessions
                assert sum(row.share or 0 for row in rows) == pytest.approx(1)
        answer = asked.landing_pages(period, goal="purchase", by="device", where=where(channel="Email"))
        for row in answer.rows:
            assert len(answer.sessions(row).rows) == row.sessions
            assert len(answer.sessions(row, "bounce_single").rows) == row.bounce_single.k
        traffic = asked.traffic(period, goal="purchase", by="entry_path")
        whole = asked.landing_pages(period, goal="purchase")
        assert {row.group: (row.sessions, row.engaged, row.conversion) for row in traffic.rows} == {
            row.page: (row.sessions, row.engaged, row.conversion) for row in whole.rows
        }
        assert {row.page: row.q_engaged for row in whole.rows} == {row.group: row.q_engaged for row in traffic.rows}


@examples(1)
@given(seed=seeds)
def test_exit_pages_equal_a_count_and_expected_exits_add_up(
    shared: Store, new_site: Callable[[], int], seed: int
) -> None:
    for site_id, (zone, events) in save_visits(shared, min(new_site() for _ in ZONES), seed).items():
        first, last, start, end = days(zone, before=9, after=3)
        asked, period = site(shared, site_id), between(first, last)
        for by, bots in ((None, False), ("channel", False), ("device", True)):
            answer = asked.exit_pages(period, by=by, bots=bots)
            sessions = list(sessions_of(events, start, end, bots=bots).values())
            views: Counter[Any] = Counter()
            expected: Counter[Any] = Counter()
            lengths = [sum(e["kind"] == "page_view" for e in s) for s in sessions]
            for s in sessions:
                seen = [e for e in s if e["kind"] == "page_view"]
                for place, view in enumerate(seen, 1):
                    key = view["path"], s[0].get(by, "") if by else ""
                    views[key] += 1
                    expected[key] += lengths.count(place) / sum(each >= place for each in lengths)
            exits = Counter((s[-1]["path"], s[0].get(by, "") if by else "") for s in sessions)
            assert {(row.page, row.group) for row in answer.rows} == set(views) | set(exits)
            for row in answer.rows:
                key = row.page, row.group
                assert (row.views, row.exits) == (views[key], exits[key])
                assert (row.rate.k, row.rate.n) == (exits[key], max(views[key], exits[key]))
                if row.views:
                    assert row.expected == pytest.approx(expected[key] / views[key])
                    assert row.lift == pytest.approx((row.rate.rate or 0) / (row.expected or 1))
            assert sum(row.exits for row in answer.rows) == len(sessions)
            assert sum((row.expected or 0) * row.views for row in answer.rows) == pytest.approx(len(sessions))
        answer = asked.exit_pages(period, by="device", where=where(channel="Email"))
        for row in answer.rows:
            assert len(answer.sessions(row).rows) == row.exits
        listed = Counter(row.exit_page for row in asked.sessions(period, limit=9999).rows)
        assert {row.page: row.exits for row in asked.exit_pages(period).rows if row.exits} == listed


def test_a_session_that_may_go_on_has_no_exit_yet(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    save(
        shared,
        site_id,
        [
            {"at": NOW_MS - minutes * MINUTE, "session_id": minutes, "page_id": minutes, "path": f"/{minutes}"}
            for minutes in (1, 29, 30, 90)
        ],
    )
    answer = site(shared, site_id).exit_pages("3d")
    assert [(row.page, row.exits, row.views) for row in answer.rows] == [("/30", 1, 1), ("/90", 1, 1)]
    assert answer.meta.notes == ("2 sessions may go on and are left out.",)


def test_an_exit_whose_page_view_was_lost_counts_as_one(shared: Store, new_site: Callable[[], int]) -> None:
    site_id, start = new_site(), ms("2026-11-02T12:00:00")
    save(shared, site_id, [{"at": start, "n": 0}, {"at": start + 1, "kind": "click", "path": "/lost", "n": 1}])
    rows = {row.page: row for row in site(shared, site_id).exit_pages("2026-11-02").rows}
    assert (rows["/lost"].rate.k, rows["/lost"].rate.n, rows["/lost"].lift) == (1, 1, None)
    assert (rows["/"].exits, rows["/"].views) == (0, 1)


def test_a_page_that_is_left_more_often_than_expected_is_found_and_a_bouncing_entry_is_not_blamed_for_being_first(
    shared: Store, new_site: Callable[[], int]
) -> None:
    site_id, start, events = new_site(), ms("2026-11-02T12:00:00"), []
    for index in range(600):
        # Half of the sessions end on their first page whichever it is; of the others, all end on their second.
        paths = [f"/{'ab'[index % 2]}", "/c"][: 1 + (index // 2) % 2]
        events += [
            {"at": start + n, "session_id": index, "visitor_id": index, "page_id": index * 2 + n, "path": path, "n": n}
            for n, path in enumerate(paths)
        ]
    save(shared, site_id, events)
    rows = {row.page: row for row in site(shared, site_id).exit_pages("2026-11-02").rows}
    assert [rows[page].lift for page in ("/a", "/b", "/c")] == [1, 1, 1]
    extra = [
        {**event, "session_id": 1000 + index, "visitor_id": 1000 + index, "page_id": 5000 + index, "path": "/dead end"}
        for index, event in enumerate(events[:200])
    ]
    other = new_site()
    save(shared, other, [*events, *({**event, "n": 0} for event in extra)])
    found = {row.page: row for row in site(shared, other).exit_pages("2026-11-02").rows}["/dead end"]
    expected, variance = 200 * (found.expected or 0), 200 * (found.expected or 0) * (1 - (found.expected or 0))
    assert (found.expected, found.lift) == (pytest.approx(500 / 800), pytest.approx(1.6))
    p = 2 * NormalDist().cdf(-(200 - expected) / math.sqrt(variance))
    assert p <= (found.q_value or 0) < 1e-6


@pytest.mark.parametrize("name", ["landing_pages", "exit_pages"])
def test_pages_are_listed_up_to_a_limit(shared: Store, new_site: Callable[[], int], name: str) -> None:
    site_id = new_site()
    save(
        shared,
        site_id,
        [
            {"at": NOW_MS - DAY + index * HOUR, "session_id": index, "path": f"/{index}", "n": index}
            for index in range(5)
        ],
    )
    answer = getattr(site(shared, site_id), name)("3d", limit=2)
    assert len(answer.rows) == 2
    assert answer.meta.notes[0] == "3 more rows: ask with a larger limit."
    with pytest.raises(BadQuestion, match="limit is 1 to 10,000, not 0"):
        getattr(site(shared, site_id), name)("3d", limit=0)
