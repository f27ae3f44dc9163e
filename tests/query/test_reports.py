"""Each report equals a plain, slow answer in Python, from roll-ups and from single events, in every zone."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from statistics import median_low
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.query import between, click, dead, did, page, rage, where
from tests.query.shop import FIELDS, days, order, save_shops
from tests.query.worlds import HOUR, NOW_MS, examples, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.store import Store

Event = dict[str, Any]
seeds = st.integers(0, 10**6)
once = examples(3)


def sessions_of(events: list[Event], start: int, end: int, *, bots: bool = False) -> dict[int, list[Event]]:
    """Events in order of each session that starts in the period."""
    found = defaultdict(list)
    for each in sorted(events, key=order):
        if bots or not each["bot_class"]:
            found[each["session_id"]].append(each)
    return {key: series for key, series in found.items() if start <= series[0]["at"] < end}


def bursts(events: list[Event]) -> list[list[Event]]:
    """Rage clicks, by the words of the definition."""
    found = []
    key = lambda e: (e["visitor_id"], e["page_id"], e["element_key"], e["element_item"])  # noqa: E731
    clicks = [e for e in events if e["kind"] == "click" and e["element_name"] != "next"]
    for _, group in itertools.groupby(sorted(clicks, key=lambda e: (key(e), e["at"], e["n"])), key=key):
        runs: list[list[Event]] = []
        for each in group:
            place = ("vx", "vy") if each["element_fixed"] else ("x", "y")
            near = (
                runs
                and each["at"] - runs[-1][-1]["at"] <= 1000
                and all(abs(each[axis] - runs[-1][-1][axis]) <= 30 for axis in place)
            )
            runs = [*runs[:-1], [*runs[-1], each]] if near else [*runs, [each]]
        for run in runs:
            spread = max(max(e[axis] for e in run) - min(e[axis] for e in run) for axis in place)
            if len(run) >= 3 and spread <= 30 and sum(e["response"] != "" for e in run) < len(run):
                found.append(run)
    return found


def is_dead(each: Event) -> bool:
    return (
        each["kind"] == "click"
        and each["watched_ms"] >= 2500
        and not each["selection"]
        and each["element_role"] != "link"
        and (each["response"] == "" or each["response_ms"] > 2500)
    )


@once
@given(seed=seeds)
def test_conversion_rates(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    for site_id, (zone, events) in save_shops(shared, _ids(new_site), seed).items():
        first, last, start, end = days(zone)
        asked, period = site(shared, site_id), between(first, last)
        for bots in (False, True):
            sessions = sessions_of(events, start, end, bots=bots)
            won = [key for key, series in sessions.items() if any(e.get("goal") == "purchase" for e in series)]
            rate = asked.conversion_rate("purchase", period, "session", bots=bots).rows[0].rate
            assert (rate.k, rate.n) == (len(won), len(sessions))
            seen = [e for e in events if start <= e["at"] < end and (bots or not e["bot_class"])]
            buyers = {e["visitor_id"] for e in seen if e.get("goal") == "purchase"}
            rate = asked.conversion_rate("purchase", period, "visitor", bots=bots).rows[0].rate
            assert (rate.k, rate.n) == (len(buyers), len({e["visitor_id"] for e in seen}))
            groups = Counter(series[0]["channel"] for series in sessions.values())
            rows = asked.conversion_rate("purchase", period, "session", by="channel", bots=bots).rows
            assert {row.group: row.rate.n for row in rows} == groups
        on_cart = {
            key
            for key, s in sessions_of(events, start, end).items()
            if any(e["kind"] == "page_view" and e["path"] == "/cart" for e in s)
        }
        rate = asked.conversion_rate("purchase", period, "session", where=did(page("/cart"))).rows[0].rate
        assert rate.n == len(on_cart)


@once
@given(seed=seeds)
def test_session_lists_from_roll_up_and_events(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    for site_id, (zone, events) in save_shops(shared, _ids(new_site), seed).items():
        first, last, start, end = days(zone)
        asked, period = site(shared, site_id), between(first, last)
        expected = sessions_of(events, start, end)
        newest = sorted(expected, key=lambda key: (-expected[key][0]["at"], -key))
        got, after = [], None
        while True:
            answer = asked.sessions(period, limit=7, after=after)
            got += answer.rows
            after = answer.next
            if after is None:
                break
        assert [row.session_id for row in got] == [f"{key:016x}" for key in newest]
        for row, key in zip(got, newest, strict=True):
            series = expected[key]
            assert round(row.start.timestamp() * 1000) == series[0]["at"]
            assert round(row.duration.total_seconds() * 1000) == series[-1]["at"] - series[0]["at"]
            assert (row.entry_page, row.exit_page) == (series[0]["path"], series[-1]["path"])
            assert (row.clicks, row.page_views, row.errors, row.conversions) == tuple(
                sum(e["kind"] == kind for e in series) for kind in ("click", "page_view", "error", "conversion")
            )
            assert row.engaged.total_seconds() * 1000 == pytest.approx(sum(e.get("engaged_ms", 0) for e in series))
        everyone = sessions_of(events, start, end, bots=True)
        assert {row.session_id for row in asked.sessions(period, limit=999, bots=True).rows} == {
            f"{key:016x}" for key in everyone
        }
        only_people = {row.session_id: row for row in got}
        for row in asked.sessions(period, limit=999, bots=True).rows:
            if row.session_id in only_people:
                assert row == only_people[row.session_id]


@once
@given(seed=seeds)
def test_filters_choose_the_sessions_that_python_chooses(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    def has(rule: Callable[[Event], Any]) -> Callable[[list[Event]], bool]:
        return lambda series: any(rule(each) for each in series)

    cases: list[tuple[Any, Callable[[list[Event]], bool]]] = [
        (where(device="mobile"), lambda s: s[0]["device"] == "mobile"),
        (where(channel=["Email", "Direct"]), lambda s: s[0]["channel"] in ("Email", "Direct")),
        (where(path="/product/*"), has(lambda e: e["path"].startswith("/product/"))),
        (~where(path="/cart"), lambda s: not has(lambda e: e["path"] == "/cart")(s)),
        (where(path="/cart", goal="purchase"), has(lambda e: e["path"] == "/cart" and e.get("goal") == "purchase")),
        (
            did(click("Add to cart")) & ~did(page("/cart")),
            lambda s: (
                has(lambda e: e.get("element_name") == "Add to cart")(s)
                and not has(lambda e: e["kind"] == "page_view" and e["path"] == "/cart")(s)
            ),
        ),
        (rage(element="Add*"), lambda s: any(run[0]["element_name"] == "Add to cart" for run in bursts(s))),
        (
            dead(page="/cart") | where(entry_path="/"),
            lambda s: has(lambda e: is_dead(e) and e["path"] == "/cart")(s) or s[0]["path"] == "/",
        ),
        (
            where(element_key="000000000000000b", element_item="2"),
            has(lambda e: e.get("element_key") == 11 and e["element_item"] == "2"),
        ),
        (where(hesitation_ms=350), has(lambda e: e.get("hesitation_ms") == 350)),
        (where(element_fixed=True), has(lambda e: e.get("element_fixed") is True)),
    ]
    for site_id, (zone, events) in save_shops(shared, _ids(new_site), seed).items():
        first, last, start, end = days(zone)
        sessions = sessions_of(events, start, end)
        for condition, rule in cases:
            rows = site(shared, site_id).sessions(between(first, last), where=condition, limit=999).rows
            assert {row.session_id for row in rows} == {f"{k:016x}" for k, s in sessions.items() if rule(s)}, condition


@once
@given(seed=seeds)
def test_heat_cells_sum_to_clicks_and_both_ways_agree(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    for site_id, (zone, events) in save_shops(shared, _ids(new_site), seed).items():
        first, last, start, end = days(zone)
        asked, period = site(shared, site_id), between(first, last)
        for path in ("/cart", "/product/*"):
            viewed = _of_page(events, path, start, end)
            expected: Counter[tuple[Any, ...]] = Counter()
            for e in viewed:
                if e["kind"] == "click":
                    across, down = (e["vx"], e["vy"]) if e["element_fixed"] else (e["x"], e["y"])
                    expected[
                        e["device"],
                        "viewport" if e["element_fixed"] else "page",
                        min(99, max(0, int(across * 100 / e["document_width"]))),
                        max(0, down) // 16 * 16,
                    ] += 1
            rolled, single = asked.heatmap(path, period), asked.heatmap(path, period, where=where(host="shop*"))
            assert (rolled.meta.rolled_up, single.meta.rolled_up) == (True, False)
            for answer in (rolled, single):
                assert {(r.group, r.layer, r.x_pct, r.y_px): r.clicks for r in answer.rows} == expected
                assert sum(answer.clicks.values()) == expected.total()
                assert answer.page_views == Counter(e["device"] for e in viewed if e["kind"] == "page_view")
            assert rolled.rows == single.rows
        elsewhere = site(shared, site_id, tz="Pacific/Kiritimati" if zone != "Pacific/Kiritimati" else "UTC")
        assert not elsewhere.heatmap("/cart", period).meta.rolled_up


@once
@given(seed=seeds)
def test_elements(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    for site_id, (zone, events) in save_shops(shared, _ids(new_site), seed).items():
        first, last, start, end = days(zone)
        answer = site(shared, site_id).elements("/product/*", between(first, last))
        viewed = _of_page(events, "/product/*", start, end)
        expected = defaultdict(list)
        for each in viewed:
            if each["kind"] == "click":
                expected[each["device"], f"{each['element_key']:016x}", each["element_item"]].append(each)
        raging: Counter[tuple[Any, ...]] = Counter()
        for run in bursts(viewed):
            raging[run[0]["device"], f"{run[0]['element_key']:016x}", run[0]["element_item"]] += len(run)
        assert {(r.group, r.key, r.item) for r in answer.rows} == set(expected)
        for row in answer.rows:
            clicks = expected[row.group, row.key, row.item]
            assert row.clicks == len(clicks)
            assert row.dead == sum(map(is_dead, clicks))
            assert row.rage == raging[row.group, row.key, row.item]
            assert row.visitors == len({e["visitor_id"] for e in clicks})
            assert row.click_rate.k == len({(e["visitor_id"], e["page_id"]) for e in clicks})
            assert row.click_rate.n == answer.page_views[row.group]
            assert (row.x, row.width) == tuple(
                median_low(e[f"element_{part}"] for e in clicks) for part in ("x", "width")
            )


@once
@given(seed=seeds)
def test_scroll_reach_from_roll_up_and_events(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    for site_id, (zone, events) in save_shops(shared, _ids(new_site), seed).items():
        first, last, start, end = days(zone)
        asked, period = site(shared, site_id), between(first, last)
        rolled, single = asked.scroll("/", period), asked.scroll("/", period, where=where(host="shop*"))
        assert (rolled.meta.rolled_up, single.meta.rolled_up) == (True, False)
        assert rolled.rows == single.rows
        viewed = _of_page(events, "/", start, end)
        for row in rolled.rows:
            band = row.from_pct // 5
            reports = [e for e in viewed if e["kind"] == "engagement" and e["device"] == row.group]
            assert row.reach.k == len({e["page_id"] for e in reports if band in e["reached"]})
            assert row.reach.n == sum(e["kind"] == "page_view" and e["device"] == row.group for e in viewed)
            assert row.engaged_s == pytest.approx(
                sum(s for e in reports for b, s in zip(e["band"], e["band_seconds"], strict=True) if b == band)
            )


@once
@given(seed=seeds)
def test_forms(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    for site_id, (zone, events) in save_shops(shared, _ids(new_site), seed).items():
        first, last, start, end = days(zone)
        answer = site(shared, site_id).form("checkout", between(first, last))
        sessions = sessions_of([e for e in events if e.get("form")], start, end)

        def reached(series: list[Event], *steps: str) -> bool:
            return any(e.get("step") in steps for e in series)

        started = {
            k: s
            for k, s in sessions.items()
            if reached(s, "start", "attempt", "error", "ok") or any(e["kind"] == "field" for e in s)
        }
        lost = {k: s for k, s in started.items() if not reached(s, "ok")}
        total = answer.totals[0]
        assert total.viewed == len(sessions)
        assert (total.started.k, total.abandoned.k, total.abandoned.n) == (len(started), len(lost), len(started))
        assert (total.attempted.k, total.failed.k, total.succeeded.k) == tuple(
            sum(reached(s, *steps) for s in sessions.values())
            for steps in (("attempt", "error", "ok"), ("error",), ("ok",))
        )
        assert [row.field for row in answer.rows] == [
            name for name in FIELDS if any(e.get("field") == name for s in sessions.values() for e in s)
        ]
        for row in answer.rows:
            by_session = {k: [e for e in s if e.get("field") == row.field] for k, s in sessions.items()}
            by_session = {k: s for k, s in by_session.items() if s}
            visits = [e for s in by_session.values() for e in s]
            assert (row.reached, row.visits) == (len(by_session), len(visits))
            assert row.hesitation_ms == _quantile([e["hesitation_ms"] for e in visits if e["hesitation_ms"]], 0.5)
            assert row.hesitation_p75_ms == _quantile([e["hesitation_ms"] for e in visits if e["hesitation_ms"]], 0.75)
            assert row.dwell_p75_ms == _quantile([e["dwell_ms"] for e in visits], 0.75)
            assert (row.edits, row.deletes, row.refills, row.pasted.k, row.autofilled.k) == tuple(
                sum(e[name] for e in visits) for name in ("edits", "deletes", "refills", "pasted", "autofilled")
            )
            assert row.returned.k == sum(len(s) > 1 for s in by_session.values())
            assert row.blank.k == sum(not s[-1]["filled"] for s in by_session.values())
            assert row.invalid == Counter(e["invalid"] for e in visits if e["invalid"])
            last_here = [
                k for k, s in lost.items() if [e["field"] for e in s if e["kind"] == "field"][-1:] == [row.field]
            ]
            assert (row.last_field.k, row.last_field.n) == (len(last_here), len(lost))
            assert (row.hazard.k, row.hazard.n) == (len(last_here), len(by_session))


def test_a_form_that_was_just_left_is_open_and_no_abandon(shared: Store, new_site: Callable[[], int]) -> None:
    from tests.query.worlds import save

    site_id = new_site()
    save(
        shared,
        site_id,
        [
            {"at": NOW_MS - minutes * 60_000, "kind": "form", "form": "f", "step": "start", "session_id": minutes}
            for minutes in (10, 29, 31, 90)
        ],
    )
    total = site(shared, site_id).form("f", "24h").totals[0]
    assert (total.open, total.abandoned.k, total.abandoned.n) == (2, 2, 2)


def test_a_timeline_has_every_event_in_order_and_in_words(shared: Store, new_site: Callable[[], int]) -> None:
    from tests.query.worlds import save

    site_id, start = new_site(), NOW_MS - HOUR
    save(
        shared,
        site_id,
        [
            {"at": start, "kind": "page_view", "path": "/p", "title": "Shoes", "n": 0},
            {
                "at": start + 31_877,
                "kind": "click",
                "path": "/p",
                "n": 1,
                "element_role": "button",
                "element_name": "Add to cart",
                "x": 612,
                "y": 1480,
                "response": "mutation",
                "response_ms": 240,
            },
            {"at": start + 31_877, "kind": "custom", "custom_name": "plan", "props": {"size": "42"}, "n": 2},
        ],
    )
    answer = site(shared, site_id, tz="Europe/Berlin").session("0000000000000001")
    assert [row.what for row in answer.rows] == [
        'viewed the page "Shoes"',
        'clicked button "Add to cart" at 612,1480 (answered by mutation after 240 ms)',
        "plan (size=42)",
    ]
    assert answer.rows[1].offset.total_seconds() == 31.877
    assert str(answer.rows[0].time.tzinfo) == "Europe/Berlin"


@pytest.mark.parametrize(
    ("element", "what"),
    [
        (("section", "", "reviews"), "saw zone reviews for 3.7 s, first after 900 ms"),
        (("h2", "Reviews", "reviews"), 'saw h2 "Reviews" in zone reviews for 3.7 s, first after 900 ms'),
        (("button", "Buy", ""), 'saw button "Buy" for 3.7 s, first after 900 ms'),
    ],
)
def test_what_was_seen_is_told_from_the_zone_it_stands_in(
    shared: Store, new_site: Callable[[], int], element: tuple[str, str, str], what: str
) -> None:
    """A zone with four headings and buttons is not said to have been seen five times."""
    from tests.query.worlds import save

    site_id = new_site()
    named = dict(zip(("element_role", "element_name", "element_zone"), element, strict=True))
    save(shared, site_id, [{"at": NOW_MS - HOUR, "kind": "zone", **named, "visible_ms": 3700, "first_ms": 900}])
    assert site(shared, site_id).session("0000000000000001").rows[0].what == what


def _of_page(events: list[Event], path: str, start: int, end: int) -> list[Event]:
    return [
        e
        for e in events
        if not e["bot_class"]
        and start <= e["page_at"] < end
        and (e["path"].startswith(path[:-1]) if path.endswith("*") else e["path"] == path)
    ]


def _quantile(values: list[int], level: float) -> Any:
    if not values:
        return None
    ordered = sorted(values)
    place = level * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return pytest.approx(ordered[below] + (place - below) * (ordered[above] - ordered[below]))


def _ids(new_site: Callable[[], int]) -> int:
    return min(new_site() for _ in range(6))
