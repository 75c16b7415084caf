"""Exact and approximate signed-rank tests against enumeration, scipy and theory."""

from itertools import product
from time import perf_counter

import numpy as np
import pytest
from scipy import stats

from analysis.paired import signed_rank as module
from analysis.paired.signed_rank import (
    MAX_TABLE,
    doubled_ranks,
    lower_counts,
    sign_flip,
    signed_rank,
    signed_rank_normal,
)


def _enumerated(steps, zeros):
    kept = steps if zeros == "pratt" else steps[steps != 0]
    ranks = stats.rankdata(np.abs(kept)) * (kept != 0)
    observed = ranks[kept > 0].sum()
    sums = [np.dot(flips, ranks[kept != 0]) for flips in product((0, 1), repeat=int((kept != 0).sum()))]
    return np.mean([s >= observed - 1e-9 for s in sums])


@pytest.mark.parametrize("zeros", ["pratt", "wilcoxon"])
def test_signed_rank_equals_enumeration_of_all_sign_flips(zeros):
    rng = np.random.default_rng(5)
    for n in range(2, 10):
        steps = rng.integers(-3, 4, n)
        steps[0] = 2
        assert signed_rank(steps, zeros).p_greater == pytest.approx(_enumerated(steps, zeros), abs=1e-14)
        assert signed_rank(steps, zeros).p_less == pytest.approx(_enumerated(-steps, zeros), abs=1e-14)


def test_signed_rank_without_ties_is_the_classical_table():
    steps = np.array([1, 2, 3, 4, 5, -6])
    assert signed_rank(steps).p_two_sided == pytest.approx(stats.wilcoxon(steps, method="exact").pvalue)


def test_two_sided_p_is_symmetric_in_the_sign():
    steps = np.array([3, -1, 0, 2, 2, -1, 4, 0])
    forward, backward = signed_rank(steps), signed_rank(-steps)
    assert forward.p_two_sided == pytest.approx(backward.p_two_sided, abs=1e-15)
    assert forward.p_greater == pytest.approx(backward.p_less, abs=1e-15)


def test_the_order_of_the_pairs_changes_nothing():
    steps = np.array([3, -1, 0, 2, 2, -1, 4, 0])
    assert signed_rank(np.random.default_rng(2).permutation(steps)) == signed_rank(steps)


def test_the_mid_p_counts_half_of_the_observed_probability():
    assert signed_rank(np.array([0, 0, 1])).p_mid == pytest.approx(0.5)
    steps = np.array([1, 2, -3, 4])
    test = signed_rank(steps)
    assert test.p_mid == pytest.approx(2 * min(test.p_greater, test.p_less) - 2 / 16)


def test_a_test_says_how_many_differences_and_zeros_it_had():
    test = signed_rank(np.array([0, 0, 1, -2]), "wilcoxon")
    assert (test.n, test.n_zero, test.zeros) == (4, 2, "wilcoxon")


def test_differences_that_are_all_zero_are_not_estimable():
    zero = np.zeros(4, dtype=int)
    assert signed_rank(zero).p_two_sided is None
    assert signed_rank(zero, "wilcoxon").reason == "no difference is different from 0"
    assert signed_rank_normal(zero).reason == "no difference is different from 0"
    assert sign_flip(np.array([], dtype=int)).reason == "no difference is different from 0"


def test_one_pair_has_a_p_of_one():
    assert signed_rank(np.array([2])).p_two_sided == 1.0


def test_too_fine_a_lattice_says_so_in_place_of_a_p_value():
    sizes = np.arange(50) + MAX_TABLE
    result = sign_flip(sizes * np.where(np.arange(50) % 2, 1, -1))
    assert result.p_two_sided is None
    assert "too fine" in result.reason


def test_few_differences_on_a_fine_lattice_are_enumerated_in_halves(monkeypatch):
    steps = np.random.default_rng(4).integers(-900, 900, 19)
    by_table = sign_flip(steps)
    monkeypatch.setattr(module, "MAX_TABLE", 10)
    assert sign_flip(steps).p_two_sided == pytest.approx(by_table.p_two_sided, rel=1e-12)
    assert sign_flip(steps).p_mid == pytest.approx(by_table.p_mid, rel=1e-12)


def test_sign_flip_tests_the_mean():
    steps = np.array([5, -1, 3, 2, 0])
    flips = np.array(list(product((-1, 1), repeat=5))) @ np.abs(steps)
    assert sign_flip(steps, 2).p_greater == pytest.approx(np.mean(flips >= steps.sum()))
    assert sign_flip(steps, 2).positive == 5.0


def test_the_table_of_many_sizes_stays_a_probability():
    table = lower_counts(np.arange(1, 1101), 1100 * 1101 // 2)
    assert table.sum() == pytest.approx(1.0)


def test_doubled_ranks_are_twice_the_mid_ranks():
    steps = np.array([3, -1, 0, 2, 2, -1, 4, 0])
    assert doubled_ranks(steps).tolist() == (2 * stats.rankdata(np.abs(steps))).tolist()


@pytest.mark.parametrize("zeros", ["pratt", "wilcoxon"])
def test_the_normal_approximation_comes_close_to_the_exact_p_for_many_pairs(zeros):
    steps = np.random.default_rng(3).integers(-4, 6, 150)
    exact, approximate = signed_rank(steps, zeros), signed_rank_normal(steps, zeros)
    assert approximate.p_two_sided == pytest.approx(exact.p_two_sided, rel=0.05)
    assert approximate.p_greater == pytest.approx(exact.p_greater, rel=0.05)


def test_the_continuity_correction_makes_every_p_larger():
    steps = np.array([0, 1, 2, 2, -1, 3])
    plain = signed_rank_normal(steps)
    corrected = signed_rank_normal(steps, correction=True)
    for p in ("p_two_sided", "p_greater", "p_less"):
        assert getattr(corrected, p) > getattr(plain, p)
    assert corrected.z == plain.z > 0


def test_the_type_one_error_of_the_exact_test_is_at_most_its_level():
    rng = np.random.default_rng(8)
    p = [signed_rank(rng.integers(-2, 3, 20)).p_two_sided for _ in range(1500)]
    assert 0.025 < np.mean([value is not None and value <= 0.05 for value in p]) < 0.06


def test_an_exact_test_of_120_pairs_takes_about_a_millisecond():
    steps = np.random.default_rng(1).integers(-3, 4, 120)
    signed_rank(steps)
    times = []
    for _ in range(20):
        start = perf_counter()
        signed_rank(steps)
        times.append(perf_counter() - start)
    assert min(times) < 0.003
