"""What is not measured is named, with how much it is and a line that measures it; what is measured is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from collector.query import BadQuestion, between
from tests.query.test_goals import publish
from tests.query.test_replay import save_trails
from tests.query.test_skeleton import save_sightings, sighting
from tests.query.worlds import DAY, at, ms, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.store import Store

START = ms("2026-11-02T12:00:00")
PERIOD = between("2026-11-02", "2026-11-03")


def gaps(answer: Any) -> dict[tuple[str, str], tuple[int, int]]:
    assert all(row.fix for row in answer.rows)
    return {(row.gap, row.subject): (row.rate.k, row.rate.n) for row in answer.rows}


def test_gaps_are_counted_and_named(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    view = {"at": START, "path": "/p"}
    form = {**view, "kind": "form", "form": "letter"}
    save(
        shared,
        site_id,
        [
            {**view, "n": 0},
            {**view, "n": 0, "page_id": 2, "page_type": "product"},
            {**form, "step": "start", "n": 1},
            {**form, "form": "checkout", "step": "start", "n": 2},
            {**form, "form": "checkout", "step": "ok", "n": 3},
            {"at": START - 5 * DAY, "kind": "conversion", "goal": "signup", "n": 4},
            {**view, "kind": "conversion", "goal": "purchase", "value": 9, "currency": "EUR", "n": 5},
            {**view, "n": 6, "bot_class": "crawler"},
        ],
    )
    found = gaps(site(shared, site_id).coverage(PERIOD))
    assert found["page without a type", "/p"] == (1, 2)
    assert found["page without zones", "/p"] == (2, 2)
    assert found["form without a success", "letter"] == (1, 1)
    assert ("form without a success", "checkout") not in found
    assert found["goal without conversions", "signup"] == (1, 1)
    assert found["order without an id", "purchase"] == (1, 1)
    assert found["left out as bots", ""] == (1, 7)
    assert {"no web vitals", "nobody is identified", "no outcomes of servers"} <= {gap for gap, _ in found}
    assert found["no skeletons", ""] == found["no trails", ""] == (2, 2)


def test_goals_that_nobody_reached_say_what_was_looked_at(shared: Store, new_site: Callable[[], int]) -> None:
    """Events where an event is one, sessions where it takes one to judge; and what may be wrong with the match."""
    site_id = new_site()
    visits = [
        {"at": START + n, "path": "/p", "visitor_id": 1, "session_id": 1 + n // 2, "page_id": 1 + n, "n": 0}
        for n in range(4)
    ]
    save(shared, site_id, visits)
    left, cart, page = {"left_within": "5s"}, {"abandoned": "add_to_cart", "without": "purchase"}, {"page": "/thanks"}
    matches = {"a": page, "b": left, "c": cart, "d": [left, page], "e": {"page": "/p"}}
    publish(shared, site_id, {name: {"class": "negative", "match": match} for name, match in matches.items()})
    answer = site(shared, site_id).coverage(PERIOD)
    found = {row.subject: row for row in answer.rows if row.gap == "goal without conversions"}
    assert [(name, row.rate.k, row.rate.n, row.of) for name, row in found.items()] == [
        ("a", 4, 4, "events, none of which is one"),
        ("b", 2, 2, "sessions, none of which has one"),
        ("c", 2, 2, "sessions, none of which has one"),
        ("d", 2, 2, "sessions, none of which has one"),
    ]
    words = {"a": ["fits no event"], "b": ["left so soon"], "c": ["no cart"], "d": ["left so soon", "fits no event"]}
    for name, row in found.items():
        every = sorted({each for listed in words.values() for each in listed})
        assert [each for each in every if each in row.fix] == sorted(words[name]), name


def test_clocks_that_are_right_are_no_gap(shared: Store, new_site: Callable[[], int]) -> None:
    """Most events rest on the browser's own clock, which is right; what is corrected by the collector's is told."""
    site_id = new_site()
    events = [
        {"at": START, "path": "/p", "n": n, "clock": clock}
        for n, clock in enumerate(("browser", "browser", "offset", "received", "clamped"))
    ]
    save(shared, site_id, events[:3])
    gap = ("wrong clocks of browsers", "")
    assert gap not in gaps(site(shared, site_id).coverage(PERIOD))
    save(shared, site_id, events[3:])
    assert gaps(site(shared, site_id).coverage(PERIOD))[gap] == (2, 5)


def test_pages_that_nobody_drew_are_named_with_the_line_that_draws_them(
    shared: Store, new_site: Callable[[], int]
) -> None:
    """The largest ones; drawings and trails of bots do not count."""
    site_id = new_site()
    page_views = [{"at": START, "path": path, "page_id": n, "n": 0} for n, path in enumerate(["/a", "/b", "/b", "/c"])]
    save(shared, site_id, page_views)
    save_sightings(shared, site_id, [sighting(START - DAY, path="/a"), sighting(START, path="/c", bot_class="crawler")])
    trail = {"visitor_id": 1, "session_id": 1, "page_id": 1, "n": 3, "at": START, "samples": [(0, 0, 1, 1)]}
    save_trails(shared, site_id, [trail | {"bot_class": "crawler"}])
    answer = site(shared, site_id).coverage(PERIOD)
    found = gaps(answer)
    assert found["page without a skeleton", "/b"] == (2, 2)
    assert found["page without a skeleton", "/c"] == (1, 1)
    assert ("page without a skeleton", "/a") not in found
    assert ("no skeletons", "") not in found
    assert found["no trails", ""] == (4, 4)
    fix = next(row.fix for row in answer.rows if row.gap == "no trails")
    assert fix.startswith("sites.yml: capture: {trail: 1}; where it says so already")
    assert ("page without a skeleton", "/c") not in gaps(site(shared, site_id).coverage(PERIOD, limit=1))


def test_what_is_measured_is_no_gap(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    view = {"at": START, "path": "/p", "page_type": "product"}
    save(
        shared,
        site_id,
        [
            {**view, "n": 0},
            {**view, "kind": "zone", "element_zone": "hero", "visible_ms": 200, "n": 1},
            {**view, "kind": "vital", "vital": "LCP", "vital_value": 9.0, "n": 2},
            {**view, "kind": "identify", "person_id": 7, "n": 3},
            {**view, "kind": "conversion", "goal": "purchase", "value": 9, "order_id": "1", "n": 4},
        ],
    )
    shared.insert(
        "outcomes",
        {
            "site_id": [site_id],
            "source": ["shop"],
            "id": ["1"],
            "kind": ["order"],
            "ts": [at(START)],
        },
    )
    save_sightings(shared, site_id, [sighting(START - 9 * DAY)])
    trail = {"visitor_id": 1, "session_id": 1, "page_id": 1, "n": 9, "at": START, "samples": [(0, 0, 1, 1)]}
    save_trails(shared, site_id, [trail | {"bot_class": ""}])
    answer = site(shared, site_id).coverage(PERIOD)
    assert answer.rows == ()
    assert answer.meta.notes == ("Nothing that this report knows of is missing.",)
    with pytest.raises(BadQuestion, match="limit is 1 to 1,000"):
        site(shared, site_id).coverage(PERIOD, limit=0)
