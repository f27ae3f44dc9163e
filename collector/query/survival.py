"""What share has come to a thing by when, where some still may: Kaplan and Meier's curve with its interval."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.query.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_POINTS = 500


@dataclass(frozen=True, slots=True)
class Point:
    """By `seconds` a `share` (0-1) has come to it, within the 95 % interval from `low` to `high`."""

    seconds: int
    share: float
    low: float | None
    high: float | None


def curve(samples: Sequence[tuple[int, bool, int]]) -> tuple[Point, ...]:
    """The steps of the curve of (seconds, whether it came to it then, how many); none where nobody did.

    Units who have not come to it are followed for their seconds. Interval: Greenwood's, on the log-log scale.

    Raises:
        QueryError: scipy is too old for it.
    """
    try:
        import numpy as np  # noqa: PLC0415 - slow to import, seldom needed
        from scipy.stats import CensoredData, ecdf  # noqa: PLC0415
    except ImportError:
        raise QueryError("Kaplan and Meier's curve needs scipy 1.11 or newer") from None
    came = np.repeat([s for s, done, _ in samples if done], [n for _, done, n in samples if done])
    still = np.repeat([s for s, done, _ in samples if not done], [n for _, done, n in samples if not done])
    if not len(came):
        return ()
    found = ecdf(CensoredData(uncensored=came, right=still)).sf
    with np.errstate(all="ignore"), warnings.catch_warnings():
        # Where all have come to it, or nobody is left, there is no interval: scipy warns, a point says None.
        warnings.simplefilter("ignore", RuntimeWarning)
        bounds = found.confidence_interval(method="log-log")
    # Where units are only followed on, the curve stays as it is.
    steps = np.flatnonzero(np.diff(found.probabilities, prepend=1.0) < 0)
    return tuple(
        Point(
            int(found.quantiles[i]),
            float(1 - found.probabilities[i]),
            _known(1 - bounds.high.probabilities[i]),
            _known(1 - bounds.low.probabilities[i]),
        )
        for i in steps
    )


def median_of(points: Sequence[Point]) -> int | None:
    """Seconds by which half have come to it; None where that is not seen."""
    return next((point.seconds for point in points if point.share >= 0.5 - 1e-12), None)


def at(points: Sequence[Point], seconds: int) -> Point | None:
    """The curve at so many seconds; None where there is no curve."""
    if not points:
        return None
    before = [point for point in points if point.seconds <= seconds]
    return before[-1] if before else Point(seconds, 0.0, None, None)


def thinned(points: Sequence[Point]) -> list[Point]:
    """At most some 500 points of the curve, for a picture."""
    step = max(1, -(-len(points) // _MOST_POINTS))
    return [*points[:-1][::step], *points[-1:]]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else min(1.0, max(0.0, float(value)))
