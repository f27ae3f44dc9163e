"""Is it told how pages fare: how far they are read, how fast they are, where clicks do nothing?"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from collector.truth.planted import GOOD_LCP_MS
from collector.truth.score.judge import coverage, differs, holds, invents
from collector.truth.walk import GOAL, PRODUCT, THANKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.query.reports.vitals import VitalRow
    from collector.truth.score.judge import Score
    from collector.truth.score.world import World

_QUARTILE, _Z = 0.75, 1.96


@lru_cache(maxsize=64)
def _vitals(world: World) -> tuple[VitalRow, ...]:
    return world.site.vitals(world.period, of="page").rows


def _reach(worlds: Sequence[World]) -> Score:
    held = []
    for world in worlds:
        for row in world.site.scroll(PRODUCT, world.period, by=None).rows:
            truth = world.planted.reach[row.from_pct // 5]
            if truth < 1:
                held.append(holds(row.reach, truth))
    # Who reaches a band has reached those above it: the intervals of a site are right or wrong together.
    return coverage("scroll", "reach of each band", held, independent=len(worlds))


def _speed(worlds: Sequence[World]) -> Score:
    held = []
    for world in worlds:
        for row in _vitals(world):
            held.append(holds(row.good, world.planted.faster(row.page, GOOD_LCP_MS)))
            held.append(holds(row.poor, world.planted.poor(row.page)))
    return coverage("vitals", "good and poor LCP by page, one of them slow", held)


def _quartiles(worlds: Sequence[World]) -> Score:
    """The report gives no interval of the quartile: how many are below it follows from the binomial distribution."""
    held = []
    for world in worlds:
        for row in _vitals(world):
            half = _Z * math.sqrt(_QUARTILE * (1 - _QUARTILE) / row.good.n)
            held.append(abs(world.planted.faster(row.page, row.p75) - _QUARTILE) <= half)
    return coverage("vitals", "third quartile of LCP by page", held)


def _no_difference_by_speed(worlds: Sequence[World], path: str = PRODUCT) -> Score:
    """How fast the product's page is changes nothing about who buys."""
    found = []
    for world in worlds:
        deciles = world.site.vitals(world.period, path=path).deciles("LCP", GOAL)
        found.append(differs(row.q_value for row in deciles.rows))
    return invents("vitals, deciles", ["LCP of the product's page"], [each for each in found if each is not None])


def _dead_share(worlds: Sequence[World]) -> Score:
    held = []
    for world in worlds:
        (row,) = (row for row in world.site.friction(world.period, signals=["dead"]).rows if row.step == PRODUCT)
        held.append(holds(row.rate, world.planted.misled))
    return coverage("friction", "sessions with a dead click on the product's page", held)


def _slow_share(worlds: Sequence[World]) -> Score:
    """Page views whose LCP is poor: how many, by page, follows from the planted distributions."""
    held = []
    for world in worlds:
        for row in world.site.friction(world.period, signals=["slow"]).rows:
            poor = world.planted.poor(row.step)
            again = world.planted.reloads if row.step == THANKS else 0
            held.append(holds(row.rate, 1 - (1 - poor) * (1 - again * poor)))
    return coverage("friction", "sessions with a slow page, by page", held)


SCORES = (_reach, _speed, _quartiles, _no_difference_by_speed, _dead_share, _slow_share)
