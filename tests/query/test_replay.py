"""A replay equals a plain answer in Python, and is the same session that `session` and `friction` tell of."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from collector.query import UnknownName
from collector.query.reports import replay
from tests.query.shop import ZONES, order
from tests.query.test_friction import rough
from tests.query.test_reports import bursts, is_dead
from tests.query.worlds import DEFAULTS, HOUR, at, ms, save, save_all, site

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.query import Site
    from collector.store import Store

Event = dict[str, Any]
START = ms("2026-11-02T12:00:00.250")
KINDS = {"page_view": "page", "custom": "custom", "exposure": "custom", "survey": "custom", "identify": "custom"}
SAME = ("click", "field", "form", "error", "conversion")
PAGE = {"visitor_id": 1, "session_id": 7, "page_id": 3, "path": "/p", "page_at": START}


def timed(events: list[Event]) -> list[Event]:
    """The same with `t_ms` and `n` as a browser gives them: in the order of what happened in the page view."""
    numbers: Counter[tuple[int, int]] = Counter()
    for each in sorted(events, key=lambda e: (e["at"], e["kind"] != "page_view", e["n"])):
        each["t_ms"] = each["at"] - each.get("page_at", each["at"])
        key = each["visitor_id"], each["page_id"]
        each["n"], numbers[key] = numbers[key], numbers[key] + 1
    return events


def trails_of(seed: int, events: list[Event]) -> list[Event]:
    """Trails for some of the page views, in samples of pointer, scroll, and of a sort that nobody knows."""
    random_ = random.Random(seed)
    found = []
    for each in events:
        if each["kind"] == "page_view" and random_.random() < 0.5:
            times = sorted(random_.choice([0, 0, 200, 400, 1000, 5000]) for _ in range(random_.randrange(6)))
            sorts = random_.choice([[0], [0, 0, 1], [0, 1, 2]])
            samples = [(t, random_.choice(sorts), random_.randrange(-9, 999), random_.randrange(9999)) for t in times]
            begun = {name: each[name] for name in ("visitor_id", "session_id", "page_id", "bot_class", "page_at")}
            found.append({**begun, "at": each["at"] + random_.choice([0, 1, 900]), "n": 10_000, "samples": samples})
    return found


def save_trails(store: Store, site_id: int, trails: list[Event]) -> None:
    """Store trails, as the loader does."""
    if not trails:
        return
    row = lambda place: [[sample[place] for sample in each["samples"]] for each in trails]  # noqa: E731
    named = {
        name: [each[name] for each in trails] for name in ("visitor_id", "session_id", "page_id", "bot_class", "n")
    }
    samples = dict(zip(("sample_t", "sample_type", "sample_x", "sample_y"), map(row, range(4)), strict=True))
    store.insert(
        "trails", {"site_id": [site_id] * len(trails), "ts": [at(each["at"]) for each in trails], **named, **samples}
    )


def friction_of(events: list[Event]) -> dict[tuple[int, int], str]:
    """What was wrong with clicks by (page id, n), by the words of the definitions."""
    found = {(e["page_id"], e["n"]): "dead" for e in events if is_dead(e)}
    for click in events:
        later = [
            e
            for e in sorted(events, key=order)
            if e["kind"] == "error" and e["page_id"] == click["page_id"]
            and e["error_type"] in {"js", "rejection", "http"} and (e["at"], e["n"]) > (click["at"], click["n"])
        ]  # fmt: skip
        if click["kind"] == "click" and later and later[0]["at"] - click["at"] <= 1000:
            found[click["page_id"], click["n"]] = "error"
    return found | {(e["page_id"], e["n"]): "rage" for run in bursts(events) for e in run}


def expected(events: list[Event], trails: list[Event]) -> list[tuple[Any, ...]]:
    """(offset, page id, kind, x, y, left, top, width, height, friction) of a session, by the words of the report."""
    events = [{**DEFAULTS, **e} for e in events]
    start = min(e["at"] for e in events)
    wrong, found = friction_of(events), []
    told = {t["page_id"] for t in trails if any(kind == 1 for _, kind, *_ in t["samples"])}
    scrolled: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for e in sorted(events, key=lambda e: (e["page_id"], e["n"])):
        kind = KINDS.get(e["kind"], e["kind"] if e["kind"] in SAME else "")
        key = e["at"], e["page_id"], e["n"]
        if e["kind"] == "click":
            position = e["x"] - e["vx"], e["y"] - e["vy"]
            if e["page_id"] not in told and position != scrolled[e["page_id"]]:
                found.append(((*key, 0), ("scroll", *position, None, None, None, None, "")))
            scrolled[e["page_id"]] = position
            found.append(((*key, 1), ("click", e["x"], e["y"], *box_of(e, position), wrong.get(key[1:], ""))))
        elif kind:
            found.append(((*key, 1), (kind, None, None, *box_of(e), "")))
    for t in trails:
        for place, (late, kind, x, y) in enumerate(t["samples"]):
            if kind < 2:
                told_at = t["at"] + late, t["page_id"], t["n"], place
                found.append((told_at, (["pointer", "scroll"][kind], x, y, None, None, None, None, "")))
    return [(key[0] - start, f"{key[1]:016x}", *row) for key, row in sorted(found, key=lambda each: each[0])]


def box_of(event: Event, scrolled: tuple[int, int] | None = None) -> tuple[int | None, ...]:
    """The element of an event; of a click the page's position is known."""
    size = event["element_width"], event["element_height"]
    if size == (0, 0):
        return (None,) * 4
    left, top = scrolled if event["element_fixed"] and scrolled else (0, 0)
    if event["element_fixed"] and not scrolled:
        return (None, None, *size)
    return (event["element_x"] + left, event["element_y"] + top, *size)


def rows_of(answer: replay.Replay) -> list[tuple[Any, ...]]:
    """The rows without words and paths."""
    return [(r.offset, r.page_id, r.kind, r.x, r.y, r.left, r.top, r.width, r.height, r.friction) for r in answer.rows]


@pytest.mark.parametrize("seed", [0, 7])
def test_a_replay_is_what_python_finds(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    """Every session of a rough shop: over midnight and a clock change, with ties, bots, and trails of some pages."""
    first = min(new_site() for _ in ZONES)
    shops = {first + index: (zone, timed(rough(seed + index, zone))) for index, zone in enumerate(ZONES)}
    save_all(shared, {k: e for k, (_, e) in shops.items()}, {k: zone for k, (zone, _) in shops.items()})
    frictions: Counter[str] = Counter()
    for site_id, (_, events) in shops.items():
        trails = trails_of(seed, events)
        save_trails(shared, site_id, trails)
        place = site(shared, site_id)
        ids = {e["session_id"] for e in events}
        for session in sorted(ids)[:25]:
            mine = [e for e in events if e["session_id"] == session]
            moved = [t for t in trails if t["session_id"] == session]
            answer = place.replay(session)
            assert rows_of(answer) == expected(mine, moved)
            frictions.update(row.friction for row in answer.rows)
            assert answer.trails is any(kind < 2 for t in moved for _, kind, *_ in t["samples"])
            assert_pages(answer, mine, moved)
    assert all(frictions[name] for name in ("dead", "rage", "error")), frictions


def assert_pages(answer: replay.Replay, events: list[Event], trails: list[Event]) -> None:
    """What is said of page views is so."""
    start = min(e["at"] for e in events)
    assert set(answer.pages) == {f"{e['page_id']:016x}" for e in events}
    for page_id, page in answer.pages.items():
        mine = [e for e in events if e["page_id"] == int(page_id, 16)]
        late = [t["at"] + s[0] for t in trails if t["page_id"] == int(page_id, 16) for s in t["samples"] if s[1] < 2]
        assert page == {
            "path": mine[0]["path"], "device": mine[0]["device"],
            "viewport": [mine[0].get("viewport_width", 1000), 800],
            "document": [mine[0].get("document_width", 1000), 3000],
            "began": min(e["at"] for e in mine) - start,
            "ended": max([*(e["at"] for e in mine), *late]) - start,
        }  # fmt: skip


def test_it_says_the_same_as_session_and_friction(shared: Store, new_site: Callable[[], int]) -> None:
    """Times and words are those of `session`; hits of friction are as many as clicks and bursts that are marked."""
    site_id, zone = new_site(), "Europe/Berlin"
    events = timed([e for e in rough(3, zone) if not e["bot_class"]])
    save(shared, site_id, events, zone)
    place = site(shared, site_id)
    marked: Counter[str] = Counter()
    for session in {e["session_id"] for e in events}:
        told = place.session(session)
        shown = [row for row in place.replay(session).rows if row.kind != "scroll"]
        words = [(round(r.offset.total_seconds() * 1000), r.page_id, r.page, r.what) for r in told.rows
                 if r.kind in (*KINDS, *SAME)]  # fmt: skip
        assert [(r.offset, r.page_id, r.page, r.what) for r in shown] == words
        marked.update(row.friction for row in shown)
    hits = Counter({row.signal: 0 for row in place.friction("2026-01-01..2027-01-01", of="site").rows})
    for row in place.friction("2026-01-01..2027-01-01", of="site").rows:
        hits[row.signal] += row.hits
    clicks_in_rage = sum(len(run) for run in bursts(events))
    assert marked["rage"] == clicks_in_rage > 3 * hits["rage"] - 1
    assert 0 < marked["error"] <= hits["error_click"]
    assert 0 < marked["dead"] <= hits["dead"]


def one(store: Store, site_id: int, *events: Event) -> Site:
    """A site with one session."""
    save(store, site_id, [{**PAGE, "n": n, "t_ms": e["at"] - START, **e} for n, e in enumerate(events)])
    return site(store, site_id)


def test_times_of_a_page_never_go_back(shared: Store, new_site: Callable[[], int]) -> None:
    """Where the clock was corrected between two batches, what happened later in the page comes later."""
    place = one(
        shared,
        new_site(),
        {"at": START + 500, "t_ms": 0},
        {"at": START, "t_ms": 200, "kind": "click"},
        {"at": START + 900, "t_ms": 900, "kind": "click"},
    )
    assert [(row.kind, row.offset) for row in place.replay(7).rows] == [("page", 500), ("click", 500), ("click", 900)]


def test_a_click_says_where_the_page_stood_only_where_no_trail_does(shared: Store, new_site: Callable[[], int]) -> None:
    """Once for each place."""
    click = {"kind": "click", "x": 50, "y": 1480, "vx": 50, "vy": 233}
    events = [{"at": START}, *({"at": START + late, **click} for late in (100, 200))]
    site_id, other = new_site(), new_site()
    place = one(shared, site_id, *events)
    assert [(row.kind, row.x, row.y) for row in place.replay(7).rows][1:3] == [("scroll", 0, 1247), ("click", 50, 1480)]
    assert Counter(row.kind for row in place.replay(7).rows) == {"page": 1, "scroll": 1, "click": 2}
    trail = {**PAGE, "bot_class": "", "at": START, "n": 9, "samples": [(10, 1, 0, 1240), (20, 0, 5, 6)]}
    place = one(shared, other, *events)
    save_trails(shared, other, [trail])
    assert [(r.offset, r.kind, r.y) for r in place.replay(7).rows] == [
        (0, "page", None), (10, "scroll", 1240), (20, "pointer", 6), (100, "click", 1480), (200, "click", 1480),
    ]  # fmt: skip


def test_the_box_of_a_fixed_element_is_where_the_viewport_was(shared: Store, new_site: Callable[[], int]) -> None:
    """Its rectangle is stored in px of the viewport; without a click nobody knows where that was."""
    box = {"element_fixed": True, "element_x": 10, "element_y": 20, "element_width": 30, "element_height": 40}
    place = one(
        shared,
        new_site(),
        {"at": START, "kind": "click", "x": 15, "y": 1025, "vx": 15, "vy": 25, **box},
        {"at": START + 1, "kind": "field", "form": "f", "field": "a", **box},
    )
    rows = place.replay(7).rows
    assert [(r.left, r.top, r.width, r.height) for r in rows[1:]] == [(10, 1020, 30, 40), (None, None, 30, 40)]


def test_it_never_has_more_than_twenty_thousand_rows(shared: Store, new_site: Callable[[], int]) -> None:
    """The first ones, and says so."""
    site_id = new_site()
    place = one(shared, site_id, {"at": START}, {"at": START + HOUR, "kind": "click"})
    trails = [
        {**PAGE, "bot_class": "", "at": START + 1 + turn, "n": turn + 5, "samples": [(0, 0, 1, 1)] * 500}
        for turn in range(41)
    ]
    save_trails(shared, site_id, trails)
    answer = place.replay("7")
    assert len(answer.rows) == replay.MOST_ROWS
    assert answer.rows[0].kind == "page"
    assert answer.rows[-1].offset == 40
    assert "Only the first 20,000 moments are shown." in answer.to_table()


def test_without_trails_a_note_says_how_they_come(shared: Store, new_site: Callable[[], int]) -> None:
    """And bots are named."""
    place = one(shared, new_site(), {"at": START, "bot_class": "crawler"})
    answer = place.replay(7)
    assert not answer.trails
    assert "Not a person: crawler." in answer.meta.notes
    assert "capture.trail in sites.yml" in answer.to_table()


def test_it_looks_at_one_session_alone(shared: Store, new_site: Callable[[], int]) -> None:
    """The key of trails has the session, and friction is looked for between its first event and its last."""
    site_id = new_site()
    place = one(shared, site_id, {"at": START}, *({"at": START + each, "kind": "click"} for each in (1, 2, 3)),
                {"at": START + 4, "kind": "error", "error_type": "js"})  # fmt: skip
    answer = place.replay(7)
    assert len(answer.sql) == 4
    assert all("session_id = {" in sql for sql in answer.sql)
    assert len(place.explain.replay(7).sql) == 4
    with pytest.raises(UnknownName, match="unknown session"):
        place.replay(8)
