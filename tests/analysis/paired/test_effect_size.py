"""Effect sizes of paired differences: definitions, bounds, coverage, degenerate data."""

import numpy as np
import pytest
from scipy import stats

from analysis.paired.effect_size import (
    cliffs_delta_independent,
    cohen_d_av,
    cohen_d_rm,
    cohen_dz,
    correlation,
    hedges_correction,
    hedges_gz,
    noncentral_limits,
    paired_dominance,
    probability_of_superiority,
    rank_biserial,
)

STEPS = np.array([3, -1, 0, 2, 2, -1, 4, 0])
ZERO = np.zeros(4, dtype=int)
EMPTY = np.array([], dtype=int)


def test_the_three_rank_biserials_differ_by_their_denominator():
    full = rank_biserial(STEPS, "pratt_full").estimate
    assert full == pytest.approx(rank_biserial(STEPS, "pratt").estimate * (36 - 3) / 36)
    assert rank_biserial(STEPS).n == 6


def test_a_rank_biserial_of_one_has_no_fisher_interval():
    result = rank_biserial(np.array([1, 2, 0, 5]))
    assert (result.estimate, result.interval) == (1.0, None)
    assert "infinite" in result.reason


def test_superiority_and_dominance_are_two_scales_of_the_same_counts():
    assert probability_of_superiority(STEPS).estimate == pytest.approx(
        (1 + paired_dominance(STEPS).estimate) / 2
    )


def test_the_dominance_interval_covers_its_parameter():
    rng = np.random.default_rng(3)
    draws = rng.choice([-1, 0, 1], p=[0.3, 0.2, 0.5], size=(2000, 80))
    covered = [r.interval[0] <= 0.2 <= r.interval[1] for r in map(paired_dominance, draws)]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(("t", "df"), [(0.0, 1), (2.1, 5), (-3.4, 29), (7.9, 7), (12.0, 400)])
def test_noncentral_limits_put_the_statistic_at_the_tails(t, df):
    low, high = noncentral_limits(t, df)
    assert stats.nct.cdf(t, df, low) == pytest.approx(0.975, abs=1e-9)
    assert stats.nct.cdf(t, df, high) == pytest.approx(0.025, abs=1e-9)


def test_noncentral_limits_are_finite_and_antisymmetric_far_out():
    low, high = noncentral_limits(1000.0, 29)
    assert low < 1000 < high
    assert noncentral_limits(-1000.0, 29) == pytest.approx((-high, -low), rel=1e-9)


def test_the_standardised_interval_covers_its_parameter():
    rng = np.random.default_rng(4)
    draws = np.rint((rng.normal(size=(600, 12)) + 0.5) * 1e6).astype(int)
    covered = [r.interval[0] <= 0.5 <= r.interval[1] for r in map(cohen_dz, draws)]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.03)


def test_hedges_shrinks_dz_by_the_exact_gamma_factor():
    assert hedges_correction(7) == pytest.approx(1 - 3 / (4 * 7 - 1), abs=1e-3)
    assert hedges_gz(STEPS).estimate == pytest.approx(hedges_correction(7) * cohen_dz(STEPS).estimate)
    assert "1 degree of freedom" in hedges_gz(np.array([1, 2])).reason


def test_the_scale_of_the_differences_leaves_standardised_sizes_alone():
    assert cohen_dz(10 * STEPS).estimate == pytest.approx(cohen_dz(STEPS).estimate)


def test_d_rm_and_d_av_agree_where_both_sides_vary_alike():
    x = np.array([1.0, 2.0, 3.0, 4.0])
    y = np.array([2.0, 1.0, 4.0, 3.0]) - 1
    assert cohen_d_rm(x, y).estimate == pytest.approx(cohen_d_av(x, y).estimate)


def test_cliffs_delta_of_disjoint_samples_ends_at_its_bound():
    up, down = cliffs_delta_independent([4, 5, 6], [1, 2, 3]), cliffs_delta_independent([1, 2, 3], [4, 5, 6])
    assert (up.estimate, up.interval[1], down.estimate, down.interval[0]) == (1.0, 1.0, -1.0, -1.0)
    assert up.interval[0] == pytest.approx(-down.interval[1])


def test_swapping_the_samples_flips_cliffs_delta():
    x, y = [1.83, 0.5, 1.62, 2.48], [0.878, 0.647, 0.598, 3.05]
    forward, backward = cliffs_delta_independent(x, y), cliffs_delta_independent(y, x)
    assert forward.estimate == -backward.estimate
    assert forward.interval == pytest.approx((-backward.interval[1], -backward.interval[0]))


@pytest.mark.parametrize(
    "method", [rank_biserial, probability_of_superiority, paired_dominance, cohen_dz, hedges_gz]
)
def test_without_differences_there_is_a_reason_and_no_estimate(method):
    result = method(EMPTY)
    assert result.estimate is None
    assert result.reason


def test_zero_differences_have_no_rank_or_standardised_size():
    assert rank_biserial(ZERO).reason == "no difference is different from 0"
    assert "standard deviation is 0" in hedges_gz(ZERO).reason
    assert paired_dominance(ZERO).interval == (0.0, 0.0)


def test_a_side_without_variation_has_no_correlation():
    assert "no correlation" in correlation([3, 3, 3], [1, 2, 3]).reason
    assert "no correlation" in cohen_d_rm([3, 3, 3], [1, 2, 3]).reason
    assert cohen_d_av([3, 3], [2, 2]).reason == "neither side varies"
    assert "standard deviation is 0" in cohen_d_rm([1, 2, 3], [2, 3, 4]).reason


def test_too_few_values_are_named():
    assert cliffs_delta_independent([], [1]).reason == "there are no differences"
    assert "fewer than 2" in cliffs_delta_independent([1], [2, 3]).reason
    assert (
        cohen_d_av([1], [2]).reason == correlation([1], [2]).reason == "one difference has no standard error"
    )
