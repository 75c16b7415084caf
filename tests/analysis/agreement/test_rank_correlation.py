"""Spearman's rho, against scipy on the data and on every resample."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.agreement.rank_correlation import CONSTANT, NO_SCORES, rank_correlation

SCORES = st.lists(st.tuples(st.integers(1, 5), st.integers(2, 10)), min_size=2, max_size=20)


def _rng():
    return np.random.default_rng(5)


@settings(deadline=None)
@given(SCORES)
def test_rho_is_scipys_with_ties(pairs):
    first, second = np.array(pairs, float).T
    found = rank_correlation(first, second, np.arange(len(first)), rng=_rng(), draws=20)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        assert (found.estimate, found.reason) == (None, CONSTANT)
    else:
        assert found.estimate == pytest.approx(stats.spearmanr(first, second).statistic, abs=1e-12)


def test_the_limits_are_quantiles_of_scipys_rho_over_the_same_resamples():
    rng = np.random.default_rng(8)
    cluster = np.repeat(np.arange(8), 4)
    first = rng.integers(1, 6, 32)
    second = first + rng.integers(-1, 2, 32)
    times = _rng().multinomial(8, np.full(8, 1 / 8), size=60)
    rhos = []
    for each in times:
        rows = np.concatenate([np.tile(np.flatnonzero(cluster == c), n) for c, n in enumerate(each)])
        rhos.append(stats.spearmanr(first[rows], second[rows]).statistic)
    found = rank_correlation(first, second, cluster, rng=_rng(), draws=60)
    assert found.interval == pytest.approx(tuple(np.quantile(rhos, [0.025, 0.975])))
    assert (found.n, found.clusters) == (32, 8)


def test_too_little_to_rank_says_why():
    assert rank_correlation([3], [3], ["a"], rng=_rng()).reason == NO_SCORES
    found = rank_correlation([1, 2], [1, 2], ["a", "a"], rng=_rng())
    assert (found.estimate, found.interval) == (1.0, None)
    assert "clusters" in found.reason
