"""Chance-corrected coefficients: theory, edge cases and standard errors."""

import numpy as np
import pytest

from analysis.agreement.chance_corrected import PAIRED_CHANCE, chance_corrected_agreement
from analysis.agreement.weights import CategoryError, agreement_weights

SCALE = (1, 2, 3, 4, 5)
COEFFICIENTS = (*PAIRED_CHANCE, "krippendorff")
WEIGHTS = ("unweighted", "linear", "quadratic", "ordinal")


def _scores(rng, items=60, raters=4):
    return np.clip(np.rint(3.5 + rng.normal(size=(items, 1)) + rng.normal(size=(items, raters))), 1, 5)


@pytest.mark.parametrize("coefficient", COEFFICIENTS)
@pytest.mark.parametrize("weights", WEIGHTS)
def test_perfect_agreement_is_one_with_no_error(coefficient, weights):
    scores = np.repeat([[1.0], [2.0], [4.0], [5.0]], 3, axis=1)
    found = chance_corrected_agreement(scores, SCALE, coefficient, weights)
    assert found.estimate == pytest.approx(1)
    assert found.interval == pytest.approx((1, 1))
    assert found.p is None


def test_a_rarely_used_scale_needs_its_unused_categories(rng):
    scores = np.clip(_scores(rng), 3, 5)
    full = chance_corrected_agreement(scores, SCALE, "gwet", "quadratic").estimate
    used = chance_corrected_agreement(scores, (3, 4, 5), "gwet", "quadratic").estimate
    assert full > used + 0.05


def test_one_used_category_leaves_ac2_but_no_kappa():
    scores = np.full((8, 3), 4.0)
    assert chance_corrected_agreement(scores, SCALE, "gwet", "quadratic").estimate == 1.0
    fleiss = chance_corrected_agreement(scores, SCALE, "fleiss")
    assert fleiss.estimate is None
    assert "chance is complete" in fleiss.reason


def test_a_score_outside_the_list_is_an_error():
    with pytest.raises(CategoryError, match="score 6 is not in the list"):
        chance_corrected_agreement(np.array([[6.0, 5.0]]), SCALE)


def test_a_list_with_a_repeated_category_is_an_error():
    with pytest.raises(CategoryError, match="different from each other"):
        agreement_weights((1, 2, 2))


@pytest.mark.parametrize(
    ("scores", "categories", "reason"),
    [
        (np.array([[1.0, np.nan], [np.nan, 2.0]]), SCALE, "no response has two scores"),
        (np.empty((0, 0)), SCALE, "no response has two scores"),
        (np.ones((3, 2)), (1,), "fewer than 2 categories"),
        (np.array([[1.0, 2.0]]), SCALE, "one item has no standard error"),
    ],
)
def test_too_little_for_a_coefficient_is_named(scores, categories, reason):
    assert chance_corrected_agreement(scores, categories).reason == reason


@pytest.mark.parametrize("coefficient", COEFFICIENTS)
def test_items_without_any_score_change_nothing(rng, coefficient):
    scores = _scores(rng)
    padded = np.vstack([scores, np.full((5, 4), np.nan)])
    assert chance_corrected_agreement(padded, SCALE, coefficient) == chance_corrected_agreement(
        scores, SCALE, coefficient
    )


@pytest.mark.parametrize("coefficient", COEFFICIENTS)
def test_the_standard_error_is_that_of_the_jackknife(rng, coefficient):
    scores = _scores(rng, items=150)
    scores[rng.random(scores.shape) < 0.1] = np.nan
    found = chance_corrected_agreement(scores, SCALE, coefficient, "quadratic")
    left = [
        chance_corrected_agreement(np.delete(scores, i, axis=0), SCALE, coefficient, "quadratic").estimate
        for i in range(150)
    ]
    jackknife = np.sqrt(149 / 150 * np.square(np.array(left) - np.mean(left)).sum())
    assert found.se == pytest.approx(jackknife, rel=0.05)


def test_a_rater_without_a_score_does_not_count_for_conger(rng):
    scores = _scores(rng)
    silent = np.column_stack([scores, np.full(60, np.nan)])
    one, two = (chance_corrected_agreement(x, SCALE, "conger", "linear") for x in (scores, silent))
    assert one.estimate == pytest.approx(two.estimate)


def test_within_one_weights_make_percent_agreement_the_share_within_a_point():
    scores = np.array([[1.0, 2.0], [1.0, 3.0], [5.0, 5.0], [2.0, 4.0]])
    assert chance_corrected_agreement(scores, SCALE, "percent", "within_one").estimate == 0.5


def test_ordinal_weights_are_pairs_of_categories_in_between():
    first = agreement_weights(SCALE, "ordinal")[0]
    assert first == pytest.approx([1, 0.9, 0.7, 0.4, 0])


def test_linear_weights_use_the_distances_between_the_numbers():
    assert agreement_weights((0, 1, 10), "linear")[0] == pytest.approx([1, 0.9, 0])
