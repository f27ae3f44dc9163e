"""Paths equal a walk through each visit in Python, in every zone, forward and backward."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.query import BadQuestion, UnknownName, between, conversion, did, page
from collector.query.reports.paths import OTHER
from tests.query.shop import days, order, save_shops
from tests.query.worlds import examples, ms, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.query import Step
    from collector.store import Store

Event = dict[str, Any]
START = ms("2026-11-02T12:00:00")
PERIOD = between("2026-11-02", "2026-11-03")


def is_anchor(each: Event, anchor: Step) -> bool:
    if anchor.step == "page":
        return bool(each["kind"] == "page_view" and each["path"] == anchor.get("path"))
    return bool(each["kind"] == "conversion" and each.get("goal") == anchor.get("goal"))


def way(series: list[Event], asked: dict[str, Any]) -> tuple[str, ...] | None:
    """The path of a unit by the words of the definition."""
    kinds = {"page_view", "click"} if asked.get("of") == "click" else {"page_view"}
    anchor, backward = asked.get("start") or asked.get("end"), "end" in asked
    series = [e for e in series if e["kind"] in kinds or (anchor and is_anchor(e, anchor))]
    if not series:
        return None
    if anchor:
        places = [index for index, e in enumerate(series) if is_anchor(e, anchor)]
        if not places:
            return None
        series = series[: places[0] + 1] if backward else series[places[0] :]

    def name(each: Event) -> str:
        if each["kind"] not in kinds:
            return str(anchor)
        return f"click {each['element_name']}" if each["kind"] == "click" else str(each["path"])

    names = [name(e) for e in series]
    if not asked.get("repeats"):
        names = [key for key, _ in itertools.groupby(names)]
    names = ["(entry)", *names] if backward or not anchor else names
    names = names if backward else [*names, "(exit)"]
    size = asked.get("depth", 6) + 1
    return tuple(names[-size:] if backward else names[:size])


ASKED: list[dict[str, Any]] = [
    {},
    {"depth": 1},
    {"start": page("/cart"), "unit": "visitor"},
    {"start": page("/cart"), "of": "click", "depth": 3, "repeats": True},
    {"end": conversion("purchase"), "depth": 2},
    {"end": page("/cart"), "unit": "visitor", "depth": 4},
    {"start": conversion("purchase"), "where": did(page("/cart"))},
    {"bots": True, "depth": 3},
]


@examples(2)
@given(seed=st.integers(0, 10**6))
def test_paths_and_transitions_equal_a_walk_through_each_visit(
    shared: Store, new_site: Callable[[], int], seed: int
) -> None:
    first = min(new_site() for _ in range(6))
    for site_id, (zone, events) in list(save_shops(shared, first, seed).items())[:2]:
        day, last, start, end = days(zone)
        for asked in ASKED:
            sessions: dict[int, list[Event]] = defaultdict(list)
            for each in sorted(events, key=order):
                if asked.get("bots") or not each["bot_class"]:
                    sessions[each["session_id"]].append(each)
            chosen = {key: s for key, s in sessions.items() if start <= s[0]["at"] < end}
            if "where" in asked:
                chosen = {key: s for key, s in chosen.items() if any(is_anchor(e, page("/cart")) for e in s)}
            units: dict[int, list[Event]] = defaultdict(list)
            for each in sorted(itertools.chain(*chosen.values()), key=order):
                units[each["visitor_id" if asked.get("unit") == "visitor" else "session_id"]].append(each)
            ways = Counter(found for series in units.values() if (found := way(series, asked)))
            answer = site(shared, site_id).paths(between(day, last), limit=1000, **asked)
            assert {row.stations: row.share.k for row in answer.rows} == ways, asked
            assert all(row.share.n == ways.total() for row in answer.rows)
            looping = sum(count for each, count in ways.items() if len(set(each)) < len(each))
            assert answer.loops.k == looping == sum(row.loops for row in answer.rows)
            steps: Counter[tuple[str, str]] = Counter()
            back: Counter[tuple[str, str]] = Counter()
            for each, count in ways.items():
                for place in range(1, len(each)):
                    steps[each[place - 1], each[place]] += count
                    back[each[place - 1], each[place]] += count * (each[place] in each[:place])
            transitions = answer.transitions()
            assert {(row.station, row.to): row.count for row in transitions.rows} == steps
            assert {(row.station, row.to): row.back for row in transitions.rows} == dict(back)
            for row in transitions.rows:
                assert row.share.n == sum(count for (station, _), count in steps.items() if station == row.station)
            assert sum(count for *_, count in answer.flows()) == steps.total()
            few = site(shared, site_id).paths(between(day, last), limit=2, **asked)
            for row in few.rows:
                assert len(few.sessions(row).rows) == row.share.k
            assert sum(row.share.k for row in few.rows) == ways.total()
            assert [row.path for row in few.rows[2:]] == [OTHER] * (len(ways) > 2)


def views(*paths: str, session: int = 1) -> list[Event]:
    return [
        {"at": START + index, "n": index, "path": path, "session_id": session, "visitor_id": session}
        for index, path in enumerate(paths)
    ]


def test_a_return_is_a_loop_and_a_repeat_is_none(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    save(shared, site_id, [*views("/a", "/a", "/b"), *views("/a", "/b", "/a", session=2)])
    answer = site(shared, site_id).paths(PERIOD)
    assert {row.path: row.loops for row in answer.rows} == {
        "(entry) → /a → /b → (exit)": 0,
        "(entry) → /a → /b → /a → (exit)": 1,
    }
    assert [(row.station, row.to, row.count) for row in answer.transitions().rows if row.back] == [("/b", "/a", 1)]


def test_paths_of_people_cross_their_browsers(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    known = [{"at": START, "kind": "identify", "person_id": 7, "visitor_id": each, "n": 9} for each in (1, 2)]
    save(shared, site_id, [*known, *views("/a"), *views("/x", "/b", session=2)])
    answer = site(shared, site_id).paths(PERIOD, start=page("/a"), unit="person")
    assert [row.path for row in answer.rows] == ["/a → /x → /b → (exit)"]


def test_a_path_from_nowhere_is_an_empty_answer(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    save(shared, site_id, views("/a"))
    answer = site(shared, site_id).paths(between("2020-01-01", "2020-01-02"))
    assert answer.rows == answer.transitions().rows == answer.flows() == ()
    assert answer.loops.rate is None


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"start": page("/a"), "end": page("/a")}, BadQuestion, "a start or an end, not both"),
        ({"depth": 0}, BadQuestion, "depth is 1 to 20"),
        ({"limit": 0}, BadQuestion, "limit is 1 to 1,000"),
        ({"of": "pgae"}, UnknownName, "unknown kind of station 'pgae', did you mean 'page'"),
        ({"start": page("/aa")}, UnknownName, "unknown page '/aa', did you mean '/a'"),
    ],
)
def test_impossible_paths_are_refused(
    shared: Store, new_site: Callable[[], int], asked: dict[str, Any], error: type[Exception], message: str
) -> None:
    site_id = new_site()
    save(shared, site_id, views("/a"))
    with pytest.raises(error, match=message):
        site(shared, site_id).paths(PERIOD, **asked)
