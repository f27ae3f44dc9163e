"""The friction map equals a plain answer in Python, and what stands behind each number is as many as it says."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.query import (
    BadQuestion,
    UnknownName,
    between,
    broken_link,
    conversion,
    error_click,
    page,
    page_loop,
    quick_back,
    scrolling,
    slow,
    stall,
)
from collector.query.rate import Rate
from collector.query.reports.friction import AFFECTED
from collector.query.signals import SIGNALS
from tests.query.shop import ZONES, days, order, shop
from tests.query.test_reports import bursts, is_dead, sessions_of
from tests.query.worlds import HOUR, NOW_MS, examples, ms, number, save, save_all, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.store import Store

Event = dict[str, Any]
Hits = list[tuple[str, Event]]
CALM = {
    "element_key": 5,
    "element_item": "",
    "element_name": "Add",
    "element_role": "button",
    "element_fixed": False,
    "x": 1,
    "y": 1,
    "response": "mutation",
    "response_ms": 9,
    "watched_ms": 9,
    "selection": False,
}
CLICKED = ("rage", "dead", "error_click", "broken_link")
POOR = {"LCP": 4000, "INP": 500, "TTFB": 1800}
START = ms("2026-11-02T12:00:00")
PERIOD = between("2026-11-02", "2026-11-03")


def rough(seed: int, zone: str) -> list[Event]:
    """A shop with broken pages, errors after clicks, idle and restless reading, slow pages, and ways back."""
    random_ = random.Random(seed)
    events = shop(seed, zone)
    extra = []
    for each in events:
        each.setdefault("bot_class", "")
        if each["kind"] == "page_view":
            each["status"] = random_.choice([200, 200, 200, 404])
            each["soft"] = random_.choice(["", "", "", "history", "resume", "hash"])
            name, value = random_.choice(list(POOR.items()))
            vital = {**each, "kind": "vital", "status": 0, "soft": "", "vital": name}
            extra += [{**vital, "at": each["at"] + 500, "vital_value": value * random_.choice([0.5, 1, 1.01, 2])}]
        elif each["kind"] == "engagement":
            each["foreground_ms"] = each["engaged_ms"] + random_.choice([0, 14_999, 15_000, 40_000])
            each["reversals"] = random_.choice([0, 0, 0, 2, 5, 6, 9])
        elif each["kind"] == "click" and random_.random() < 0.4:
            base = {**each, "kind": "error", "element_key": 0, "element_name": "", "element_role": ""}
            late = random_.choice([0, 1, 999, 1000, 1001])
            kind = random_.choice(["js", "http", "rejection", "resource"])
            extra.append({**base, "at": each["at"] + late, "error_type": kind, "error_message": "no"})
    return number(random_, [*events, *extra, *_to_and_fro(random_, ms(ZONES[zone], zone))])


def _to_and_fro(random_: random.Random, midnight: int) -> list[Event]:
    """Sessions around midnight that go from page to page fast, some of whose views are read restlessly."""
    events: list[Event] = []
    for index in range(50):
        now = midnight + random_.choice([-1, 1]) * random_.randrange(HOUR)
        who = {"visitor_id": 100 + index, "session_id": (now << 20) + 900 + index, "device": "mobile", "bot_class": ""}
        for view in range(random_.randrange(2, 7)):
            page_id, path = 1000 + index * 10 + view, random_.choice(["/cart", "/product/1"])
            at = {**who, "page_id": page_id, "page_at": now, "path": path}
            events.append({**at, "at": now, "kind": "page_view"})
            if random_.random() < 0.2:
                events.append({**at, "at": now + 200, "kind": "click", **CALM})
            turns = random_.choice([0, 0, 0, 0, 0, 0, 0, 0, 5, 6, 7, 9])
            events.append({**at, "at": now + 900, "kind": "engagement", "reversals": turns})
            now += random_.choice([0, 2999, 6999, 7000, 7001, 29_000])
    return events


def hits_of(events: list[Event]) -> dict[str, Hits]:
    """Every hit of every signal as (path on which it counts, the event that it hangs on), by the definitions."""
    found: dict[str, Hits] = defaultdict(list)
    by_page: dict[tuple[int, int], list[Event]] = defaultdict(list)
    by_session: dict[int, list[Event]] = defaultdict(list)
    for each in sorted(events, key=order):
        by_page[each["visitor_id"], each["page_id"]].append(each)
        by_session[each["session_id"]].append(each)
    found["rage"] = [(run[0]["path"], run[0]) for run in bursts(events)]
    found["dead"] = [(e["path"], e) for e in events if is_dead(e)]
    for e in events:
        if e["kind"] == "engagement" and e.get("foreground_ms", 0) - e.get("engaged_ms", 0) >= 15_000:
            found["stall"].append((e["path"], e))
        if e["kind"] == "vital" and e["vital_value"] > POOR[e["vital"]]:
            found["slow"].append((e["path"], e))
        if e["kind"] == "click" and e.get("element_role") == "link" and not e["response"] and not e["selection"]:
            found["broken_link"] += [(e["path"], e)] * (e["watched_ms"] >= 2500)
    for series in by_page.values():
        found["error_click"] += _after(series, ("js", "http", "rejection"))
        found["broken_link"] += _after(series, ("http",))
    for series in by_session.values():
        _of_session(series, found)
    return found


def _after(series: list[Event], types: tuple[str, ...]) -> Hits:
    faults = [(e["at"], e["n"]) for e in series if e["kind"] == "error" and e["error_type"] in types]
    clicks = [e for e in series if e["kind"] == "click"]
    later = [(c, [f for f in faults if f > (c["at"], c["n"])]) for c in clicks]
    return [(c["path"], c) for c, after in later if after and after[0][0] - c["at"] <= 1000]


def _of_session(series: list[Event], found: dict[str, Hits]) -> None:
    every = [e for e in series if e["kind"] == "page_view"]
    for index, e in enumerate(every):
        if e.get("status", 0) >= 400:
            at = every[max(0, index - 1)]
            found["broken_link"].append((at["path"], at))
    views = [e for e in every if e.get("soft", "") not in ("resume", "hash")]
    for a, b, c in zip(views, views[1:], views[2:], strict=False):
        used = any(e["kind"] in ("click", "field") and e["page_id"] == b["page_id"] for e in series)
        if a["path"] == c["path"] != b["path"] and c["at"] - b["at"] < 7000 and not used:
            found["quick_back"].append((b["path"], b))
    forms = [e for e in series if e["kind"] in ("form", "field")]
    begun = any(e["kind"] == "field" or e.get("step") in ("start", "attempt", "error", "ok") for e in forms)
    if begun and not any(e.get("step") == "ok" for e in forms):
        found["form_abandon"].append((forms[-1]["path"], forms[-1]))


def loops_of(events: list[Event], start: int, end: int) -> set[tuple[str, int]]:
    """(path, session) of page loops: three views within a minute, of the period's page views."""
    views: dict[tuple[str, int], list[int]] = defaultdict(list)
    for e in events:
        if e["kind"] == "page_view" and e.get("soft", "") not in ("resume", "hash") and start <= e["page_at"] < end:
            views[e["path"], e["session_id"]].append(e["at"])
    return {
        key
        for key, at in views.items()
        if any(c - a <= 60_000 for at in [sorted(at)] for a, c in zip(at, at[2:], strict=False))
    }


def restless_of(events: list[Event], start: int, end: int) -> set[tuple[str, int]]:
    """(path, session) of page views with more reversals than the 0.95 quantile of all of that page, at least 6."""
    turns: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    sessions = {e["page_id"]: e["session_id"] for e in events}
    for e in events:
        if start <= e["page_at"] < end:
            turns[e["path"]][e["page_id"]] += e.get("reversals", 0)
    found = set()
    for path, by_page in turns.items():
        usual = sorted(by_page.values())[int(0.95 * len(by_page))]
        found |= {(path, sessions[key]) for key, count in by_page.items() if count > usual and count >= 6}
    return found


@examples(2)
@given(seed=st.integers(0, 10**6))
def test_the_map_is_what_python_finds(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    first = min(new_site() for _ in range(6))
    shops = {first + index: (zone, rough(seed + index, zone)) for index, zone in enumerate(ZONES)}
    save_all(shared, {k: e for k, (_, e) in shops.items()}, {k: zone for k, (zone, _) in shops.items()})
    for site_id, (zone, every) in shops.items():
        since, until, start, end = days(zone)
        people = [e for e in every if not e["bot_class"]]
        answer = site(shared, site_id).friction(between(since, until), goal="purchase", by="device", limit=100)
        found = hits_of(people)
        affected = {
            name: {(path, e["session_id"]) for path, e in found[name] if start <= e["page_at"] < end}
            for name in SIGNALS
        }
        affected["page_loop"] = loops_of(people, start, end)
        affected["scrolling"] = restless_of(people, start, end)
        hits = {name: sum(start <= e["page_at"] < end for _, e in each) for name, each in found.items()}
        seen = {
            (e["path"], e["session_id"]) for e in people if e["kind"] == "page_view" and start <= e["page_at"] < end
        }
        device = {e["session_id"]: e["device"] for e in people}
        won = {e["session_id"] for e in people if e.get("goal") == "purchase"}
        for row in answer.rows:
            mine = lambda pairs: {s for path, s in pairs if (path, device[s]) == (row.step, row.group)}  # noqa: E731, B023
            hit, saw = mine(affected[row.signal]), mine(seen)
            assert (row.rate.k, row.rate.n) == (len(hit), len(saw)), (row.signal, row.step)
            assert row.affected is not None
            assert row.unaffected is not None
            assert (row.affected.k, row.affected.n) == (len(hit & won), len(hit))
            assert (row.unaffected.k, row.unaffected.n) == (len((saw - hit) & won), len(saw - hit))
        for name in ("rage", "dead", "stall", "slow", "error_click", "broken_link", "quick_back", "form_abandon"):
            assert sum(row.hits for row in answer.rows if row.signal == name) == hits.get(name, 0), name
        whole = site(shared, site_id).friction(between(since, until), of="site")
        for row in whole.rows:
            assert row.rate.k == len({s for _, s in affected[row.signal]}), row.signal


@examples(1)
@given(seed=st.integers(0, 10**6))
def test_what_stands_behind_a_number_is_as_many_as_it_says(
    shared: Store, new_site: Callable[[], int], seed: int
) -> None:
    site_id, zone = new_site(), "America/New_York"
    save_all(shared, {site_id: rough(seed, zone)}, {site_id: zone})
    since, until, *_ = days(zone)
    answer = site(shared, site_id).friction(between(since, until), by="device", limit=100)
    for name in SIGNALS:
        rows = [row for row in answer.rows if row.signal == name]
        for row in [row for row in rows if row.rate.k][:2]:
            assert len(answer.sessions(name, row.step, group=row.group).rows) == row.rate.k
        found = answer.elements(name, limit=1000)
        assert sum(each.hits for each in found.rows) == sum(row.hits for row in rows)
        for hit in found.rows[:2]:
            assert len(answer.sessions(name, hit.step, hit=hit).rows) == hit.sessions, hit
    clicked = [row for name in CLICKED for row in answer.elements(name, limit=1000).rows]
    ranked = answer.elements(limit=1000).rows
    assert set(ranked) == set(clicked)
    assert [row.sessions for row in ranked] == sorted((row.sessions for row in clicked), reverse=True)


def test_what_was_hit_is_ranked_over_all_signals_of_clicks(shared: Store, new_site: Callable[[], int]) -> None:
    """Three sessions click in vain on one button, two on another thing that has no key; one meets an error there."""
    site_id, events = new_site(), []
    for index in range(5):
        (view,) = walk(index + 1, (0, "/p"))
        named = {"element_key": 7, "element_name": "Pay"} if index < 3 else {"element_selector": "main > div"}
        events += [view, {**view, **named, "kind": "click", "watched_ms": 7000, "n": 1, "at": START + 1000}]
        if index == 4:
            events.append({**view, "kind": "error", "error_type": "js", "at": START + 1100, "n": 2})
    save(shared, site_id, events)
    answer = site(shared, site_id).friction(PERIOD)
    ranked = answer.elements().rows
    assert [(row.signal, row.key, row.what, row.sessions) for row in ranked] == [
        ("dead", f"{7:016x}", "Pay", 3),
        ("dead", "", "main > div", 2),
        ("error_click", "", "main > div", 1),
    ]
    assert [len(answer.sessions(row.signal, hit=row).rows) for row in ranked] == [3, 2, 1]
    (alone,) = site(shared, site_id).friction(PERIOD, signals=["dead"]).elements(step="/p", limit=1).rows
    assert alone == ranked[0]
    with pytest.raises(BadQuestion, match="none of the signals is of clicks: name one of stall, slow"):
        site(shared, site_id).friction(PERIOD, signals=["stall", "slow"]).elements()


@examples(1)
@given(seed=st.integers(0, 10**6))
def test_a_point_of_a_curve_is_the_map_at_that_threshold(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    site_id, zone = new_site(), "Europe/Berlin"
    save_all(shared, {site_id: rough(seed, zone)}, {site_id: zone})
    since, until, *_ = days(zone)
    asked, period = site(shared, site_id), between(since, until)
    for name, threshold in (
        ("rage_clicks", 4),
        ("dead_ms", 2499),
        ("error_ms", 999),
        ("quick_back_ms", 3000),
        ("page_loop", 2),
        ("stall_ms", 55_000),
        ("reversals", 9),
        ("slow", 1.5),
    ):
        signal = next(each.name for each in SIGNALS.values() if each.threshold == name)
        limits: dict[str, Any] = {name: threshold}
        moved = asked.friction(period, of="site", signals=[signal], **limits).rows[0].rate
        curve = asked.friction(period, of="site", signals=[signal]).sensitivity(signal, thresholds=[threshold])
        point = next(each for each in curve.rows if each.threshold == threshold)
        assert (point.rate.k, point.rate.n) == (moved.k, moved.n), name
        assert len(curve.sql) == 1


@examples(1)
@given(seed=st.integers(0, 10**6))
def test_sessions_are_filtered_by_the_same_signals(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    site_id = new_site()
    events = rough(seed, "UTC")
    save_all(shared, {site_id: events}, {site_id: "UTC"})
    since, until, start, end = days("UTC", before=9, after=9)
    asked, period = site(shared, site_id), between(since, until)
    everyone = asked.friction(period, limit=100)
    for make in (error_click, broken_link, quick_back, page_loop, stall, scrolling, slow):
        condition: Any = make(page="/cart")
        rows = [row for row in everyone.rows if (row.step, row.signal) == ("/cart", make.__name__)]
        found = asked.sessions(period, where=condition, limit=999).rows
        assert len(found) == (rows[0].rate.k if rows else 0), make.__name__
        others = asked.sessions(period, where=~condition, limit=999).rows
        assert len(found) + len(others) == len(sessions_of(events, start, end))


def walk(session: int, *visits: tuple[int, str], **more: Any) -> list[Event]:
    """Page views of a session, at seconds after START."""
    return [
        {
            "at": START + 1000 * at,
            "path": path,
            "session_id": session,
            "visitor_id": session,
            "page_id": session * 100 + n,
            **more,
        }
        for n, (at, path) in enumerate(visits)
    ]


def test_few_restless_views_of_a_calm_page_are_all_hits(shared: Store, new_site: Callable[[], int]) -> None:
    """2 of 100 views have reversals: the 0.95 quantile of the page's views is none."""
    site_id = new_site()
    views = [each for n in range(1, 101) for each in walk(n, (0, "/calm"))]
    restless = [{**each, "kind": "engagement", "n": 1, "reversals": 9} for each in views[:2]]
    save(shared, site_id, [*views, *restless])
    (row,) = site(shared, site_id).friction(PERIOD, signals=["scrolling"]).rows
    assert (row.hits, row.rate.k, row.rate.n) == (2, 2, 100)


def test_a_way_back_to_an_earlier_step_is_a_loop_at_the_step_that_was_left(
    shared: Store, new_site: Callable[[], int]
) -> None:
    site_id = new_site()
    events = [
        *walk(1, (0, "/cart"), (9, "/pay"), (20, "/cart"), (30, "/pay"), (99, "/cart")),
        *walk(2, (0, "/cart"), (9, "/other"), (20, "/cart"), (30, "/pay")),
        *walk(3, (0, "/pay"), (9, "/cart")),
    ]
    save(shared, site_id, events)
    asked = site(shared, site_id)
    steps = [page("/cart"), page("/pay")]
    answer = asked.friction(PERIOD, steps=steps, signals=["loop"])
    assert [(row.step, row.hits, row.rate.k, row.rate.n) for row in answer.rows] == [
        ("page /cart", 0, 0, 3),
        ("page /pay", 2, 2, 3),
    ]
    assert {row.session_id for row in answer.sessions("loop", "page /pay").rows} == {f"{1:016x}", f"{3:016x}"}
    twice = asked.friction(PERIOD, steps=steps, signals=["loop"], backs=2)
    assert [row.rate.k for row in twice.rows] == [0, 1]
    assert [row.rate.k for row in answer.sensitivity("loop").rows] == [2, 1, 0, 0, 0]


def test_a_hit_belongs_to_the_step_that_the_session_did_last(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    dead = {"kind": "click", "element_key": 7, "element_name": "Pay now", "watched_ms": 7000}
    views = walk(1, (0, "/"), (9, "/cart"), (20, "/help"))
    save(
        shared,
        site_id,
        [
            *views,
            {**views[0], **dead, "at": START + 1000, "n": 1},
            {**views[2], **dead, "at": START + 21_000, "n": 1, "page_at": START + 20_000},
            {**views[2], "kind": "conversion", "goal": "purchase", "at": START + 22_000, "n": 2},
        ],
    )
    answer = site(shared, site_id).friction(PERIOD, steps=[page("/cart"), conversion("purchase")], signals=["dead"])
    assert [(row.step, row.rate.k, row.rate.n) for row in answer.rows] == [
        ("page /cart", 1, 1),
        ("conversion purchase", 0, 1),
    ]
    (hit,) = answer.elements("dead").rows
    assert (hit.step, hit.key, hit.what, hit.hits, hit.sessions) == ("page /cart", f"{7:016x}", "Pay now", 1, 1)


def test_the_conversion_of_the_affected_is_compared_with_that_of_the_others(
    shared: Store, new_site: Callable[[], int]
) -> None:
    """Of 200 affected 20 convert, of 300 others 60: 10 % against 20 %."""
    site_id, events = new_site(), []
    for index in range(500):
        (view,) = walk(index + 1, (0, "/p"))
        events.append(view)
        if index < 200:
            events.append({**view, "kind": "click", "watched_ms": 7000, "n": 1, "element_key": 1})
        if index < 20 or 200 <= index < 260:
            events.append({**view, "kind": "conversion", "goal": "purchase", "n": 2})
    save(shared, site_id, events)
    (row,) = site(shared, site_id).friction(PERIOD, signals=["dead"], goal="purchase").rows
    assert row.rate == Rate.of(200, 500, AFFECTED)
    assert row.difference == pytest.approx(-0.1)
    assert row.low is not None
    assert row.high is not None
    assert -0.17 < row.low < -0.1 < row.high < -0.03
    assert row.conversion_q is not None
    assert row.conversion_q < 0.01


def test_a_form_that_may_still_be_sent_is_not_left(shared: Store, new_site: Callable[[], int]) -> None:
    site_id = new_site()
    save(
        shared,
        site_id,
        [
            {"at": NOW_MS - minutes * 60_000, "kind": "form", "form": "f", "step": "start", "session_id": minutes}
            for minutes in (10, 31)
        ],
    )
    asked = site(shared, site_id)
    assert asked.friction("24h", signals=["form_abandon"]).rows[0].rate.k == 1
    assert asked.friction("24h", signals=["form_abandon"], form_minutes=5).rows[0].rate.k == 2
    assert asked.friction("24h", signals=["form_abandon"]).elements("form_abandon").rows[0].what == "f/"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"signals": ["rag"]}, "unknown signal 'rag', did you mean 'rage'"),
        ({"signals": ["loop"]}, "say which steps"),
        ({"stall_ms": 10_000}, "stall_ms is at least 15,000"),
        ({"rage_clicks": 1}, "rage_clicks is at least 2"),
        ({"page_loop": 1}, "page_loop is at least 2"),
        ({"reversals_quantile": 1.0}, "below 1"),
        ({"dead_ms": 0}, "dead_ms must be above 0"),
        ({"limit": 0}, "limit is 1 to 1,000"),
    ],
)
def test_impossible_maps_are_refused(
    shared: Store, new_site: Callable[[], int], arguments: dict[str, Any], message: str
) -> None:
    site_id = new_site()
    save(shared, site_id, walk(1, (0, "/")))
    with pytest.raises((BadQuestion, UnknownName), match=message):
        site(shared, site_id).friction(PERIOD, **arguments)


def test_what_has_no_threshold_has_no_curve_and_what_does_not_exist_is_named(
    shared: Store, new_site: Callable[[], int]
) -> None:
    site_id = new_site()
    save(shared, site_id, walk(1, (0, "/")))
    answer = site(shared, site_id).friction(PERIOD)
    with pytest.raises(BadQuestion, match="broken_link has no threshold"):
        answer.sensitivity("broken_link")
    with pytest.raises(UnknownName, match="unknown signal 'stal', did you mean 'stall'"):
        answer.sessions("stal")
    stepped = site(shared, site_id).friction(PERIOD, steps=[page("/")])
    with pytest.raises(UnknownName, match="unknown step '/', did you mean 'page /'"):
        stepped.sessions("dead", "/")
    assert site(shared, site_id).friction(between("2020-01-01", "2020-01-02")).rows == ()


@pytest.mark.parametrize("dark", [False, True])
def test_the_matrix_has_a_cell_for_every_step_and_signal(
    shared: Store, new_site: Callable[[], int], *, dark: bool
) -> None:
    pytest.importorskip("matplotlib")
    site_id = new_site()
    (view,) = walk(1, (0, "/p"))
    save(shared, site_id, [view, {**view, "kind": "click", "watched_ms": 7000, "n": 1}, *walk(2, (HOUR // 1000, "/q"))])
    answer = site(shared, site_id).friction(PERIOD, by="device")
    axes = answer.plot(dark=dark).axes[0]
    assert len(axes.texts) == 2 * len(SIGNALS)
    assert "100.0 %\n1" in [text.get_text() for text in axes.texts]
    assert answer.sensitivity("dead", "/p").plot(dark=dark).axes[0].lines
    with pytest.raises(UnknownName, match="unknown group 'mobil'"):
        answer.plot(group="mobil")
    empty = site(shared, site_id).friction(between("2020-01-01", "2020-01-02"))
    assert empty.plot().get_suptitle()
    assert empty.sensitivity("dead").plot().axes
