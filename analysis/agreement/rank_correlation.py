"""Spearman's rank correlation with limits from resampled clusters.

References
----------
Spearman C (1904). The proof and measurement of association between two things. American Journal of
Psychology 15:72-101. doi:10.2307/1412159
Field CA, Welsh AH (2007). Bootstrapping clustered data. Journal of the Royal Statistical Society B
69:369-390. doi:10.1111/j.1467-9868.2007.00593.x
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.estimate import Array, Interval

NO_SCORES = "fewer than 2 responses were scored by both"
CONSTANT = "one side gave the same score to every response"


@dataclass(frozen=True)
class RankCorrelation:
    """Spearman's rho with midranks.

    Attributes
    ----------
    estimate : float or None
    n, clusters : int
    interval : (float, float) or None
        Percentile limits over resampled clusters; draws in which a side is constant are left out.
    reason : str
        Empty, or why there is no estimate or no interval.
    """

    estimate: float | None
    n: int
    clusters: int
    interval: Interval | None = None
    reason: str = ""


def _midranks(counts: Array) -> Array:
    """Midrank of each value from how often it occurs, shape (..., values)."""
    return np.asarray(np.cumsum(counts, axis=-1) - (counts - 1) / 2)


def _rho(tables: Array) -> Array:
    """Spearman's rho of each table of counts, shape (draws, first values, second values); NaN if constant."""
    rows, columns = tables.sum(axis=2), tables.sum(axis=1)
    n = rows.sum(axis=1, keepdims=True)
    first, second = ((_midranks(side) - (n + 1) / 2) for side in (rows, columns))
    cross = np.einsum("bi,bij,bj->b", first, tables, second)
    spread = (rows * first**2).sum(axis=1) * (columns * second**2).sum(axis=1)
    return np.asarray(np.divide(cross, np.sqrt(spread), out=np.full(len(tables), np.nan), where=spread > 0))


def rank_correlation(
    first: ArrayLike,
    second: ArrayLike,
    clusters: ArrayLike,
    *,
    rng: np.random.Generator,
    draws: int = 999,
    confidence: float = 0.95,
) -> RankCorrelation:
    """Spearman's rho of two scores of the same responses.

    Parameters
    ----------
    first, second : array_like, shape (n,)
        Finite.
    clusters : array_like, shape (n,)
        Label of the cluster, for example the vignette, of each response.
    rng : numpy.random.Generator
    draws : int
    confidence : float
    """
    one, i = np.unique(np.asarray(first, float), return_inverse=True)
    two, j = np.unique(np.asarray(second, float), return_inverse=True)
    names, place = np.unique(np.asarray(clusters, str), return_inverse=True)
    n, m, cells = len(i), len(names), len(one) * len(two)
    if n < 2:
        return RankCorrelation(None, n, m, reason=NO_SCORES)
    tables = np.zeros((m, cells))
    np.add.at(tables, (place, i * len(two) + j), 1.0)
    estimate = float(_rho(tables.sum(axis=0).reshape(1, len(one), len(two)))[0])
    if not np.isfinite(estimate):
        return RankCorrelation(None, n, m, reason=CONSTANT)
    if m < 2:
        return RankCorrelation(estimate, n, m, reason="fewer than 2 clusters to resample")
    times = rng.multinomial(m, np.full(m, 1 / m), size=draws).astype(float)
    resampled = _rho((times @ tables).reshape(draws, len(one), len(two)))
    found = resampled[np.isfinite(resampled)]
    if not len(found):
        return RankCorrelation(estimate, n, m, reason="no resample has two different scores on both sides")
    low, high = np.quantile(found, [(1 - confidence) / 2, (1 + confidence) / 2])
    return RankCorrelation(estimate, n, m, (float(low), float(high)))
