"""Funnels equal a search through all chains, in every order, at every edge."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.query import BadQuestion, UnknownName, between, conversion, event, form, page, preset, where
from collector.query.presets import PRESETS
from collector.query.report import REPORTS
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
        ({"hold": ["device", "browser", "os", "country"]}, "at most 3 columns are held, not 4"),
        ({"grace": "2s", "order": "strict"}, "a grace is for ordered funnels"),
        ({"grace": "2s", "exclude": [event("x")]}, "a grace is for ordered funnels"),
        ({"attribute": "last"}, "which value of `by` counts"),
        ({"attribute": 3, "by": "device"}, "first, last or a step from 1 to 2, not '3'"),
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
        ({"hold": ["devise"]}, "unknown column 'devise', did you mean 'device'"),
        ({"reentry": "frist"}, "unknown reentry 'frist', did you mean 'first'"),
    ],
)
def test_unknown_names_are_errors_that_name_the_nearest(
    shared: Store, new_site: Callable[[], int], arguments: dict[str, Any], message: str
) -> None:
    site_id = new_site()
    save(shared, site_id, events_of([]))
    with pytest.raises(UnknownName, match=message):
        site(shared, site_id).funnel(**{"steps": [event("a"), event("b")], "period": PERIOD, **arguments})


def entries_of(series: list[dict[str, Any]], step: str) -> list[int]:
    return [index for index, e in enumerate(series) if e["custom_name"] == step and START <= e["at"] < END]


def attempts(series: list[dict[str, Any]], steps: str, grace: int = 0) -> list[list[dict[str, Any]]]:
    """Each entry followed: a step takes the first event, not taken yet, after the step before it or in its grace."""
    found = []
    for first in entries_of(series, steps[0]):
        taken = [first]
        for name in steps[1:]:
            before = series[taken[-1]]["at"] if taken else 0
            fitting = [
                index
                for index, e in enumerate(series)
                if e["custom_name"] == name
                and index not in taken
                and e["at"] - series[first]["at"] <= WINDOW
                and (e["at"] >= max(before, series[first]["at"]) - grace if grace else index > taken[-1])
            ]
            if not fitting:
                break
            taken.append(fitting[0])
        found.append([series[index] for index in taken])
    return found


def of_units(
    events: list[dict[str, Any]], key: str, *same: str
) -> dict[int, dict[tuple[Any, ...], list[dict[str, Any]]]]:
    """Events in order, by unit and by the values of the columns `same`."""
    found: dict[int, dict[tuple[Any, ...], list[dict[str, Any]]]] = {}
    for e in sorted(events, key=lambda e: (e["at"], e.get("page_id", 1), e["n"])):
        if e["visitor_id"]:
            found.setdefault(e[key], {}).setdefault(tuple(e[name] for name in same), []).append(e)
    return found


REFINED: list[tuple[str, dict[str, Any]]] = [
    ("abc", {"hold": ["device"]}),
    ("abc", {"hold": ["device", "session_id"]}),
    ("aab", {"reentry": "first"}),
    ("abc", {"reentry": "first", "hold": ["device"]}),
    ("abc", {"grace": "2ms"}),
    ("aba", {"grace": "1s"}),
    ("abc", {"grace": "1s", "hold": ["device"], "reentry": "first"}),
]


@examples(5)
@given(worlds=visitors)
def test_what_is_held_re_entered_and_graced_equals_each_entry_followed(
    shared: Store, new_site: Callable[[], int], worlds: list[list[tuple[int, int, str, str, int]]]
) -> None:
    site_id, events = new_site(), events_of(worlds)
    save(shared, site_id, events)
    asked = site(shared, site_id)
    for steps, arguments in REFINED:
        grace = {"2ms": 2, "1s": 1000}.get(arguments.get("grace", ""), 0)
        first_only = arguments.get("reentry") == "first"
        expected, values, times = {}, {}, {}
        for unit, by_value in of_units(events, "visitor_id", *arguments.get("hold", [])).items():
            tried = [each for series in by_value.values() for each in attempts(series, steps, grace)]
            tried.sort(key=lambda chain: (chain[0]["at"], chain[0]["page_id"], chain[0]["n"]))
            if tried:
                counted = tried[0] if first_only else max(tried, key=len)
                name = f"{unit:016x}"
                expected[name] = len(counted)
                times[name] = [e["at"] for e in counted]
                values[name] = {
                    "first": tried[0][0]["device"],
                    "last": counted[-1]["device"],
                    "2": counted[1]["device"] if len(counted) > 1 else "(step 2 not reached)",
                }
        question = [event(name) for name in steps]
        funnel = asked.funnel(question, PERIOD, _window(), times=True, **arguments)
        assert {row.id: row.reached for row in funnel.actors(1).rows} == expected, (steps, arguments)
        for row in funnel.rows:
            assert row.count == sum(level >= row.step for level in expected.values())
            assert row.dropped == len(funnel.actors(row.step, dropped=True).rows)
            spans = [max(0, t[row.step] - t[row.step - 1]) for t in times.values() if len(t) > row.step]
            assert row.mean_ms == (pytest.approx(sum(spans) / len(spans)) if spans else None)
        for attribute in ("first", "last", "2"):
            groups = asked.funnel(question, PERIOD, _window(), by="device", attribute=attribute, **arguments)
            assert {row.group: row.count for row in groups.rows if row.step == 1} == Counter(
                each[attribute] for each in values.values()
            ), (steps, arguments, attribute)
            for row in groups.rows:
                assert len(groups.actors(row.step, group=row.group).rows) == row.count
                assert len(groups.actors(row.step, group=row.group, dropped=True).rows) == row.dropped


def test_without_repeated_steps_a_grace_finds_every_order_within_it(shared: Store, new_site: Callable[[], int]) -> None:
    """Steps 2 s apart in the wrong order count with a grace of 2 s, and not with less."""
    site_id = new_site()
    save(shared, site_id, events_of([[(START + 2000, 1, "a", "desktop", 0), (START, 1, "b", "desktop", 0)]]))
    asked, steps = site(shared, site_id), [event("a"), event("b")]
    assert [asked.funnel(steps, PERIOD, grace=grace).rows[1].count for grace in (None, "1999ms", "2s")] == [0, 0, 1]


def test_a_step_in_the_grace_may_lie_before_the_period(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    save(shared, site_id, events_of([[(START, 1, "a", "desktop", 0), (START - 1, 1, "b", "desktop", 0)]]))
    assert site(shared, site_id).funnel([event("a"), event("b")], PERIOD, grace="1s").rows[1].count == 1


def test_groups_by_the_value_at_a_step_are_judged_only_after_it(shared: Store, new_site: Callable[[], int]) -> None:
    site_id, world = new_site(), []
    for index in range(600):
        device = "mobile" if index % 2 else "desktop"
        visit = [(START, 1, "a", "desktop", 0)]
        visit += [(START + 1, 1, "b", device, 0)] if index % 3 else []
        visit += [(START + 2, 1, "c", device, 0)] if index % 3 and (device == "mobile" or index % 4 == 0) else []
        world.append(visit)
    save(shared, site_id, events_of(world))
    steps = [event(name) for name in "abc"]
    funnel = site(shared, site_id).funnel(steps, PERIOD, by="device", attribute=2)
    judged = {(row.group, row.step): row.q_value for row in funnel.rows}
    assert [judged["mobile", step] for step in (1, 2)] == [None, None]
    assert judged["mobile", 3] is not None
    assert judged["mobile", 3] < 1e-6
    assert [judged["(step 2 not reached)", step] for step in (1, 2, 3)] == [None] * 3
    assert "Groups are by device at step 2." in funnel.meta.notes


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_preset_is_a_funnel_over_page_types(shared: Store, new_site: Callable[[], int], name: str) -> None:
    site_id, steps = new_site(), preset(name)
    events: list[dict[str, Any]] = []
    for index, step in enumerate(steps):
        base = {"at": START + index * 1000, "n": index}
        if step.step == "form":
            events.append({**base, "kind": "form", "form": "any", "step": "ok"})
        elif step.step == "conversion":
            events.append({**base, "kind": "conversion", "goal": step.get("goal")})
        else:
            events.append({**base, "page_type": step.get("type"), "page_channel": "Paid Search"})
    save(shared, site_id, events)
    asked = site(shared, site_id)
    assert [row.count for row in asked.funnel(preset(name), PERIOD).rows] == [1] * len(steps)
    assert REPORTS["funnel"].from_texts({"steps": [f"preset:{name}"]}) == {"steps": steps}


def test_a_preset_takes_the_sites_own_names() -> None:
    assert preset("cart", product="item")[1] == page(type="item")
    assert preset("ad", goal="lead", form="quote")[1:] == [form("quote", "ok"), conversion("lead")]
    with pytest.raises(UnknownName, match="unknown preset 'car', did you mean 'cart'"):
        preset("car")
    with pytest.raises(UnknownName, match="unknown part of preset 'cart' 'prodct', did you mean 'product'"):
        preset("cart", prodct="item")
