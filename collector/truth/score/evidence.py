"""Is told what came in, as it was: what was refused, what is missing, what a visit and a page looked like?"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from collector.query import between
from collector.truth.score.judge import exact
from collector.truth.walk import PRODUCT, REFUSED, VIEWPORTS, boxes, redesigned_ms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.query import Period
    from collector.query.reports.replay import Replay
    from collector.truth.score.judge import Score
    from collector.truth.score.world import World
    from collector.truth.walked import PageView, Walked

_SHOWN: Final = 10
_ALL: Final = 1000
_MOMENTS: Final = {
    "page_view": "page", "click": "click", "field": "field", "form": "form", "error": "error",
    "conversion": "conversion", "custom": "custom",
}  # fmt: skip
"""What is shown again of a visit, and what it is called there."""
_NOWHERE: Final = (None, None, "")


def _counted(world: World) -> tuple[Counter[str], int]:
    """Events of the period by kind, and how many of them are crawlers'."""
    people, crawlers = (
        sum((each.kinds() for each in visits), Counter[str]()) for visits in (world.visits, world.crawled)
    )
    return people + crawlers, crawlers.total()


def _health(worlds: Sequence[World]) -> Score:
    """Kinds, bots, what was kept offline (all of it) and wrong clocks (none)."""
    right = []
    for world in worlds:
        answer = world.site.health(world.period)
        kinds, bots = _counted(world)
        right.append(
            {row.what: row.events for row in answer.rows if row.fate == "accepted"} == dict(kinds)
            and not [row for row in answer.rows if row.fate == "set aside"]
            and [each.k for each in (answer.from_bots, answer.offline, answer.corrected)] == [bots, kinds.total(), 0]
        )
    return exact("health", "events by kind, those of crawlers, kept ones, wrong clocks", right)


def _refused(worlds: Sequence[World]) -> Score:
    """Events that break the contract, each once; their neighbours are taken."""
    right = []
    for world in worlds:
        rows = world.site.arrivals(within="24h", refused=True, limit=_ALL).rows
        told = {row.what: row.events for row in world.site.health("24h").rows if row.fate == "refused"}
        right.append(
            [row.refused for row in rows] == [REFUSED] * world.besides.refused
            and told == {REFUSED: world.besides.refused}
        )
    return exact("arrivals, health", "events that had to be refused, with the reason", right)


def _gaps(worlds: Sequence[World]) -> Score:
    """Only the product's page has zones and was drawn; nobody is identified, no server told of an order."""
    right = []
    for world in worlds:
        found = {
            (row.gap, row.subject): (row.rate.k, row.rate.n)
            for row in world.site.coverage(world.period, limit=_ALL).rows
        }
        views = Counter(page for each in world.visits for page in each.pages)
        kinds, bots = _counted(world)
        people = views.total()
        every = people + sum(len(each.views) for each in world.crawled)
        expected = {
            **{("page without zones", page): (n, n) for page, n in views.items() if page != PRODUCT},
            **{("page without a skeleton", page): (n, n) for page, n in views.items() if page != PRODUCT},
            ("no trails", ""): (people, people),
            ("nobody is identified", ""): (every, every),
            ("no outcomes of servers", ""): (1, 1),
            ("left out as bots", ""): (bots, kinds.total()),
        }
        right.append(found == expected)
    return exact("coverage", "what is missing: zones, skeletons, trails, identity, outcomes", right)


def _replays(worlds: Sequence[World]) -> Score:
    """Of some visits: its pages with their size, and each moment with where it was and what was wrong."""
    right = []
    for world in worlds:
        for each in world.visits[:_SHOWN]:
            replay = world.site.replay(each.session)
            pages = [
                (page["path"], page["device"], tuple(page["viewport"]), page["began"], page["ended"])
                for page in replay.pages.values()
            ]
            expected = [
                (view.path, each.device, VIEWPORTS[each.device], view.began_ms - each.begin_ms,
                 view.left_ms - each.begin_ms) for view in each.views
            ]  # fmt: skip
            right.append(pages == expected and _moments(replay) == _happened(each))
    return exact("replay", "pages, and every moment with where it was and what was wrong", right, "visits")


def _moments(replay: Replay) -> list[tuple[Any, ...]]:
    return [(row.offset, row.page, row.kind, row.x, row.y, row.friction) for row in replay.rows if row.kind != "scroll"]


def _happened(visit: Walked) -> list[tuple[Any, ...]]:
    return [
        (at - visit.begin_ms, view.path, _MOMENTS[kind], *_where(view, at, kind))
        for view in visit.views for at, kind in view.told if kind in _MOMENTS
    ]  # fmt: skip


def _where(view: PageView, at: int, kind: str) -> tuple[int | None, int | None, str]:
    return view.pressed.get(at, _NOWHERE) if kind == "click" else _NOWHERE


def _drawn(worlds: Sequence[World], path: str = PRODUCT) -> Score:
    """Before the redesign and now, on each device."""
    right = []
    for world in worlds:
        change, end = (_time(ms) for ms in (redesigned_ms(world.now_ms), world.now_ms))
        periods = between(end - timedelta(hours=48), change + timedelta(hours=1)), between(change, end)
        right += [
            _looks(world, path, period, device) == boxes(redesigned=bool(redesigned))
            for redesigned, period in enumerate(periods)
            for device in VIEWPORTS
        ]
    return exact("skeleton", "the product's page before and after the redesign, by device", right, "pages")


def _time(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC).replace(microsecond=ms % 1000 * 1000)


def _looks(world: World, path: str, period: Period, device: str) -> list[tuple[Any, ...]]:
    rows = world.site.skeleton(path, period, device).rows
    return [(row.role, row.level, row.x, row.y, row.width, row.height, row.name) for row in rows]


SCORES = (_health, _refused, _gaps, _replays, _drawn)
