"""Kappa of two raters with weights, of every pair of raters, and Fleiss' kappa.

References
----------
Cohen J (1968). Weighted kappa. Psychological Bulletin 70:213-220. doi:10.1037/h0026256
Fleiss JL, Cohen J, Everitt BS (1969). Large sample standard errors of kappa and weighted kappa. Psychological
Bulletin 72:323-327. doi:10.1037/h0028106
Fleiss JL, Nee JCM, Landis JR (1979). Large sample variance of kappa in the case of different sets of raters.
Psychological Bulletin 86:974-977. doi:10.1037/0033-2909.86.5.974
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special
from statsmodels.stats import inter_rater

from analysis.agreement.weights import (
    Codes,
    Weights,
    agreement_weights,
    category_codes,
    checked_categories,
)
from analysis.estimate import Array, Interval

KappaWeights = Literal["unweighted", "linear", "quadratic", "ordinal"]
RELATIVE_ZERO = 1e-12
ONE_CATEGORY = "both raters used the same single category"


@dataclass(frozen=True)
class CohenKappa:
    """Kappa of two raters.

    Attributes
    ----------
    weights : str
    estimate, se : float or None
    interval : (float, float) or None
        Normal limits, which may leave [-1, 1].
    se_null, statistic, p : float or None
        Standard error under a kappa of 0, their ratio, and the two-sided normal p-value.
    n : int
        Items that both raters scored.
    reason : str
    """

    weights: Weights
    estimate: float | None
    n: int
    se: float | None = None
    interval: Interval | None = None
    se_null: float | None = None
    statistic: float | None = None
    p: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class PairwiseKappa:
    """Kappa of every pair of raters.

    Attributes
    ----------
    pairs : dict of (int, int) to CohenKappa
        By the places of the two columns, the smaller first.
    matrix : ndarray, shape (raters, raters)
        Symmetric, 1 on the diagonal, NaN where a pair has no kappa.
    mean, minimum, maximum : float or None
        Over the pairs that have one.
    estimable : int
        Their number.
    reason : str
    """

    pairs: dict[tuple[int, int], CohenKappa]
    matrix: Array
    mean: float | None
    minimum: float | None
    maximum: float | None
    estimable: int
    reason: str = ""


@dataclass(frozen=True)
class FleissKappa:
    """Fleiss' kappa with the standard error under a kappa of 0, over items that every rater scored."""

    estimate: float | None
    items: int
    raters: int
    se_null: float | None = None
    statistic: float | None = None
    p: float | None = None
    reason: str = ""


def _two_sided(z: float) -> float:
    return 2 * float(special.ndtr(-abs(z)))


def kappa_of_table(
    table: ArrayLike, categories: ArrayLike, weights: Weights = "unweighted", confidence: float = 0.95
) -> CohenKappa:
    """Cohen's kappa of a square table of counts, rows the first rater and columns the second.

    Parameters
    ----------
    table : array_like, shape (categories, categories)
        Counts, with a row and a column for every category of the scale, used or not.
    categories : array_like, shape (categories,)
        Numbers of the categories, whose distances the weights use.
    """
    counts = np.asarray(table, float)
    n = int(counts.sum())
    if n == 0:
        return CohenKappa(weights, None, 0, reason="no response was scored by both raters")
    disagreement = 1 - agreement_weights(categories, weights)
    chance = float(counts.sum(axis=1) @ disagreement @ counts.sum(axis=0)) / n**2
    if chance < RELATIVE_ZERO:
        return CohenKappa(weights, None, n, reason=ONE_CATEGORY)
    with np.errstate(divide="ignore", invalid="ignore"):  # its z is 0/0 where each rater used one category
        found = inter_rater.cohens_kappa(counts, weights=disagreement)
    kappa, se, se_null = float(found.kappa), _root(found.var_kappa), _root(found.var_kappa0)
    half = float(special.ndtri((1 + confidence) / 2)) * se
    z = kappa / se_null if se_null > 0 else None
    return CohenKappa(
        weights, kappa, n, se, (kappa - half, kappa + half), se_null, z, None if z is None else _two_sided(z)
    )


def _root(variance: float) -> float:
    """Square root of a variance that rounding may have left just below 0."""
    return float(np.sqrt(max(float(variance), 0.0)))


def cohen_kappa(
    first: ArrayLike,
    second: ArrayLike,
    categories: ArrayLike,
    weights: Weights = "unweighted",
    confidence: float = 0.95,
) -> CohenKappa:
    """Cohen's kappa of the items that both raters scored.

    Parameters
    ----------
    first, second : array_like, shape (items,)
        Scores; NaN is missing.
    categories : array_like, shape (categories,)
        The full list of categories, also those that nobody used.
    weights : {"unweighted", "linear", "quadratic", "ordinal"}
    confidence : float
    """
    values = checked_categories(categories)
    codes = category_codes(np.stack([np.asarray(first, float), np.asarray(second, float)]), values)
    return kappa_of_table(_cross(codes[0], codes[1], len(values)), categories, weights, confidence)


def _cross(first: Codes, second: Codes, q: int) -> Array:
    both = (first >= 0) & (second >= 0)
    return np.bincount(first[both] * q + second[both], minlength=q * q).reshape(q, q).astype(float)


def pairwise_kappa(
    scores: ArrayLike,
    categories: ArrayLike,
    weights: Weights = "quadratic",
    confidence: float = 0.95,
) -> PairwiseKappa:
    """Cohen's kappa of every pair of raters, each over the items that both scored.

    Parameters
    ----------
    scores : array_like, shape (items, raters)
        Scores; NaN is missing.
    categories : array_like, shape (categories,)
        The full list of categories.
    weights : {"unweighted", "linear", "quadratic", "ordinal"}
    confidence : float
    """
    values = checked_categories(categories)
    codes = category_codes(scores, values)
    raters, q = codes.shape[1], len(values)
    pairs = {
        (i, j): kappa_of_table(_cross(codes[:, i], codes[:, j], q), values, weights, confidence)
        for i, j in combinations(range(raters), 2)
    }
    matrix = np.full((raters, raters), np.nan)
    np.fill_diagonal(matrix, 1.0)
    for (i, j), kappa in pairs.items():
        matrix[i, j] = matrix[j, i] = np.nan if kappa.estimate is None else kappa.estimate
    found = [kappa.estimate for kappa in pairs.values() if kappa.estimate is not None]
    if not found:
        reason = "fewer than 2 raters" if raters < 2 else "no pair of raters has a kappa"
        return PairwiseKappa(pairs, matrix, None, None, None, 0, reason)
    return PairwiseKappa(pairs, matrix, float(np.mean(found)), min(found), max(found), len(found))


def bootstrap_mean_kappa(
    scores: ArrayLike,
    clusters: ArrayLike,
    categories: ArrayLike,
    *,
    rng: np.random.Generator,
    weights: KappaWeights = "quadratic",
    draws: int = 1999,
    confidence: float = 0.95,
) -> Interval | None:
    """Percentile limits of the mean pairwise kappa from resampled clusters; None with fewer than 2.

    Parameters
    ----------
    scores : array_like, shape (items, raters)
        Scores; NaN is missing.
    clusters : array_like, shape (items,)
        Label of the cluster, for example the vignette, of each item.
    categories : array_like, shape (categories,)
        The full list of categories.
    rng : numpy.random.Generator
    weights : {"unweighted", "linear", "quadratic", "ordinal"}
    draws : int
        Resamples. A pair without kappa in a draw does not count in its mean.
    confidence : float
    """
    values = checked_categories(categories)
    codes = category_codes(scores, values)
    names, place = np.unique(np.asarray(clusters), return_inverse=True)
    m = len(names)
    if m < 2 or codes.shape[1] < 2:
        return None
    disagreement = 1 - agreement_weights(values, weights)
    times = rng.multinomial(m, np.full(m, 1 / m), size=draws).astype(float)
    total, found = np.zeros(draws), np.zeros(draws)
    for i, j in combinations(range(codes.shape[1]), 2):
        kappa = _resampled_kappa(times, place, codes[:, i], codes[:, j], disagreement)
        usable = np.isfinite(kappa)
        total[usable] += kappa[usable]
        found += usable
    means = total[found > 0] / found[found > 0]
    if not len(means):
        return None
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def _resampled_kappa(times: Array, place: Codes, first: Codes, second: Codes, disagreement: Array) -> Array:
    """Kappa of one pair in each draw; NaN where it does not exist."""
    m, q = times.shape[1], len(disagreement)
    both = (first >= 0) & (second >= 0)
    where, one, two = place[both], first[both], second[both]
    sums = np.column_stack(
        [
            np.bincount(where, minlength=m),
            np.bincount(where, disagreement[one, two], minlength=m),
            np.bincount(where * q + one, minlength=m * q).reshape(m, q),
            np.bincount(where * q + two, minlength=m * q).reshape(m, q) @ disagreement.T,
        ]
    )
    drawn = times @ sums
    observed = drawn[:, 0] * drawn[:, 1]
    expected = np.einsum("bi,bi->b", drawn[:, 2 : 2 + q], drawn[:, 2 + q :])
    return np.asarray(1 - np.divide(observed, expected, out=np.full(len(times), np.nan), where=expected > 0))


def fleiss_kappa(scores: ArrayLike, categories: ArrayLike) -> FleissKappa:
    """Fleiss' kappa over the items that every rater scored.

    Parameters
    ----------
    scores : array_like, shape (items, raters)
        Scores; NaN is missing.
    categories : array_like, shape (categories,)
    """
    values = checked_categories(categories)
    codes = category_codes(scores, values)
    complete = codes[(codes >= 0).all(axis=1)]
    n, raters = complete.shape
    if n == 0 or raters < 2:
        reason = "fewer than 2 raters" if raters < 2 else "no response was scored by every rater"
        return FleissKappa(None, n, raters, reason=reason)
    counts = (complete[:, :, None] == np.arange(len(values))).sum(axis=1)
    share = counts.sum(axis=0) / (n * raters)
    spread = float((share * (1 - share)).sum())
    if spread < RELATIVE_ZERO:
        return FleissKappa(None, n, raters, reason="all scores are equal")
    kappa = float(inter_rater.fleiss_kappa(counts))
    skew = float((share * (1 - share) * (1 - 2 * share)).sum())
    se = _root(2 * (spread**2 - skew) / (spread**2 * n * raters * (raters - 1)))
    z = kappa / se if se > 0 else None
    return FleissKappa(kappa, n, raters, se, z, None if z is None else _two_sided(z))
