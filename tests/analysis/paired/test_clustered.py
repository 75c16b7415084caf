"""Mean over clusters, against scipy's t on the clusters' means."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.paired.clustered import EQUAL, NO_VALUES, ONE_CLUSTER, cluster_means, clustered_mean


@pytest.fixture
def data():
    """Sixty values in twelve clusters of unequal size."""
    rng = np.random.default_rng(3)
    clusters = rng.integers(0, 12, 60).astype(str)
    return rng.normal(0.3, 1, 60), clusters


@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_the_interval_is_scipys_t_interval_of_the_cluster_means(data, confidence):
    values, clusters = data
    means = pd.Series(values).groupby(clusters).mean()
    found = clustered_mean(values, clusters, confidence)
    expected = stats.ttest_1samp(means, 0).confidence_interval(confidence)
    assert found.estimate == pytest.approx(means.mean())
    assert found.interval == pytest.approx((expected.low, expected.high))
    assert (found.values, found.clusters, found.df) == (60, 12, 11)


def test_every_cluster_counts_the_same_however_many_values_it_has():
    assert clustered_mean([0, 0, 0, 4], ["a", "a", "a", "b"]).estimate == 2


def test_means_come_in_the_order_of_the_names():
    names, means = cluster_means([1, 5, 3], ["b", "a", "b"])
    assert (names, means.tolist()) == (["a", "b"], [5, 2])


@pytest.mark.parametrize(
    ("values", "clusters", "estimate", "reason"),
    [([], [], None, NO_VALUES), ([1, 2], ["a", "a"], 1.5, ONE_CLUSTER), ([1, 1], ["a", "b"], 1, EQUAL)],
)
def test_what_has_no_interval_says_why(values, clusters, estimate, reason):
    found = clustered_mean(values, clusters)
    assert (found.estimate, found.interval, found.reason) == (estimate, None, reason)
