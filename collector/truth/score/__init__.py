"""Each report against what was planted: what it counts, how often its intervals hold the truth, what it finds falsely.

A score is a function of all sites; a file has those of one subject.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from collector.truth.score import attribution, causes, clicks, evidence, money, pages, rates, returning, visits
from collector.truth.score.judge import Score
from collector.truth.score.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["SCORES", "Score", "World", "scores"]

SCORES: Final[tuple[Callable[[Sequence[World]], Score], ...]] = (
    *visits.SCORES,
    *money.SCORES,
    *attribution.SCORES,
    *clicks.SCORES,
    *pages.SCORES,
    *returning.SCORES,
    *rates.SCORES,
    *causes.SCORES,
    *evidence.SCORES,
)


def scores(worlds: Sequence[World], progress: Callable[[], None]) -> Iterator[Score]:
    """Every score over all sites; `progress` hears of each."""
    for score in SCORES:
        yield score(worlds)
        progress()
