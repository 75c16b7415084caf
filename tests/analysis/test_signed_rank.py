"""Exact paired tests against reference values, enumeration and theory."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from analysis.lattice import OffLatticeError, common_denominator, to_lattice
from analysis.signed_rank import (
    MAX_TABLE,
    binomial_tails,
    clopper_pearson,
    hodges_lehmann,
    sign_flip,
    sign_test,
    signed_rank,
)
from tests.reference import cases

AREA = "01_paired_location"
DENOMINATORS = {"means30_float_ties": 10, "means30_sevenths": 7, "sleep": 10, "hw_depression": 1000}
DENOMINATORS["darwin_corn"] = 1000
P_VALUES = ("p_two_sided", "p_greater", "p_less")


def _results(case):
    data, expected = cases.load(AREA, case)
    pairs = data.dropna()
    unit = DENOMINATORS.get(case, 1)
    steps = to_lattice(pairs["x"] - pairs["y"], unit)
    pratt, wilcoxon, flip = signed_rank(steps), signed_rank(steps, "wilcoxon"), sign_flip(steps, unit)
    sign, location = sign_test(steps), hodges_lehmann(steps, unit)
    got = {"n_zero": sign.zero, "n_pos": sign.positive, "n_neg": sign.negative}
    for name, test in (("pratt", pratt), ("wilcoxon", wilcoxon)):
        got |= {f"{name}.V_plus": test.positive, f"{name}.V_minus": test.negative}
        got |= {f"{name}.exact.{p}": getattr(test, p) for p in P_VALUES}
    got |= {f"perm_mean.exact.{p}": getattr(flip, p) for p in P_VALUES}
    got |= {f"sign.{p}": getattr(sign, p) for p in P_VALUES}
    got["sign.prop_pos_ci95_clopper_pearson"] = sign.share_interval
    got["hodges_lehmann.all_pairs"] = location.estimate
    got["hodges_lehmann.ci95_order"] = location.interval
    got["hodges_lehmann.ci90_order"] = hodges_lehmann(steps, unit, 0.9).interval
    return got, expected


@pytest.mark.parametrize("case", cases.names(AREA))
def test_exact_paired_tests_agree_with_the_reference(case):
    got, expected = _results(case)
    shared = set(got) & set(expected)
    assert len(shared) >= 6
    assert [key for key in sorted(shared) if not cases.agrees(got[key], expected[key])] == []


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


def test_signed_rank_without_ties_is_the_classical_table():
    steps = np.array([1, 2, 3, 4, 5, -6])
    assert signed_rank(steps).p_two_sided == pytest.approx(stats.wilcoxon(steps, method="exact").pvalue)


def test_two_sided_p_is_symmetric_in_the_sign():
    steps = np.array([3, -1, 0, 2, 2, -1, 4, 0])
    forward, backward = signed_rank(steps), signed_rank(-steps)
    assert forward.p_two_sided == pytest.approx(backward.p_two_sided, abs=1e-15)
    assert forward.p_greater == pytest.approx(backward.p_less, abs=1e-15)


def test_differences_that_are_all_zero_are_not_estimable():
    zero = np.zeros(4, dtype=int)
    assert signed_rank(zero).p_two_sided is None
    assert signed_rank(zero, "wilcoxon").reason == "no difference is different from 0"
    assert sign_test(zero).p_two_sided is None
    assert hodges_lehmann(zero).interval is None


def test_one_pair_has_no_interval_and_a_p_of_one():
    one = np.array([2])
    assert signed_rank(one).p_two_sided == 1.0
    assert hodges_lehmann(one).estimate == 2.0
    assert hodges_lehmann(one).interval is None


def test_no_differences_at_all_are_refused_by_the_location_estimate():
    with pytest.raises(ValueError, match="no differences"):
        hodges_lehmann(np.array([], dtype=int))


def test_too_fine_a_lattice_says_so_in_place_of_a_p_value():
    result = sign_flip(np.array([MAX_TABLE, MAX_TABLE + 1]))
    assert result.p_two_sided is None
    assert "too fine" in result.reason


def test_means_that_are_equal_in_exact_arithmetic_tie_on_the_lattice():
    differences = np.array([4.3 - 4.0, 3.8 - 3.5, 0.1 + 0.2 - 0.3])
    assert to_lattice(differences, 10).tolist() == [3, 3, 0]


def test_a_value_off_the_lattice_is_refused():
    with pytest.raises(OffLatticeError, match="no multiple of 1/4"):
        to_lattice([0.3], 4)
    with pytest.raises(OffLatticeError, match="missing"):
        to_lattice([np.nan], 4)


def test_the_common_denominator_is_the_least_common_multiple():
    assert common_denominator([3, 4, 4]) == 12
    assert common_denominator([]) == 1


def test_clopper_pearson_inverts_the_binomial_tails():
    low, high = clopper_pearson(3, 20)
    assert stats.binom.sf(2, 20, low) == pytest.approx(0.025)
    assert stats.binom.cdf(3, 20, high) == pytest.approx(0.025)


def test_binomial_tails_equal_the_exact_binomial_test():
    for k in range(9):
        assert binomial_tails(k, 8)[0] == pytest.approx(stats.binomtest(k, 8).pvalue)
