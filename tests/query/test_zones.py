"""What is seen and clicked of a page equals a plain answer in Python; a click implies that it was seen."""

from __future__ import annotations

import random
from collections import defaultdict
from statistics import median_low
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.query import BadQuestion, UnknownName, between, where
from tests.query.worlds import examples, ms, number, save, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.store import Store

Event = dict[str, Any]
START = ms("2026-11-02T23:00:00", "Europe/Berlin")
PERIOD = between("2026-11-02", "2026-11-03")


def world(seed: int) -> list[Event]:
    """Page views around midnight whose zones hold several elements, reported in pieces, some clicked."""
    random_ = random.Random(seed)
    events: list[Event] = []
    for index in range(60):
        began = START + random_.choice([0, 3_599_999, 3_600_000, -1])
        view = {
            "visitor_id": index // 3,
            "session_id": index // 3,
            "page_id": index,
            "page_at": began,
            "path": random_.choice(["/p", "/p", "/other"]),
            "device": random_.choice(["mobile", "desktop"]),
            "bot_class": random_.choice(["", "", "", "crawler"]) if index // 3 % 5 == 0 else "",
        }
        events.append({**view, "at": began, "kind": "page_view"})
        for key in random_.sample(range(1, 7), 4):
            part = {
                **view,
                "element_key": key,
                "element_zone": ["top", "proof", "end"][key % 3],
                "element_y": key * 100,
            }
            first = random_.choice([1, 900])
            for report in range(random_.choice([0, 1, 2])):
                shown = {"first_ms": 0 if report else first, "visible_ms": random_.choice([100, 149, 150, 151, 4000])}
                events.append({**part, **shown, "at": began + 10 + report * 9000, "kind": "zone"})
            if random_.random() < 0.2 and key % 3:
                events.append({**part, "at": began + 500, "kind": "click"})
        if random_.random() < 0.3:
            events.append({**view, "at": began + 9000, "kind": "conversion", "goal": "purchase"})
    return number(random_, events)


@examples(4)
@given(seed=st.integers(0, 10**6), min_ms=st.sampled_from([0, 150, 151, 5000]))
def test_zones_are_what_python_finds(shared: Store, new_site: Callable[[], int], seed: int, min_ms: int) -> None:
    site_id, events = new_site(), world(seed)
    save(shared, site_id, events, "Europe/Berlin")
    end = START + 3_600_000
    people = [e for e in events if not e["bot_class"]]
    won = {e["session_id"] for e in people if e["kind"] == "conversion"}
    viewed = [e for e in people if e["path"] == "/p" and end - 86_400_000 <= e["page_at"] < end]
    answer = site(shared, site_id).zones("/p", PERIOD, min_ms=min_ms, goal="purchase")
    told = 0
    for device in ("mobile", "desktop"):
        mine = [e for e in viewed if e["device"] == device]
        views = {e["page_id"] for e in mine if e["kind"] == "page_view"}
        sessions = {e["session_id"] for e in mine if e["kind"] == "page_view"}
        assert answer.page_views.get(device, 0) == len(views)
        for zone in ("top", "proof", "end"):
            parts = [e for e in mine if e.get("element_zone") == zone]
            clicks = [e for e in parts if e["kind"] == "click"]
            clicked, clickers = {e["page_id"] for e in clicks}, {e["session_id"] for e in clicks}
            shown: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
            for e in parts:
                shown[e["page_id"]][e["element_key"]] += e.get("visible_ms", 0)
            longest = {page: max(times.values()) for page, times in shown.items()}
            seen = {page for page, time in longest.items() if time >= min_ms and time > 0} | clicked
            row = next((r for r in answer.rows if (r.group, r.zone) == (device, zone)), None)
            if row is None:
                assert not seen
                continue
            told += 1
            assert (row.exposure.k, row.exposure.n) == (len(seen), len(views))
            assert (row.clicks, row.click_rate.k, row.ignored) == (len(clicks), len(clicked), not clicks)
            assert (row.session_click_rate.k, row.session_click_rate.n) == (len(clickers), len(sessions))
            assert (row.attractiveness.k, row.attractiveness.n) == (len(clicked), len(seen))
            assert row.converted is not None
            assert row.others is not None
            assert (row.converted.k, row.converted.n) == (len(clickers & won), len(clickers))
            assert (row.others.k, row.others.n) == (len((sessions - clickers) & won), len(sessions - clickers))
            times = [longest[page] for page in seen if longest[page]]
            if len(times) % 2:
                assert row.visible_ms == max(0, median_low(times) - min_ms)
    assert told == len(answer.rows)


def test_zones_stand_in_the_order_of_the_page_and_the_never_clicked_are_marked(
    shared: Store, new_site: Callable[[], int]
) -> None:
    site_id = new_site()
    zone = {"at": START, "path": "/p", "kind": "zone", "visible_ms": 900, "first_ms": 5}
    save(
        shared,
        site_id,
        [
            {"at": START, "path": "/p"},
            {**zone, "element_zone": "proof", "element_key": 1, "element_y": 900, "n": 1},
            {**zone, "element_zone": "hero", "element_key": 2, "element_y": 10, "n": 2},
            {"at": START, "path": "/p", "kind": "click", "element_zone": "hero", "element_key": 9, "n": 3},
        ],
    )
    answer = site(shared, site_id).zones("/p", PERIOD, by=None)
    assert [(row.zone, row.ignored, row.visible_ms) for row in answer.rows] == [
        ("hero", False, 750),
        ("proof", True, 750),
    ]
    assert answer.plot().axes[0].texts[-1].get_text() == "seen, never clicked"
    assert answer.plot(dark=True).get_suptitle().startswith("Zones of /p")


def test_impossible_zones_are_refused(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    save(shared, site_id, [{"at": START, "path": "/p"}])
    asked = site(shared, site_id)
    with pytest.raises(UnknownName, match="unknown page '/q', did you mean '/p'"):
        asked.zones("/q", PERIOD)
    with pytest.raises(BadQuestion, match="min_ms is 0 or more"):
        asked.zones("/p", PERIOD, min_ms=-1)
    with pytest.raises(BadQuestion, match="'goal' belongs to single events"):
        asked.zones("/p", PERIOD, where=where(goal="x"))
    with pytest.raises(UnknownName, match="unknown group 'mobil'"):
        asked.zones("/p", PERIOD).plot(group="mobil")
    answer = asked.zones("/p", PERIOD)
    assert answer.rows == ()
    assert "data-footpath-zone" in answer.meta.notes[0]
