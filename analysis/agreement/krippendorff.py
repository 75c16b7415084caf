"""Krippendorff's alpha with missing scores, and its bootstrap over clusters of units.

References
----------
Hayes AF, Krippendorff K (2007). Answering the call for a standard reliability measure for coding data.
Communication Methods and Measures 1:77-89. doi:10.1080/19312450709336664
Krippendorff K (2019). Content Analysis, 4th edition, chapter 12. doi:10.4135/9781071878781
Field CA, Welsh AH (2007). Bootstrapping clustered data. Journal of the Royal Statistical Society B
69:369-390. doi:10.1111/j.1467-9868.2007.00593.x
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.estimate import Array, Interval

Metric = Literal["nominal", "ordinal", "interval", "ratio"]
EQUAL_SCORES = "all scores are equal"


@dataclass(frozen=True)
class Alpha:
    """Krippendorff's alpha.

    Attributes
    ----------
    metric : str
    estimate : float or None
        1 is perfect agreement, 0 is chance.
    units, scores : int
        Units with two or more scores, and the scores in them.
    interval : (float, float) or None
        Percentile limits of the bootstrap over clusters, if one was asked for.
    clusters, draws : int
        Clusters resampled, and draws in which alpha exists.
    reason : str
        Empty, or why alpha or its interval is missing.
    """

    metric: Metric
    estimate: float | None
    units: int
    scores: int
    interval: Interval | None = None
    clusters: int = 0
    draws: int = 0
    reason: str = ""


@dataclass(frozen=True)
class _Units:
    """Counts of the values in each unit with two or more scores, shape (units, values)."""

    values: Array
    counts: Array
    kept: Array

    @property
    def coincidences(self) -> Array:
        """Ordered pairs of values within each unit over (scores - 1), shape (units, values, values)."""
        per_unit = self.counts.sum(axis=1)
        pairs = np.einsum("uc,uk->uck", self.counts, self.counts)
        diagonal = np.arange(len(self.values))
        pairs[:, diagonal, diagonal] -= self.counts
        return np.asarray(pairs / (per_unit - 1)[:, None, None])


def _units(scores: ArrayLike) -> _Units:
    table = np.asarray(scores, float)
    kept = np.isfinite(table).sum(axis=1) >= 2 if table.size else np.zeros(len(table), bool)
    paired = table[kept] if table.size else table.reshape(0, 0)
    given = np.isfinite(paired)
    values, codes = np.unique(paired[given], return_inverse=True)
    rows = np.nonzero(given)[0]
    counts = np.bincount(rows * max(len(values), 1) + codes, minlength=len(paired) * len(values))
    return _Units(values, counts.reshape(len(paired), len(values)).astype(float), kept)


def _distances(values: Array, metric: Metric) -> Array:
    """Squared difference between every two values, shape (values, values); not for the ordinal metric."""
    if metric == "nominal":
        return 1.0 - np.eye(len(values))
    difference = np.subtract.outer(values, values)
    if metric == "ratio":
        total = np.add.outer(values, values)
        difference = np.divide(difference, total, out=np.zeros_like(total), where=total != 0)
    return np.square(difference)


def _disagreements(coincidences: Array, values: Array, metric: Metric) -> tuple[Array, Array]:
    """Observed and expected disagreement of many coincidence matrices, shape (draws, values, values)."""
    totals = coincidences.sum(axis=2)
    n = totals.sum(axis=1)
    if metric == "ordinal":
        place = np.cumsum(totals, axis=1) - totals / 2
        square, mean = (totals * place**2).sum(axis=1), (totals * place).sum(axis=1)
        cross = np.einsum("bc,bck,bk->b", place, coincidences, place)
        observed, expected = 2 * (square - cross), 2 * (n * square - mean**2)
    else:
        distances = _distances(values, metric)
        observed = np.einsum("bck,ck->b", coincidences, distances)
        expected = np.einsum("bc,ck,bk->b", totals, distances, totals)
    return observed, expected / np.maximum(n - 1, 1)


def _alphas(coincidences: Array, values: Array, metric: Metric) -> Array:
    observed, expected = _disagreements(coincidences, values, metric)
    return 1 - np.divide(observed, expected, out=np.full_like(observed, np.nan), where=expected > 0)


def _alpha(units: _Units, coincidences: Array, metric: Metric) -> Alpha:
    count, n = len(units.counts), int(units.counts.sum())
    if count == 0:
        return Alpha(metric, None, 0, 0, reason="no response has two scores")
    if len(units.values) == 1:
        return Alpha(metric, None, count, n, reason=EQUAL_SCORES)
    found = _alphas(coincidences.sum(axis=0)[None], units.values, metric)
    return Alpha(metric, float(found[0]), count, n)


def krippendorff_alpha(scores: ArrayLike, metric: Metric = "ordinal") -> Alpha:
    """Krippendorff's alpha with missing scores.

    Parameters
    ----------
    scores : array_like, shape (units, raters)
        Scores; NaN is missing. Units with fewer than two scores are left out.
    metric : {"nominal", "ordinal", "interval", "ratio"}
        Difference function. The ordinal one is Krippendorff's own, not a set of fixed weights.
    """
    units = _units(scores)
    return _alpha(units, units.coincidences, metric)


def _limits(alphas: Array, confidence: float) -> tuple[Interval | None, int]:
    found = alphas[np.isfinite(alphas)]
    if not len(found):
        return None, 0
    low, high = np.quantile(found, [(1 - confidence) / 2, (1 + confidence) / 2])
    return (float(low), float(high)), len(found)


def bootstrap_alpha(
    scores: ArrayLike,
    clusters: ArrayLike,
    *,
    rng: np.random.Generator,
    metric: Metric = "ordinal",
    draws: int = 1999,
    confidence: float = 0.95,
) -> Alpha:
    """Krippendorff's alpha with percentile limits from resampled clusters.

    Parameters
    ----------
    scores : array_like, shape (units, raters)
        Scores; NaN is missing.
    clusters : array_like, shape (units,)
        Label of the cluster, for example the vignette, that each unit belongs to.
    rng : numpy.random.Generator
    metric : {"nominal", "ordinal", "interval", "ratio"}
    draws : int
        Resamples; those in which all scores are equal have no alpha and are left out and counted.
    confidence : float
    """
    units = _units(scores)
    coincidences = units.coincidences
    alpha = _alpha(units, coincidences, metric)
    if alpha.estimate is None:
        return alpha
    names, place = np.unique(np.asarray(clusters)[units.kept], return_inverse=True)
    if len(names) < 2:
        return replace(alpha, clusters=len(names), reason="fewer than 2 clusters to resample")
    size = len(units.values)
    sums = np.zeros((len(names), size, size))
    np.add.at(sums, place, coincidences)
    times = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=draws).astype(float)
    resampled = (times @ sums.reshape(len(names), -1)).reshape(draws, size, size)
    interval, used = _limits(_alphas(resampled, units.values, metric), confidence)
    return replace(alpha, interval=interval, clusters=len(names), draws=used)
