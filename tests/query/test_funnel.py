"""Funnels equal a search through all chains, in every order, at every edge."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.query import BadQuestion, UnknownName, between, event, page, where
from tests.query.worlds import DAY, HOUR, NOW_MS, examples, ms, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.store import Store

START, END = ms("2026-11-02"), ms("2026-11-09")
PERIOD = between("2026-11-02", "2026-11-09")
WINDOW = 1000
# Around both ends of the period and of the window, with many ties.
TIMES = [
    START - 1,
    START,
    START + 1,
    START + 999,
    START + 1000,
    START + 1001,
    START + 2000,
    END - 1,
    END,
    END + 999,
    END + 1000,
]
NAMES = "abcx"

visit = st.tuples(
    st.sampled_from(TIMES),
    st.integers(1, 2),
    st.sampled_from(NAMES),
    st.sampled_from(["desktop", "mobile"]),
    st.integers(0, 1),
)
visitors = st.lists(st.lists(visit, min_size=1, max_size=9), min_size=20, max_size=120)


def events_of(worlds: list[list[tuple[int, int, str, str, int]]]) -> list[dict[str, Any]]:
    events = []
    for visitor, world in enumerate(worlds, 1):
        for n, (at, page_id, name, device, session) in enumerate(world):
            events.append(
                {
                    "at": at,
                    "kind": "custom",
                    "visitor_id": visitor,
                    "page_id": page_id,
                    "n": 99 - n,
                    "session_id": visitor * 10 + session,
                    "custom_name": name,
                    "device": device,
                }
            )
    # Every name exists, at a time that no funnel reads.
    return [
        *events,
        *(
            {"at": START - 90 * DAY, "kind": "custom", "visitor_id": 0, "n": n, "custom_name": name}
            for n, name in enumerate(NAMES)
        ),
    ]


def furthest(
    series: list[dict[str, Any]], steps: str, order: str, exclude: str, allowed: Callable[[dict[str, Any]], bool]
) -> int:
    """The longest chain, by trying all of them."""
    series = [each for each in series if each["custom_name"] in steps + exclude]

    def enters(each: dict[str, Any]) -> bool:
        first = set(steps) if order == "any" else {steps[0]}
        return START <= each["at"] < END and each["custom_name"] in first and allowed(each)

    def chain(first: int, last: int, reached: int) -> int:
        best = reached
        for index in range(last + 1, len(series)):
            each = series[index]
            if each["custom_name"] in exclude:
                break
            if (
                reached < len(steps)
                and each["custom_name"] == steps[reached]
                and each["at"] - series[first]["at"] <= WINDOW
            ):
                best = max(best, chain(first, index, reached + 1))
            if order == "strict":
                break
        return best

    def together(first: int) -> int:
        near = {each["custom_name"] for each in series[first:] if each["at"] - series[first]["at"] <= WINDOW}
        return len(near & set(steps))

    starts = [index for index, each in enumerate(series) if enters(each)]
    return max((together(index) if order == "any" else chain(index, index, 1) for index in starts), default=0)


def levels(
    events: list[dict[str, Any]],
    steps: str,
    order: str,
    exclude: str,
    *,
    key: str,
    allowed: Callable[[dict[str, Any]], bool] = lambda _: True,
) -> dict[str, int]:
    ordered = sorted(events, key=lambda each: (each[key], each["at"], each.get("page_id", 1), each["n"]))
    found = {}
    for unit, series in itertools.groupby((each for each in ordered if key in each), key=lambda each: each[key]):
        reached = furthest(list(series), steps, order, exclude, allowed)
        if reached:
            found[f"{unit:016x}"] = reached
    return found


FORMS = [
    ("abc", "ordered", ""),
    ("aab", "ordered", ""),
    ("aba", "ordered", ""),
    ("abc", "ordered", "x"),
    ("ab", "ordered", "a"),
    ("abc", "strict", ""),
    ("aab", "strict", ""),
    ("abc", "strict", "x"),
    ("abc", "any", ""),
]


@examples(6)
@given(worlds=visitors)
def test_every_form_of_a_funnel_equals_the_search_through_all_chains(
    shared: Store, new_site: Callable[[], int], worlds: list[list[tuple[int, int, str, str, int]]]
) -> None:
    site_id, events = new_site(), events_of(worlds)
    save(shared, site_id, events)
    asked = site(shared, site_id)
    for steps, order, exclude in FORMS:
        for unit, key in (("visitor", "visitor_id"), ("session", "session_id")):
            expected = levels(
                [e for e in events if e["visitor_id"]]
                if unit == "visitor"
                else [e for e in events if "session_id" in e],
                steps,
                order,
                exclude,
                key=key,
            )
            funnel = asked.funnel(
                [event(name) for name in steps],
                PERIOD,
                _window(),
                unit=unit,
                order=order,
                exclude=[event(name) for name in exclude],
            )
            got = {row.id: row.reached for row in funnel.actors(1).rows}
            assert got == expected, (steps, order, exclude, unit)
            assert [row.count for row in funnel.rows] == [
                sum(level >= step for level in expected.values()) for step in range(1, len(steps) + 1)
            ]


def _window() -> Any:
    from datetime import timedelta

    return timedelta(milliseconds=WINDOW)


@examples(4)
@given(worlds=visitors)
def test_filter_and_breakdown_are_read_at_the_entering_event(
    shared: Store, new_site: Callable[[], int], worlds: list[list[tuple[int, int, str, str, int]]]
) -> None:
    site_id, events = new_site(), events_of(worlds)
    save(shared, site_id, events)
    asked, steps = site(shared, site_id), [event(name) for name in "abc"]
    events = [each for each in events if each["visitor_id"]]
    mobile = asked.funnel(steps, PERIOD, _window(), where=where(device="mobile"))
    expected = levels(events, "abc", "ordered", "", key="visitor_id", allowed=lambda each: each["device"] == "mobile")
    assert {row.id: row.reached for row in mobile.actors(1).rows} == expected
    first: dict[str, str] = {}
    for each in sorted(events, key=lambda e: (e["at"], e["page_id"], e["n"])):
        if each["custom_name"] == "a" and START <= each["at"] < END:
            first.setdefault(f"{each['visitor_id']:016x}", each["device"])
    by_device = asked.funnel(steps, PERIOD, _window(), by="device")
    assert {row.group: row.count for row in by_device.rows if row.step == 1} == Counter(first.values())
    for row in by_device.rows:
        assert len(by_device.actors(row.step, group=row.group).rows) == row.count
        assert len(by_device.actors(row.step, group=row.group, dropped=True).rows) == row.dropped


@examples(4)
@given(worlds=visitors)
def test_a_session_window_keeps_all_steps_in_one_session(
    shared: Store, new_site: Callable[[], int], worlds: list[list[tuple[int, int, str, str, int]]]
) -> None:
    site_id, events = new_site(), events_of(worlds)
    save(shared, site_id, events)
    funnel = site(shared, site_id).funnel([event("a"), event("b")], PERIOD, "session", times=True)
    expected: dict[str, int] = {}
    for session in {each["session_id"] for each in events if "session_id" in each}:
        series = sorted(
            (each for each in events if each.get("session_id") == session),
            key=lambda e: (e["at"], e["page_id"], e["n"]),
        )
        best = 0
        for index, each in enumerate(series):
            if each["custom_name"] == "a" and START <= each["at"] < END:
                later = [
                    e for e in series[index + 1 :] if e["custom_name"] == "b" and e["at"] - each["at"] <= 24 * HOUR
                ]
                best = max(best, 2 if later else 1)
        if best:
            key = f"{session // 10:016x}"
            expected[key] = max(expected.get(key, 0), best)
    assert {row.id: row.reached for row in funnel.actors(1).rows} == expected


@examples(4)
@given(worlds=visitors)
def test_times_are_those_of_the_earliest_attempt_that_gets_furthest(
    shared: Store, new_site: Callable[[], int], worlds: list[list[tuple[int, int, str, str, int]]]
) -> None:
    site_id, events = new_site(), events_of(worlds)
    save(shared, site_id, events)
    funnel = site(shared, site_id).funnel([event("a"), event("b"), event("c")], PERIOD, _window(), times=True)
    spans: dict[int, list[int]] = {1: [], 2: []}
    key = lambda e: (e["at"], e["page_id"], e["n"])  # noqa: E731
    for visitor in {each["visitor_id"] for each in events} - {0}:
        series = sorted((e for e in events if e["visitor_id"] == visitor and e["custom_name"] in "abc"), key=key)
        best: list[int] = []
        for index, each in enumerate(series):
            if each["custom_name"] != "a" or not START <= each["at"] < END:
                continue
            times = [each["at"]]
            for later in series[index + 1 :]:
                if len(times) < 3 and later["custom_name"] == "abc"[len(times)] and later["at"] - times[0] <= WINDOW:
                    times.append(later["at"])
            best = times if len(times) > len(best) else best
        for step in range(1, len(best)):
            spans[step].append(best[step] - best[step - 1])
    for row in funnel.rows[:2]:
        taken = sorted(spans[row.step])
        if taken:
            middle = (taken[(len(taken) - 1) // 2] + taken[len(taken) // 2]) / 2
            assert row.median_ms == pytest.approx(middle)
        else:
            assert row.median_ms is None


def test_steps_are_looked_for_a_window_past_the_end_of_the_period(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    save(
        shared,
        site_id,
        [
            {"at": END - 1, "kind": "custom", "custom_name": "a", "n": 1},
            {"at": END - 1 + 7 * DAY, "kind": "custom", "custom_name": "b", "n": 2},
            {"at": END - 1, "kind": "custom", "custom_name": "a", "n": 1, "visitor_id": 2},
            {"at": END + 7 * DAY, "kind": "custom", "custom_name": "b", "n": 2, "visitor_id": 2},
        ],
    )
    funnel = site(shared, site_id).funnel([event("a"), event("b")], PERIOD, "7d")
    assert [row.count for row in funnel.rows] == [2, 1]
    assert funnel.meta.read_until is not None
    assert funnel.meta.read_until.isoformat() == "2026-11-16T00:00:00+00:00"


def test_a_window_that_has_not_ended_is_open_and_no_failure(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    save(
        shared,
        site_id,
        [
            {"at": NOW_MS - 8 * DAY, "kind": "custom", "custom_name": "a", "n": 1, "visitor_id": 1},
            {"at": NOW_MS - 8 * DAY + 1, "kind": "custom", "custom_name": "b", "n": 2, "visitor_id": 1},
            {"at": NOW_MS - 8 * DAY, "kind": "custom", "custom_name": "a", "n": 1, "visitor_id": 2},
            {"at": NOW_MS - HOUR, "kind": "custom", "custom_name": "a", "n": 1, "visitor_id": 3},
        ],
    )
    funnel = site(shared, site_id).funnel([event("a"), event("b")], "28d", "7d")
    first, second = funnel.rows
    assert (first.count, first.dropped, first.open, second.count) == (3, 1, 1, 1)
    assert (second.from_first.k, second.from_first.n) == (1, 2)
    assert (second.so_far.k, second.so_far.n) == (1, 3)
    assert funnel.meta.incomplete_from is not None
    assert "has not ended" in str(funnel)
    assert [row.id for row in funnel.actors(1, dropped=True).rows] == ["0000000000000002"]


def test_people_are_joined_across_their_browsers(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    save(
        shared,
        site_id,
        [
            {"at": START, "kind": "custom", "custom_name": "a", "n": 1, "visitor_id": 1},
            {"at": START + 5, "kind": "identify", "person_id": 7, "n": 2, "visitor_id": 1},
            {"at": START + 10, "kind": "identify", "person_id": 7, "n": 1, "visitor_id": 2},
            {"at": START + 20, "kind": "custom", "custom_name": "b", "n": 2, "visitor_id": 2},
            {"at": START + 30, "kind": "identify", "person_id": 8, "n": 3, "visitor_id": 2},
            {"at": START + 40, "kind": "custom", "custom_name": "a", "n": 4, "visitor_id": 2},
            {"at": START + 40, "kind": "custom", "custom_name": "a", "n": 4, "visitor_id": 3},
        ],
    )
    asked, steps = site(shared, site_id), [event("a"), event("b")]
    assert [row.count for row in asked.funnel(steps, PERIOD).rows] == [3, 0]
    people = asked.funnel(steps, PERIOD, unit="person")
    assert [row.count for row in people.rows] == [3, 1]
    assert {row.id: row.reached for row in people.actors(1).rows} == {
        "person:0000000000000007": 2,
        "person:0000000000000008": 1,
        "0000000000000003": 1,
    }
    shared.insert(
        "identity",
        {
            "site_id": [site_id],
            "visitor_id": [2],
            "person_id": [7],
            "ts": [_at(START + 10)],
            "page_id": [1],
            "n": [1],
            "undone": [True],
        },
    )
    assert [row.count for row in asked.funnel(steps, PERIOD, unit="person").rows] == [3, 0]


def _at(value: int) -> Any:
    from tests.query.worlds import at

    return at(value)


def test_sessions_of_the_dropped_are_as_many_as_the_dropped(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    save(
        shared,
        site_id,
        [
            {"at": START + index, "visitor_id": index + 1, "session_id": index + 1, "n": 1, "path": "/p"}
            for index in range(30)
        ],
    )
    funnel = site(shared, site_id).funnel([page("/p"), page("/*", type=None)], PERIOD)
    people = funnel.actors(1, dropped=True)
    assert len(people.rows) == funnel.rows[0].dropped == 30
    assert {row.session_id for row in people.sessions().rows} == {row.session_id for row in people.rows}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"steps": [event("a")]}, "2 to 12 steps, not 1"),
        ({"steps": [event("a"), event("a")], "order": "any"}, "same step twice"),
        ({"order": "any", "times": True}, "neither exclusions nor times"),
        ({"window": "soon"}, "'soon' is not a length of time"),
    ],
)
def test_impossible_funnels_are_refused(
    shared: Store, new_site: Callable[[], int], arguments: dict[str, Any], message: str
) -> None:
    site_id = new_site()
    save(shared, site_id, events_of([]))
    with pytest.raises(BadQuestion, match=message):
        site(shared, site_id).funnel(**{"steps": [event("a"), event("b")], "period": PERIOD, **arguments})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"steps": [event("a"), event("bb")]}, "unknown event 'bb', did you mean 'b'"),
        ({"order": "odered"}, "unknown order 'odered', did you mean 'ordered'"),
        ({"unit": "visiter"}, "unknown unit 'visiter', did you mean 'visitor'"),
        ({"by": "devise"}, "unknown column 'devise', did you mean 'device'"),
    ],
)
def test_unknown_names_are_errors_that_name_the_nearest(
    shared: Store, new_site: Callable[[], int], arguments: dict[str, Any], message: str
) -> None:
    site_id = new_site()
    save(shared, site_id, events_of([]))
    with pytest.raises(UnknownName, match=message):
        site(shared, site_id).funnel(**{"steps": [event("a"), event("b")], "period": PERIOD, **arguments})
