"""Each report against what was planted: how often its intervals hold the truth, what it finds, and what falsely."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING, Final

from collector.query import conversion, page
from collector.truth.planted import AGENTS, BROKEN, FIELDS
from collector.truth.walk import ADD, FORM, GOAL, PICTURE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from collector.query import Rate, Site
    from collector.truth.planted import Planted
    from collector.truth.walk import Counted

PERIOD: Final = "48h"
PRODUCT: Final = "/product/lamp"
SURE: Final = 0.05
"""A finding is a q-value below this."""
_DEVICES: Final = ("desktop", "mobile")
_NULL: Final = ("campaign", "channel", "source")


@dataclass(frozen=True, slots=True)
class World:
    """A site with what was planted in it and what happened there."""

    site: Site
    planted: Planted
    counted: Counted


@dataclass(frozen=True, slots=True)
class Score:
    """One line of the table: a report, what was planted, what must be found, what was found, and whether it is."""

    report: str
    planted: str
    must: str
    found: str
    good: bool


def scores(worlds: Sequence[World], progress: Callable[[], None]) -> Iterator[Score]:
    """Every score over all sites; `progress` hears of each."""
    for score in SCORES:
        yield score(worlds)
        progress()


def _conversion_rates(worlds: Sequence[World]) -> Score:
    """By device, whose browsers are equally frequent."""
    held = []
    for world in worlds:
        for row in world.site.conversion_rate(GOAL, PERIOD, "session", by="device").rows:
            truth = mean(world.planted.converts(who) for who in AGENTS if who[0] == row.group)
            held.append(_holds(row.rate, truth))
    return _coverage("conversion_rate", "rate by device", held)


def _steps(worlds: Sequence[World]) -> Score:
    held = []
    for world in worlds:
        steps = [page(PRODUCT), page("/cart"), page("/checkout"), conversion(GOAL)]
        rows = world.site.funnel(steps, PERIOD, "2h", by="device").rows
        for device in _DEVICES:
            completes = mean(world.planted.completes(browser) for where, browser in AGENTS if where == device)
            truths = (1.0, world.planted.add[device], world.planted.checkout[device], completes)
            found = [row.from_previous for row in rows if row.group == device]
            held += [_holds(rate, truth) for rate, truth in zip(found[1:], truths[1:], strict=True)]
    return _coverage("funnel", "each step by device", held)


def _hazards(worlds: Sequence[World]) -> Score:
    held = []
    for world in worlds:
        rows = world.site.form(FORM, PERIOD, by="browser").rows
        held += [_holds(row.hazard, world.planted.leave(row.group, row.field)) for row in rows]
    return _coverage("form", f"leaving at each of {len(FIELDS)} fields by browser", held)


def _reach(worlds: Sequence[World]) -> Score:
    held = []
    for world in worlds:
        for row in world.site.scroll(PRODUCT, PERIOD, by=None).rows:
            truth = world.planted.reach[row.from_pct // 5]
            if truth < 1:
                held.append(_holds(row.reach, truth))
    # Who reaches a band has reached those above it: the intervals of a site are right or wrong together.
    return _coverage("scroll", "reach of each band", held, independent=len(worlds))


def _clicks(worlds: Sequence[World]) -> Score:
    """Clicks are counted, not estimated: by cell and by element they are as many as happened."""
    right = 0
    for world in worlds:
        happened = sum(world.counted.clicks.values())
        cells = sum(row.clicks for row in world.site.heatmap(PRODUCT, PERIOD).rows)
        by_name = {row.name: row.clicks for row in world.site.elements(PRODUCT, PERIOD, by=None).rows}
        right += cells == happened and by_name == world.counted.clicks
    return _exact("heatmap, elements", "clicks", right, worlds)


def _dead(worlds: Sequence[World]) -> Score:
    """The picture that looks like a control: as many dead clicks as happened, and none elsewhere."""
    right = 0
    for world in worlds:
        dead = {row.name: row.dead for row in world.site.elements(PRODUCT, PERIOD, by=None).rows if row.dead}
        right += dead == {PICTURE: world.counted.dead}
    return _exact("elements", f"a misleading picture ({PICTURE!r})", right, worlds)


def _dead_share(worlds: Sequence[World]) -> Score:
    held = []
    for world in worlds:
        (row,) = (row for row in world.site.friction(PERIOD, signals=["dead"]).rows if row.step == PRODUCT)
        held.append(_holds(row.rate, world.planted.misled))
    return _coverage("friction", "sessions with a dead click on the product's page", held)


def _slow_share(worlds: Sequence[World]) -> Score:
    """Page views whose LCP is poor: how many, by page, follows from the planted distributions."""
    held = []
    for world in worlds:
        rows = world.site.friction(PERIOD, signals=["slow"]).rows
        held += [_holds(row.rate, world.planted.poor(row.step)) for row in rows]
    return _coverage("friction", "sessions with a slow page, by page", held)


def _redesign(worlds: Sequence[World]) -> Score:
    """Clicks before and after it are one element's, whose box is another; selectors differ."""
    again = total = 0
    for world in worlds:
        rows = [row for row in world.site.elements(PRODUCT, PERIOD, by=None).rows if row.name == ADD]
        total += world.counted.clicks.get(ADD, 0)
        again += max((row.clicks for row in rows), default=0)
    share = again / total if total else 0.0
    must = "all clicks under one element"
    return Score("elements", "a redesign in the middle", must, f"{100 * share:.1f} % of {total:,}", share == 1)


def _nothing(worlds: Sequence[World]) -> Score:
    """Breakdowns that have no effect: by Benjamini and Hochberg, at most 5 % of them report any."""
    false = tried = 0
    for world in worlds:
        for column in _NULL:
            rows = world.site.conversion_rate(GOAL, PERIOD, "session", by=column).rows
            judged = [row.q_value for row in rows if row.q_value is not None]
            tried += bool(judged)
            false += any(q < SURE for q in judged)
    most = SURE + 3 * math.sqrt(SURE * (1 - SURE) / max(1, tried))
    found = f"{false} of {tried} ({100 * false / max(1, tried):.1f} %)"
    return Score(
        "conversion_rate", f"nothing, by {', '.join(_NULL)}", "at most 5 % with a finding", found, false <= most * tried
    )


def _broken(worlds: Sequence[World]) -> Score:
    found = 0
    for world in worlds:
        rows = world.site.funnel([page("/checkout"), conversion(GOAL)], PERIOD, "2h", by="browser").rows
        findings = {row.group for row in rows if row.q_value is not None and row.q_value < SURE}
        found += world.planted.broken_browser in findings
    least = _by_chance(0.9, len(worlds))
    return Score(
        "funnel",
        f"field {BROKEN!r} broken in one browser",
        f"found in 90 % of the sites (by chance at least {100 * least:.1f} %)",
        _share(found, len(worlds)),
        found >= least * len(worlds),
    )


def _holds(rate: Rate, truth: float) -> bool | None:
    """Whether the interval holds the truth; None where there was nothing to count."""
    if rate.low is None or rate.high is None:
        return None
    return rate.low <= truth <= rate.high


def _coverage(report: str, planted: str, held: Iterable[bool | None], *, independent: int | None = None) -> Score:
    judged = [each for each in held if each is not None]
    share = sum(judged) / len(judged) if judged else 0.0
    least = _by_chance(0.95, independent or len(judged))
    must = f"95 % of the intervals hold it (by chance at least {100 * least:.1f} %)"
    return Score(report, planted, must, _share(sum(judged), len(judged)), share >= least)


def _by_chance(share: float, n: int) -> float:
    """The least that a share can be by chance among n: three standard errors below."""
    return share - 3 * math.sqrt(share * (1 - share) / max(1, n))


def _exact(report: str, planted: str, right: int, worlds: Sequence[World]) -> Score:
    must, found = "exactly as many as happened", _share(right, len(worlds), "sites")
    return Score(report, planted, must, found, right == len(worlds))


def _share(k: int, n: int, what: str = "") -> str:
    return f"{k:,} of {n:,}{' ' if what else ''}{what} ({100 * k / max(1, n):.1f} %)"


SCORES: Final[tuple[Callable[[Sequence[World]], Score], ...]] = (
    _conversion_rates,
    _steps,
    _hazards,
    _reach,
    _clicks,
    _dead,
    _dead_share,
    _slow_share,
    _redesign,
    _nothing,
    _broken,
)
