"""Equivalence and non-inferiority: agreement with intervals, exactness at the margin, degenerate data."""

import numpy as np
import pytest

from analysis.paired.equivalence import (
    equivalence_signed_rank,
    equivalence_signed_rank_normal,
    equivalence_t,
    noninferiority_t,
    shifted,
)
from analysis.paired.lattice import OffLatticeError
from analysis.paired.signed_rank import signed_rank

STEPS = np.array([3, -1, 0, 2, 2, -1, 4, 0, 1, 1])


@pytest.mark.parametrize("margin", [0.4, 0.9, 1.2, 3.0])
def test_equivalence_is_declared_exactly_when_the_interval_lies_in_the_region(margin):
    result = equivalence_t(STEPS, 2, -margin, margin)
    inside = -margin < result.interval[0] and result.interval[1] < margin
    assert result.equivalent == inside == (result.p < 0.05)


@pytest.mark.parametrize("bound", [-0.5, -0.05, 0.2])
def test_noninferiority_holds_exactly_when_the_one_sided_limit_is_above_the_bound(bound):
    result = noninferiority_t(STEPS, 2, bound)
    assert result.noninferior == (result.lower_limit > bound)


def test_mirrored_data_swap_the_two_sides():
    forward = equivalence_signed_rank(STEPS, 2, -1, 1.5)
    backward = equivalence_signed_rank(-STEPS, 2, -1.5, 1)
    assert (forward.p_lower, forward.p_upper) == pytest.approx((backward.p_upper, backward.p_lower))


def test_the_margin_is_subtracted_on_the_lattice_that_holds_both():
    assert shifted(np.array([1, 2]), 2, 0.3).tolist() == [2, 7]
    assert shifted(np.array([3, -3]), 10, 0.3).tolist() == [0, -6]


def test_differences_at_the_margin_are_zeros_and_are_counted():
    result = equivalence_signed_rank(np.array([3, 3, -3, 1]), 10, -0.3, 0.3)
    assert (result.n, result.n_at_lower, result.n_at_upper) == (4, 1, 2)


@pytest.mark.parametrize("zeros", ["pratt", "wilcoxon"])
def test_the_exact_sides_are_signed_rank_tests_of_the_shifted_differences(zeros):
    result = equivalence_signed_rank(STEPS, 1, -1, 2, zeros=zeros)
    assert result.p_lower == signed_rank(STEPS + 1, zeros).p_greater
    assert result.p_upper == signed_rank(STEPS - 2, zeros).p_less
    assert result.p == max(result.p_lower, result.p_upper)
    assert zeros in result.method


def test_the_normal_sides_come_close_to_the_exact_ones_for_many_pairs():
    steps = np.random.default_rng(2).integers(-3, 4, 200)
    exact = equivalence_signed_rank(steps, 1, -0.5, 0.5)
    normal = equivalence_signed_rank_normal(steps, 1, -0.5, 0.5, zeros="pratt", correction=True)
    assert (normal.p_lower, normal.p_upper) == pytest.approx((exact.p_lower, exact.p_upper), rel=0.1)


def test_equal_differences_have_exact_ranks_and_no_t():
    steps = np.full(5, 1)
    t, ranks = equivalence_t(steps, 1, -2, 2), equivalence_signed_rank(steps, 1, -2, 2)
    assert (t.p, t.equivalent, t.estimate) == (None, None, 1.0)
    assert "standard deviation is 0" in t.reason
    assert ranks.p == pytest.approx(1 / 32)
    assert "standard deviation is 0" in noninferiority_t(steps, 1, -1).reason


def test_differences_that_all_sit_on_a_margin_say_so():
    result = equivalence_signed_rank(np.full(4, 2), 1, -2, 2)
    assert result.p is None
    assert result.p_lower == pytest.approx(1 / 16)
    assert "equals a limit" in result.reason


def test_a_region_turned_round_is_refused():
    for method in (equivalence_t, equivalence_signed_rank, equivalence_signed_rank_normal):
        with pytest.raises(ValueError, match="low < high"):
            method(STEPS, 1, 0.5, -0.5)


def test_a_margin_that_is_no_fraction_is_refused():
    with pytest.raises(OffLatticeError, match="no fraction"):
        shifted(STEPS, 1, float(np.pi))
