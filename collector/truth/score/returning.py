"""Is it told who comes again, and how soon?"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from collector.query import event, page
from collector.truth.score.judge import between, coverage, exact
from collector.truth.walk import SIGN_IN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.query.reports.time_to_value import ValueRow
    from collector.truth.score.judge import Score
    from collector.truth.score.world import World
    from collector.truth.walked import Walked

_DAY_MS, _HOUR_MS = 86_400_000, 3_600_000
_WITHIN_H = 12


def _visitors(world: World) -> list[list[Walked]]:
    """The visits of each visitor, in order; also those after the period, which are what its visitors do later."""
    found: dict[str, list[Walked]] = {}
    for each in sorted(world.walked, key=lambda visit: visit.begin_ms):
        found.setdefault(each.visitor, []).append(each)
    return list(found.values())


def _retention(worlds: Sequence[World]) -> Score:
    """By day (the sites are in UTC); the days that are over at least."""
    right = []
    for world in worlds:
        cells: Counter[tuple[int, int]] = Counter()
        sizes: Counter[int] = Counter()
        for visits in _visitors(world):
            days = {view.began_ms // _DAY_MS for each in visits for view in each.views}
            sizes[min(days)] += 1
            cells.update((min(days), day - min(days)) for day in days)
        found, over = {}, set()
        for row in world.site.retention(world.period, "day", length=2).rows:
            if row.cohort and row.retained and row.size:
                cohort = round(row.cohort.timestamp()) * 1000 // _DAY_MS
                found[cohort, row.offset] = (row.retained.k, row.retained.n)
        today = world.now_ms // _DAY_MS
        over = {(day, offset) for day in sizes for offset in range(3) if day + offset < today}
        right.append(over <= found.keys() and all(each == (cells[key], sizes[key[0]]) for key, each in found.items()))
    return exact("retention", "visitors who come again, by day of the first visit", right)


def _times(worlds: Sequence[World]) -> Score:
    right = []
    for world in worlds:
        row = _to_sign_in(world)
        visits = _visitors(world)
        right.append((row.started, row.reached) == (len(visits), sum(len(each) > 1 for each in visits)))
    return exact("time_to_value", "visitors, and those who came again and signed in", right)


def _soon(worlds: Sequence[World]) -> Score:
    """Many came first too late to be followed for so long: Kaplan and Meier's estimate counts them all the same."""
    held = []
    for world in worlds:
        row = _to_sign_in(world)
        held.append(between(row.km_low, world.planted.returned(_WITHIN_H), row.km_high))
    return coverage("time_to_value", f"who signs in again within {_WITHIN_H} h (Kaplan-Meier)", held)


@lru_cache(maxsize=64)
def _to_sign_in(world: World) -> ValueRow:
    (row,) = world.site.time_to_value(page("*"), event(SIGN_IN), world.period, f"{_WITHIN_H}h", follow="48h").rows
    return row


SCORES = (_retention, _times, _soon)
