"""Exact bootstrap of the mean of values on a lattice: the limit of infinitely many draws.

The distribution of the resampled sum is the n-fold convolution of the values' own distribution.

References
----------
Efron B (1987). Better bootstrap confidence intervals. Journal of the American Statistical Association
82:171-185. doi:10.1080/01621459.1987.10478410
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import fft

from analysis.estimate import Array, Interval
from analysis.paired.lattice import Integers
from analysis.resampling.intervals import Corrected, corrected_levels, jackknife_acceleration

LARGEST_TABLE = 8_000_000
ROUNDING = 1e-12
NO_VALUES = "there are no values"
ALL_EQUAL = "all values are equal"
TOO_FINE = "the values have too fine a common fraction for the exact distribution"


@dataclass(frozen=True)
class LatticeBootstrap:
    """Exact bootstrap distribution of a mean.

    Attributes
    ----------
    n : int
    step : float
        Distance of neighbouring means, 1 / (n denominator).
    estimate, se : float or None
        Mean, and the standard deviation of its bootstrap distribution.
    percentile : (float, float) or None
        Smallest means at which the distribution function reaches the levels.
    acceleration : float or None
    below, equal : float or None
        Probability that a resampled mean is below, or is, the mean.
    mid, strict : Corrected or None
        Bias corrections and corrected levels with resampled means at the mean counted half or not at all.
    bca, bca_strict : (float, float) or None
        Intervals at those levels.
    reason : str
    """

    n: int
    step: float | None
    estimate: float | None = None
    se: float | None = None
    percentile: Interval | None = None
    acceleration: float | None = None
    below: float | None = None
    equal: float | None = None
    mid: Corrected | None = None
    strict: Corrected | None = None
    bca: Interval | None = None
    bca_strict: Interval | None = None
    reason: str = ""


@dataclass(frozen=True)
class _Means:
    """Distribution function of the resampled mean at ``lowest + unit * index``; `at` is the observed one."""

    cumulative: Array
    at: int
    lowest: float
    unit: float

    def limits(self, levels: Interval | None) -> Interval | None:
        """Smallest means at which the distribution function reaches the levels."""
        if levels is None:
            return None
        low, high = np.searchsorted(self.cumulative, np.asarray(levels) - ROUNDING)
        return self.lowest + float(low) * self.unit, self.lowest + float(high) * self.unit


def _resampled_means(steps: Integers, denominator: int) -> _Means | None:
    """None if the table would be too long."""
    n, lowest = len(steps), int(steps.min())
    # Offsets in units of their greatest common divisor keep the table short.
    divisor = int(np.gcd.reduce(steps - lowest))
    offsets = (steps - lowest) // divisor
    length = n * int(offsets.max()) + 1
    if length > LARGEST_TABLE:
        return None
    size = fft.next_fast_len(length, real=True)
    probability = fft.irfft(fft.rfft(np.bincount(offsets) / n, size) ** n, size)[:length]
    total = np.cumsum(np.maximum(probability, 0.0))
    unit = divisor / (n * denominator)
    return _Means(total / total[-1], int(offsets.sum()), lowest / denominator, unit)


def lattice_bootstrap(steps: Integers, denominator: int, confidence: float = 0.95) -> LatticeBootstrap:
    """Bootstrap of a mean without Monte-Carlo error.

    Parameters
    ----------
    steps : ndarray of int, shape (n,)
        Values as whole multiples of ``1 / denominator`` (`analysis.paired.lattice.to_lattice`).
    denominator : int
    confidence : float
    """
    n = len(steps)
    if n == 0:
        return LatticeBootstrap(0, None, reason=NO_VALUES)
    step = 1 / (n * denominator)
    estimate, se = int(steps.sum()) * step, float(steps.std() / denominator / np.sqrt(n))
    if np.ptp(steps) == 0:
        same = (estimate, estimate)
        return LatticeBootstrap(n, step, estimate, 0.0, same, below=0.0, equal=1.0, reason=ALL_EQUAL)
    means = _resampled_means(steps, denominator)
    if means is None:
        return LatticeBootstrap(n, step, estimate, se, reason=TOO_FINE)
    left_out = (steps.sum() - steps) / ((n - 1) * denominator)
    found = LatticeBootstrap(n, step, estimate, se, acceleration=jackknife_acceleration(left_out))
    return _with_intervals(found, means, confidence)


def _with_intervals(found: LatticeBootstrap, means: _Means, confidence: float) -> LatticeBootstrap:
    below = float(means.cumulative[means.at - 1])
    equal = float(means.cumulative[means.at]) - below
    mid = corrected_levels(below, equal, found.acceleration, confidence, "mid")
    strict = corrected_levels(below, equal, found.acceleration, confidence, "strict")
    tail = (1 - confidence) / 2
    return replace(
        found,
        percentile=means.limits((tail, 1 - tail)),
        below=below,
        equal=equal,
        mid=mid,
        strict=strict,
        bca=means.limits(mid.levels),
        bca_strict=means.limits(strict.levels),
        reason=mid.reason,
    )
