"""Paired proportions against published tables, libraries and theory."""

import math

import pytest
from scipy import stats

from analysis.categorical.mcnemar import (
    conditional_odds_ratio,
    mcnemar_test,
    paired_proportions,
    risk_difference,
)
from tests.reference import cases

AREA = "03_mcnemar"


@pytest.mark.parametrize("case", cases.names(AREA))
def test_what_a_report_shows_agrees_with_the_reference(case):
    data, expected = cases.load(AREA, case)
    result = paired_proportions(tuple(int(n) for n in data.iloc[0]))
    assert cases.agrees(result.p_exact, expected["exact.p"])
    assert cases.agrees(result.risk_difference, expected["risk_difference"])
    assert cases.agrees(result.interval, expected["risk_difference.newcombe10_ci95"])


def test_the_airway_example_prints_its_published_p_values():
    result = mcnemar_test((1, 1, 7, 12))
    found = [round(p, 3) for p in (result.p_asymptotic, result.p_corrected, result.p_exact, result.p_mid)]
    assert found == [0.034, 0.077, 0.07, 0.039]


@pytest.mark.parametrize("table", [(3, 4, 9, 2), (0, 12, 1, 7), (5, 6, 5, 0)])
def test_the_exact_p_value_is_the_binomial_test(table):
    result = mcnemar_test(table)
    b, c = table[1:3]
    assert result.p_exact == pytest.approx(stats.binomtest(b, b + c).pvalue)
    assert result.p_first_more == pytest.approx(stats.binomtest(b, b + c, alternative="greater").pvalue)
    assert result.p_second_more == pytest.approx(stats.binomtest(b, b + c, alternative="less").pvalue)


def test_equal_discordant_counts_give_no_evidence():
    result = mcnemar_test((10, 4, 4, 2))
    assert (result.p_exact, result.chi2, result.p_asymptotic) == (1.0, 0.0, 1.0)
    assert (result.chi2_corrected, result.p_corrected, result.p_mid_doubled) == (0.0, 1.0, 1.0)
    assert result.p_mid == pytest.approx(1 - stats.binom.pmf(4, 8, 0.5) / 2)


def test_without_discordant_pairs_the_exact_p_value_is_one_and_the_asymptotic_test_has_a_reason():
    result = mcnemar_test((20, 0, 0, 10))
    assert (result.p_exact, result.p_mid, result.chi2) == (1.0, 1.0, None)
    assert result.reason == "no pair is discordant"
    assert conditional_odds_ratio((20, 0, 0, 10)).reason == "no pair is discordant"


def test_a_zero_cell_gives_an_infinite_or_a_zero_odds_ratio():
    up, down = conditional_odds_ratio((20, 5, 0, 5)), conditional_odds_ratio((20, 0, 5, 5))
    assert (up.estimate, up.interval[1]) == (math.inf, math.inf)
    assert (down.estimate, down.interval[0]) == (0.0, 0.0)
    assert down.interval[1] == pytest.approx(1 / up.interval[0])


@pytest.mark.parametrize("method", ["wald", "bonett-price", "newcombe"])
def test_swapping_the_sides_mirrors_the_risk_difference(method):
    one, other = (risk_difference((3, b, c, 9), method) for b, c in ((7, 2), (2, 7)))
    assert other.estimate == -one.estimate
    assert other.interval == pytest.approx((-one.interval[1], -one.interval[0]))


@pytest.mark.parametrize("method", ["wald", "bonett-price", "newcombe"])
def test_a_narrower_confidence_gives_an_interval_within(method):
    wide, narrow = (risk_difference((3, 7, 2, 9), method, level).interval for level in (0.95, 0.9))
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_an_event_in_every_pair_leaves_an_interval_around_no_difference():
    low, high = risk_difference((12, 0, 0, 0)).interval
    assert low == pytest.approx(-high)
    assert 0 < high < 1


def test_no_pairs_are_not_estimable():
    assert paired_proportions((0, 0, 0, 0)).reason == "no pairs"
    assert mcnemar_test((0, 0, 0, 0)).p_exact is None
    assert risk_difference((0, 0, 0, 0)).interval is None


@pytest.mark.parametrize("table", [(1, -1, 0, 0), (1, 0.5, 0, 0)])
def test_a_table_of_anything_but_counts_is_refused(table):
    with pytest.raises(ValueError, match="whole counts"):
        mcnemar_test(table)
