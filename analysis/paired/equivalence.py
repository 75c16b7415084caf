"""Equivalence and non-inferiority of paired differences within a region fixed in advance.

A difference of d stands in a region (low, high) when both one-sided tests reject; the p-value of
equivalence is the larger of the two.

References
----------
Schuirmann DJ (1987). A comparison of the two one-sided tests procedure and the power approach. Journal of
Pharmacokinetics and Biopharmaceutics 15:657-680. doi:10.1007/BF01068419
Lakens D (2017). Equivalence tests. Social Psychological and Personality Science 8:355-362.
doi:10.1177/1948550617697177
Piaggio G, Elbourne DR, Pocock SJ, Evans SJW, Altman DG (2012). Reporting of noninferiority and equivalence
randomized trials. JAMA 308:2594-2604. doi:10.1001/jama.2012.87802
Pratt JW (1959). Remarks on zeros and ties in the Wilcoxon signed rank procedures. Journal of the American
Statistical Association 54:655-667. doi:10.2307/2282543
"""

import math
from dataclasses import dataclass

import numpy as np

from analysis.estimate import Interval, t_interval
from analysis.paired.lattice import Integers, OffLatticeError, smallest_denominator
from analysis.paired.location import paired_t
from analysis.paired.signed_rank import ExactTest, NormalTest, ZeroMethod, signed_rank, signed_rank_normal


@dataclass(frozen=True)
class TwoOneSided:
    """Two one-sided tests against the limits of an equivalence region.

    Attributes
    ----------
    p_lower, p_upper : float or None
        Of "not above the lower limit" and of "not below the upper limit".
    p : float or None
        The larger of both.
    method : str
        What was computed: the statistic, whether exact, the rule for zeros, the continuity correction.
    n : int
    n_at_lower, n_at_upper : int
        Differences equal to a limit, which are the zeros of the shifted test.
    reason : str
        Empty, or why there is no p-value.
    """

    p_lower: float | None
    p_upper: float | None
    p: float | None
    method: str
    n: int
    n_at_lower: int = 0
    n_at_upper: int = 0
    reason: str = ""


@dataclass(frozen=True)
class EquivalenceT(TwoOneSided):
    """Two one-sided t-tests.

    Attributes
    ----------
    estimate, se, df : float or None
        Mean difference and its standard error in points, degrees of freedom.
    t_lower, t_upper : float or None
    interval : (float, float) or None
        Two-sided at confidence 1 - 2 alpha; it lies in the region exactly when p < alpha.
    alpha : float
    equivalent : bool or None
        Whether p < alpha.
    """

    estimate: float | None = None
    se: float | None = None
    df: float | None = None
    t_lower: float | None = None
    t_upper: float | None = None
    interval: Interval | None = None
    alpha: float = 0.05
    equivalent: bool | None = None


@dataclass(frozen=True)
class NonInferiorityT:
    """One-sided t-test of "mean <= bound" and the lower one-sided limit of the mean.

    Attributes
    ----------
    p, lower_limit : float or None
        The limit has confidence 1 - alpha, points.
    estimate, se, df : float or None
    bound, alpha : float
    noninferior : bool or None
        Whether p < alpha.
    n : int
    reason : str
        Empty, or why there is no test.
    """

    p: float | None
    lower_limit: float | None
    estimate: float | None
    se: float | None
    df: float | None
    bound: float
    alpha: float
    noninferior: bool | None
    n: int
    reason: str = ""


def _check(low: float, high: float) -> None:
    if not low < high:
        raise ValueError(f"the equivalence region must have low < high, not {low} and {high}")


def equivalence_t(
    steps: Integers, denominator: int, low: float, high: float, *, alpha: float = 0.05
) -> EquivalenceT:
    """Two one-sided t-tests of the mean difference.

    Parameters
    ----------
    steps : ndarray of int, shape (n,)
        Differences on their lattice.
    denominator : int
    low, high : float
        Limits of the region, points.
    alpha : float
        Level of each one-sided test.

    Raises
    ------
    ValueError
        If `low` is not below `high`.
    """
    _check(low, high)
    lower = paired_t(steps, denominator, shift=low, confidence=1 - 2 * alpha)
    upper = paired_t(steps, denominator, shift=high)
    if lower.p_greater is None or upper.p_less is None:
        method = "t"
        return EquivalenceT(
            None, None, None, method, lower.n, reason=lower.reason, estimate=lower.mean, alpha=alpha
        )
    p = max(lower.p_greater, upper.p_less)
    return EquivalenceT(
        p_lower=lower.p_greater,
        p_upper=upper.p_less,
        p=p,
        method="t",
        n=lower.n,
        estimate=lower.mean,
        se=lower.se,
        df=lower.df,
        t_lower=lower.statistic,
        t_upper=upper.statistic,
        interval=lower.interval,
        alpha=alpha,
        equivalent=p < alpha,
    )


def noninferiority_t(
    steps: Integers, denominator: int, bound: float, *, alpha: float = 0.025
) -> NonInferiorityT:
    """One-sided t-test that the mean difference lies above `bound`.

    Parameters
    ----------
    steps : ndarray of int, shape (n,)
    denominator : int
    bound : float
        The negative of the margin, points.
    alpha : float
    """
    test = paired_t(steps, denominator, shift=bound)
    if test.p_greater is None or test.mean is None or test.se is None or test.df is None:
        return NonInferiorityT(None, None, test.mean, None, None, bound, alpha, None, test.n, test.reason)
    limit = float(t_interval(test.mean, test.se, test.df, 1 - 2 * alpha)[0])
    met = test.p_greater < alpha
    return NonInferiorityT(test.p_greater, limit, test.mean, test.se, test.df, bound, alpha, met, test.n)


def shifted(steps: Integers, denominator: int, bound: float) -> Integers:
    """Differences minus a bound, on the lattice that holds both; shape (n,).

    Subtracting the bound as a float would break the ties among the shifted differences.

    Raises
    ------
    OffLatticeError
        If the bound is no fraction or decimal number of at most 9 places.
    """
    own = smallest_denominator([bound])
    if own is None:
        raise OffLatticeError("a limit of the region is no fraction")
    common = math.lcm(denominator, own)
    return np.asarray(steps * (common // denominator) - round(bound * common), dtype=np.int64)


def _two_one_sided(lower: ExactTest | NormalTest, upper: ExactTest | NormalTest, method: str) -> TwoOneSided:
    p_lower, p_upper = lower.p_greater, upper.p_less
    if p_lower is None or p_upper is None:
        reason = f"every difference equals a limit of the region, or {lower.reason or upper.reason}"
        return TwoOneSided(p_lower, p_upper, None, method, lower.n, lower.n_zero, upper.n_zero, reason)
    p = max(p_lower, p_upper)
    return TwoOneSided(p_lower, p_upper, p, method, lower.n, lower.n_zero, upper.n_zero)


def equivalence_signed_rank(
    steps: Integers, denominator: int, low: float, high: float, *, zeros: ZeroMethod = "pratt"
) -> TwoOneSided:
    """Two one-sided exact signed-rank tests; `p_lower` alone is the test of non-inferiority.

    They ask about the centre of symmetry of the differences, not about their mean: a margin that was
    chosen for the mean does not carry over.

    Parameters
    ----------
    steps : ndarray of int, shape (n,)
    denominator : int
    low, high : float
        Limits of the region, points.
    zeros : {"pratt", "wilcoxon"}
        Rule for differences equal to a limit.

    Raises
    ------
    ValueError
        If `low` is not below `high`.
    """
    _check(low, high)
    lower = signed_rank(shifted(steps, denominator, low), zeros)
    upper = signed_rank(shifted(steps, denominator, high), zeros)
    return _two_one_sided(lower, upper, f"exact signed-rank, {zeros} zeros")


def equivalence_signed_rank_normal(
    steps: Integers,
    denominator: int,
    low: float,
    high: float,
    *,
    zeros: ZeroMethod = "wilcoxon",
    correction: bool = False,
) -> TwoOneSided:
    """As `equivalence_signed_rank` by the normal approximation, with or without continuity correction."""
    _check(low, high)
    lower = signed_rank_normal(shifted(steps, denominator, low), zeros, correction=correction)
    upper = signed_rank_normal(shifted(steps, denominator, high), zeros, correction=correction)
    corrected = "continuity-corrected " if correction else ""
    return _two_one_sided(lower, upper, f"{corrected}normal signed-rank, {zeros} zeros")
