"""How many examples hypothesis tries: the quick profile by default, `HYPOTHESIS_PROFILE=thorough` for more.

The quick one draws the same examples at every run, so that a red test is about the change at hand; the thorough one
draws new ones, twenty times as many.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE", "quick") == "thorough"


def examples(count: int) -> settings:
    """Settings of one test: `count` examples in the quick profile."""
    return settings(
        max_examples=count * 20 if THOROUGH else count,
        derandomize=not THOROUGH,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow,
                               HealthCheck.large_base_example, HealthCheck.data_too_large],
    )  # fmt: skip
