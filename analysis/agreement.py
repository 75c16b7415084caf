"""Reliability of scores: intraclass correlation ICC(2,1), ICC(2,k) and Krippendorff's alpha.

References
----------
Shrout PE, Fleiss JL (1979). Intraclass correlations: uses in assessing rater reliability. Psychological
Bulletin 86:420-428. doi:10.1037/0033-2909.86.2.420
McGraw KO, Wong SP (1996). Forming inferences about some intraclass correlation coefficients. Psychological
Methods 1:30-46. doi:10.1037/1082-989X.1.1.30
Hayes AF, Krippendorff K (2007). Answering the call for a standard reliability measure for coding data.
Communication Methods and Measures 1:77-89. doi:10.1080/19312450709336664
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.estimate import Array, Interval

Metric = Literal["nominal", "ordinal", "interval", "ratio"]
ZERO_VARIANCE = 1e-12


@dataclass(frozen=True)
class IntraclassCorrelation:
    """Two-way-random, absolute-agreement intraclass correlation.

    Attributes
    ----------
    single, average : float or None
        ICC(2,1) of one rater and ICC(2,k) of the mean of all raters.
    single_interval, average_interval : (float, float) or None
        Shrout-Fleiss limits; those of the average are the Spearman-Brown transform of the single ones.
    responses, raters : int
        Complete rows used, and columns.
    reason : str
        Empty, or why nothing is estimable.
    """

    single: float | None
    average: float | None
    single_interval: Interval | None
    average_interval: Interval | None
    responses: int
    raters: int
    reason: str = ""


@dataclass(frozen=True)
class Alpha:
    """Krippendorff's alpha: value or None with the reason, and the numbers of units and of scores used."""

    value: float | None
    units: int
    scores: int
    reason: str = ""


def _f_quantile(p: float, df1: float, df2: float) -> float:
    return float(special.fdtri(df1, df2, p))


def _stepped_up(limits: Interval, k: int) -> Interval | None:
    """Spearman-Brown of both limits; None where a limit is so negative that the mean of k has no variance."""
    low, high = limits
    if 1 + (k - 1) * low < ZERO_VARIANCE:
        return None
    return k * low / (1 + (k - 1) * low), k * high / (1 + (k - 1) * high)


def _agreement_limits(
    ms: tuple[float, float, float], n: int, k: int, icc: float, confidence: float
) -> Interval | None:
    """Shrout-Fleiss limits of ICC(2,1) from the mean squares of rows, columns and residual.

    None where their approximate degrees of freedom are 0, so that no F ratio exists.
    """
    rows, columns, residual = ms
    tail = 1 - (1 - confidence) / 2
    fj = columns / residual
    common = k * icc * fj + n * (1 + (k - 1) * icc) - k * icc
    v = (
        (k - 1)
        * (n - 1)
        * common**2
        / ((n - 1) * k**2 * icc**2 * fj**2 + (n * (1 + (k - 1) * icc) - k * icc) ** 2)
    )
    upper_f, lower_f = _f_quantile(tail, n - 1, v), _f_quantile(tail, v, n - 1)
    mixed = k * columns + (k * n - k - n) * residual
    low = n * (rows - upper_f * residual) / (upper_f * mixed + n * rows)
    high = n * (lower_f * rows - residual) / (mixed + n * lower_f * rows)
    return (low, high) if np.isfinite([low, high]).all() else None


def intraclass_correlation(scores: ArrayLike, confidence: float = 0.95) -> IntraclassCorrelation:
    """ICC(2,1) and ICC(2,k) over the rows without a missing score.

    Parameters
    ----------
    scores : array_like, shape (responses, raters)
        Scores; NaN is missing.
    confidence : float
    """
    table = np.asarray(scores, float)
    x = table[np.isfinite(table).all(axis=1)]
    n, k = x.shape
    if n < 2 or k < 2:
        reason = "fewer than 2 raters" if k < 2 else "fewer than 2 responses scored by every rater"
        return IntraclassCorrelation(None, None, None, None, n, k, reason)
    centred = x - x.mean()
    row, column = centred.mean(axis=1), centred.mean(axis=0)
    rows = k * float(row @ row) / (n - 1)
    columns = n * float(column @ column) / (k - 1)
    residual = float(np.square(centred - row[:, None] - column).sum()) / ((n - 1) * (k - 1))
    if rows + columns + residual < ZERO_VARIANCE:
        return IntraclassCorrelation(None, None, None, None, n, k, "all scores are equal")
    spread = rows + (k - 1) * residual + k * (columns - residual) / n
    mean_spread = rows + (columns - residual) / n
    if spread < ZERO_VARIANCE or mean_spread < ZERO_VARIANCE:
        return IntraclassCorrelation(None, None, None, None, n, k, "the total variance is estimated at 0")
    single, average = (rows - residual) / spread, (rows - residual) / mean_spread
    if residual < ZERO_VARIANCE:
        # The F ratios of the limits are infinite when raters differ by constants only.
        return IntraclassCorrelation(single, average, None, None, n, k)
    limits = _agreement_limits((rows, columns, residual), n, k, single, confidence)
    stepped = _stepped_up(limits, k) if limits else None
    return IntraclassCorrelation(single, average, limits, stepped, n, k)


def _distances(values: Array, totals: Array, metric: Metric) -> Array:
    """Squared difference between every two values, shape (values, values)."""
    if metric == "nominal":
        return 1.0 - np.eye(len(values))
    if metric == "interval":
        return np.square(np.subtract.outer(values, values))
    if metric == "ratio":
        total = np.add.outer(values, values)
        ratio = np.divide(
            np.subtract.outer(values, values), total, out=np.zeros_like(total), where=total != 0
        )
        return np.square(ratio)
    middle = np.cumsum(totals) - totals / 2
    return np.square(np.subtract.outer(middle, middle))


def krippendorff_alpha(scores: ArrayLike, metric: Metric = "ordinal") -> Alpha:
    """Krippendorff's alpha with missing scores.

    Parameters
    ----------
    scores : array_like, shape (units, raters)
        Scores; NaN is missing. Units with fewer than two scores are left out.
    metric : {"nominal", "ordinal", "interval", "ratio"}
        Difference function. The ordinal one is Krippendorff's own, not a set of fixed weights.
    """
    table = np.asarray(scores, float)
    paired = table[np.isfinite(table).sum(axis=1) >= 2] if table.size else table.reshape(0, 0)
    values = np.unique(paired[np.isfinite(paired)])
    if len(paired) == 0:
        return Alpha(None, 0, 0, "no response has two scores")
    counts = np.stack([(paired == value).sum(axis=1) for value in values], axis=1).astype(float)
    per_unit = counts.sum(axis=1)
    units, n = len(paired), int(per_unit.sum())
    if len(values) == 1:
        return Alpha(None, units, n, "all scores are equal")
    totals = counts.sum(axis=0)
    weights = counts / (per_unit - 1)[:, None]
    coincidences = weights.T @ counts - np.diag(weights.sum(axis=0))
    distances = _distances(values, totals, metric)
    observed = float((coincidences * distances).sum())
    expected = float((np.outer(totals, totals) * distances).sum()) / (n - 1)
    return Alpha(1 - observed / expected, units, n)


def score_table(responses: Sequence[str], raters: Sequence[str], scores: Sequence[float]) -> Array:
    """Long scores as a table of responses by raters, both sorted; NaN where there is none."""
    rows, row = np.unique(np.asarray(responses, str), return_inverse=True)
    columns, column = np.unique(np.asarray(raters, str), return_inverse=True)
    table = np.full((len(rows), len(columns)), np.nan)
    table[row, column] = np.asarray(scores, float)
    return table
