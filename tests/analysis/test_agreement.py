"""Reliability coefficients against published values, reference software and edge cases."""

import itertools

import numpy as np
import pytest

from analysis.agreement import intraclass_correlation, krippendorff_alpha, score_table
from tests.reference import cases

ICC_CASES = [("06_icc", "shrout_fleiss_1979")]
ICC_CASES += [("06_agreement_study", name) for name in ("study120x5", "study120x5_missing")]
ALPHA_CASES = [
    (area, name) for area in ("06_agreement_categorical", "06_agreement_study") for name in cases.names(area)
]


@pytest.mark.parametrize(("area", "case"), ICC_CASES)
def test_icc_and_its_limits_agree_with_the_reference(area, case):
    data, expected = cases.load(area, case)
    icc = intraclass_correlation(data.iloc[:, 1:])
    for key, value, interval in (
        ("ICC(2,1)", icc.single, icc.single_interval),
        ("ICC(2,k)", icc.average, icc.average_interval),
    ):
        wanted = {name: expected[key]["value"][name] for name in ("icc", "ci95")}
        assert cases.agrees({"icc": value, "ci95": interval}, {**expected[key], "value": wanted})


@pytest.mark.parametrize(("area", "case"), ALPHA_CASES)
def test_alpha_agrees_with_the_reference_on_every_metric(area, case):
    data, expected = cases.load(area, case)
    for key, reference in expected.items():
        if key.startswith("krippendorff_alpha.") and not key.endswith("undefined"):
            metric = key.split(".")[1]
            assert cases.agrees(krippendorff_alpha(data.iloc[:, 1:], metric).value, reference)


def test_a_single_category_is_not_estimable():
    scores = np.full((4, 3), 4.0)
    assert intraclass_correlation(scores).reason == "all scores are equal"
    assert krippendorff_alpha(scores).reason == "all scores are equal"


def test_missing_scores_shrink_icc_to_complete_responses():
    scores = np.array([[1.0, 2.0], [3.0, np.nan], [4.0, 4.0], [2.0, 3.0]])
    assert intraclass_correlation(scores).responses == 3
    assert krippendorff_alpha(scores).units == 3


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (np.ones((3, 1)), "fewer than 2 raters"),
        (np.array([[1.0, np.nan], [2.0, 3.0]]), "fewer than 2 responses"),
        (np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 2.0], [2.0, 1.0]]), ""),
    ],
)
def test_too_little_for_an_icc_is_named(scores, reason):
    assert reason in intraclass_correlation(scores).reason


def test_no_response_with_two_scores_gives_no_alpha():
    assert krippendorff_alpha(np.array([[1.0, np.nan], [np.nan, 2.0]])).value is None
    assert krippendorff_alpha(np.empty((0, 0))).reason == "no response has two scores"


def test_raters_who_differ_by_a_constant_have_an_icc_without_limits():
    icc = intraclass_correlation(np.array([[1.0, 2.0], [2.0, 3.0], [3.0, 4.0]]))
    assert icc.single == pytest.approx(2 / 3)
    assert icc.single_interval is None


def test_a_total_variance_of_zero_is_not_estimable():
    scores = np.array([[1.0, 2.0], [2.0, 1.0]])
    assert intraclass_correlation(scores).reason == "the total variance is estimated at 0"


def test_ratio_metric_takes_two_zeros_as_equal():
    scores = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    assert krippendorff_alpha(scores, "ratio").value == 1.0


def test_long_scores_become_a_table_whatever_their_order():
    table = score_table(["b", "a", "a"], ["R2", "R1", "R2"], [1, 2, 3])
    assert np.array_equal(table, [[2, 3], [np.nan, 1]], equal_nan=True)


def test_every_small_table_has_finite_limits_or_none():
    cells = np.array(list(itertools.product((1, 2, 3), repeat=6)), float)
    for shape in ((2, 3), (3, 2)):
        for table in cells.reshape(-1, *shape):
            found = intraclass_correlation(table)
            limits = [*(found.single_interval or ()), *(found.average_interval or ())]
            assert np.isfinite(limits).all()
