"""Bootstrap intervals from draws."""

import numpy as np
import pytest
from scipy import stats

from analysis.resampling.intervals import corrected_levels, jackknife_acceleration, order_limits, percentile


def test_limits_are_order_statistics():
    values = np.random.default_rng(0).permutation(np.arange(1.0, 1000.0))
    assert percentile(values, 0.95).interval == pytest.approx((25.0, 975.0))


def test_limits_interpolate_as_the_weibull_quantile():
    ordered = np.sort(np.random.default_rng(1).normal(size=57))
    expected = np.quantile(ordered, [0.1, 0.93], method="weibull")
    assert order_limits(ordered, (0.1, 0.93)) == pytest.approx(tuple(expected))


def test_levels_beyond_the_draws_give_the_extremes():
    assert order_limits(np.arange(9.0), (1e-9, 1 - 1e-9)) == (0.0, 8.0)


def test_nothing_to_resample_has_no_interval():
    assert percentile(np.array([np.nan, 1.0]), 0.95).interval is None


def test_without_bias_or_acceleration_the_levels_are_the_percentile_ones():
    assert corrected_levels(0.5, 0.0, 0.0, 0.95).levels == pytest.approx((0.025, 0.975))


def test_the_strict_correction_moves_the_levels_by_the_draws_at_the_estimate():
    mid, strict = (corrected_levels(0.45, 0.1, 0.0, 0.95, bias) for bias in ("mid", "strict"))
    assert mid.levels == pytest.approx((0.025, 0.975))
    assert strict.z0 == pytest.approx(stats.norm.ppf(0.45))
    assert strict.levels[0] < mid.levels[0]


@pytest.mark.parametrize(
    ("below", "equal", "acceleration", "reason"),
    [
        (1.0, 0.0, 0.1, "the corrected levels lie outside the draws"),
        (0.5, 0.0, None, "leaving out single clusters shows no variation to correct with"),
        (0.5, 0.0, 2.0, "the corrected levels lie outside the draws"),
    ],
)
def test_levels_that_do_not_exist_have_a_reason(below, equal, acceleration, reason):
    found = corrected_levels(below, equal, acceleration, 0.95)
    assert (found.levels, found.reason) == (None, reason)


def test_draws_that_are_all_at_the_estimate_have_no_strict_correction():
    assert (
        corrected_levels(0.0, 1.0, 0.1, 0.95, "strict").reason == "the statistic does not vary between draws"
    )


def test_the_acceleration_of_a_mean_is_a_sixth_of_its_skewness_over_root_n():
    values = np.random.default_rng(2).exponential(size=40)
    left_out = (values.sum() - values) / 39
    assert jackknife_acceleration(left_out) == pytest.approx(stats.skew(values) / 6 / np.sqrt(40))


@pytest.mark.parametrize("left_out", [np.full(5, 0.3), np.array([1.0, np.nan, 2.0]), np.zeros(3)])
def test_no_variation_has_no_acceleration(left_out):
    assert jackknife_acceleration(left_out) is None
