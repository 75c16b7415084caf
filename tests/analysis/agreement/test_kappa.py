"""Cohen's kappa, its pairs and its bootstrap."""

import numpy as np
import pytest

from analysis.agreement.chance_corrected import chance_corrected_agreement
from analysis.agreement.kappa import bootstrap_mean_kappa, cohen_kappa, fleiss_kappa, pairwise_kappa

SCALE = (1, 2, 3, 4, 5)


@pytest.fixture
def scores(rng):
    """Sixty responses by four raters."""
    table = np.clip(np.rint(3.5 + rng.normal(size=(60, 1)) + rng.normal(size=(60, 4))), 1, 5)
    table[rng.random(table.shape) < 0.1] = np.nan
    return table


def _quadratic(x, y):
    both = np.isfinite(x) & np.isfinite(y)
    x, y = x[both], y[both]
    return 1 - np.mean((x - y) ** 2) / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)


def test_quadratic_kappa_is_its_closed_form(scores):
    found = cohen_kappa(scores[:, 0], scores[:, 1], SCALE, "quadratic")
    assert found.estimate == pytest.approx(_quadratic(scores[:, 0], scores[:, 1]))


def test_an_unused_end_of_the_scale_changes_nothing(scores):
    wide = cohen_kappa(scores[:, 0], scores[:, 1], range(11), "linear")
    found = cohen_kappa(scores[:, 0], scores[:, 1], SCALE, "linear")
    assert (wide.estimate, wide.se) == pytest.approx((found.estimate, found.se))


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ([4, 4, 4], [4, 4, 4], "both raters used the same single category"),
        ([4, np.nan], [np.nan, 4], "no response was scored by both raters"),
        ([], [], "no response was scored by both raters"),
    ],
)
def test_no_kappa_without_variation_or_common_items(first, second, reason):
    found = cohen_kappa(first, second, SCALE)
    assert (found.estimate, found.reason) == (None, reason)


def test_two_raters_with_one_category_each_have_kappa_zero():
    found = cohen_kappa([4, 4, 4], [5, 5, 5], SCALE)
    assert found.estimate == pytest.approx(0)
    assert found.statistic is None


def test_the_matrix_is_symmetric_and_its_mean_that_of_the_pairs(scores):
    found = pairwise_kappa(scores, SCALE)
    assert np.array_equal(found.matrix, found.matrix.T)
    assert found.mean == pytest.approx(np.mean([kappa.estimate for kappa in found.pairs.values()]))
    assert found.minimum <= found.mean <= found.maximum
    assert found.estimable == 6


def test_pairs_without_kappa_do_not_count_in_the_mean(scores):
    silent = np.column_stack([scores, np.full(60, np.nan)])
    found = pairwise_kappa(silent, SCALE)
    assert found.mean == pytest.approx(pairwise_kappa(scores, SCALE).mean)
    assert (len(found.pairs), found.estimable) == (10, 6)
    assert np.isnan(found.matrix[0, 4])


@pytest.mark.parametrize(("raters", "reason"), [(1, "fewer than 2 raters"), (2, "no pair of raters")])
def test_no_pair_is_named(raters, reason):
    assert reason in pairwise_kappa(np.full((3, raters), np.nan), SCALE).reason


def test_a_resample_is_the_kappa_of_the_repeated_clusters(scores, first_twice_second_never):
    clusters = np.arange(60) % 20
    repeated = np.concatenate([scores[clusters == each] for each in (0, 0, *range(2, 20))])
    low, high = bootstrap_mean_kappa(scores, clusters, SCALE, rng=first_twice_second_never, draws=3)
    assert low == high == pytest.approx(pairwise_kappa(repeated, SCALE).mean)


def test_the_limits_of_the_mean_bracket_it(rng, scores):
    low, high = bootstrap_mean_kappa(scores, np.arange(60) % 30, SCALE, rng=rng, draws=500)
    assert low < pairwise_kappa(scores, SCALE).mean < high


def test_one_cluster_has_no_limits(rng, scores):
    assert bootstrap_mean_kappa(scores, np.zeros(60), SCALE, rng=rng) is None


def test_resamples_without_any_kappa_have_no_limits(rng):
    assert bootstrap_mean_kappa(np.full((4, 2), 3.0), np.arange(4), SCALE, rng=rng, draws=9) is None


def test_fleiss_kappa_is_the_coefficient_of_complete_items(scores):
    complete = scores[np.isfinite(scores).all(axis=1)]
    found = fleiss_kappa(scores, SCALE)
    assert found.items == len(complete)
    assert found.estimate == pytest.approx(chance_corrected_agreement(complete, SCALE, "fleiss").estimate)


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (np.full((3, 3), 2.0), "all scores are equal"),
        (np.full((3, 1), 2.0), "fewer than 2 raters"),
        (np.full((3, 2), np.nan), "no response was scored by every rater"),
    ],
)
def test_no_fleiss_kappa_is_named(scores, reason):
    assert fleiss_kappa(scores, SCALE).reason == reason
