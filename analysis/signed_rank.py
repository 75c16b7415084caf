"""Exact tests of paired differences: signed rank with ties and zeros, sign flip, sign test, Hodges-Lehmann.

The null distribution given the observed ranks comes from dynamic programming over doubled mid-ranks.

References
----------
Wilcoxon F (1945). Individual comparisons by ranking methods. Biometrics Bulletin 1:80-83. doi:10.2307/3001968
Pratt JW (1959). Remarks on zeros and ties in the Wilcoxon signed rank procedures. Journal of the American
Statistical Association 54:655-667. doi:10.2307/2282543
Hodges JL, Lehmann EL (1963). Estimates of location based on rank tests. Annals of Mathematical Statistics
34:598-611. doi:10.1214/aoms/1177704172
Fisher RA (1935). The Design of Experiments, section 21. Edinburgh: Oliver and Boyd.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special, stats

from analysis.estimate import Array, Interval
from analysis.lattice import Integers

ZeroMethod = Literal["pratt", "wilcoxon"]
NO_NONZERO = "no difference is different from 0"
TOO_FINE = "the differences have too fine a common fraction for the exact table"
MAX_TABLE = 5_000_000


@dataclass(frozen=True)
class ExactTest:
    """An exact conditional test of symmetry about 0.

    Attributes
    ----------
    positive, negative : float
        Sum of the mid-ranks (or of the sizes) of positive and of negative differences.
    p_two_sided, p_greater, p_less : float or None
        None where `reason` says why.
    reason : str
        Empty, or why there are no p-values.
    """

    positive: float
    negative: float
    p_two_sided: float | None = None
    p_greater: float | None = None
    p_less: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class HodgesLehmann:
    """Median of the Walsh averages with an order-statistic interval, in the units of the differences.

    Attributes
    ----------
    estimate : float
    interval : (float, float) or None
        None when the requested confidence is not attainable with so few differences.
    coverage : float or None
        Confidence of that interval for differences without ties.
    """

    estimate: float
    interval: Interval | None
    coverage: float | None


@dataclass(frozen=True)
class SignTest:
    """Counts of signs, exact binomial p-values and the Clopper-Pearson interval of the share positive."""

    positive: int
    negative: int
    zero: int
    p_two_sided: float | None
    p_greater: float | None
    p_less: float | None
    share_interval: Interval | None


def _flip_distribution(sizes: Integers) -> Array:
    """P(sum of a random subset of `sizes` = s) for s = 0 .. sum, each included with probability 1/2."""
    total = int(sizes.sum())
    probability = np.zeros(total + 1)
    probability[0] = 1.0
    top = 0
    for size in np.sort(sizes):
        shifted = probability[: top + 1].copy()
        probability[: top + 1] *= 0.5
        probability[size : size + top + 1] += 0.5 * shifted
        top += int(size)
    return probability


def _exact(sizes: Integers, signs: Integers, unit: float) -> ExactTest:
    """Test from whole sizes; the statistic is their sum over positive signs, times `unit`."""
    positive, negative = int(sizes[signs > 0].sum()), int(sizes[signs < 0].sum())
    if positive + negative == 0:
        return ExactTest(0.0, 0.0, reason=NO_NONZERO)
    # A common divisor leaves the event unchanged and keeps the table short.
    used = sizes[signs != 0]
    divisor = int(np.gcd.reduce(used))
    if int(used.sum()) // divisor > MAX_TABLE:
        return ExactTest(positive * unit, negative * unit, reason=TOO_FINE)
    distribution = _flip_distribution(used // divisor)
    greater = min(1.0, float(distribution[positive // divisor :].sum()))
    less = min(1.0, float(distribution[: positive // divisor + 1].sum()))
    return ExactTest(positive * unit, negative * unit, min(1.0, 2 * min(greater, less)), greater, less)


def signed_rank(steps: Integers, zeros: ZeroMethod = "pratt") -> ExactTest:
    """Exact signed-rank test, conditional on ties and zeros.

    Parameters
    ----------
    steps : ndarray of int, shape (n,)
        Differences on their lattice (`analysis.lattice.to_lattice`).
    zeros : {"pratt", "wilcoxon"}
        Whether zeros are ranked and then dropped, or dropped before ranking.
    """
    values = steps if zeros == "pratt" else steps[steps != 0]
    doubled = np.rint(2 * stats.rankdata(np.abs(values))).astype(np.int64) if len(values) else values
    return _exact(doubled, np.sign(values), 0.5)


def sign_flip(steps: Integers, denominator: int = 1) -> ExactTest:
    """Exact sign-flip (permutation) test of the mean; `positive` and `negative` are sums of differences."""
    return _exact(np.abs(steps), np.sign(steps), 1 / denominator)


def hodges_lehmann(steps: Integers, denominator: int = 1, confidence: float = 0.95) -> HodgesLehmann:
    """Median of all Walsh averages, zeros included, with its order-statistic interval.

    The interval is not the inversion of the tied test and may contain 0 when that test rejects.

    Raises
    ------
    ValueError
        If there are no differences.
    """
    n = len(steps)
    if n == 0:
        raise ValueError("there are no differences")
    row, column = np.triu_indices(n)
    walsh = np.sort(steps[row] + steps[column])
    unit, count = 2.0 * denominator, len(walsh)
    estimate = float(walsh[(count - 1) // 2] + walsh[count // 2]) / 2 / unit
    below = np.cumsum(_flip_distribution(np.arange(1, n + 1)))
    k = int(np.searchsorted(below, (1 - confidence) / 2 * (1 - 1e-12)))
    if k == 0:
        return HodgesLehmann(estimate, None, None)
    interval = (float(walsh[k - 1]) / unit, float(walsh[count - k]) / unit)
    return HodgesLehmann(estimate, interval, float(1 - 2 * below[k - 1]))


def clopper_pearson(successes: int, n: int, confidence: float = 0.95) -> Interval:
    """Exact two-sided interval of a proportion (Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404)."""
    tail = (1 - confidence) / 2
    low = 0.0 if successes == 0 else float(special.betaincinv(successes, n - successes + 1, tail))
    high = 1.0 if successes == n else float(special.betaincinv(successes + 1, n - successes, 1 - tail))
    return low, high


def binomial_tails(successes: int, n: int) -> tuple[float, float, float]:
    """Two-sided, upper and lower p-values of `successes` out of `n` at probability 1/2."""
    greater = float(special.bdtrc(successes - 1, n, 0.5)) if successes > 0 else 1.0
    less = float(special.bdtr(successes, n, 0.5))
    return min(1.0, 2 * min(greater, less)), greater, less


def sign_test(steps: Integers, confidence: float = 0.95) -> SignTest:
    """Exact sign test; zeros are counted and left out."""
    positive, negative = int((steps > 0).sum()), int((steps < 0).sum())
    n = positive + negative
    if n == 0:
        return SignTest(0, 0, len(steps), None, None, None, None)
    tails = binomial_tails(positive, n)
    return SignTest(positive, negative, len(steps) - n, *tails, clopper_pearson(positive, n, confidence))
