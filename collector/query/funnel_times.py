"""How long units take from a step to the next: see the definition `funnel_time`."""

# ruff: noqa: S608 - names come from our own lists, values are bound by the server

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from collector.query.errors import QueryError
from collector.query.funnel_sql import reading_of, units_sql
from collector.query.sql import Binder

if TYPE_CHECKING:
    from collector.query.funnel_sql import Shape
    from collector.query.question import Question


class Times(NamedTuple):
    """ms from a step to the next one; None where nobody went on, or where less than half are expected to."""

    median_ms: float | None = None
    mean_ms: float | None = None
    p75_ms: float | None = None
    p90_ms: float | None = None
    km_median_ms: float | None = None


def times_of(question: Question, shape: Shape) -> dict[tuple[str, int], Times]:
    """Times by (group, step)."""
    binder = Binder()
    chains = units_sql(reading_of(question, shape, binder), shape, chains=True)
    spans = question.asker.rows(
        f"""
SELECT grp, step, quantilesExactInclusive(0.5, 0.75, 0.9)(greatest(0, times[step + 1] - times[step])) AS quantiles,
    avg(greatest(0, times[step + 1] - times[step])) AS mean
FROM ({chains}
) ARRAY JOIN range(1, length(times)) AS step
GROUP BY grp, step""",
        binder,
    )
    medians = _kaplan_meier(question, shape)
    return {
        (str(group), int(step)): Times(
            float(p50), float(mean), float(p75), float(p90), medians.get((str(group), int(step)))
        )
        for group, step, (p50, p75, p90), mean in spans
    }


def _kaplan_meier(question: Question, shape: Shape) -> dict[tuple[str, int], float | None]:
    """Median time to the next step, over all who reached a step; resolved to 1 s."""
    binder = Binder()
    chains = units_sql(reading_of(question, shape, binder), shape, chains=True)
    window, now = binder.integer(shape.window_ms), binder.integer(question.now_ms)
    found = question.asker.rows(
        f"""
SELECT grp, step, intDiv(greatest(0, if(length(times) > step, times[step + 1], least({now}, times[1] + {window}))
    - times[step]), 1000) AS seconds, length(times) > step AS went_on, count()
FROM ({chains}
) ARRAY JOIN range(1, least(length(times) + 1, {len(shape.steps)})) AS step
GROUP BY grp, step, seconds, went_on""",
        binder,
    )
    samples: dict[tuple[str, int], list[tuple[int, bool, int]]] = defaultdict(list)
    for group, step, seconds, went_on, count in found:
        samples[str(group), int(step)].append((int(seconds), bool(went_on), int(count)))
    return {key: median_survival(each) for key, each in samples.items()}


def median_survival(samples: list[tuple[int, bool, int]]) -> float | None:
    """Kaplan-Meier median in ms of (seconds, whether it ended then, how many); None where it is not reached.

    Raises:
        QueryError: scipy is too old for it.
    """
    try:
        import numpy as np  # noqa: PLC0415 - slow to import, seldom needed
        from scipy.stats import CensoredData, ecdf  # noqa: PLC0415
    except ImportError:
        raise QueryError("times between steps need scipy 1.11 or newer") from None
    ended = np.repeat([s for s, done, _ in samples if done], [c for _, done, c in samples if done])
    still = np.repeat([s for s, done, _ in samples if not done], [c for _, done, c in samples if not done])
    if not len(ended):
        return None
    curve = ecdf(CensoredData(uncensored=ended, right=still)).sf
    below = curve.quantiles[curve.probabilities <= 0.5 + 1e-12]
    return float(below[0]) * 1000 if len(below) else None
