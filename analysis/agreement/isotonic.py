"""Isotonic calibration of one instrument on another, judged on clusters that the fit has not seen.

References
----------
Barlow RE, Bartholomew DJ, Bremner JM, Brunk HD (1972). Statistical Inference under Order Restrictions. Wiley.
Zadrozny B, Elkan C (2002). Transforming classifier scores into accurate multiclass probability estimates.
KDD 2002:694-699. doi:10.1145/775047.775151
de Leeuw J, Hornik K, Mair P (2009). Isotone optimization in R: pool-adjacent-violators algorithm (PAVA) and
active set methods. Journal of Statistical Software 32(5). doi:10.18637/jss.v032.i05
Stone M (1974). Cross-validatory choice and assessment of statistical predictions. Journal of the Royal
Statistical Society B 36:111-133. doi:10.1111/j.2517-6161.1974.tb00994.x
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression

from analysis.estimate import Array

FEW_CLUSTERS = "fewer than 2 vignettes, so none can be left out"
NO_SCORES = "no response was scored by both"


@dataclass(frozen=True)
class CalibrationPoint:
    """One score of the instrument, the value it stands for, and how many responses the fit rests on."""

    score: float
    value: float
    responses: int


@dataclass(frozen=True)
class Calibration:
    """Isotonic calibration with its errors on clusters left out one at a time.

    Attributes
    ----------
    points : tuple of CalibrationPoint
        One per level of the scale, fitted on all clusters. A level that the instrument never used lies on the
        straight line between its neighbours, or takes the value of the nearest level beyond the ends.
    error_before, error_after, error_constant : float or None
        Mean absolute error, in the scale's points, of the raw scores, of the calibrated scores, and of the
        mean of the targets alone; the last two by leaving one cluster out. An instrument whose calibrated
        error is no smaller than that of the mean tells the responses apart no better than no instrument.
    responses, clusters : int
    reason : str
    """

    points: tuple[CalibrationPoint, ...]
    error_before: float | None
    error_after: float | None
    error_constant: float | None
    responses: int
    clusters: int
    reason: str = ""


def isotonic_values(scores: ArrayLike, targets: ArrayLike, levels: Sequence[float]) -> Array:
    """Non-decreasing least-squares value of each level of the scale.

    Parameters
    ----------
    scores, targets : array_like, shape (n,), n >= 1
        Scores of the instrument, each one of `levels`, and what they are calibrated on.
    levels : sequence of float
        The full scale, ascending.

    Returns
    -------
    ndarray, shape (levels,)
    """
    used, place = np.unique(np.asarray(scores, float), return_inverse=True)
    counts = np.bincount(place).astype(float)
    means = np.bincount(place, np.asarray(targets, float)) / counts
    fitted = isotonic_regression(means, weights=counts, increasing=True).x
    return np.asarray(np.interp(np.asarray(levels, float), used, fitted))


def isotonic_calibration(
    scores: ArrayLike, targets: ArrayLike, clusters: ArrayLike, levels: Sequence[float]
) -> Calibration:
    """Calibrate scores on targets.

    Parameters
    ----------
    scores, targets : array_like, shape (n,)
        Finite; scores are levels of the scale.
    clusters : array_like, shape (n,)
        Label of the cluster, for example the vignette, that is left out as a whole.
    levels : sequence of float
        The full scale, ascending.
    """
    x, y = np.asarray(scores, float), np.asarray(targets, float)
    if not len(x):
        return Calibration((), None, None, None, 0, 0, NO_SCORES)
    grid = np.asarray(levels, float)
    names, place = np.unique(np.asarray(clusters, str), return_inverse=True)
    points = tuple(
        CalibrationPoint(float(level), float(value), int((x == level).sum()))
        for level, value in zip(grid, isotonic_values(x, y, levels), strict=True)
    )
    before = float(np.abs(x - y).mean())
    if len(names) < 2:
        return Calibration(points, before, None, None, len(x), len(names), FEW_CLUSTERS)
    predicted, constant = np.empty(len(x)), np.empty(len(x))
    for left_out in range(len(names)):
        out = place == left_out
        values = isotonic_values(x[~out], y[~out], levels)
        predicted[out] = values[np.searchsorted(grid, x[out])]
        constant[out] = y[~out].mean()
    after, alone = (float(np.abs(each - y).mean()) for each in (predicted, constant))
    return Calibration(points, before, after, alone, len(x), len(names))
