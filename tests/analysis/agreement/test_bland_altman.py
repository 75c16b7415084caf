"""Limits of agreement and Lin's concordance correlation."""

import numpy as np
import pytest

from analysis.agreement.bland_altman import bland_altman, concordance_correlation


def _pairs(rng, n=40):
    x = 50 + 10 * rng.normal(size=n)
    return x, x + 1 + 3 * rng.normal(size=n)


def test_swapping_the_measurements_mirrors_bias_and_limits(rng):
    x, y = _pairs(rng)
    there, back = bland_altman(x, y), bland_altman(y, x)
    assert there.bias == pytest.approx(-back.bias)
    assert there.lower.value == pytest.approx(-back.upper.value)
    assert there.lower.exact_interval == pytest.approx([-limit for limit in back.upper.exact_interval[::-1]])


def test_the_exact_interval_covers_the_limit_of_the_population(rng):
    true = -1 - 1.959964 * 3
    covered = 0
    for _ in range(300):
        x, y = _pairs(rng, 12)
        low, high = bland_altman(x, y).lower.exact_interval
        covered += low <= true <= high
    assert 0.92 <= covered / 300 <= 0.98


def test_missing_measurements_leave_complete_pairs(rng):
    x, y = _pairs(rng)
    x[3] = np.nan
    assert bland_altman(x, y).n == concordance_correlation(x, y).n == 39


def test_a_difference_that_grows_with_the_mean_is_found(rng):
    x = np.arange(1.0, 31.0)
    line = bland_altman(1.2 * x + 0.01 * rng.normal(size=30), x).proportional
    assert line.slope == pytest.approx(0.2 / 1.1, abs=0.01)
    assert line.interval[0] > 0
    assert line.p < 1e-6


@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [
        ([], [], "fewer than 2 pairs"),
        ([1.0], [2.0], "fewer than 2 pairs"),
        ([1.0, 2.0, 3.0], [2.0, 3.0, 4.0], "all differences are equal"),
    ],
)
def test_too_little_for_limits_is_named(x, y, reason):
    assert bland_altman(x, y).reason == reason


def test_equal_differences_still_have_a_bias_and_limits_at_it():
    found = bland_altman([1.0, 2.0, 3.0], [2.0, 3.0, 4.0])
    assert (found.bias, found.lower.value, found.upper.value) == (-1, -1, -1)
    assert found.upper.interval == found.upper.interval_1986 == found.upper.exact_interval == (-1, -1)
    assert found.proportional.reason == "the differences or the means do not vary"


def test_another_multiple_widens_the_limits(rng):
    x, y = _pairs(rng)
    found = bland_altman(x, y, multiple=2)
    assert found.upper.value == pytest.approx(found.bias + 2 * found.sd)


@pytest.mark.parametrize(
    ("x", "y", "estimate", "reason"),
    [
        ([1.0], [2.0], None, "fewer than 2 pairs"),
        ([3.0, 3.0], [3.0, 3.0], None, "all measurements are equal"),
        ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], 1.0, "perfect concordance has no interval"),
        ([1.0, 2.0, 3.0], [2.0, 2.0, 2.0], 0.0, "no correlation to base an interval on"),
    ],
)
def test_concordance_without_an_interval_is_named(x, y, estimate, reason):
    found = concordance_correlation(x, y)
    assert found.estimate == (None if estimate is None else pytest.approx(estimate))
    assert found.reason == reason


def test_concordance_is_correlation_times_bias_correction(rng):
    x, y = _pairs(rng)
    shift = (x.mean() - y.mean()) ** 2 / (x.std() * y.std())
    scale = x.std() / y.std()
    expected = np.corrcoef(x, y)[0, 1] * 2 / (scale + 1 / scale + shift)
    assert concordance_correlation(x, y).estimate == pytest.approx(expected)
