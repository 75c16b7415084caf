"""Paired proportions and event bounds against published tables and theory."""

import pytest
from scipy import stats

from analysis.safety import cross_table, event_rate, majority, paired_proportions
from tests.reference import cases

AREA = "03_mcnemar"


@pytest.mark.parametrize("case", cases.names(AREA))
def test_mcnemar_and_the_risk_difference_agree_with_the_reference(case):
    data, expected = cases.load(AREA, case)
    result = paired_proportions(tuple(int(n) for n in data.iloc[0]))
    assert cases.agrees(result.p_exact, expected["exact.p"])
    assert cases.agrees(result.risk_difference, expected["risk_difference"])
    assert cases.agrees(result.interval, expected["risk_difference.newcombe10_ci95"])


def test_no_pairs_are_not_estimable():
    assert paired_proportions((0, 0, 0, 0)).reason == "no pairs"


def test_none_seen_still_has_an_upper_bound():
    rate = event_rate(0, 60)
    assert rate.upper_bound == pytest.approx(1 - 0.05 ** (1 / 60), rel=1e-12)
    assert stats.binom.pmf(0, 60, rate.interval[1]) == pytest.approx(0.025)


def test_some_seen_have_an_interval_and_no_bound():
    rate = event_rate(3, 60)
    assert rate.upper_bound is None
    assert rate.interval[0] < rate.share < rate.interval[1]


def test_no_responses_have_no_rate():
    assert event_rate(0, 0).share is None


def test_a_majority_is_more_than_half():
    assert majority([True, True, False])
    assert not majority([True, False])
    assert not majority([])


def test_pairs_are_made_within_vignettes_only():
    first = {"v1": True, "v2": False, "v3": True}
    second = [("v1", True), ("v2", True), ("v3", False), ("v4", True)]
    assert cross_table(first, second) == (1, 1, 1, 0)
