"""Where paired differences lie: mean, median and Hodges-Lehmann estimate, each with its test or interval.

References
----------
Student (1908). The probable error of a mean. Biometrika 6:1-25. doi:10.1093/biomet/6.1.1
Hodges JL, Lehmann EL (1963). Estimates of location based on rank tests. Annals of Mathematical Statistics
34:598-611. doi:10.1214/aoms/1177704172
Clopper CJ, Pearson ES (1934). The use of confidence or fiducial limits illustrated in the case of the
binomial. Biometrika 26:404-413. doi:10.1093/biomet/26.4.404
Hollander M, Wolfe DA, Chicken E (2014). Nonparametric Statistical Methods, 3rd edition, sections 3.2 to
3.6. doi:10.1002/9781119196037
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special, stats

from analysis.estimate import Interval, t_interval, t_tail
from analysis.paired.lattice import Integers
from analysis.paired.signed_rank import NO_NONZERO, lower_counts

NONE = "there are no differences"
ONE = "one difference has no standard error"
CONSTANT = "all differences are equal: their standard deviation is 0"
MAX_LISTED = 2_000
MAX_EXACT_RANK = 1_000


@dataclass(frozen=True)
class PairedT:
    """One-sample t of paired differences.

    Attributes
    ----------
    n : int
    mean, sd, se : float or None
        Points; sd and se with n - 1 in the denominator.
    statistic, df : float or None
    p_two_sided, p_greater, p_less : float or None
    interval : (float, float) or None
        Two-sided, points.
    reason : str
        Empty, or why there is no test.
    """

    n: int
    mean: float | None
    sd: float | None = None
    se: float | None = None
    statistic: float | None = None
    df: float | None = None
    p_two_sided: float | None = None
    p_greater: float | None = None
    p_less: float | None = None
    interval: Interval | None = None
    reason: str = ""


@dataclass(frozen=True)
class OrderInterval:
    """A median with the interval between two order statistics, in the units of the differences.

    Attributes
    ----------
    estimate : float
    interval : (float, float) or None
        None when the requested confidence is not attainable with so few differences.
    coverage : float or None
        Confidence of that interval for differences without ties.
    n : int
    reason : str
        Empty, or why there is no interval.
    """

    estimate: float
    interval: Interval | None
    coverage: float | None
    n: int = 0
    reason: str = ""


@dataclass(frozen=True)
class SignTest:
    """Counts of signs, exact binomial p-values and the Clopper-Pearson interval of the share positive.

    Attributes
    ----------
    positive, negative, zero : int
    p_two_sided, p_greater, p_less, p_mid : float or None
        Zeros are left out; `p_mid` is the two-sided mid-p.
    share_interval : (float, float) or None
    reason : str
        Empty, or why there are no p-values.
    """

    positive: int
    negative: int
    zero: int
    p_two_sided: float | None = None
    p_greater: float | None = None
    p_less: float | None = None
    share_interval: Interval | None = None
    p_mid: float | None = None
    reason: str = ""


def paired_t(
    steps: Integers, denominator: int = 1, *, shift: float = 0.0, confidence: float = 0.95
) -> PairedT:
    """Paired t-test of ``mean = shift``.

    Parameters
    ----------
    steps : ndarray of int, shape (n,)
        Differences on their lattice, so that equal differences are recognised as equal.
    denominator : int
    shift : float
        Mean under the null hypothesis, points.
    confidence : float
        Of the two-sided interval of the mean.
    """
    n = len(steps)
    if n == 0:
        return PairedT(0, None, reason=NONE)
    values = steps / denominator
    mean = float(values.mean())
    if n == 1:
        return PairedT(1, mean, reason=ONE)
    if np.ptp(steps) == 0:
        return PairedT(n, mean, 0.0, 0.0, df=n - 1, reason=CONSTANT)
    sd = float(values.std(ddof=1))
    se = sd / float(np.sqrt(n))
    t = (mean - shift) / se
    low, high = t_interval(mean, se, n - 1, confidence)
    greater, less = float(t_tail(t, n - 1)), float(t_tail(-t, n - 1))
    two_sided = min(1.0, 2 * min(greater, less))
    return PairedT(n, mean, sd, se, t, n - 1, two_sided, greater, less, (float(low), float(high)))


def clopper_pearson(successes: int, n: int, confidence: float = 0.95) -> Interval:
    """Exact two-sided interval of a proportion (Clopper and Pearson 1934)."""
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
    zero = len(steps) - n
    if n == 0:
        return SignTest(0, 0, zero, reason=NO_NONZERO)
    two_sided, greater, less = binomial_tails(positive, n)
    middle = min(1.0, 2 * min(greater, less) - float(stats.binom.pmf(positive, n, 0.5)))
    interval = clopper_pearson(positive, n, confidence)
    return SignTest(positive, negative, zero, two_sided, greater, less, interval, middle)


def _unattainable(confidence: float, n: int) -> str:
    return f"{confidence:.3g} confidence is not attainable with {n} differences"


def median_interval(steps: Integers, denominator: int = 1, confidence: float = 0.95) -> OrderInterval:
    """Median of all differences, zeros included, with its order-statistic (sign test) interval.

    Raises
    ------
    ValueError
        If there are no differences.
    """
    n = len(steps)
    if n == 0:
        raise ValueError(NONE)
    values = np.sort(steps)
    estimate = float(np.median(values)) / denominator
    k = int(stats.binom.ppf((1 - confidence) / 2, n, 0.5))
    if k == 0:
        return OrderInterval(estimate, None, None, n, _unattainable(confidence, n))
    interval = (float(values[k - 1]) / denominator, float(values[n - k]) / denominator)
    return OrderInterval(estimate, interval, 1 - 2 * float(stats.binom.cdf(k - 1, n, 0.5)), n)


@lru_cache(maxsize=1024)
def _walsh_rank(n: int, confidence: float) -> tuple[int, float]:
    """Rank of the lower limit among the Walsh averages, and the coverage; rank 0 where unattainable."""
    tail = (1 - confidence) / 2
    if n > MAX_EXACT_RANK:
        centre, spread = n * (n + 1) / 4, float(np.sqrt(n * (n + 1) * (2 * n + 1) / 24))
        k = int(np.floor(centre + spread * float(special.ndtri(tail))))
        return k, 1 - 2 * float(special.ndtr((k - 0.5 - centre) / spread))
    below = np.cumsum(lower_counts(np.arange(1, n + 1), n * (n + 1) // 4))
    k = int(np.searchsorted(below, tail * (1 - 1e-12)))
    return k, 1 - 2 * float(below[k - 1]) if k else 0.0


def _walsh_sums(ordered: Integers, ranks: list[int]) -> list[int]:
    """The sums of two differences (each also with itself) at the given ranks from 1, without listing all."""
    n = len(ordered)
    own = np.arange(n)

    def count_up_to(bound: int) -> int:
        partners = np.searchsorted(ordered, bound - ordered, side="right") - own
        return int(np.maximum(partners, 0).sum())

    found = []
    for rank in ranks:
        low, high = 2 * int(ordered[0]), 2 * int(ordered[-1])
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if count_up_to(middle) >= rank else (middle + 1, high)
        found.append(low)
    return found


def _order_statistics(steps: Integers, ranks: list[int]) -> list[int]:
    n = len(steps)
    if n > MAX_LISTED:
        return _walsh_sums(np.sort(steps), ranks)
    row, column = np.triu_indices(n)
    walsh = np.sort(steps[row] + steps[column])
    return [int(walsh[rank - 1]) for rank in ranks]


def hodges_lehmann(steps: Integers, denominator: int = 1, confidence: float = 0.95) -> OrderInterval:
    """Median of all Walsh averages, zeros included, with its order-statistic interval.

    The interval is not the inversion of the tied test and may contain 0 when that test rejects. Above
    1,000 differences its ranks come from the normal approximation. For the estimate among non-zero
    differences give ``steps[steps != 0]``.

    Raises
    ------
    ValueError
        If there are no differences.
    """
    n = len(steps)
    if n == 0:
        raise ValueError(NONE)
    count, unit = n * (n + 1) // 2, 2.0 * denominator
    k, coverage = _walsh_rank(n, confidence)
    middle = [(count + 1) // 2, count // 2 + 1]
    limits = [k, count + 1 - k] if k else []
    first, second, *ends = _order_statistics(steps, middle + limits)
    estimate = (first + second) / 2 / unit
    if not k:
        return OrderInterval(estimate, None, None, n, _unattainable(confidence, n))
    return OrderInterval(estimate, (ends[0] / unit, ends[1] / unit), coverage, n)
