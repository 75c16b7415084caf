"""Blinding indices of Bang (per arm) and James, from counts of source guesses.

References
----------
James KE, Bloch DA, Lee KK, Kraemer HC, Fuller RK (1996). An index for assessing blindness in a multi-centre
clinical trial: disulfiram for alcohol cessation. Statistics in Medicine 15:1421-1434.
doi:10.1002/(SICI)1097-0258(19960715)15:13<1421::AID-SIM266>3.0.CO;2-H
Bang H, Ni L, Davis CE (2004). Assessment of blinding in clinical trials. Controlled Clinical Trials
25:143-156. doi:10.1016/j.cct.2003.10.016
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.estimate import Array, Interval

WRONG_WEIGHT = 0.5
NO_GUESSES = "no guesses"
ONE_SOURCE = "there are guesses about one source only"


@dataclass(frozen=True)
class BlindingIndex:
    """An index with its large-sample interval, or the reason why there is none.

    Attributes
    ----------
    index, se : float or None
    interval : (float, float) or None
        Two-sided; treats guesses as independent, which repeated guesses of one rater are not.
    n : int
        Guesses, "don't know" included.
    reason : str
    cluster_interval : (float, float) or None
        Bootstrap interval that resamples raters and vignettes.
    lower_bound, upper_bound : float or None
        One-sided bounds at the same confidence.
    """

    index: float | None
    se: float | None
    interval: Interval | None
    n: int
    reason: str = ""
    cluster_interval: Interval | None = None
    lower_bound: float | None = None
    upper_bound: float | None = None


def _with_interval(index: float, variance: float, n: int, confidence: float) -> BlindingIndex:
    se = float(np.sqrt(max(variance, 0.0) / n))
    half = float(special.ndtri((1 + confidence) / 2)) * se
    one_sided = float(special.ndtri(confidence)) * se
    return BlindingIndex(
        index,
        se,
        (index - half, index + half),
        n,
        lower_bound=index - one_sided,
        upper_bound=index + one_sided,
    )


def bang_index(correct: int, wrong: int, dont_know: int, confidence: float = 0.95) -> BlindingIndex:
    """Bang's index of one arm: (correct - wrong) / n, from -1 to 1 with 0 for random guessing.

    With everyone undecided the index is 0 and its standard error 0.
    """
    n = correct + wrong + dont_know
    if n == 0:
        return BlindingIndex(None, None, None, 0, NO_GUESSES)
    index = (correct - wrong) / n
    return _with_interval(index, (correct + wrong) / n - index**2, n, confidence)


def _weights(sources: int) -> Array:
    """Weight 0 for a correct and 0.5 for a wrong guess; "don't know" weighs 1 by the form of the index."""
    return WRONG_WEIGHT * (1.0 - np.eye(sources))


def james_values(counts: ArrayLike) -> Array:
    """James' index of each table.

    Parameters
    ----------
    counts : array_like, shape (..., sources + 1, sources)
        Guesses in rows, the last one "don't know"; true sources in columns in the same order.

    Returns
    -------
    ndarray, shape (...)
        0 complete unblinding, 0.5 random, 1 everyone "don't know"; NaN where it is undefined.
    """
    table = np.asarray(counts, float)
    sources = table.shape[-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        p = table / table.sum(axis=(-2, -1), keepdims=True)
        known, dont_know = p[..., :sources, :], p[..., sources, :].sum(axis=-1)
        share = 1 - dont_know
        w = _weights(sources)
        observed = (w * known).sum(axis=(-2, -1))
        expected = np.einsum("gt,...g,...t->...", w, known.sum(axis=-1), known.sum(axis=-2))
        value = (1 + dont_know - share + share**2 * observed / expected) / 2
    return np.asarray(np.where(dont_know == 1, 1.0, value))


def _james_variance(table: Array) -> float:
    """Variance of sqrt(n) times the index by the multinomial delta method."""
    p = table / table.sum()
    sources = p.shape[1]
    known, share = p[:sources], 1 - float(p[sources].sum())
    w = _weights(sources)
    observed = float((w * known).sum())
    rows, columns = known.sum(axis=1), known.sum(axis=0)
    expected = float(rows @ w @ columns)
    slope = np.empty_like(p)
    slope[:sources] = (
        share**2 / 2 * (w / expected - observed / expected**2 * np.add.outer(w @ columns, rows @ w))
    )
    slope[sources] = 1 - share * observed / expected
    return float((p * slope**2).sum() - (p * slope).sum() ** 2)


def _james_fault(table: Array) -> str:
    if table.sum() == 0:
        return NO_GUESSES
    # Without a second source in the data no guess could have been wrong or right by chance.
    if (table.sum(axis=0) > 0).sum() < 2:
        return ONE_SOURCE
    return "" if np.isfinite(james_values(table)) else "every guess named a source without others to guess"


def james_index(counts: ArrayLike, confidence: float = 0.95) -> BlindingIndex:
    """James' index of one table with its large-sample interval.

    Parameters
    ----------
    counts : array_like, shape (sources + 1, sources)
        As in `james_values`.
    confidence : float
    """
    table = np.asarray(counts, float)
    n = int(table.sum())
    fault = _james_fault(table)
    if fault:
        return BlindingIndex(None, None, None, n, fault)
    value = float(james_values(table))
    variance = 0.0 if table[-1].sum() == n else _james_variance(table)
    return _with_interval(value, variance, n, confidence)
