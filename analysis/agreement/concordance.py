"""Kendall's coefficient of concordance W, with and without the correction for ties.

References
----------
Kendall MG, Babington Smith B (1939). The problem of m rankings. Annals of Mathematical Statistics 10:275-287.
doi:10.1214/aoms/1177732186
Miller RG (1974). The jackknife - a review. Biometrika 61:1-15. doi:10.1093/biomet/61.1.1
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.estimate import Array, Interval

MOST_DELETIONS = 500


@dataclass(frozen=True)
class KendallW:
    """Concordance of the rankings that the raters give to the items.

    Attributes
    ----------
    estimate : float or None
        0 no concordance, 1 the same ranking by all.
    statistic, df, p : float or None
        Friedman's chi-squared, raters * (items - 1) * W, with its degrees of freedom and p-value.
    interval : (float, float) or None
        Delete-one-cluster jackknife t limits within [0, 1], if clusters were given.
    items, raters : int
        Items that every rater scored, and raters.
    ties_corrected : bool
    reason : str
    """

    estimate: float | None
    items: int
    raters: int
    ties_corrected: bool
    statistic: float | None = None
    df: float | None = None
    p: float | None = None
    interval: Interval | None = None
    reason: str = ""


@dataclass(frozen=True)
class _Ranked:
    """Complete scores as codes of their values, shape (items, raters), and the number of values."""

    codes: NDArray[np.int64]
    values: int

    def counts(self, chosen: NDArray[np.bool_] | slice = slice(None)) -> Array:
        """How often each rater gave each value, shape (values, raters)."""
        codes = self.codes[chosen]
        raters = codes.shape[1]
        cells = (codes * raters + np.arange(raters)).ravel()
        return np.bincount(cells, minlength=self.values * raters).reshape(self.values, raters).astype(float)

    def w(self, counts: Array, kept: NDArray[np.bool_] | slice, correct_ties: bool) -> float | None:
        """W of the items kept, whose counts are given; None where no rater told two of them apart."""
        k = self.codes.shape[1]
        n = float(counts[:, 0].sum())
        middle = np.cumsum(counts, axis=0) - (counts - 1) / 2
        sums = middle[self.codes, np.arange(k)].sum(axis=1)[kept]
        full = k**2 * (n**3 - n)
        if correct_ties:
            full -= k * float((counts**3 - counts).sum())
        return 12 * float(np.square(sums - k * (n + 1) / 2).sum()) / full if full > 0 else None


def _ranked(x: Array) -> _Ranked:
    values, codes = np.unique(x, return_inverse=True)
    return _Ranked(codes.reshape(x.shape).astype(np.int64), len(values))


def _jackknife(
    ranked: _Ranked, clusters: Array, estimate: float, correct_ties: bool, confidence: float
) -> Interval | None:
    names, place = np.unique(clusters, return_inverse=True)
    m, total = len(names), ranked.counts()
    if not 3 <= m <= MOST_DELETIONS:
        return None
    left = []
    for each in range(m):
        own = place == each
        left.append(ranked.w(total - ranked.counts(own), ~own, correct_ties))
    if any(value is None for value in left):
        return None
    pseudo = m * estimate - (m - 1) * np.asarray(left, float)
    half = float(special.stdtrit(m - 1, (1 + confidence) / 2)) * float(pseudo.std(ddof=1)) / np.sqrt(m)
    return max(0.0, estimate - float(half)), min(1.0, estimate + float(half))


def kendall_w(
    scores: ArrayLike,
    clusters: ArrayLike | None = None,
    *,
    correct_ties: bool = True,
    confidence: float = 0.95,
) -> KendallW:
    """Kendall's W over the items that every rater scored.

    Parameters
    ----------
    scores : array_like, shape (items, raters)
        Scores; NaN is missing. Tied scores of a rater share their mean rank.
    clusters : array_like, shape (items,), optional
        Label of the cluster, for example the vignette, of each item; 3 to 500 of them give an interval.
    correct_ties : bool
    confidence : float
    """
    table = np.asarray(scores, float)
    complete = np.isfinite(table).all(axis=1)
    x = table[complete]
    n, k = x.shape
    if k < 2 or n < 2:
        reason = "fewer than 2 raters" if k < 2 else "fewer than 2 responses scored by every rater"
        return KendallW(None, n, k, correct_ties, reason=reason)
    ranked = _ranked(x)
    found = ranked.w(ranked.counts(), slice(None), correct_ties)
    if found is None:
        return KendallW(None, n, k, correct_ties, reason="no rater told two responses apart")
    chi2 = k * (n - 1) * found
    p = float(special.chdtrc(n - 1, chi2))
    interval = None
    if clusters is not None:
        interval = _jackknife(ranked, np.asarray(clusters)[complete], found, correct_ties, confidence)
    return KendallW(found, n, k, correct_ties, chi2, n - 1, p, interval)
