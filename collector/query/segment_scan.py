"""Which segments differ, among many looked at: the tests behind `segments`, on counts alone (definition `segment`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.query.rate import adjusted, p_value

if TYPE_CHECKING:
    from collections.abc import Mapping

LEVEL = 0.05
_DEPTHS = 2
Condition = tuple[str, str]
"""A column and its value."""
Segment = tuple[Condition, ...]
"""One or two conditions; none is everybody."""
Counts = tuple[int, int]
"""k out of n."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A segment: its counts and those of the rest; `q` is None where it was not tested."""

    segment: Segment
    k: int
    n: int
    k_rest: int
    n_rest: int
    q: float | None

    @property
    def found(self) -> bool:
        """Whether it differs."""
        return self.q is not None and self.q <= LEVEL

    @property
    def difference(self) -> float:
        """Its rate less that of the rest; 0 where there is none."""
        return self.k / self.n - self.k_rest / self.n_rest if self.n and self.n_rest else 0.0


def judge(counts: Mapping[Segment, Counts]) -> list[Judged]:
    """Every segment with one condition, and those with two that were tested.

    First the segments with one condition, against the rest, with Benjamini-Hochberg over all of them. Then, under
    each that was found, the family of its segments with two conditions: each against what remains of its parents
    (the larger p-value of the two, and 1 where the two differ in direction), with Benjamini-Hochberg in the family at
    the level times the share of parents found: Benjamini and Bogomolov, JRSS B 76 (2014), 297-318. A segment under
    two parents found must pass in both families. Each depth has half of the level, so that the share of false
    findings of both together is within it.
    """
    total = counts.get((), (0, 0))
    singles = [each for each in counts if len(each) == 1]
    q_values = adjusted([_p(counts[each], total) for each in singles])
    judged = [_judged(each, counts[each], total, _shared(q)) for each, q in zip(singles, q_values, strict=True)]
    tested = sum(each.q is not None for each in judged)
    parents = [each.segment for each in judged if each.found]
    pairs = [each for each in counts if len(each) == 2]
    found: dict[Segment, float | None] = {}
    for parent in parents:
        family = [each for each in pairs if parent[0] in each]
        for each, q in zip(family, adjusted([_p_of_pair(each, counts) for each in family]), strict=True):
            stricter = _shared(q, tested / len(parents))
            before = found.get(each)
            found[each] = stricter if before is None or stricter is None else max(before, stricter)
    return judged + [_judged(each, counts[each], total, q) for each, q in found.items() if q is not None]


def _shared(q: float | None, times: float = 1.0) -> float | None:
    return None if q is None else min(1.0, q * times * _DEPTHS)


def _p(counts: Counts, total: Counts) -> float | None:
    return p_value(*counts, total[0] - counts[0], total[1] - counts[1])


def _p_of_pair(pair: Segment, counts: Mapping[Segment, Counts]) -> float | None:
    """The larger p-value of the pair against what each of its two parents has besides it."""
    k, n = counts[pair]
    worst, signs = 0.0, set()
    for condition in pair:
        k_parent, n_parent = counts.get((condition,), (k, n))
        p = p_value(k, n, k_parent - k, n_parent - n)
        if p is None:
            return None
        worst = max(worst, p)
        signs.add(k * (n_parent - n) > (k_parent - k) * n)
    return worst if len(signs) == 1 else 1.0


def _judged(segment: Segment, counts: Counts, total: Counts, q: float | None) -> Judged:
    return Judged(segment, *counts, total[0] - counts[0], total[1] - counts[1], q)
