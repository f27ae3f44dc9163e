"""Retention equals a plain count over all history in Python, in every mode and zone."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.query import BadQuestion, UnknownName, between, conversion, event, page, where
from collector.query.calendar import buckets
from tests.query.shop import ZONES, days, order
from tests.query.test_traffic import label
from tests.query.visits import Event, save_visits, units_of
from tests.query.worlds import DAY, examples, ms, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.store import Store

seeds = st.integers(0, 10**6)


def is_step(each: Event, name: str) -> bool:
    """Whether the event is a page view, a conversion of the goal, or the custom event."""
    if name == "page":
        return each["kind"] == "page_view"
    return name in (each.get("goal"), each.get("custom_name"))


def returns_of(
    events: list[Event], now: int, unit: str, start: str, back: str, *, bots: bool
) -> dict[str, tuple[Event, list[Event]]]:
    """The first starting step of all times of each unit, and its returns from then on."""
    units, series = units_of(events, unit, bots=bots), defaultdict(list)
    for each in sorted(events, key=order):
        if order(each) in units and each["at"] < now:
            series[units[order(each)]].append(each)
    found = {}
    for name, own in series.items():
        first = next((each for each in own if is_step(each, start)), None)
        if first is not None:
            found[name] = first, [each for each in own if is_step(each, back) and order(each) >= order(first)]
    return found


@examples(1)
@given(seed=seeds)
def test_every_cell_equals_a_count_over_all_history(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    steps = {"page": None, "purchase": conversion("purchase"), "aha": event("aha"), "signup": event("signup")}
    for site_id, (zone, events) in save_visits(shared, min(new_site() for _ in ZONES), seed).items():
        first, last, start, end = days(zone, before=3, after=4)
        now = end + 2 * DAY + 1
        asked, period = site(shared, site_id, now_ms=now), between(first, last)
        for every, unit, begins, back, by, bots in (
            ("day", "visitor", "page", "page", None, False),
            ("week", "person", "page", "page", "device", False),
            ("day", "person", "signup", "aha", None, True),
            ("month", "visitor", "page", "purchase", None, False),
            ("day", "visitor", "aha", "page", "channel", False),
            ("day", "visitor", "purchase", "purchase", "path", False),
        ):
            known = [step for step in (begins, back) if step != "page"]
            if any(not any(is_step(each, step) for each in events) for step in known):
                continue
            found = buckets(start, end + 6 * 32 * DAY, every, zone)
            place = {label(each.start_ms, every, zone): index for index, each in enumerate(found)}
            cohorts: dict[Any, list[set[int]]] = defaultdict(list)
            for first_step, returns in returns_of(events, now, unit, begins, back, bots=bots).values():
                if start <= first_step["at"] < end:
                    own = place[label(first_step["at"], every, zone)]
                    later = {place[label(each["at"], every, zone)] - own for each in returns}
                    cohorts[own, first_step.get(by, "") if by else ""].append(later)
            for mode in ("on", "on_or_after", "on_or_before"):
                answer = asked.retention(
                    period,
                    every,
                    mode=mode,
                    start_step=steps[begins],
                    return_step=steps[back],
                    unit=unit,
                    by=by,
                    length=5,
                    bots=bots,
                )
                for row in answer.rows:
                    if row.cohort is None:
                        continue
                    own = place[label(round(row.cohort.timestamp() * 1000), every, zone)]
                    units = cohorts.get((own, row.group), [])
                    assert row.size == len(units)
                    if found[own + row.offset].end_ms > now:
                        assert row.retained is None
                        continue
                    counted = {
                        "on": lambda later, k=row.offset: k in later,
                        "on_or_after": lambda later, k=row.offset: max(later, default=-1) >= k,
                        "on_or_before": lambda later, k=row.offset: (
                            any(0 < each <= k for each in later) if k else 0 in later
                        ),
                    }[mode]
                    assert row.retained is not None
                    assert (row.retained.k, row.retained.n) == (sum(map(counted, units)), len(units)), (every, mode)
                assert sum(row.size for row in answer.rows if row.cohort and row.offset == 0) == sum(
                    len(each) for each in cohorts.values()
                )
                for group, offset in itertools.product({row.group for row in answer.rows}, range(6)):
                    cells = [r for r in answer.rows if (r.group, r.offset) == (group, offset) and r.retained]
                    together, rest = [[r for r in cells if (r.cohort is None) == whole] for whole in (True, False)]
                    assert [(r.retained.k, r.retained.n) for r in together if r.retained] == (
                        [(sum(r.retained.k for r in rest if r.retained), sum(r.size for r in rest))] if rest else []
                    )


@examples(1)
@given(seed=seeds)
def test_a_cell_hands_over_its_units(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    site_id = min(new_site() for _ in ZONES)
    for key, (zone, _) in itertools.islice(save_visits(shared, site_id, seed).items(), 2):
        first, last, _, _ = days(zone, before=3, after=4)
        for mode in ("on", "on_or_after", "on_or_before"):
            answer = site(shared, key).retention(
                between(first, last), "day", mode=mode, by="device", where=where(channel=["Email", "Direct"]), length=2
            )
            for row in answer.rows:
                if row.cohort is not None and row.retained is not None and row.size:
                    returned = answer.actors(row)
                    assert len(returned.rows) == row.retained.k
                    assert len(returned.sessions().rows) == row.retained.k
                    assert len(answer.actors(row, returned=False).rows) == row.size
        with pytest.raises(BadQuestion, match="the row is of all cohorts"):
            answer.actors(answer.rows[0])


def test_who_came_before_the_period_is_in_no_cohort(shared: Store, new_site: Callable[[], int]) -> None:
    site_id, first = new_site(), ms("2026-11-02T12:00:00")
    save(
        shared,
        site_id,
        [
            {"at": first - 200 * DAY, "visitor_id": 1, "session_id": 1, "n": 0},
            *({"at": first + n * DAY, "visitor_id": 1, "session_id": 1 + n, "n": n} for n in range(1, 4)),
            *({"at": first + n * DAY, "visitor_id": 2, "session_id": 10 + n, "n": n} for n in range(1, 4)),
        ],
    )
    rows = site(shared, site_id).retention(between("2026-11-02", "2026-11-09"), "day", length=3).rows
    assert [(row.when, row.size) for row in rows if row.offset == 0 and row.size] == [("all", 1), ("2026-11-03", 1)]


def test_weeks_begin_on_monday_and_the_unfinished_ones_are_empty_not_zero(
    shared: Store, new_site: Callable[[], int]
) -> None:
    site_id, sunday = new_site(), ms("2026-11-08T23:59:59.999", "America/New_York")
    save(
        shared,
        site_id,
        [
            {"at": sunday, "n": 0},
            {"at": sunday + 1, "n": 1, "session_id": 2},
            {"at": sunday + 2, "n": 2, "visitor_id": 2},
        ],
        "America/New_York",
    )
    asked = site(shared, site_id, now_ms=ms("2026-11-20T12:00:00", "America/New_York"))
    answer = asked.retention(between("2026-11-02", "2026-11-16"), length=2)
    shares = {
        (row.when, row.offset): None if row.retained is None else (row.retained.k, row.retained.n)
        for row in answer.rows
    }
    assert shares == {
        ("all", 0): (2, 2),
        ("all", 1): (1, 1),
        ("all", 2): None,
        ("2026-11-02", 0): (1, 1),
        ("2026-11-02", 1): (1, 1),
        ("2026-11-02", 2): None,
        ("2026-11-09", 0): (1, 1),
        ("2026-11-09", 1): None,
        ("2026-11-09", 2): None,
    }
    text = str(answer)
    assert "2026-11-02     1  100.0 %  100.0 %  -" in text
    assert "Empty cells (-) are not over yet." in text
    assert answer.columns == asked.retention(between("2020-01-01", "2020-01-02")).columns


def test_unknown_modes_and_units_name_the_nearest(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    save(shared, site_id, [{"at": ms("2026-11-02")}])
    asked = site(shared, site_id)
    with pytest.raises(UnknownName, match="unknown mode of retention 'onor', did you mean"):
        asked.retention("7d", mode="onor")
    with pytest.raises(UnknownName, match="unknown unit of retention 'session'"):
        asked.retention("7d", unit="session")
    with pytest.raises(UnknownName, match="unknown length of retention 'hour'"):
        asked.retention("7d", "hour")
    with pytest.raises(BadQuestion, match="length is 1 to 400"):
        asked.retention("7d", length=0)
    with pytest.raises(UnknownName, match="unknown page '/none'"):
        asked.retention("7d", start_step=page("/none"))
