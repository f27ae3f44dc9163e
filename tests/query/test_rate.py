"""Rates carry the interval that statisticians publish, and breakdowns are judged with care."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, fisher_exact

from collector.query import Rate
from collector.query.definitions import CONVERSION_RATE
from collector.query.rate import against_the_rest
from tests.query.worlds import examples


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        # 500 of 10,000 is the acceptance figure; the others are rows of Newcombe (1998), table I, method 3.
        (500, 10_000, 0.0459, 0.0544),
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_published_intervals(k: int, n: int, low: float, high: float) -> None:
    rate = Rate.of(k, n, CONVERSION_RATE)
    assert rate.low == pytest.approx(low, abs=5e-5)
    assert rate.high == pytest.approx(high, abs=5e-5)
    assert rate.definition == "conversion_rate/1"


@examples(100)
@given(st.integers(1, 10**7).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_wilsons_and_holds_the_rate(pair: tuple[int, int]) -> None:
    k, n = pair
    rate = Rate.of(k, n, CONVERSION_RATE)
    assert rate.rate is not None
    assert rate.low is not None
    assert rate.high is not None
    assert 0 <= rate.low <= rate.rate <= rate.high <= 1


@examples(100)
@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_equals_scipys(pair: tuple[int, int]) -> None:
    k, n = pair
    expected = binomtest(k, n).proportion_ci(method="wilson")
    rate = Rate.of(k, n, CONVERSION_RATE)
    assert (rate.low, rate.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_nothing_out_of_nothing_has_no_rate() -> None:
    assert Rate.of(0, 0, CONVERSION_RATE).rate is None
    assert str(Rate.of(0, 0, CONVERSION_RATE)) == "- (0/0)"


@pytest.mark.parametrize(("k", "n"), [(2, 1), (-1, 5)])
def test_more_than_all_is_a_mistake(k: int, n: int) -> None:
    with pytest.raises(ValueError, match="is not a rate"):
        Rate.of(k, n, CONVERSION_RATE)


def test_groups_below_a_hundred_are_shown_but_not_judged() -> None:
    assert against_the_rest([(5, 99), (50, 1000), (60, 1000)])[0] is None
    assert against_the_rest([(50, 1000)]) == [None]
    assert against_the_rest([(5, 1000), (1, 99)]) == [None, None]


def test_q_values_are_adjusted_and_two_sided() -> None:
    worse, same, better = against_the_rest([(10, 1000), (50, 1000), (90, 1000)])
    assert worse is not None
    assert better is not None
    assert same is not None
    assert worse < 0.001
    assert better < 0.001
    assert same > 0.9


def test_rare_events_are_judged_exactly() -> None:
    first, second = against_the_rest([(0, 200), (4, 200)])
    assert first == pytest.approx(fisher_exact([[0, 200], [4, 196]]).pvalue)
    assert first == second


def test_groups_without_any_difference_have_q_one() -> None:
    assert against_the_rest([(0, 200), (0, 300)]) == [1.0, 1.0]
    assert against_the_rest([(200, 200), (300, 300)]) == [1.0, 1.0]
