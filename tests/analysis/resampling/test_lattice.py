"""The exact bootstrap distribution against full enumeration."""

from itertools import product

import numpy as np
import pytest

from analysis.resampling.lattice import lattice_bootstrap

STEPS = np.array([-2, 0, 1, 1, 6])


def _enumerated():
    return np.sort([np.mean(draw) for draw in product(STEPS / 10, repeat=len(STEPS))])


def test_standard_error_and_percentiles_are_those_of_all_resamples():
    means, found = _enumerated(), lattice_bootstrap(STEPS, 10)
    assert (found.estimate, found.step) == pytest.approx((STEPS.mean() / 10, 1 / 50))
    assert found.se == pytest.approx(means.std())
    last = len(means)
    expected = (means[int(np.ceil(0.025 * last)) - 1], means[int(np.ceil(0.975 * last)) - 1])
    assert found.percentile == pytest.approx(expected)


def test_shares_below_and_at_the_mean_are_those_of_all_resamples():
    means, found = _enumerated(), lattice_bootstrap(STEPS, 10)
    equal = np.isclose(means, found.estimate)
    assert found.equal == pytest.approx(equal.mean())
    assert found.below == pytest.approx((~equal & (means < found.estimate)).mean())


def test_a_common_divisor_and_a_shift_move_the_limits_only():
    one, other = lattice_bootstrap(STEPS, 10), lattice_bootstrap(STEPS * 6 + 7, 10)
    assert other.mid.levels == pytest.approx(one.mid.levels)
    assert other.bca == pytest.approx(tuple(6 * limit + 0.7 for limit in one.bca))


def test_equal_values_have_a_point_for_an_interval():
    found = lattice_bootstrap(np.array([3, 3, 3]), 4)
    assert (found.percentile, found.se, found.bca) == ((0.75, 0.75), 0.0, None)
    assert found.reason == "all values are equal"


def test_no_values_are_not_estimable():
    assert lattice_bootstrap(np.array([], dtype=np.int64), 1).reason == "there are no values"


def test_a_lattice_too_fine_for_the_table_has_no_interval():
    found = lattice_bootstrap(np.array([0, 1, 10**9]), 10**9)
    assert found.percentile is None
    assert "too fine" in found.reason
