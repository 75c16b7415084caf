"""The two-way bootstrap against its definition."""

import numpy as np
import pytest

from analysis.bootstrap import bootstrap_mean, percentile, two_way_weights


def test_weights_resample_each_cluster_with_replacement():
    blocks, raters = two_way_weights((15, 4), 50, 1)
    assert (blocks.sum(axis=1) == 15).all()
    assert (raters.sum(axis=1) == 4).all()


def test_a_draw_is_the_mean_of_the_resampled_cells():
    rng = np.random.default_rng(2)
    sums, counts = rng.normal(size=(5, 3)), np.ones((5, 3))
    blocks, raters = two_way_weights((5, 3), 999, 9)
    means = [np.average(sums, weights=np.outer(b, r)) for b, r in zip(blocks, raters, strict=True)]
    expected = percentile(np.array(means), 0.95)
    got = bootstrap_mean(sums, counts, 999, 9)
    assert (got.se, *got.interval) == pytest.approx((expected.se, *expected.interval), rel=1e-12)


def test_the_same_seed_gives_the_same_interval():
    sums = np.arange(12.0).reshape(4, 3)
    assert bootstrap_mean(sums, np.ones((4, 3)), 999, 3) == bootstrap_mean(sums, np.ones((4, 3)), 999, 3)


def test_limits_are_order_statistics():
    values = np.random.default_rng(0).permutation(np.arange(1.0, 1000.0))
    assert percentile(values, 0.95).interval == pytest.approx((25.0, 975.0))


def test_draws_without_a_cell_are_left_out():
    counts = np.zeros((6, 4))
    counts[0, 0] = 1
    result = bootstrap_mean(counts * 2, counts, 999, 1)
    assert result.draws < 999
    assert result.interval == (2.0, 2.0)


def test_nothing_to_resample_has_no_interval():
    assert percentile(np.array([np.nan, 1.0]), 0.95).interval is None
