"""A rate: never without its counts, its interval and the name of its definition."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

from collector.query.definitions import JUDGED_FROM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.query.definitions import Definition

Span = tuple[float, float, float]
"""A number with the lower and the upper end of its interval."""
_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Rate:
    """`k` out of `n`. `rate`, `low` and `high` are proportions (0-1), None where n is 0.

    The interval is Wilson's, 95 %, two-sided. `definition` is name/version in `docs/definitions.md`.
    """

    k: int
    n: int
    rate: float | None
    low: float | None
    high: float | None
    definition: str

    @classmethod
    def of(cls, k: int, n: int, definition: Definition) -> Rate:
        """The rate of `k` out of `n`.

        Raises:
            ValueError: not 0 <= k <= n.
        """
        if not 0 <= k <= n:
            raise ValueError(f"{k} of {n} is not a rate ({definition.label})")
        if n == 0:
            return cls(k, n, None, None, None, definition.label)
        low, high = wilson(k, n)
        return cls(k, n, k / n, low, high, definition.label)

    def __str__(self) -> str:
        if self.rate is None or self.low is None or self.high is None:
            return f"- ({self.k:,}/{self.n:,})"
        interval = f"{100 * self.low:.2f}-{100 * self.high:.2f}"
        return f"{100 * self.rate:.2f} % ({interval}) {self.k:,}/{self.n:,}"


def wilson(k: int, n: int) -> tuple[float, float]:
    """Bounds of Wilson's 95 % score interval of `k` out of `n` > 0 (Wilson, JASA 22, 1927)."""
    p, z2 = k / n, _Z * _Z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return (0.0 if k == 0 else max(0.0, middle - half)), (1.0 if k == n else min(1.0, middle + half))


def difference(before: Rate, after: Rate) -> Span | None:
    """`after` - `before` with the bounds of its 95 % interval; None where one of them has no rate.

    Newcombe's hybrid score interval (Statistics in Medicine 17, 1998, 873-890, method 10).
    """
    if not before.n or not after.n:
        return None
    spans = [(each.k / each.n, *wilson(each.k, each.n)) for each in (before, after)]
    return apart(spans[0], spans[1])


def apart(before: Span, after: Span) -> Span:
    """`after` - `before` with the bounds of its interval, of two numbers that do not hang together, with theirs.

    The method of variance estimates recovery (Zou and Donner, Statistics in Medicine 27, 2008, 1693-1702): an interval
    reaches as far as both together, on the side on which they reach there.
    """
    (was, was_low, was_high), (now, low, high) = before, after
    change = now - was
    return change, change - math.hypot(now - low, was_high - was), change + math.hypot(high - now, was - was_low)


def adjusted(p_values: Sequence[float | None]) -> list[float | None]:
    """Benjamini-Hochberg q-values of the p-values that are not None."""
    judged = [p for p in p_values if p is not None]
    if not judged:
        return list(p_values)
    from scipy.stats import false_discovery_control  # noqa: PLC0415 - slow to import, seldom needed

    q_values = iter(false_discovery_control(judged))
    return [None if p is None else float(next(q_values)) for p in p_values]


def p_value(k: int, n: int, k_other: int, n_other: int) -> float | None:
    """Two-sided p-value of equal proportions; None where one is too small to be judged (definition `difference`)."""
    if min(n, n_other) < JUDGED_FROM:
        return None
    return _two_sided(k, n, k_other, n_other)


def against_the_rest(counts: Sequence[tuple[int, int]]) -> list[float | None]:
    """Benjamini-Hochberg q-value of each (k, n) against all others together; None: too small to be judged.

    See the definition `difference`.
    """
    k_all, n_all = sum(k for k, _ in counts), sum(n for _, n in counts)
    return adjusted([p_value(k, n, k_all - k, n_all - n) for k, n in counts])


def _two_sided(k: int, n: int, k_rest: int, n_rest: int) -> float:
    """p-value of equal proportions."""
    if k + k_rest in (0, n + n_rest):
        return 1.0
    from scipy.stats import chi2_contingency, fisher_exact  # noqa: PLC0415 - slow to import, seldom needed

    table = [[k, n - k], [k_rest, n_rest - k_rest]]
    share = (k + k_rest) / (n + n_rest)
    if min(n, n_rest) * min(share, 1 - share) < 5:
        return float(fisher_exact(table).pvalue)
    return float(chi2_contingency(table, correction=False).pvalue)
