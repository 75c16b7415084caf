"""Effect sizes of paired differences, by ranks, by signs and standardised.

References
----------
Kerby DS (2014). The simple difference formula: an approach to teaching nonparametric correlation.
Comprehensive Psychology 3:11.IT.3.1. doi:10.2466/11.IT.3.1
Cliff N (1996). Answering ordinal questions with ordinal data using ordinal statistics. Multivariate
Behavioral Research 31:331-350. doi:10.1207/s15327906mbr3103_4
Feng D, Cliff N (2004). Monte Carlo evaluation of ordinal d with improved confidence interval. Journal of
Modern Applied Statistical Methods 3:322-332. doi:10.22237/jmasm/1099267560
Steiger JH, Fouladi RT (1997). Noncentrality interval estimation and the evaluation of statistical models.
In: What If There Were No Significance Tests? 221-257. Mahwah: Erlbaum.
Hedges LV (1981). Distribution theory for Glass's estimator of effect size and related estimators. Journal
of Educational Statistics 6:107-128. doi:10.3102/10769986006002107
Morris SB, DeShon RP (2002). Combining effect size estimates in meta-analysis with repeated measures and
independent-groups designs. Psychological Methods 7:105-125. doi:10.1037/1082-989X.7.1.105
Lakens D (2013). Calculating and reporting effect sizes to facilitate cumulative science. Frontiers in
Psychology 4:863. doi:10.3389/fpsyg.2013.00863
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from analysis.estimate import Array, Interval
from analysis.paired.lattice import Integers, find_lattice
from analysis.paired.location import CONSTANT, NONE, ONE, paired_t
from analysis.paired.signed_rank import NO_NONZERO, signed_rank

RankDenominator = Literal["wilcoxon", "pratt", "pratt_full"]
AT_THE_BOUND = "at -1 or 1 Fisher's z is infinite"
TOO_FEW_GROUP = "a group has fewer than 2 values"
NO_SPREAD = "neither side varies"
NO_CORRELATION = "one side does not vary, so the sides have no correlation"
NO_CORRECTION = "2 differences leave 1 degree of freedom, where the small-sample correction does not exist"
PANEL_NODES = 24


@dataclass(frozen=True)
class EffectSize:
    """One effect size.

    Attributes
    ----------
    estimate : float or None
        Without unit; positive where the first side is higher.
    interval : (float, float) or None
        Two-sided.
    n : int
        Pairs, or non-zero differences where only these enter.
    reason : str
        Empty, or why the estimate or its interval is missing.
    """

    estimate: float | None
    interval: Interval | None
    n: int
    reason: str = ""


def _normal_half(confidence: float) -> float:
    return float(special.ndtri((1 + confidence) / 2))


def rank_biserial(
    steps: Integers, denominator: RankDenominator = "wilcoxon", confidence: float = 0.95
) -> EffectSize:
    """Matched-pairs rank-biserial correlation (V+ - V-) / denominator.

    Parameters
    ----------
    steps : ndarray of int, shape (n,)
        Differences on their lattice.
    denominator : {"wilcoxon", "pratt", "pratt_full"}
        Ranks without zeros over their sum (with an interval by Fisher's z, its standard error that of the
        untied signed-rank statistic); ranks with zeros over the sum of the ranks kept; or ranks with zeros
        over n(n + 1)/2, which shrinks towards 0 with every zero.
    confidence : float
    """
    test = signed_rank(steps, "wilcoxon" if denominator == "wilcoxon" else "pratt")
    n, used = test.n, test.n - test.n_zero
    if used == 0:
        return EffectSize(None, None, 0, NO_NONZERO)
    total = n * (n + 1) / 2 if denominator == "pratt_full" else test.positive + test.negative
    r = (test.positive - test.negative) / total
    if denominator != "wilcoxon":
        return EffectSize(r, None, n)
    if abs(r) >= 1:
        return EffectSize(r, None, used, AT_THE_BOUND)
    se = float(np.sqrt(used * (used + 1) * (2 * used + 1) / 6)) / (used * (used + 1) / 2)
    half = _normal_half(confidence) * se
    z = float(np.arctanh(r))
    return EffectSize(r, (float(np.tanh(z - half)), float(np.tanh(z + half))), used)


def probability_of_superiority(steps: Integers) -> EffectSize:
    """Share of pairs in which the first side is higher, ties counted half."""
    if len(steps) == 0:
        return EffectSize(None, None, 0, NONE)
    share = float(((steps > 0).sum() + (steps == 0).sum() / 2) / len(steps))
    return EffectSize(share, None, len(steps))


def paired_dominance(steps: Integers, confidence: float = 0.95) -> EffectSize:
    """Cliff's within-pair d: share of positive minus share of negative differences, with Wald interval."""
    n = len(steps)
    if n == 0:
        return EffectSize(None, None, 0, NONE)
    up, down = float((steps > 0).mean()), float((steps < 0).mean())
    d = up - down
    half = _normal_half(confidence) * float(np.sqrt(max(up + down - d**2, 0.0) / n))
    return EffectSize(d, (d - half, d + half), n)


def cliffs_delta_independent(first: ArrayLike, second: ArrayLike, confidence: float = 0.95) -> EffectSize:
    """Cliff's delta of two INDEPENDENT samples with Feng and Cliff's asymmetric interval.

    It ignores the pairing and is no result of a paired study: use `paired_dominance` there. It exists to
    compare with reports that used it.

    Parameters
    ----------
    first, second : array_like of float, shapes (n1,) and (n2,)
    confidence : float
    """
    x, y = np.asarray(first, float), np.asarray(second, float)
    n1, n2 = len(x), len(y)
    if min(n1, n2) == 0:
        return EffectSize(None, None, n1 + n2, NONE)
    both, _ = find_lattice(np.concatenate([x, y]))
    dominance = np.sign(both[:n1, None] - both[None, n1:]).astype(float)
    delta = float(dominance.mean())
    if min(n1, n2) < 2:
        return EffectSize(delta, None, n1 + n2, TOO_FEW_GROUP)
    low, high = _delta_interval(dominance, delta, confidence)
    return EffectSize(delta, (low, high), n1 + n2)


def _delta_interval(dominance: Array, delta: float, confidence: float) -> Interval:
    n1, n2 = dominance.shape
    # Disjoint samples have no variance: the estimate is drawn in by one pair, the outer limit stays.
    centre = delta * (n1 * n2 - 1) / (n1 * n2) if abs(delta) == 1 else delta
    rows = ((dominance.mean(axis=1) - centre) ** 2).sum()
    columns = ((dominance.mean(axis=0) - centre) ** 2).sum()
    cells = ((dominance - centre) ** 2).sum()
    variance = (n2**2 * rows + n1**2 * columns - cells) / (n1 * n2 * (n1 - 1) * (n2 - 1))
    spread = float(special.stdtrit(n1 + n2 - 2, (1 + confidence) / 2)) * float(np.sqrt(max(variance, 0.0)))
    half = spread * float(np.sqrt((1 - centre**2) ** 2 + spread**2))
    scale = 1 - centre**2 + spread**2
    low, high = (centre - centre**3 - half) / scale, (centre - centre**3 + half) / scale
    return (-1.0 if delta == -1 else low), (1.0 if delta == 1 else high)


def _noncentral_cdf(t: float, df: float) -> tuple[Array, Array]:
    """Weights and t-scaled chi nodes with P(T <= t | nc) = sum of weight * Phi(node - nc)."""
    low = np.sqrt(2 * special.gammaincinv(df / 2, 1e-17) / df)
    high = np.sqrt(2 * special.gammainccinv(df / 2, 1e-17) / df)
    panels = 8 + int(np.ceil(abs(t) * (high - low) / 4))
    x, w = np.polynomial.legendre.leggauss(PANEL_NODES)
    width = (high - low) / panels
    starts = low + width * np.arange(panels)[:, None]
    s = (starts + width * (x + 1) / 2).ravel()
    logs = (df - 1) * np.log(s) - df * s**2 / 2 + df / 2 * np.log(df / 2) - special.gammaln(df / 2)
    weights = np.tile(w, panels) * width * np.exp(logs)
    return np.asarray(weights), np.asarray(t * s)


def noncentral_limits(t: float, df: float, confidence: float = 0.95) -> Interval:
    """Interval of the noncentrality parameter by inversion of the noncentral t distribution.

    Parameters
    ----------
    t : float
        Observed statistic.
    df : float
        Its degrees of freedom.
    confidence : float
    """
    weights, nodes = _noncentral_cdf(t, df)
    reach = 10 * float(np.sqrt(1 + t**2 / (2 * df))) + 10

    def limit(probability: float) -> float:
        def excess(noncentrality: float) -> float:
            return float(weights @ special.ndtr(nodes - noncentrality)) - probability

        return float(optimize.brentq(excess, t - reach, t + reach, xtol=1e-12))

    tail = (1 - confidence) / 2
    return limit(1 - tail), limit(tail)


def hedges_correction(df: float) -> float:
    """Hedges's exact small-sample factor J(df); 0 at one degree of freedom, where it does not exist."""
    if df <= 1:
        return 0.0
    logs = special.gammaln(df / 2) - special.gammaln((df - 1) / 2)
    return float(np.sqrt(2 / df) * np.exp(logs))


def cohen_dz(steps: Integers, confidence: float = 0.95) -> EffectSize:
    """Mean difference over the standard deviation of the differences, noncentral-t interval."""
    test = paired_t(steps)
    if test.mean is None or not test.sd or test.statistic is None:
        return EffectSize(None, None, test.n, test.reason)
    low, high = noncentral_limits(test.statistic, test.n - 1, confidence)
    root = float(np.sqrt(test.n))
    return EffectSize(test.mean / test.sd, (low / root, high / root), test.n)


def hedges_gz(steps: Integers, confidence: float = 0.95) -> EffectSize:
    """`cohen_dz` and its limits times Hedges's exact correction."""
    plain = cohen_dz(steps, confidence)
    if plain.estimate is None or plain.interval is None:
        return plain
    factor = hedges_correction(plain.n - 1)
    if factor == 0:
        return EffectSize(None, None, plain.n, NO_CORRECTION)
    low, high = plain.interval
    return EffectSize(factor * plain.estimate, (factor * low, factor * high), plain.n)


def cohen_d_av(first: ArrayLike, second: ArrayLike) -> EffectSize:
    """Mean difference over the root of the average variance of the two sides.

    Parameters
    ----------
    first, second : array_like of float, shape (n,)
        Both members of each pair, in points.
    """
    x, y = np.asarray(first, float), np.asarray(second, float)
    if len(x) < 2:
        return EffectSize(None, None, len(x), ONE if len(x) else NONE)
    variance = (x.var(ddof=1) + y.var(ddof=1)) / 2
    if np.ptp(x) == 0 and np.ptp(y) == 0:
        return EffectSize(None, None, len(x), NO_SPREAD)
    return EffectSize(float((x - y).mean() / np.sqrt(variance)), None, len(x))


def correlation(first: ArrayLike, second: ArrayLike) -> EffectSize:
    """Pearson correlation of the two members of the pairs."""
    x, y = np.asarray(first, float), np.asarray(second, float)
    if len(x) < 2:
        return EffectSize(None, None, len(x), ONE if len(x) else NONE)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return EffectSize(None, None, len(x), NO_CORRELATION)
    return EffectSize(float(np.corrcoef(x, y)[0, 1]), None, len(x))


def cohen_d_rm(first: ArrayLike, second: ArrayLike) -> EffectSize:
    """dz times sqrt(2(1 - r)), comparable with a difference between independent groups."""
    x, y = np.asarray(first, float), np.asarray(second, float)
    r = correlation(x, y)
    if r.estimate is None:
        return r
    steps, _ = find_lattice(x - y)
    dz = cohen_dz(steps)
    if dz.estimate is None:
        return EffectSize(None, None, len(x), CONSTANT)
    return EffectSize(dz.estimate * float(np.sqrt(2 * (1 - r.estimate))), None, len(x))
