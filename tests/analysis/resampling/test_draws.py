"""Resampling counts and totals."""

import numpy as np
import pytest

from analysis.resampling.draws import resample_counts, resampled_totals, seeded_counts, streamed_totals


def test_every_draw_has_as_many_clusters_as_there_are():
    counts = resample_counts(15, 500, np.random.default_rng(1))
    assert counts.shape == (500, 15)
    assert (counts.sum(axis=1) == 15).all()


@pytest.mark.parametrize(("clusters", "size"), [(4, 1), (255, 1), (256, 2), (1000, 2)])
def test_counts_are_held_in_the_smallest_type_that_cannot_overflow(clusters, size):
    assert resample_counts(clusters, 2, np.random.default_rng(1)).itemsize == size


def test_counts_follow_the_multinomial_distribution():
    counts = resample_counts(6, 40_000, np.random.default_rng(2)).astype(float)
    covariance = np.cov(counts.T)
    assert counts.mean(axis=0) == pytest.approx(np.ones(6), abs=0.02)
    assert covariance == pytest.approx(np.eye(6) - 1 / 6, abs=0.03)


def test_nobody_can_change_shared_counts():
    with pytest.raises(ValueError, match="read-only"):
        seeded_counts((4, 3), 10, 1)[0][0, 0] = 9


def test_the_same_seed_shares_the_same_counts():
    assert seeded_counts((4, 3), 10, 1)[0] is seeded_counts((4, 3), 10, 1)[0]


def test_counts_too_long_to_keep_are_drawn_again_alike():
    one, other = (seeded_counts((30_000,), 700, 1)[0] for _ in range(2))
    assert one is not other
    assert np.array_equal(one, other)


@pytest.mark.parametrize("shape", [(5, 3, 2), (3, 5, 2)])
def test_totals_of_crossed_clusters_multiply_the_weights(shape):
    rng = np.random.default_rng(3)
    cells = rng.normal(size=shape)
    counts = tuple(resample_counts(n, 50, rng) for n in shape[:2])
    direct = [np.einsum("a,b,abc->c", a, b, cells) for a, b in zip(*counts, strict=True)]
    assert resampled_totals(cells, counts) == pytest.approx(np.array(direct))


def test_totals_of_one_factor_weigh_its_clusters():
    cells = np.arange(8.0).reshape(4, 2)
    counts = resample_counts(4, 20, np.random.default_rng(4))
    assert resampled_totals(cells, (counts,)) == pytest.approx(counts @ cells)


def test_streamed_totals_do_not_depend_on_the_size_of_the_chunks():
    cells = np.random.default_rng(5).normal(size=(40_000, 1))
    whole = resampled_totals(cells, (resample_counts(40_000, 600, np.random.default_rng(6)),))
    assert np.array_equal(streamed_totals(cells, 600, np.random.default_rng(6)), whole)


def test_counts_of_other_clusters_are_refused():
    with pytest.raises(ValueError, match="one entry per cluster"):
        resampled_totals(np.zeros((4, 2)), (resample_counts(5, 3, np.random.default_rng(0)),))
