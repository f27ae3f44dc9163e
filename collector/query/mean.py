"""Means of money and ratios of sums, with their intervals, from sums that ClickHouse has made."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Sums:
    """Over n units: sums of x, y, x², y² and xy. Units that have neither count in n alone."""

    n: int
    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    yy: float = 0.0
    xy: float = 0.0

    def minus(self, part: Sums) -> Sums:
        """The sums of all other units."""
        return Sums(
            self.n - part.n,
            self.x - part.x,
            self.y - part.y,
            self.xx - part.xx,
            self.yy - part.yy,
            self.xy - part.xy,
        )


def total(parts: Iterable[Sums]) -> Sums:
    """The sums over all."""
    found = Sums(0)
    for each in parts:
        found = Sums(
            found.n + each.n,
            found.x + each.x,
            found.y + each.y,
            found.xx + each.xx,
            found.yy + each.yy,
            found.xy + each.xy,
        )
    return found


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with the ends of its 95 % interval, None where there are too few to say."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


def mean(sums: Sums) -> Estimate:
    """Mean of x over the units: normal interval from the standard error."""
    if not sums.n:
        return Estimate()
    value = sums.x / sums.n
    if sums.n < 2:
        return Estimate(value)
    half = _Z * standard_error(sums)
    return Estimate(value, value - half, value + half)


def ratio(sums: Sums) -> Estimate:
    """Sum of x out of sum of y, both by unit: interval by the delta method (Cochran, Sampling Techniques, 6.4)."""
    if not sums.y:
        return Estimate()
    value = sums.x / sums.y
    if sums.y < 2 or sums.n < 2:
        return Estimate(value)
    # The residuals x - R y add up to 0, so their mean square is their variance.
    square = max(0.0, sums.xx - 2 * value * sums.xy + value * value * sums.yy) / (sums.n - 1)
    half = _Z * math.sqrt(square / sums.n) / (sums.y / sums.n)
    return Estimate(value, value - half, value + half)


def standard_error(sums: Sums) -> float:
    """Standard error of the mean of x over n >= 2 units."""
    variance = max(0.0, sums.xx - sums.x * sums.x / sums.n) / (sums.n - 1)
    return math.sqrt(variance / sums.n)


def differs(sums: Sums, rest: Sums, least: int) -> float | None:
    """Two-sided p-value that both have the same mean of x; None below `least` units.

    Normal, by the larger of two standard errors: Welch's, and that of one variance for all. Few order, and orders
    differ: of a small group nobody may have ordered, or all alike, and its own variance then says that this is no
    chance; where one order is dear, the variance of all says so.
    """
    if min(sums.n, rest.n) < least:
        return None
    every = total((sums, rest))
    common = standard_error(every) * math.sqrt(every.n) * math.sqrt(1 / sums.n + 1 / rest.n)
    error = max(common, math.hypot(standard_error(sums), standard_error(rest)))
    gap = abs(sums.x / sums.n - rest.x / rest.n)
    if not error:
        return 1.0 if not gap else 0.0
    return math.erfc(gap / error / math.sqrt(2))
