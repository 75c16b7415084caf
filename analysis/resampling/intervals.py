"""Intervals from bootstrap draws: percentile, basic, and bias-corrected and accelerated (BCa).

References
----------
Efron B (1987). Better bootstrap confidence intervals. Journal of the American Statistical Association
82:171-185. doi:10.1080/01621459.1987.10478410
Davison AC, Hinkley DV (1997). Bootstrap Methods and their Application, chapter 5. Cambridge University Press.
doi:10.1017/CBO9780511802843
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from analysis.estimate import Array, Interval

Bias = Literal["mid", "strict"]
NO_DRAWS = "fewer than 2 draws on which the statistic is defined"
NO_VARIATION = "the statistic does not vary between draws"
NO_ACCELERATION = "leaving out single clusters shows no variation to correct with"
BEYOND = "the corrected levels lie outside the draws"


@dataclass(frozen=True)
class Resampled:
    """Standard error and percentile interval over the draws; None where no draw was usable."""

    se: float | None
    interval: Interval | None
    draws: int


@dataclass(frozen=True)
class Corrected:
    """Bias-corrected and accelerated levels.

    Attributes
    ----------
    z0 : float or None
        Bias correction; None where every draw lies on one side of the estimate.
    levels : (float, float) or None
        Levels of the bootstrap distribution at which the interval's limits are read.
    reason : str
    """

    z0: float | None
    levels: Interval | None
    reason: str = ""


def jackknife_acceleration(left_out: Array) -> float | None:
    """Acceleration from the statistic with each cluster left out; None where it does not vary.

    Parameters
    ----------
    left_out : ndarray, shape (clusters,)
    """
    spread = left_out.mean() - left_out
    squares = float((spread**2).sum())
    scale = float(np.abs(left_out).max(initial=0.0))
    if not np.isfinite(squares) or squares <= len(left_out) * (1e-12 * scale) ** 2:
        return None
    return float((spread**3).sum() / (6 * squares**1.5))


def corrected_levels(
    below: float, equal: float, acceleration: float | None, confidence: float, bias: Bias = "mid"
) -> Corrected:
    """Levels of the BCa interval.

    Parameters
    ----------
    below, equal : float
        Shares of the bootstrap distribution below and at the estimate.
    acceleration : float or None
    confidence : float
    bias : {"mid", "strict"}
        Whether draws at the estimate count half or not at all. On a lattice such draws are many, and the
        strict form shifts the interval by a step; it is there to compare with software that uses it.
    """
    z0 = float(special.ndtri(below + (equal / 2 if bias == "mid" else 0.0)))
    if not np.isfinite(z0):
        return Corrected(None, None, NO_VARIATION if equal >= 1 else BEYOND)
    if acceleration is None:
        return Corrected(z0, None, NO_ACCELERATION)
    z = z0 + special.ndtri([(1 - confidence) / 2, (1 + confidence) / 2])
    if (1 - acceleration * z <= 0).any():
        return Corrected(z0, None, BEYOND)
    low, high = special.ndtr(z0 + z / (1 - acceleration * z))
    return Corrected(z0, (float(low), float(high)))


def order_limits(ordered: Array, levels: Interval) -> Interval:
    """Values at two levels of sorted draws, read at the order statistics (draws + 1) level."""
    position = np.clip(np.asarray(levels) * (len(ordered) + 1) - 1, 0, len(ordered) - 1)
    below = np.floor(position).astype(np.int64)
    above = np.minimum(below + 1, len(ordered) - 1)
    share = position - below
    low, high = ordered[below] + share * (ordered[above] - ordered[below])
    return float(low), float(high)


def usable_draws(values: Array) -> Array:
    """Sorted draws without those on which the statistic is not defined."""
    return np.sort(values[np.isfinite(values)])


def percentile(values: Array, confidence: float) -> Resampled:
    """Percentile interval at the order statistics (draws + 1) p; draws that are not finite are left out."""
    ordered = usable_draws(values)
    if len(ordered) < 2:
        return Resampled(None, None, len(ordered))
    tail = (1 - confidence) / 2
    limits = order_limits(ordered, (tail, 1 - tail))
    return Resampled(float(ordered.std(ddof=1)), limits, len(ordered))
