"""A line of the table, and what makes it good: exactly right, as often as intervals promise, as seldom as q-values do.

Where chance has a part, the limit lies three standard errors beyond what is promised.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from collector.query import Rate

SURE: Final = 0.05
"""A finding is a q-value below this."""


@dataclass(frozen=True, slots=True)
class Score:
    """One line of the table: a report, what was planted, what must be found, what was found, and whether it is."""

    report: str
    planted: str
    must: str
    found: str
    good: bool


def exact(report: str, planted: str, right: Sequence[bool]) -> Score:
    """Good where the report is right of every site."""
    found = _share(sum(right), len(right), "sites")
    return Score(report, planted, "exactly as many as happened", found, bool(right) and all(right))


def coverage(report: str, planted: str, held: Iterable[bool | None], *, independent: int | None = None) -> Score:
    """Good where intervals hold the truth as often as they say; None is an interval of nothing.

    `independent`: how many of them are right or wrong each for itself, where not all are.
    """
    judged = [each for each in held if each is not None]
    share = sum(judged) / len(judged) if judged else 0.0
    least = _by_chance(0.95, independent or len(judged))
    must = f"95 % of the intervals hold it (by chance at least {100 * least:.1f} %)"
    return Score(report, planted, must, _share(sum(judged), len(judged)), bool(judged) and share >= least)


def finds(report: str, planted: str, found: Sequence[bool], *, least: float = 0.9) -> Score:
    """Good where the planted effect is found in at least that share of the sites."""
    limit = _by_chance(least, len(found))
    must = f"found in {100 * least:.0f} % of the sites (by chance at least {100 * limit:.1f} %)"
    return Score(
        report, planted, must, _share(sum(found), len(found)), bool(found) and sum(found) >= limit * len(found)
    )


def invents(report: str, columns: Sequence[str], found: Sequence[bool]) -> Score:
    """Good where at most one in twenty of the breakdowns by what makes no difference reports one."""
    most = SURE + 3 * math.sqrt(SURE * (1 - SURE) / max(1, len(found)))
    said = _share(sum(found), len(found))
    good = sum(found) <= most * len(found)
    return Score(report, f"nothing, by {', '.join(columns)}", "at most 5 % with a finding", said, good)


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


def _by_chance(share: float, n: int) -> float:
    """The least that a share can be by chance among n."""
    return share - 3 * math.sqrt(share * (1 - share) / max(1, n))


def _share(k: int, n: int, what: str = "") -> str:
    return f"{k:,} of {n:,}{' ' if what else ''}{what} ({100 * k / max(1, n):.1f} %)"
