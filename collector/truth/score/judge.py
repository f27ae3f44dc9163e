"""A line of the table, and what makes it good: exactly right, as often as intervals promise, as seldom as q-values do.

Where chance has a part, the limit is what a report that keeps its promise goes beyond in one of 740 cases, by the
binomial distribution (as three standard errors of the normal one).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from collector.query import Rate

SURE: Final = 0.05
"""A finding is a q-value below this."""
_RARE: Final = 1 / 740
_TINY: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Score:
    """One line of the table: a report, what was planted, what must be found, what was found, and whether it is."""

    report: str
    planted: str
    must: str
    found: str
    good: bool


def exact(report: str, planted: str, right: Sequence[bool], of: str = "sites") -> Score:
    """Good where the report is right of every site, or of every visit."""
    found = _share(sum(right), len(right), of)
    return Score(report, planted, "exactly as many as happened", found, bool(right) and all(right))


def coverage(report: str, planted: str, held: Iterable[bool | None], *, independent: int | None = None) -> Score:
    """Good where intervals hold the truth as often as they say; None is an interval of nothing.

    `independent`: how many of them are right or wrong each for itself, where not all are.
    """
    judged = [each for each in held if each is not None]
    share = sum(judged) / len(judged) if judged else 0.0
    least = _least(0.95, independent or len(judged))
    must = f"95 % of the intervals hold it (by chance at least {100 * least:.1f} %)"
    return Score(report, planted, must, _share(sum(judged), len(judged)), bool(judged) and share >= least - _TINY)


def finds(report: str, planted: str, found: Sequence[bool], *, least: float = 0.9) -> Score:
    """Good where the planted effect is found in at least that share of the sites."""
    limit = _least(least, len(found))
    must = f"found in {100 * least:.0f} % of the sites (by chance at least {100 * limit:.1f} %)"
    return Score(
        report, planted, must, _share(sum(found), len(found)), bool(found) and sum(found) >= limit * len(found)
    )


def invents(report: str, columns: Sequence[str], found: Sequence[bool]) -> Score:
    """Good where at most one in twenty of the breakdowns by what makes no difference reports one."""
    limit = _most(SURE, len(found))
    must = f"at most 5 % with a finding (by chance at most {100 * limit:.1f} %)"
    good = sum(found) <= limit * len(found) + _TINY
    return Score(report, f"nothing, by {', '.join(columns)}", must, _share(sum(found), len(found)), good)


def blames(report: str, columns: Sequence[str], false_shares: Sequence[float]) -> Score:
    """Good where of what is found at a site, a twentieth is false on average (Benjamini and Hochberg's promise).

    `false_shares`: of each site, 0 where nothing was found.
    """
    limit = _most(SURE, len(false_shares))
    share = mean(false_shares) if false_shares else 0.0
    must = f"at most 5 % of the findings false, mean of sites (by chance at most {100 * limit:.1f} %)"
    found = f"{100 * share:.1f} % at {len(false_shares)} sites"
    return Score(report, f"nothing, by {', '.join(columns)}", must, found, share <= limit + _TINY)


def differs(q_values: Iterable[float | None]) -> bool | None:
    """Whether a breakdown has a finding; None where nothing in it was judged."""
    judged = [q for q in q_values if q is not None]
    return any(q < SURE for q in judged) if judged else None


def holds(rate: Rate, truth: float) -> bool | None:
    """Whether the interval holds the truth; None where there was nothing to count."""
    return between(rate.low, truth, rate.high)


def between(low: float | None, truth: float, high: float | None) -> bool | None:
    """Whether the truth is in the interval; None where there is none."""
    return None if low is None or high is None else low <= truth <= high


def _least(share: float, n: int) -> float:
    """The least that a share can be by chance among n."""
    return 1 - _most(1 - share, n)


def _most(share: float, n: int) -> float:
    """The most that a share can be by chance among n: with more in less than one of 740 cases."""
    below = 0.0
    for k in range(n):
        below += math.comb(n, k) * share**k * (1 - share) ** (n - k)
        if 1 - below < _RARE:
            return k / n
    return 1.0


def _share(k: int, n: int, what: str = "") -> str:
    return f"{k:,} of {n:,}{' ' if what else ''}{what} ({100 * k / max(1, n):.1f} %)"
