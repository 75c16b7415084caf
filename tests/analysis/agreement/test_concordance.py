"""Kendall's W."""

import numpy as np
import pytest
from scipy import stats

from analysis.agreement.concordance import kendall_w


def _scores(rng):
    return np.clip(np.rint(3 + rng.normal(size=(30, 1)) + rng.normal(size=(30, 4))), 1, 5)


def test_w_is_friedmans_statistic_rescaled(rng):
    scores = _scores(rng)
    found = kendall_w(scores)
    assert found.statistic == pytest.approx(stats.friedmanchisquare(*scores).statistic)
    assert found.p == pytest.approx(stats.friedmanchisquare(*scores).pvalue)


def test_the_same_ranking_by_all_is_one():
    assert kendall_w(np.repeat([[1.0], [2.0], [3.0]], 4, axis=1)).estimate == 1.0


def test_ties_lower_w_only_without_the_correction(rng):
    scores = np.repeat(np.array([[1.0], [1.0], [2.0], [2.0], [5.0]]), 3, axis=1)
    assert kendall_w(scores).estimate == pytest.approx(1)
    assert kendall_w(scores, correct_ties=False).estimate < 1


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (np.ones((3, 1)), "fewer than 2 raters"),
        (np.array([[1.0, np.nan], [2.0, 3.0]]), "fewer than 2 responses scored by every rater"),
        (np.full((4, 3), 4.0), "no rater told two responses apart"),
    ],
)
def test_no_w_is_named(scores, reason):
    assert kendall_w(scores).reason == reason


def test_clusters_give_limits_within_the_range(rng):
    found = kendall_w(_scores(rng), np.arange(30) % 10)
    assert 0 <= found.interval[0] < found.estimate < found.interval[1] <= 1


@pytest.mark.parametrize("clusters", [np.arange(30) % 2, np.zeros(30)])
def test_two_clusters_are_too_few_for_limits(rng, clusters):
    assert kendall_w(_scores(rng), clusters).interval is None


def test_one_cluster_that_carries_all_variation_has_no_limits():
    scores = np.vstack([[[1.0, 2.0], [2.0, 1.0]], np.full((4, 2), 4.0)])
    scores[0], scores[1] = [4.0, 4.0], [1.0, 1.0]
    assert kendall_w(scores, np.array([0, 0, 1, 1, 2, 2])).interval is None
