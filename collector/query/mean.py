"""Means of money and ratios of sums, with their intervals, from sums that ClickHouse has made."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.query.definitions import MONEY_FROM
from collector.query.rate import wilson

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Sums:
    """Over n units, k of which have orders: sums of their money x and orders y, of x², y² and xy."""

    n: int
    k: int = 0
    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    yy: float = 0.0
    xy: float = 0.0

    def minus(self, part: Sums) -> Sums:
        """The sums of all other units."""
        return Sums(
            self.n - part.n,
            self.k - part.k,
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
            found.k + each.k,
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
    """Mean of x over all n units.

    It is the share of units that have orders, times their mean: Wilson's interval of the one and Student's of the
    logarithm of the other, put together by the method of variance estimates recovery (Zou and Donner, Statistics in
    Medicine 27, 2008, 1693-1702). Few order, and differently much: from the standard error of the mean over all units
    it would hold the truth in 85 of 100 cases at eight orders, this way in 95 (docs/truth.md).
    """
    if not sums.n:
        return Estimate()
    value = sums.x / sums.n
    if sums.k < MONEY_FROM:
        return Estimate(value)
    error = standard_error(Sums(sums.k, x=sums.x, xx=sums.xx))
    if value <= 0:  # refunds took all of it: there is no logarithm
        half = _student(sums.k) * error * sums.k / sums.n
        return Estimate(value, value - half, value + half)
    spread = _student(sums.k) * error * sums.k / sums.x
    rarest, commonest = wilson(sums.k, sums.n)
    share = sums.k / sums.n
    low = value * math.exp(-math.hypot(math.log(share / rarest), spread))
    return Estimate(value, low, value * math.exp(math.hypot(math.log(commonest / share), spread)))


def ratio(sums: Sums) -> Estimate:
    """Sum of x out of sum of y, both by unit: Student's interval of its logarithm.

    Its error is the delta method's over the units that have orders (Cochran, Sampling Techniques, 1977, 6.4).
    """
    if not sums.y:
        return Estimate()
    value = sums.x / sums.y
    if sums.k < MONEY_FROM:
        return Estimate(value)
    # The residuals x - R y add up to 0, so their mean square is their variance.
    square = max(0.0, sums.xx - 2 * value * sums.xy + value * value * sums.yy) / (sums.k - 1)
    half = _student(sums.k) * math.sqrt(square * sums.k) / sums.y
    if value <= 0:
        return Estimate(value, value - half, value + half)
    return Estimate(value, value * math.exp(-half / value), value * math.exp(half / value))


def _student(units: int) -> float:
    """How many standard errors of a mean of that many units hold 95 % (Student's t)."""
    from scipy.special import stdtrit  # noqa: PLC0415 - slow to import, seldom needed

    return float(stdtrit(units - 1, 0.975))


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
