"""Cluster bootstraps against their definition, a library and the exact distribution."""

import numpy as np
import pytest
from scipy import stats

from analysis.resampling.cluster import (
    bootstrap_mean,
    bootstrap_with_counts,
    cluster_bootstrap,
    mean_difference_of_totals,
    mean_of_totals,
    two_sided_cells,
    value_cells,
)
from analysis.resampling.draws import resample_counts, seeded_counts
from analysis.resampling.intervals import percentile
from analysis.resampling.lattice import lattice_bootstrap


def _values(n=30):
    return np.random.default_rng(8).integers(-3, 5, n).astype(float)


def _bootstrap(cells, statistic=mean_of_totals, draws=9_999, **options):
    return cluster_bootstrap(cells, statistic, draws=draws, rng=np.random.default_rng(1), **options)


def test_a_mean_has_the_intervals_of_scipy():
    values, options = _values(), {"n_resamples": 49_999, "rng": np.random.default_rng(5)}
    expected = stats.bootstrap((values,), np.mean, method="BCa", **options).confidence_interval
    found = _bootstrap(value_cells(values), draws=49_999)
    assert found.bca == pytest.approx((expected.low, expected.high), abs=1 / 15)


def test_draws_approach_the_exact_distribution():
    found = _bootstrap(value_cells(_values()), draws=99_999)
    exact = lattice_bootstrap(_values().astype(np.int64), 1)
    assert found.acceleration == pytest.approx(exact.acceleration)
    assert found.z0 == pytest.approx(exact.mid.z0, abs=0.015)
    assert (*found.bca, *found.percentile) == pytest.approx((*exact.bca, *exact.percentile), abs=0.034)


def test_ties_with_the_estimate_are_found_in_spite_of_rounding():
    tenths = _bootstrap(value_cells(_values() / 10))
    assert tenths.equal == _bootstrap(value_cells(_values())).equal > 0.01


def test_the_strict_correction_is_lower_than_the_mid_one():
    mid, strict = (_bootstrap(value_cells(_values()), bias=bias) for bias in ("mid", "strict"))
    assert strict.z0 < mid.z0
    assert strict.bca[0] <= mid.bca[0]


def test_a_constant_added_to_both_sides_changes_nothing():
    clusters, first = np.repeat(np.arange(12), 4), np.tile([True, True, False, False], 12)
    scores = np.random.default_rng(3).integers(1, 6, 48).astype(float)
    one, other = (
        _bootstrap(two_sided_cells(clusters, first, scores + c), mean_difference_of_totals) for c in (0, 3)
    )
    assert one.estimate == pytest.approx(scores[first].mean() - scores[~first].mean())
    assert (*other.percentile, *other.bca) == pytest.approx((*one.percentile, *one.bca))


def test_missing_scores_add_nothing():
    cells = two_sided_cells(["b", "a", "b"], [True, False, True], [2.0, np.nan, 5.0])
    assert cells.tolist() == [[0, 0, 0, 0], [7, 2, 0, 0]]


def test_two_crossed_factors_have_a_wider_spread_than_either():
    rng = np.random.default_rng(4)
    scores = rng.normal(size=(20, 1)) + rng.normal(size=(1, 6)) + rng.normal(size=(20, 6)) / 4
    cells = value_cells(scores)
    both = _bootstrap(cells)
    alone = [_bootstrap(cells.sum(axis=axis)).se for axis in (0, 1)]
    assert both.se > max(alone)
    assert (both.bca, both.reason, both.clusters) == (None, "", (20, 6))


def test_statistics_can_share_their_draws():
    rng = np.random.default_rng(6)
    counts = (resample_counts(30, 999, rng),)
    one, other = (
        bootstrap_with_counts(value_cells(sign * _values()), mean_of_totals, counts) for sign in (1, -1)
    )
    assert other.percentile == pytest.approx((-one.percentile[1], -one.percentile[0]))


@pytest.mark.parametrize(
    ("values", "estimate", "reason"),
    [
        ([1.0], 1.0, "fewer than 2 clusters"),
        ([np.nan, np.nan], None, "the statistic is not defined on these data"),
        ([0.1] * 7, 0.1, "the statistic does not vary between draws"),
    ],
)
def test_what_has_no_interval_says_why(values, estimate, reason):
    found = _bootstrap(value_cells(values))
    assert (found.bca, found.reason) == (None, reason)
    assert found.estimate == (None if estimate is None else pytest.approx(estimate))


def test_shared_draws_of_an_undefined_statistic_say_why():
    counts = (resample_counts(2, 99, np.random.default_rng(6)),)
    found = bootstrap_with_counts(value_cells([np.nan, np.nan]), mean_of_totals, counts)
    assert found.reason == "the statistic is not defined on these data"


def test_draws_without_either_side_are_left_out():
    cells = np.array([[3.0, 1, 0, 0], [0, 0, 2.0, 1], [4.0, 1, 1.0, 1]])
    found = _bootstrap(cells, mean_difference_of_totals)
    assert found.usable < found.draws == 9_999


def test_a_draw_of_blocks_and_raters_is_the_mean_of_the_resampled_cells():
    rng = np.random.default_rng(2)
    sums, ones = rng.normal(size=(5, 3)), np.ones((5, 3))
    blocks, raters = seeded_counts((5, 3), 999, 9)
    means = [np.average(sums, weights=np.outer(b, r)) for b, r in zip(blocks, raters, strict=True)]
    expected = percentile(np.array(means), 0.95)
    got = bootstrap_mean(sums, ones, 999, 9)
    assert (got.se, *got.interval) == pytest.approx((expected.se, *expected.interval), rel=1e-12)


def test_draws_without_a_cell_are_left_out():
    counts = np.zeros((6, 4))
    counts[0, 0] = 1
    result = bootstrap_mean(counts * 2, counts, 999, 1)
    assert result.draws < 999
    assert result.interval == (2.0, 2.0)
