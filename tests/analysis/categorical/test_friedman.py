"""Friedman's test and its pairwise comparisons against libraries, enumeration and theory."""

from itertools import permutations, product

import numpy as np
import pytest
from scipy import stats

from analysis.categorical.friedman import (
    block_ranks,
    conover,
    exact_rank_sum_difference,
    friedman,
    nemenyi,
    signed_rank_pairs,
)

SCORES = np.array([[1, 3, 2], [2, 3, 1], [1, 3, 2], [2, 2, 1], [1, 2, 2]])
METHODS = (nemenyi, conover, exact_rank_sum_difference, signed_rank_pairs)


def _likert(seed=4, blocks=30, treatments=4):
    return np.random.default_rng(seed).integers(1, 6, (blocks, treatments)).astype(float)


def test_the_statistic_is_scipys():
    scores = _likert()
    expected = stats.friedmanchisquare(*scores.T)
    result = friedman(scores)
    assert (result.chi2, result.p) == pytest.approx((expected.statistic, expected.pvalue))


def test_the_permutation_p_value_approaches_full_enumeration():
    orders = [sorted(set(permutations(row))) for row in block_ranks(SCORES)]
    size = np.array([(np.sum(choice, axis=0) ** 2).sum() for choice in product(*orders)])
    exact = (size >= (block_ranks(SCORES).sum(axis=0) ** 2).sum()).mean()
    found = friedman(SCORES, draws=99_999, rng=np.random.default_rng(1)).p_permutation
    assert found == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 99_999))


@pytest.mark.parametrize(("blocks", "treatments"), [(200, 3), (60, 6)])
def test_the_permutation_p_value_of_many_blocks_is_near_the_chi_square(blocks, treatments):
    scores = _likert(seed=blocks, blocks=blocks, treatments=treatments)
    result = friedman(scores, draws=49_999, rng=np.random.default_rng(2))
    assert result.p_permutation == pytest.approx(result.p, abs=0.02)


def test_floating_point_noise_breaks_no_tie():
    noisy = np.array([[0.1 + 0.2, 0.3, 0.4], [0.3, 0.1 + 0.2, 0.2]])
    assert block_ranks(noisy).tolist() == [[1.5, 1.5, 3.0], [2.5, 2.5, 1.0]]


def test_full_concordance_has_w_one_and_an_infinite_f():
    result = friedman(np.tile([1, 2, 3], (6, 1)))
    assert result.kendall_w == pytest.approx(1.0)
    assert (result.f, result.f_p) == (np.inf, 0.0)
    assert [pair.p for pair in conover(np.tile([1, 2, 3], (6, 1)))] == [0.0, 0.0, 0.0]


def test_a_constant_per_block_and_the_order_of_blocks_change_nothing():
    scores = _likert()
    moved = (scores + np.arange(30)[:, None])[::-1]
    assert friedman(moved) == friedman(scores)


@pytest.mark.parametrize("method", METHODS)
def test_pairs_come_once_each_and_adjusted_p_values_are_not_smaller(method):
    pairs = method(_likert())
    assert [(pair.first, pair.second) for pair in pairs] == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    assert all(pair.p <= pair.p_adjusted <= 1 for pair in pairs)


def test_conovers_single_step_is_stricter_than_no_adjustment():
    none, single = (conover(_likert(), adjustment) for adjustment in ("none", "single-step"))
    assert all(one.p < other.p for one, other in zip(none, single, strict=True))


@pytest.mark.parametrize("method", METHODS)
def test_a_table_without_any_difference_has_no_pairwise_p_values(method):
    assert [(pair.p, pair.p_adjusted) for pair in method(np.ones((5, 3)))] == [(None, None)] * 3


def test_the_exact_distribution_counts_all_rankings_of_two_blocks():
    scores = np.array([[1, 2, 3], [1, 2, 3]])
    orders = list(permutations(range(1, 4)))
    far = np.mean([abs(a[0] + b[0] - a[2] - b[2]) >= 4 for a in orders for b in orders])
    pairs = {(pair.first, pair.second): pair.p for pair in exact_rank_sum_difference(scores)}
    assert pairs[0, 2] == pytest.approx(far)


def test_a_pair_without_differences_takes_no_part_in_holm():
    scores = np.column_stack([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1], [2, 3, 4, 3, 4, 5]])
    pairs = signed_rank_pairs(scores)
    assert pairs[0].p is None
    assert [pair.p_adjusted for pair in pairs[1:]] == pytest.approx([2 * 2 / 2**6] * 2)


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (np.ones((5, 3)), "every block has the same score for all treatments"),
        (SCORES[:1], "fewer than 2 complete blocks"),
        (SCORES[:, :1], "fewer than 2 treatments"),
        (np.full((3, 3), np.nan), "fewer than 2 complete blocks"),
    ],
)
def test_what_cannot_be_tested_says_why(scores, reason):
    result = friedman(scores, draws=99, rng=np.random.default_rng(0))
    assert (result.chi2, result.kendall_w, result.reason) == (None, None, reason)


def test_permutation_needs_a_generator():
    with pytest.raises(ValueError, match="generator"):
        friedman(SCORES, draws=9)


def test_a_row_of_scores_is_no_table():
    with pytest.raises(ValueError, match="one row per block"):
        friedman([1, 2, 3])
