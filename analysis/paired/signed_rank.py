"""Signed-rank and sign-flip tests of paired differences, exact with ties and zeros, and their approximation.

The null distribution given the observed ranks comes from dynamic programming over doubled mid-ranks.

References
----------
Wilcoxon F (1945). Individual comparisons by ranking methods. Biometrics Bulletin 1:80-83. doi:10.2307/3001968
Pratt JW (1959). Remarks on zeros and ties in the Wilcoxon signed rank procedures. Journal of the American
Statistical Association 54:655-667. doi:10.2307/2282543
Fisher RA (1935). The Design of Experiments, section 21. Edinburgh: Oliver and Boyd.
Lancaster HO (1961). Significance tests in discrete distributions. Journal of the American Statistical
Association 56:223-234. doi:10.2307/2282247
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import stats

from analysis.estimate import Array
from analysis.paired.lattice import Integers

ZeroMethod = Literal["pratt", "wilcoxon"]
NO_NONZERO = "no difference is different from 0"
TOO_FINE = "the differences have too fine a common fraction for the exact table"
MAX_TABLE = 5_000_000
MAX_WORK = 3_000_000_000
MAX_HALVED = 40
CHUNK = 512


@dataclass(frozen=True)
class ExactTest:
    """An exact conditional test of symmetry about 0.

    Attributes
    ----------
    positive, negative : float
        Sum of the mid-ranks (or of the sizes) of positive and of negative differences.
    p_two_sided, p_greater, p_less : float or None
        None where `reason` says why.
    p_mid : float or None
        Two-sided mid-p, which counts half of the probability of what was observed.
    n, n_zero : int
        Differences given, and how many of them are 0.
    zeros : {"pratt", "wilcoxon"}
        Whether zeros were ranked and then dropped, or dropped before ranking.
    reason : str
        Empty, or why there are no p-values.
    """

    positive: float
    negative: float
    p_two_sided: float | None = None
    p_greater: float | None = None
    p_less: float | None = None
    p_mid: float | None = None
    n: int = 0
    n_zero: int = 0
    zeros: ZeroMethod = "pratt"
    reason: str = ""


@dataclass(frozen=True)
class NormalTest:
    """The signed-rank test by its normal approximation, with the variance of the observed ties.

    Attributes
    ----------
    z : float or None
        Standardised statistic without continuity correction.
    p_two_sided, p_greater, p_less : float or None
        None where `reason` says why.
    n, n_zero : int
    zeros : {"pratt", "wilcoxon"}
    correction : bool
        Whether the p-values carry the continuity correction of one half.
    reason : str
    """

    z: float | None
    p_two_sided: float | None
    p_greater: float | None
    p_less: float | None
    n: int
    n_zero: int
    zeros: ZeroMethod
    correction: bool
    reason: str = ""


def lower_counts(sizes: Integers, top: int) -> Array:
    """P(sum of a random subset of `sizes` = s) for s = 0 .. top, each included with probability 1/2."""
    table, other = np.zeros(top + 1), np.zeros(top + 1)
    table[0] = 1.0
    filled = 0
    ordered = np.sort(sizes)
    # Halving once per chunk keeps the counts within range and costs one pass instead of one per size.
    for start in range(0, len(ordered), CHUNK):
        chunk = ordered[start : start + CHUNK].tolist()
        for size in chunk:
            filled = min(top, filled + size)
            other[:size] = table[:size]
            if size <= filled:
                np.add(table[size : filled + 1], table[: filled + 1 - size], out=other[size : filled + 1])
            table, other = other, table
        table *= 0.5 ** len(chunk)
    return table


def _table_tails(sizes: Integers, positive: int, negative: int) -> tuple[float, float]:
    """P(sum <= the smaller sum) and P(sum = it)."""
    smaller = min(positive, negative)
    probability = lower_counts(sizes, smaller)
    return float(probability.sum()), float(probability[smaller])


def _subset_sums(sizes: Integers) -> Integers:
    sums = np.zeros(1, dtype=np.int64)
    for size in sizes:
        sums = np.concatenate([sums, sums + size])
    return np.sort(sums)


def _halved_tails(sizes: Integers, positive: int, negative: int) -> tuple[float, float]:
    """As `_table_tails`, by enumerating two halves; for few sizes on a fine lattice."""
    smaller, half = min(positive, negative), len(sizes) // 2
    first, second = _subset_sums(sizes[:half]), _subset_sums(sizes[half:])
    up_to = int(np.searchsorted(second, smaller - first, side="right").sum())
    below = int(np.searchsorted(second, smaller - first, side="left").sum())
    share = 0.5 ** len(sizes)
    return up_to * share, (up_to - below) * share


def _tails(sizes: Integers, positive: int, negative: int) -> tuple[float, float] | None:
    smaller = min(positive, negative)
    if smaller <= MAX_TABLE and smaller * len(sizes) <= MAX_WORK:
        return _table_tails(sizes, positive, negative)
    return _halved_tails(sizes, positive, negative) if len(sizes) <= MAX_HALVED else None


def _exact(sizes: Integers, signs: Integers, unit: float, n: int, zeros: ZeroMethod) -> ExactTest:
    """Test from whole sizes; the statistic is their sum over positive signs, times `unit`."""
    positive, negative = int(sizes[signs > 0].sum()), int(sizes[signs < 0].sum())
    used = sizes[signs != 0]
    n_zero = n - len(used)
    if len(used) == 0:
        return ExactTest(0.0, 0.0, n=n, n_zero=n_zero, zeros=zeros, reason=NO_NONZERO)
    # A common divisor leaves the event unchanged and keeps the table short.
    divisor = int(np.gcd.reduce(used))
    tails = _tails(used // divisor, positive // divisor, negative // divisor)
    sums = (positive * unit, negative * unit)
    if tails is None:
        return ExactTest(*sums, n=n, n_zero=n_zero, zeros=zeros, reason=TOO_FINE)
    small, point = min(1.0, tails[0]), tails[1]
    large = min(1.0, 1 - small + point)
    greater, less = (small, large) if negative <= positive else (large, small)
    middle = min(1.0, 2 * (small - point / 2))
    return ExactTest(*sums, min(1.0, 2 * small), greater, less, middle, n, n_zero, zeros)


def doubled_ranks(steps: Integers) -> Integers:
    """Twice the mid-rank of the size of each difference, so that ties keep whole numbers; shape (n,)."""
    _, place, count = np.unique(np.abs(steps), return_inverse=True, return_counts=True)
    top = np.cumsum(count)
    return np.asarray((2 * top - count + 1)[place], dtype=np.int64)


def signed_rank(steps: Integers, zeros: ZeroMethod = "pratt") -> ExactTest:
    """Exact signed-rank test, conditional on ties and zeros.

    Parameters
    ----------
    steps : ndarray of int, shape (n,)
        Differences on their lattice (`analysis.paired.lattice`).
    zeros : {"pratt", "wilcoxon"}
        Whether zeros are ranked and then dropped, or dropped before ranking.
    """
    values = steps if zeros == "pratt" else steps[steps != 0]
    return _exact(doubled_ranks(values), np.sign(values), 0.5, len(steps), zeros)


def sign_flip(steps: Integers, denominator: int = 1) -> ExactTest:
    """Exact sign-flip (permutation) test of the mean; `positive` and `negative` are sums of differences."""
    return _exact(np.abs(steps), np.sign(steps), 1 / denominator, len(steps), "wilcoxon")


def signed_rank_normal(
    steps: Integers, zeros: ZeroMethod = "pratt", *, correction: bool = False
) -> NormalTest:
    """Signed-rank test by its normal approximation.

    Parameters
    ----------
    steps : ndarray of int, shape (n,)
        Differences on their lattice.
    zeros : {"pratt", "wilcoxon"}
    correction : bool
        Continuity correction of one half, towards the expectation in the two-sided test.
    """
    n, n_zero = len(steps), int((steps == 0).sum())
    if n == n_zero:
        return NormalTest(None, None, None, None, n, n_zero, zeros, correction, NO_NONZERO)
    rule = "pratt" if zeros == "pratt" else "wilcox"

    def test(alternative: str, *, corrected: bool) -> Any:
        return stats.wilcoxon(
            steps, zero_method=rule, correction=corrected, alternative=alternative, method="asymptotic"
        )

    z = float(test("greater", corrected=False).zstatistic)
    two_sided, greater, less = (
        float(test(side, corrected=correction).pvalue) for side in ("two-sided", "greater", "less")
    )
    return NormalTest(z, two_sided, greater, less, n, n_zero, zeros, correction)
