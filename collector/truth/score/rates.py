"""Do the intervals of conversion, funnel and form hold the planted rates, and do breakdowns invent no differences?"""

from __future__ import annotations

from collections import Counter
from statistics import mean
from typing import TYPE_CHECKING, Final

from collector.query import conversion, page
from collector.truth.planted import AGENTS, FIELDS
from collector.truth.score.judge import coverage, differs, exact, holds, invents
from collector.truth.walk import CART, CHECKOUT, FORM, GOAL, PRODUCT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.truth.score.judge import Score
    from collector.truth.score.world import World

_STEPS: Final = (page(PRODUCT), page(CART), page(CHECKOUT), conversion(GOAL))
_DEVICES: Final = ("desktop", "mobile")
NULL: Final = ("campaign", "channel", "source", "visitor_type")


def _conversion_rates(worlds: Sequence[World]) -> Score:
    """By device, whose browsers are equally frequent."""
    held = []
    for world in worlds:
        for row in world.site.conversion_rate(GOAL, world.period, "session", by="device").rows:
            truth = mean(world.planted.converts(who) for who in AGENTS if who[0] == row.group)
            held.append(holds(row.rate, truth))
    return coverage("conversion_rate", "rate by device", held)


def _step_counts(worlds: Sequence[World]) -> Score:
    """How many came so far, by channel; and the same rate in two reports."""
    right = []
    for world in worlds:
        rows = world.site.funnel(_STEPS, world.period, "2h", unit="session", by="channel").rows
        found = {(row.group, row.step): row.count for row in rows}
        rates = world.site.conversion_rate(GOAL, world.period, "session", by="channel").rows
        came: Counter[tuple[str, int]] = Counter()
        for each in world.visits:
            depth = sum(path in each.pages for path in (PRODUCT, CART, CHECKOUT)) + (each.order is not None)
            came.update((each.arrival.channel, step) for step in range(1, depth + 1))
        visits = Counter(each.arrival.channel for each in world.visits)
        right.append(
            found == came
            and {row.group: (row.rate.k, row.rate.n) for row in rates}
            == {channel: (came[channel, len(_STEPS)], count) for channel, count in visits.items()}
        )
    return exact("funnel, conversion_rate", "how many come so far, by channel", right)


def _steps(worlds: Sequence[World]) -> Score:
    held = []
    for world in worlds:
        rows = world.site.funnel(_STEPS, world.period, "2h", unit="session", by="device").rows
        for device in _DEVICES:
            completes = mean(world.planted.completes(browser) for where, browser in AGENTS if where == device)
            truths = (1.0, world.planted.add[device], world.planted.checkout[device], completes)
            found = [row.from_previous for row in rows if row.group == device]
            held += [holds(rate, truth) for rate, truth in zip(found[1:], truths[1:], strict=True)]
    return coverage("funnel", "each step by device", held)


def _hazards(worlds: Sequence[World]) -> Score:
    held = []
    for world in worlds:
        rows = world.site.form(FORM, world.period, by="browser").rows
        held += [holds(row.hazard, world.planted.leave(row.group, row.field)) for row in rows]
    return coverage("form", f"leaving at each of {len(FIELDS)} fields by browser", held)


def _nothing(worlds: Sequence[World], columns: Sequence[str] = NULL) -> Score:
    """Breakdowns that have no effect: by Benjamini and Hochberg, at most 5 % of them report any."""
    found = []
    for world in worlds:
        for column in columns:
            rows = world.site.conversion_rate(GOAL, world.period, "session", by=column).rows
            found.append(differs(row.q_value for row in rows))
    return invents("conversion_rate", columns, [each for each in found if each is not None])


def _no_money(worlds: Sequence[World], columns: Sequence[str] = NULL[:2]) -> Score:
    found = []
    for world in worlds:
        for column in columns:
            rows = world.site.revenue(world.period, unit="session", by=column).rows
            found.append(differs(row.q_value for row in rows))
    return invents("revenue", columns, [each for each in found if each is not None])


SCORES = (_step_counts, _conversion_rates, _steps, _hazards, _nothing, _no_money)
