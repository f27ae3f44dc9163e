"""The skeleton of a page is the layout that was seen last, by a plain answer in Python over random sightings."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.query import UnknownName, between
from tests.query.shop import ZONES, days
from tests.query.worlds import DAY, HOUR, at, examples, ms, save, site

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from collector.query import Site
    from collector.store import Store

Sighting = dict[str, Any]
Box = tuple[str, int, int, int, int, int, str]
BOXES: list[Box] = [("heading", 1, 40, 120, 600, 48, "Boots"), ("image", 0, -40, 200, 600, 480, "")]
START = ms("2026-11-10T12:00:00")
PERIOD = between("2026-11-10", "2026-11-12")
NAMES = ("role", "level", "x", "y", "width", "height", "name")
LAYOUTS = [f"{number:016x}" for number in range(1, 5)]


def sighting(when: int, layout: str = LAYOUTS[0], **more: Any) -> Sighting:
    """Somebody saw a layout."""
    return {
        "ts": when, "path": "/p", "device": "desktop", "layout": layout, "bot_class": "", "visitor_id": 1,
        "host": "shop.example", "viewport_width": 1280, "width": 1280, "height": 900, "boxes": BOXES, **more,
    }  # fmt: skip


def save_sightings(store: Store, site_id: int, sightings: Sequence[Sighting]) -> None:
    """Store them, one insert each, as they come: ClickHouse merges them when it likes."""
    for each in sightings:
        row = {name: value for name, value in each.items() if name != "boxes"}
        row |= {f"box_{name}": [box[place] for box in each["boxes"]] for place, name in enumerate(NAMES)}
        store.insert(
            "skeletons", {name: [value] for name, value in {**row, "site_id": site_id, "ts": at(each["ts"])}.items()}
        )


def viewed(count: int, device: str = "desktop", path: str = "/p", when: int = START) -> list[dict[str, Any]]:
    """Page views on a device."""
    return [
        {"at": when, "path": path, "device": device, "page_id": page, "session_id": page, "visitor_id": page}
        for page in range(when % 1000, when % 1000 + count)
    ]


@pytest.fixture
def place(shared: Store, new_site: Callable[[], int]) -> tuple[Site, int]:
    """A site where /p was viewed three times on mobile and twice on desktop."""
    site_id = new_site()
    save(shared, site_id, [*viewed(2), *viewed(3, "mobile", when=START + 100)])
    return site(shared, site_id), site_id


@examples(3)
@given(seed=st.integers(0, 10**6))
def test_it_is_what_python_finds(shared: Store, new_site: Callable[[], int], seed: int) -> None:
    """Random sightings around a period whose days change their clocks, by people and bots, in any order."""
    random_ = random.Random(seed)
    for zone in ZONES:
        since, until, start, end = days(zone)
        site_id = new_site()
        moments = [start, end, start - 1, end - 1, start + HOUR, start - 9 * DAY, end + 9 * DAY]
        sightings = [
            sighting(
                random_.choice(moments),
                random_.choice(LAYOUTS),
                device=random_.choice(["desktop", "mobile"]),
                bot_class=random_.choice(["", "", "crawler"]),
                height=number,
            )
            for number in range(random_.randrange(9))
        ]
        views = {"desktop": random_.randrange(4), "mobile": random_.randrange(4), "tablet": random_.randrange(2)}
        seen = [
            e for place, (device, n) in enumerate(views.items()) for e in viewed(n, device, when=start + 50 * place)
        ]
        save(shared, site_id, [*seen, *viewed(1, "tv", when=start - DAY)], zone)
        save_sightings(shared, site_id, sightings)
        for bots in (False, True):
            answer = site(shared, site_id).skeleton("/p", between(since, until), bots=bots)
            people = [each for each in sightings if bots or not each["bot_class"]]
            newest: dict[tuple[str, str], Sighting] = {}
            for each in sorted(people, key=lambda e: e["ts"]):
                newest[each["device"], each["layout"]] = each
            on = {device for device, _ in newest}
            if not on:
                assert (answer.rows, answer.layout, answer.page_width, answer.seen) == ((), "", 0, None)
                continue
            assert views.get(answer.device, 0) == max(views[device] for device in on)
            mine = [each for (device, _), each in newest.items() if device == answer.device]
            within = [each for each in mine if start <= each["ts"] < end]
            later = [each for each in mine if each["ts"] >= end]
            best = max if within or not later else min
            when = best(each["ts"] for each in within or later or mine)
            assert answer.seen == at(when)
            chosen = [each for each in people if (each["ts"], each["device"]) == (when, answer.device)]
            assert (answer.layout, answer.page_height) in {(each["layout"], each["height"]) for each in chosen}
            assert answer.versions == len(within)
            assert [(r.role, r.level, r.x, r.y, r.width, r.height, r.name) for r in answer.rows] == BOXES
            assert bool(answer.meta.notes) is not bool(within)


def test_a_device_may_be_named(shared: Store, place: tuple[Site, int]) -> None:
    """Without one, it is the one with most page views of those on which the page was seen."""
    asked, site_id = place
    save_sightings(shared, site_id, [sighting(START)])
    assert asked.skeleton("/p", PERIOD).device == "desktop"
    save_sightings(shared, site_id, [sighting(START - HOUR, LAYOUTS[1], device="mobile", width=360)])
    assert asked.skeleton("/p", PERIOD).device == "mobile"
    assert asked.skeleton("/p", PERIOD).page_width == 360
    assert asked.skeleton("/p", PERIOD, "desktop").page_width == 1280
    with pytest.raises(UnknownName, match="unknown device 'phone'"):
        asked.skeleton("/p", PERIOD, "phone")


def test_a_page_that_nobody_drew_says_how_a_skeleton_comes(place: tuple[Site, int]) -> None:
    """There are no rows, and the page is 0 px wide."""
    asked, _ = place
    for answer in (asked.skeleton("/p", PERIOD), asked.skeleton("/p", PERIOD, "tablet")):
        assert (answer.rows, answer.page_width, answer.page_height, answer.versions) == ((), 0, 0, 0)
        assert "capture.skeleton in sites.yml" in answer.to_table()
    assert "Nobody has sent a skeleton of /p on tablet yet" in asked.skeleton("/p", PERIOD, "tablet").to_table()
    assert asked.skeleton("/p", PERIOD).device == "mobile"
    with pytest.raises(UnknownName, match="unknown page '/q'"):
        asked.skeleton("/q", PERIOD)


def test_one_of_another_time_says_when_it_was_seen(shared: Store, place: tuple[Site, int]) -> None:
    """The first after the period comes before the last that preceded it."""
    asked, site_id = place
    save_sightings(shared, site_id, [sighting(START - 5 * DAY)])
    assert "seen last on 2026-11-05 12:00" in asked.skeleton("/p", PERIOD).to_table()
    save_sightings(shared, site_id, [sighting(START + 9 * DAY, LAYOUTS[1]), sighting(START + 5 * DAY, LAYOUTS[2])])
    answer = asked.skeleton("/p", PERIOD)
    assert (answer.layout, answer.versions) == (LAYOUTS[2], 0)
    assert "seen last on 2026-11-15 12:00" in answer.to_table()


def test_of_several_pages_the_one_seen_last_is_shown(shared: Store, place: tuple[Site, int]) -> None:
    """With its own path."""
    asked, site_id = place
    save_sightings(shared, site_id, [sighting(START, path="/p"), sighting(START + 1, path="/pp")])
    assert asked.skeleton("/p*", PERIOD).path == "/pp"
    assert asked.skeleton("/p", PERIOD).path == "/p"


def test_statements_are_written_without_being_run(place: tuple[Site, int]) -> None:
    """All of them: which layouts there are, page views by device, and the boxes."""
    asked, _ = place
    answer = asked.explain.skeleton("/p", PERIOD)
    assert [sql.split("FROM ")[1].split()[0] for sql in answer.sql] == ["skeletons", "page_totals", "skeletons"]


@pytest.mark.parametrize("dark", [False, True])
def test_the_picture_has_the_boxes_where_the_page_has_them(
    shared: Store, place: tuple[Site, int], *, dark: bool
) -> None:
    """A px a CSS px: image, heading with its name, field, button, lines of text; nothing where nothing is."""
    asked, site_id = place
    boxes: list[Box] = [
        ("main", 0, 0, 100, 1280, 800, ""),
        ("heading", 1, 40, 120, 600, 48, "Boots $x_1$ \u202e<b>"),
        ("image", 0, -40, 200, 600, 480, ""),
        ("button", 0, 700, 200, 200, 40, "Buy a pair of boots that is too long for its button"),
        ("textbox", 0, 700, 300, 200, 40, "E-mail"),
        ("checkbox", 0, 700, 400, 20, 20, ""),
        ("link", 0, 700, 450, 90, 20, "Help"),
        ("link", 0, 700, 480, 90, 20, ""),
        ("text", 0, 700, 520, 300, 66, ""),
        ("text", 0, 0, 0, 0, 0, ""),
    ]
    save_sightings(shared, site_id, [sighting(START, boxes=boxes)])
    skeleton = asked.skeleton("/p", PERIOD, "desktop")
    drawn = skeleton.picture(dark=dark)
    assert drawn.size == (1280, 900)
    paper = drawn.getpixel((1200, 50))

    def inked(left: int, top: int, right: int, bottom: int) -> int:
        return int((np.asarray(drawn)[top:bottom, left:right] != paper).any(axis=2).sum())

    assert (sum(paper) < 200) == dark
    assert inked(40, 120, 640, 168) > 500  # letters, more than a line
    assert inked(0, 200, 560, 680) == 560 * 480
    assert inked(705, 205, 895, 235) == 190 * 30
    assert inked(700, 520, 1000, 586) > 300 * 20
    assert inked(1010, 110, 1270, 890) == inked(10, 700, 690, 890) == 0
    assert skeleton.plot(dark=dark).axes[0].images


def test_a_page_that_nobody_drew_is_empty_paper(place: tuple[Site, int]) -> None:
    """And says so above."""
    asked, _ = place
    skeleton = asked.skeleton("/p", PERIOD)
    assert len(skeleton.picture().getcolors()) == 1
    assert "nobody has sent a skeleton yet" in skeleton.plot().get_suptitle()


def test_clicks_elements_and_reach_are_drawn_over_it(shared: Store, place: tuple[Site, int]) -> None:
    """In place of a picture: the map is as large as the page."""
    asked, site_id = place
    save_sightings(shared, site_id, [sighting(START)])
    skeleton = asked.skeleton("/p", PERIOD, "desktop")
    for figure in (
        asked.heatmap("/p", PERIOD).plot(background=skeleton),
        asked.elements("/p", PERIOD, by=None).plot(background=skeleton),
    ):
        assert figure.axes[0].get_ylim() == (900, 0)
        assert figure.axes[0].images[0].get_array().shape[:2] == (900, 1280)
    assert asked.scroll("/p", PERIOD).plot(background=skeleton).axes[0].images
