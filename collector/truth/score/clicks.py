"""Is what happens on a page counted as it happened: clicks, dead clicks, zones, errors?"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from collector.query import where
from collector.truth.score.judge import Score, differs, exact, finds, invents
from collector.truth.walk import ADD, BUY_ZONE, GALLERY, GOAL, NOISE, PICTURE, PRODUCT, REVIEWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.query.reports.elements import ElementRow
    from collector.truth.score.world import World
    from collector.truth.walked import PageView

_SEEN_MS = 150
_ZONES = {ADD: BUY_ZONE, PICTURE: GALLERY, NOISE: REVIEWS}


def _happened(world: World) -> Counter[str]:
    return sum((each.clicks() for each in world.visits), Counter())


@lru_cache(maxsize=64)
def _elements(world: World) -> tuple[ElementRow, ...]:
    return world.site.elements(PRODUCT, world.period, by=None).rows


def _clicks(worlds: Sequence[World]) -> Score:
    """Clicks are counted, not estimated: by cell and by element they are as many as happened."""
    right = []
    for world in worlds:
        happened = _happened(world)
        cells = sum(row.clicks for row in world.site.heatmap(PRODUCT, world.period).rows)
        by_name = {row.name: row.clicks for row in _elements(world)}
        right.append(cells == happened.total() and by_name == happened)
    return exact("heatmap, elements", "clicks", right)


def _dead(worlds: Sequence[World]) -> Score:
    """The picture that looks like a control: as many dead clicks as happened, and none elsewhere."""
    right = []
    for world in worlds:
        dead = {row.name: row.dead for row in _elements(world) if row.dead}
        right.append(dead == {PICTURE: _happened(world)[PICTURE]})
    return exact("elements", f"a misleading picture ({PICTURE!r})", right)


def _redesign(worlds: Sequence[World]) -> Score:
    """Clicks before and after it are one element's, whose box is another; selectors differ."""
    again = total = 0
    for world in worlds:
        rows = [row for row in _elements(world) if row.name == ADD]
        total += _happened(world)[ADD]
        again += max((row.clicks for row in rows), default=0)
    share = again / total if total else 0.0
    must = "all clicks under one element"
    return Score("elements", "a redesign in the middle", must, f"{100 * share:.1f} % of {total:,}", share == 1)


def _zones(worlds: Sequence[World]) -> Score:
    """A zone is seen from 150 ms on, or by a click in it."""
    right = []
    for world in worlds:
        found = {
            row.zone: (row.exposure.k, row.exposure.n, row.clicks, row.click_rate.k, row.attractiveness.n)
            for row in world.site.zones(PRODUCT, world.period, by=None).rows
        }
        views = [view for each in world.visits for view in each.views if view.path == PRODUCT]
        names = {zone for view in views for zone in (*view.zones, *_clicked(view))}
        counted = {}
        for zone in names:
            clicked = [_clicked(view)[zone] for view in views]
            seen = sum(
                view.zones.get(zone, 0) >= _SEEN_MS or count > 0 for view, count in zip(views, clicked, strict=True)
            )
            counted[zone] = (seen, len(views), sum(clicked), sum(map(bool, clicked)), seen)
        right.append(found == counted)
    return exact("zones", "page views that saw and clicked each zone; glances of 120 ms", right)


def _clicked(view: PageView) -> Counter[str]:
    return Counter(_ZONES[name] for name in view.clicks)


def _errors(worlds: Sequence[World]) -> Score:
    """A missing picture here and there, and a script that breaks after a click."""
    right = []
    for world in worlds:
        found = {
            (row.type, row.message): (row.errors, row.rate.k, row.rate.n, row.after_clicks)
            for row in world.site.errors(world.period).rows
        }
        happened = Counter(error for each in world.visits for error in each.errors())
        hit = Counter(error for each in world.visits for error in set(each.errors()))
        right.append(
            found
            == {
                (kind, message): (count, hit[kind, message, after], len(world.visits), {after: count} if after else {})
                for (kind, message, after), count in happened.items()
            }
        )
    return exact("errors", "errors, the sessions they hit, and the clicks before them", right)


def _struck(worlds: Sequence[World]) -> Score:
    """Clicks that do nothing, and those that a script breaks on, by page."""
    right = []
    for world in worlds:
        rows = world.site.friction(world.period, signals=["dead", "error_click"]).rows
        found = {(row.signal, row.step): (row.hits, row.rate.k, row.rate.n) for row in rows}
        seen = Counter(page for each in world.visits for page in set(each.pages))
        dead = [each.clicks()[PICTURE] for each in world.visits]
        broken = [sum(bool(after) for *_, after in each.errors()) for each in world.visits]
        counted = {(signal, page): (0, 0, n) for signal in ("dead", "error_click") for page, n in seen.items()}
        for signal, hits in (("dead", dead), ("error_click", broken)):
            counted[signal, PRODUCT] = (sum(hits), sum(map(bool, hits)), seen[PRODUCT])
        right.append(found == counted)
    return exact("friction", "dead clicks and clicks that a script breaks on, by page", right)


def _activity(worlds: Sequence[World]) -> Score:
    right = []
    for world in worlds:
        found = {
            row.name: (row.times, row.sessions, row.with_it.k, row.with_it.n, row.without.k, row.without.n)
            for row in world.site.activity(world.period, GOAL).rows
        }
        counted = {}
        for name, times in _happened(world).items():
            outcomes = [(each.clicks()[name] > 0, each.order is not None) for each in world.visits]
            clicked = [bought for with_it, bought in outcomes if with_it]
            others = [bought for with_it, bought in outcomes if not with_it]
            counted[name] = (times, len(clicked), sum(clicked), len(clicked), sum(others), len(others))
        right.append(found == counted)
    return exact("activity", "clicks on each element, and orders with and without", right)


def _leads_to_nothing(worlds: Sequence[World], useless: Sequence[str] = (NOISE, PICTURE)) -> Score:
    """Of those who begin on the product's page; others did not see the elements."""
    found = []
    for world in worlds:
        rows = world.site.activity(world.period, GOAL, where=where(entry_path=PRODUCT)).rows
        found.append(differs(row.q_value for row in rows if row.name in useless))
    return invents("activity", [repr(name) for name in useless], [each for each in found if each is not None])


def _leads_on(worlds: Sequence[World], name: str = ADD) -> Score:
    found = []
    for world in worlds:
        rows = world.site.activity(world.period, GOAL).rows
        found.append(any(row.name == name and (row.low or 0) > 0 and differs([row.q_value]) for row in rows))
    return finds("activity", f"{name!r} leads to orders", found)


SCORES = (_struck, _activity, _leads_to_nothing, _leads_on, _clicks, _dead, _redesign, _zones, _errors)
