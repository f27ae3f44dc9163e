"""Is the browser found in which a field is broken, and is nobody else blamed for it?"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from collector.query import conversion, page
from collector.truth.planted import AGENTS, BROKEN, SYSTEMS
from collector.truth.score.judge import SURE, blames, finds
from collector.truth.walk import CHECKOUT, GOAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.query.reports.segments import Segments
    from collector.truth.score.judge import Score
    from collector.truth.score.world import World

NULL: Final = ("campaign", "channel", "source", "entry_path", "visitor_type")
"""Of those at the checkout, these make no difference: where a visit began has made its own before."""
_JUDGED_FROM = 100
_STEPS = [page(CHECKOUT), conversion(GOAL)]


def _broken(worlds: Sequence[World]) -> Score:
    found = []
    for world in filter(_can_be_judged, worlds):
        rows = world.site.funnel(_STEPS, world.period, "2h", unit="session", by="browser").rows
        bought = [(row.group, row.from_previous, row.q_value) for row in rows if row.step == len(_STEPS)]
        usual = sum(rate.k for _, rate, _ in bought) / sum(rate.n for _, rate, _ in bought)
        blamed = {name for name, rate, q in bought if q is not None and q < SURE and (rate.rate or 0) < usual}
        found.append(world.planted.broken_browser in blamed)
    return finds("funnel", f"field {BROKEN!r} broken in one browser", found)


def _concentrated(worlds: Sequence[World]) -> Score:
    """The minimal explaining segment is the browser, or what has the same visits, as the system of a single browser."""
    found = []
    for world in filter(_can_be_judged, worlds):
        minimal = _scanned(world).minimal
        found.append(minimal is not None and _agents(minimal.conditions) == _broken_agents(world))
    return finds("segments", f"the browser in which field {BROKEN!r} is broken explains it", found)


def _blamed(worlds: Sequence[World], columns: Sequence[str] = NULL) -> Score:
    """Segments by what makes no difference, alone or together with another column, are false findings."""
    shares = []
    for world in worlds:
        found = [row for row in _scanned(world).rows if row.found]
        false = sum(any(name in columns for name, _ in row.conditions) for row in found)
        shares.append(false / len(found) if found else 0.0)
    return blames("segments", columns, shares)


@lru_cache(maxsize=64)
def _scanned(world: World) -> Segments:
    return world.site.segments(world.period, steps=_STEPS, window="2h", limit=1000)


def _can_be_judged(world: World) -> bool:
    """Whether as many as reports judge came to the checkout with the browser."""
    at_checkout = [each for each in world.visits if CHECKOUT in each.pages]
    concerned = sum(each.who in _broken_agents(world) for each in at_checkout)
    return concerned >= _JUDGED_FROM and len(at_checkout) - concerned >= _JUDGED_FROM


def _broken_agents(world: World) -> set[tuple[str, str]]:
    return {who for who in AGENTS if who[1] == world.planted.broken_browser}


def _agents(conditions: Sequence[tuple[str, str]]) -> set[tuple[str, str]] | None:
    """Device and browser of those whom a segment chooses; None where it asks for anything else."""
    said = dict(conditions)
    if not said.keys() <= {"device", "browser", "os"}:
        return None
    described = {who: {"device": who[0], "browser": who[1], "os": SYSTEMS[who]} for who in AGENTS}
    return {who for who, has in described.items() if said.items() <= has.items()}


SCORES = (_broken, _concentrated, _blamed)
