"""Cluster bootstrap: whole vignettes, whole raters, or both crossed (their weights multiplied).

References
----------
Davison AC, Hinkley DV (1997). Bootstrap Methods and their Application, section 3.8. Cambridge University
Press. doi:10.1017/CBO9780511802843
Owen AB (2007). The pigeonhole bootstrap. Annals of Applied Statistics 1:386-411. doi:10.1214/07-AOAS122
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from analysis.estimate import Array, Interval
from analysis.resampling.draws import Counts, resampled_totals, seeded_counts, streamed_totals
from analysis.resampling.intervals import (
    NO_DRAWS,
    NO_VARIATION,
    Bias,
    Resampled,
    corrected_levels,
    jackknife_acceleration,
    order_limits,
    percentile,
    usable_draws,
)

Statistic = Callable[[Array], Array]
FEW_CLUSTERS = "fewer than 2 clusters"
NOT_DEFINED = "the statistic is not defined on these data"
TIE = 1e-9
ROUNDING = 1e-12


@dataclass(frozen=True)
class Bootstrap:
    """Bootstrap of one statistic.

    Attributes
    ----------
    estimate : float or None
        The statistic on the data.
    se : float or None
        Standard deviation over the draws.
    percentile, basic : (float, float) or None
    bca : (float, float) or None
        None for two crossed factors, for which no acceleration is defined, and where `reason` says why.
    acceleration, z0 : float or None
    below, equal : float or None
        Shares of draws below and at the estimate.
    clusters : tuple of int
        Clusters of each factor that is resampled.
    draws, usable : int
        Draws made, and those on which the statistic is defined.
    reason : str
        Empty, or why an interval is missing.
    """

    estimate: float | None
    clusters: tuple[int, ...]
    draws: int
    se: float | None = None
    percentile: Interval | None = None
    basic: Interval | None = None
    bca: Interval | None = None
    acceleration: float | None = None
    z0: float | None = None
    below: float | None = None
    equal: float | None = None
    usable: int = 0
    reason: str = ""


def mean_of_totals(totals: Array) -> Array:
    """Sum over number; NaN where there is none.

    Parameters
    ----------
    totals : ndarray, shape (..., 2)
        Columns sum and number.
    """
    missing = np.full(totals.shape[:-1], np.nan)
    return np.asarray(np.divide(totals[..., 0], totals[..., 1], out=missing, where=totals[..., 1] > 0))


def mean_difference_of_totals(totals: Array) -> Array:
    """Mean of the first side minus mean of the second; columns sum, number, sum, number."""
    return mean_of_totals(totals[..., :2]) - mean_of_totals(totals[..., 2:4])


def value_cells(values: ArrayLike) -> Array:
    """Cells for `mean_of_totals` of one value per cluster; missing values add nothing."""
    array = np.asarray(values, float)
    known = np.isfinite(array)
    return np.stack([np.where(known, array, 0.0), known.astype(float)], axis=-1)


def two_sided_cells(clusters: ArrayLike, first: ArrayLike, scores: ArrayLike) -> Array:
    """Cells for `mean_difference_of_totals` from single scores.

    Parameters
    ----------
    clusters : array_like, shape (n,)
        Names or numbers.
    first : array_like of bool, shape (n,)
        Whether the score belongs to the first side.
    scores : array_like, shape (n,)
        Missing scores add nothing.

    Returns
    -------
    ndarray, shape (clusters, 4)
        Clusters in sorted order.
    """
    labels, codes = np.unique(np.asarray(clusters), return_inverse=True)
    own = value_cells(scores)
    first_side = np.asarray(first, bool)
    cells = np.zeros((len(labels), 4))
    np.add.at(cells[:, :2], codes[first_side], own[first_side])
    np.add.at(cells[:, 2:], codes[~first_side], own[~first_side])
    return cells


def _described(found: Bootstrap, ordered: Array, confidence: float) -> Bootstrap:
    """Add everything but the corrected interval, from the sorted draws."""
    usable, estimate = len(ordered), found.estimate
    if usable < 2 or estimate is None:
        return replace(found, usable=usable, reason=NO_DRAWS)
    se = float(ordered.std(ddof=1))
    # Draws equal to the estimate up to rounding are equal.
    slack = TIE * se
    below, upto = np.searchsorted(ordered, [estimate - slack, estimate + slack]) / usable
    tail = (1 - confidence) / 2
    low, high = order_limits(ordered, (tail, 1 - tail))
    return replace(
        found,
        se=se,
        percentile=(low, high),
        basic=(2 * estimate - high, 2 * estimate - low),
        below=float(below),
        equal=float(upto - below),
        usable=usable,
        reason="" if se > ROUNDING * float(np.abs(ordered).max()) else NO_VARIATION,
    )


def _on_the_data(cells: Array, statistic: Statistic, draws: int) -> Bootstrap:
    """The estimate, and why it cannot be resampled if it cannot."""
    factors = cells.shape[:-1]
    estimate = float(statistic(cells.reshape(-1, cells.shape[-1]).sum(axis=0)))
    if not np.isfinite(estimate):
        return Bootstrap(None, factors, draws, reason=NOT_DEFINED)
    return Bootstrap(estimate, factors, draws, reason=FEW_CLUSTERS if min(factors) < 2 else "")


def _finished(
    found: Bootstrap, cells: Array, statistic: Statistic, totals: Array, confidence: float, bias: Bias
) -> Bootstrap:
    ordered = usable_draws(statistic(totals))
    found = _described(found, ordered, confidence)
    if len(found.clusters) > 1 or found.reason:
        return found
    acceleration = jackknife_acceleration(statistic(cells.sum(axis=0) - cells))
    corrected = corrected_levels(found.below or 0.0, found.equal or 0.0, acceleration, confidence, bias)
    bca = None if corrected.levels is None else order_limits(ordered, corrected.levels)
    return replace(found, bca=bca, acceleration=acceleration, z0=corrected.z0, reason=corrected.reason)


def cluster_bootstrap(
    cells: Array,
    statistic: Statistic,
    *,
    draws: int,
    rng: np.random.Generator,
    confidence: float = 0.95,
    bias: Bias = "mid",
) -> Bootstrap:
    """Bootstrap of a statistic of totals over clusters.

    Parameters
    ----------
    cells : ndarray, shape (clusters, columns) or (first clusters, second clusters, columns)
        What each cluster, or each cell of two crossed factors, adds to each total.
    statistic : callable
        Takes totals of shape (..., columns), returns (...); NaN where it is not defined.
    draws : int
    rng : numpy.random.Generator
    confidence : float
    bias : {"mid", "strict"}
        See `analysis.resampling.intervals.corrected_levels`.
    """
    found = _on_the_data(cells, statistic, draws)
    if found.reason:
        return found
    return _finished(found, cells, statistic, streamed_totals(cells, draws, rng), confidence, bias)


def bootstrap_with_counts(
    cells: Array,
    statistic: Statistic,
    counts: tuple[Counts, ...],
    *,
    confidence: float = 0.95,
    bias: Bias = "mid",
) -> Bootstrap:
    """`cluster_bootstrap` on draws that several statistics share; `counts` as in `resampled_totals`."""
    found = _on_the_data(cells, statistic, len(counts[0]))
    if found.reason:
        return found
    return _finished(found, cells, statistic, resampled_totals(cells, counts), confidence, bias)


def bootstrap_mean(sums: Array, counts: Array, draws: int, seed: int, confidence: float = 0.95) -> Resampled:
    """Bootstrap of a mean over blocks and raters, both resampled.

    Parameters
    ----------
    sums, counts : ndarray, shape (blocks, raters)
        Sum and number of the differences in each cell.
    draws, seed : int
        Every mean of the same shape, draws and seed is taken over the same draws.
    confidence : float
    """
    cells = np.stack([sums, counts], axis=-1)
    shared = seeded_counts((sums.shape[0], sums.shape[1]), draws, seed)
    return percentile(mean_of_totals(resampled_totals(cells, shared)), confidence)
