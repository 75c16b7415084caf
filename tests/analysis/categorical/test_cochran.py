"""Cochran's Q against theory and full enumeration."""

from itertools import product

import numpy as np
import pytest

from analysis.categorical.cochran import cochran_q, mcnemar_pairs, pair_table
from analysis.categorical.friedman import friedman
from analysis.categorical.mcnemar import mcnemar_test

OUTCOMES = np.array([[1, 0, 0], [1, 1, 0], [1, 0, 1], [0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])


def _enumerated(outcomes):
    rows = [[np.roll(row, shift) for shift in range(3)] for row in outcomes]
    sums = np.array([np.sum(choice, axis=0) for choice in product(*rows)])
    size = (sums**2).sum(axis=1)
    return (size >= (outcomes.sum(axis=0) ** 2).sum()).mean()


def test_the_permutation_p_value_approaches_full_enumeration():
    draws = 99_999
    exact = _enumerated(OUTCOMES)
    found = cochran_q(OUTCOMES, draws=draws, rng=np.random.default_rng(3)).p_permutation
    assert found == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / draws))


def test_q_is_friedmans_statistic_of_the_same_outcomes():
    assert cochran_q(OUTCOMES).q == pytest.approx(friedman(OUTCOMES).chi2)


def test_two_treatments_give_the_uncorrected_mcnemar_test():
    pair = OUTCOMES[:, :2]
    assert cochran_q(pair).q == pytest.approx(mcnemar_test(pair_table(pair[:, 0], pair[:, 1])).chi2)


def test_neither_row_order_nor_constant_blocks_change_the_result():
    more = np.vstack([OUTCOMES[::-1], [[1, 1, 1], [0, 0, 0]]])
    one, other = cochran_q(OUTCOMES), cochran_q(more)
    assert (one.q, one.p, one.informative) == (other.q, other.p, other.informative)


def test_a_block_with_a_missing_outcome_is_left_out():
    incomplete = np.vstack([OUTCOMES, [[1, np.nan, 0]]])
    assert cochran_q(incomplete) == cochran_q(OUTCOMES)


def test_a_pair_uses_every_block_that_has_both():
    table = np.array([[1, 0, np.nan], [1, 0, 1], [0, 1, np.nan], [np.nan, 1, 0]])
    assert pair_table(table[:, 0], table[:, 1]) == (0, 2, 1, 0)
    assert [pair.p for pair in mcnemar_pairs(table)] == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("outcomes", "reason"),
    [
        (np.ones((5, 3)), "every block has the same outcome for all treatments"),
        (OUTCOMES[:1], "fewer than 2 complete blocks"),
        (OUTCOMES[:, :1], "fewer than 2 treatments"),
        (np.full((4, 3), np.nan), "fewer than 2 complete blocks"),
        (np.empty((0, 3)), "fewer than 2 complete blocks"),
    ],
)
def test_what_cannot_be_tested_says_why(outcomes, reason):
    result = cochran_q(outcomes, draws=99, rng=np.random.default_rng(0))
    assert (result.q, result.p, result.p_permutation, result.reason) == (None, None, None, reason)


def test_other_outcomes_than_yes_and_no_are_refused():
    with pytest.raises(ValueError, match="0, 1 or missing"):
        cochran_q(OUTCOMES + 1)


def test_permutation_needs_a_generator():
    with pytest.raises(ValueError, match="generator"):
        cochran_q(OUTCOMES, draws=99)
