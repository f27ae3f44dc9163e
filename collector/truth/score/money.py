"""Is money counted as it was paid: orders, revenue, carts without orders, goals against each other?"""

from __future__ import annotations

from functools import lru_cache
from statistics import mean
from typing import TYPE_CHECKING, Literal

from collector.truth.planted import AGENTS
from collector.truth.score.judge import between, coverage, exact, holds
from collector.truth.walk import ADD, PICTURE, PRODUCT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.query.reports.cart_abandonment import CartRow
    from collector.query.reports.revenue import RevenueRow
    from collector.truth.score.judge import Score
    from collector.truth.score.world import World
    from collector.truth.walked import Walked

_DEVICES = ("desktop", "mobile")
_CART = "30m"
"""A visitor's visits begin an hour apart at least, so that carts are those of sessions."""


@lru_cache(maxsize=64)
def _by_device(world: World, unit: Literal["session", "visitor"]) -> tuple[RevenueRow, ...]:
    return world.site.revenue(world.period, unit=unit, by="device").rows


@lru_cache(maxsize=64)
def _cart_rows(world: World) -> tuple[CartRow, ...]:
    return world.site.cart_abandonment(world.period, _CART, by="device").rows


def _revenue(worlds: Sequence[World]) -> Score:
    """An order is one however often its page is loaded."""
    right = [all(_revenue_is_right(world, unit) for unit in ("session", "visitor")) for world in worlds]
    return exact("revenue", "orders and money by device, per session and visitor; pages loaded again", right)


def _revenue_is_right(world: World, unit: Literal["session", "visitor"]) -> bool:
    found = {row.group: (row.units, row.buyers, row.orders, row.revenue) for row in _by_device(world, unit)}
    return found == {device: _sums(_of(world, device), unit) for device in _DEVICES}


def _of(world: World, device: str) -> list[Walked]:
    return [each for each in world.visits if each.device == device]


def _sums(visits: list[Walked], unit: str) -> tuple[object, ...]:
    orders = [each.order for each in visits if each.order]
    units, buyers = ({getattr(each, unit) for each in some} for some in (visits, (v for v in visits if v.order)))
    return len(units), len(buyers), len(orders), sum(order.value for order in orders)


def _order_value(worlds: Sequence[World]) -> Score:
    held = []
    for world in worlds:
        for row in _by_device(world, "session"):
            converts = mean(world.planted.converts(who) for who in AGENTS if who[0] == row.group)
            held.append(between(row.aov_low, world.planted.order_mean, row.aov_high))
            held.append(between(row.rpv_low, converts * world.planted.order_mean, row.rpv_high))
    # Both intervals of a device are of the same orders.
    return coverage("revenue", "order value and revenue per session, by device", held, independent=len(held) // 2)


def _carts(worlds: Sequence[World]) -> Score:
    right = []
    for world in worlds:
        found = {row.group: (row.abandoned.k, row.abandoned.n, row.open) for row in _cart_rows(world)}
        counted = {}
        for device in _DEVICES:
            carts = [each for each in _of(world, device) if each.clicks()[ADD]]
            counted[device] = (sum(each.order is None for each in carts), len(carts), 0)
        right.append(found == counted)
    return exact("cart_abandonment", "carts and those without an order, by device", right)


def _abandoned(worlds: Sequence[World]) -> Score:
    held = []
    for world in worlds:
        for row in _cart_rows(world):
            completes = mean(world.planted.completes(browser) for device, browser in AGENTS if device == row.group)
            held.append(holds(row.abandoned, 1 - world.planted.checkout[row.group] * completes))
    return coverage("cart_abandonment", "share of carts without an order, by device", held)


def _net_score(worlds: Sequence[World]) -> Score:
    """Orders are macro, a look at the product is micro, a click on the misleading picture is negative."""
    right = []
    for world in worlds:
        found = {
            row.group: (row.macro.k, row.micro.k, row.negative.k, round(row.score or 0, 6))
            for row in world.site.net_score(world.period, "session", by="device").rows
        }
        counted = {}
        for device in _DEVICES:
            visits = _of(world, device)
            macro = sum(each.order is not None for each in visits)
            micro = sum(PRODUCT in each.pages for each in visits)
            negative = sum(each.clicks()[PICTURE] > 0 for each in visits)
            score = 100 * (macro + 0.1 * micro - 0.1 * negative) / max(1, len(visits))
            counted[device] = (macro, micro, negative, round(score, 6))
        right.append(found == counted)
    return exact("net_score", "goals of each class, and their sum, by device", right)


SCORES = (_revenue, _order_value, _carts, _abandoned, _net_score)
