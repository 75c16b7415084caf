"""Agreement of two measurements on the same scale: limits of agreement and Lin's concordance correlation.

References
----------
Bland JM, Altman DG (1986). Statistical methods for assessing agreement between two methods of clinical
measurement. Lancet 327:307-310. doi:10.1016/S0140-6736(86)90837-8
Bland JM, Altman DG (1999). Measuring agreement in method comparison studies. Statistical Methods in Medical
Research 8:135-160. doi:10.1177/096228029900800204
Carkeet A (2015). Exact parametric confidence intervals for Bland-Altman limits of agreement. Optometry and
Vision Science 92:e71-e80. doi:10.1097/OPX.0000000000000513
Lin LI (1989). A concordance correlation coefficient to evaluate reproducibility. Biometrics 45:255-268.
doi:10.2307/2532051 (corrected in Biometrics 56:324-325, 2000)
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from analysis.estimate import Array, Interval

RELATIVE_ZERO = 1e-12
EQUAL = "all differences are equal"


@dataclass(frozen=True)
class Limit:
    """One limit of agreement with three intervals: 1999 (approximate), 1986 (approximate) and exact."""

    value: float
    interval: Interval | None = None
    interval_1986: Interval | None = None
    exact_interval: Interval | None = None


@dataclass(frozen=True)
class ProportionalBias:
    """Relation of the difference to the mean of both measurements.

    Attributes
    ----------
    slope, intercept : float or None
        Of the least-squares line.
    correlation : float or None
        Pearson's.
    p : float or None
        Two-sided, the same for slope and correlation.
    interval : (float, float) or None
        t limits of the slope.
    reason : str
    """

    slope: float | None = None
    intercept: float | None = None
    correlation: float | None = None
    p: float | None = None
    interval: Interval | None = None
    reason: str = ""


@dataclass(frozen=True)
class BlandAltman:
    """Limits of agreement of first - second, in units of the measurement.

    Attributes
    ----------
    n : int
        Complete pairs.
    bias, sd : float or None
        Mean and standard deviation of the differences.
    interval : (float, float) or None
        t limits of the bias.
    lower, upper : Limit or None
        bias -/+ multiple * sd.
    multiple : float
    proportional : ProportionalBias
    reason : str
    """

    n: int
    bias: float | None
    sd: float | None
    interval: Interval | None
    lower: Limit | None
    upper: Limit | None
    multiple: float
    proportional: ProportionalBias
    reason: str = ""


@dataclass(frozen=True)
class ConcordanceCorrelation:
    """Lin's concordance correlation with limits from its inverse hyperbolic tangent."""

    estimate: float | None
    n: int
    se: float | None = None
    interval: Interval | None = None
    reason: str = ""


def _pairs(first: ArrayLike, second: ArrayLike) -> tuple[Array, Array]:
    x, y = np.asarray(first, float), np.asarray(second, float)
    both = np.isfinite(x) & np.isfinite(y)
    return x[both], y[both]


def _exact_factors(n: int, multiple: float, confidence: float) -> Interval:
    """Carkeet's tolerance factors: quantiles of a noncentral t over the root of n."""
    tails = np.array([(1 - confidence) / 2, (1 + confidence) / 2])
    low, high = stats.nct.ppf(tails, n - 1, multiple * np.sqrt(n)) / np.sqrt(n)
    return float(low), float(high)


def _limits(bias: float, sd: float, n: int, multiple: float, confidence: float) -> tuple[Limit, Limit]:
    t = float(special.stdtrit(n - 1, (1 + confidence) / 2))
    half = t * sd * float(np.sqrt(1 / n + multiple**2 / (2 * (n - 1))))
    half_1986 = t * sd * float(np.sqrt(3 / n))
    near, far = _exact_factors(n, multiple, confidence)
    low, high = bias - multiple * sd, bias + multiple * sd
    return (
        Limit(
            low,
            (low - half, low + half),
            (low - half_1986, low + half_1986),
            (bias - far * sd, bias - near * sd),
        ),
        Limit(
            high,
            (high - half, high + half),
            (high - half_1986, high + half_1986),
            (bias + near * sd, bias + far * sd),
        ),
    )


def _proportional(difference: Array, middle: Array, confidence: float) -> ProportionalBias:
    if len(middle) < 3:
        return ProportionalBias(reason="fewer than 3 pairs")
    tiny = RELATIVE_ZERO * (1 + float(np.abs(middle).max()))
    if np.ptp(middle) <= tiny or np.ptp(difference) <= tiny:
        return ProportionalBias(reason="the differences or the means do not vary")
    line = stats.linregress(middle, difference)
    half = float(special.stdtrit(len(middle) - 2, (1 + confidence) / 2)) * float(line.stderr)
    slope = float(line.slope)
    interval = (slope - half, slope + half)
    return ProportionalBias(slope, float(line.intercept), float(line.rvalue), float(line.pvalue), interval)


def bland_altman(
    first: ArrayLike, second: ArrayLike, *, multiple: float | None = None, confidence: float = 0.95
) -> BlandAltman:
    """Bias and limits of agreement of first - second.

    Parameters
    ----------
    first, second : array_like, shape (pairs,)
        Measurements of the same items; NaN is missing.
    multiple : float, optional
        Standard deviations from the bias to each limit; the 97.5 % point of the normal (1.96) by default.
    confidence : float
        Of all intervals.
    """
    x, y = _pairs(first, second)
    n, width = len(x), float(special.ndtri(0.975)) if multiple is None else multiple
    difference, middle = x - y, (x + y) / 2
    proportional = _proportional(difference, middle, confidence) if n else ProportionalBias(reason="no pair")
    if n < 2:
        bias = float(difference[0]) if n else None
        return BlandAltman(n, bias, None, None, None, None, width, proportional, "fewer than 2 pairs")
    bias, sd = float(difference.mean()), float(difference.std(ddof=1))
    if sd <= RELATIVE_ZERO * (1 + float(np.abs(middle).max())):
        at = Limit(bias, (bias, bias), (bias, bias), (bias, bias))
        return BlandAltman(n, bias, 0.0, (bias, bias), at, at, width, proportional, EQUAL)
    half = float(special.stdtrit(n - 1, (1 + confidence) / 2)) * sd / float(np.sqrt(n))
    lower, upper = _limits(bias, sd, n, width, confidence)
    return BlandAltman(n, bias, sd, (bias - half, bias + half), lower, upper, width, proportional)


def _lin_variance(r: float, ccc: float, shift: float, n: int) -> float:
    """Large-sample variance as corrected in 2000; shift is (mean difference)^2 / (sd of x * sd of y)."""
    spread = (1 - r**2) * ccc**2 * (1 - ccc**2) / r**2
    return (spread + 2 * ccc**3 * (1 - ccc) * shift / r - ccc**4 * shift**2 / (2 * r**2)) / (n - 2)


def concordance_correlation(
    first: ArrayLike, second: ArrayLike, confidence: float = 0.95
) -> ConcordanceCorrelation:
    """Lin's concordance correlation, with variances over n as in the article.

    Parameters
    ----------
    first, second : array_like, shape (pairs,)
        Measurements of the same items; NaN is missing.
    confidence : float
    """
    x, y = _pairs(first, second)
    n = len(x)
    if n < 2:
        return ConcordanceCorrelation(None, n, reason="fewer than 2 pairs")
    vx, vy, gap = float(x.var()), float(y.var()), float(x.mean() - y.mean())
    scale = RELATIVE_ZERO * (1 + float(np.square(x).mean()))
    if vx + vy + gap**2 <= scale:
        return ConcordanceCorrelation(None, n, reason="all measurements are equal")
    covariance = float(((x - x.mean()) * (y - y.mean())).mean())
    ccc = 2 * covariance / (vx + vy + gap**2)
    if min(vx, vy) <= scale or abs(covariance) <= scale or n < 3:
        return ConcordanceCorrelation(ccc, n, reason="no correlation to base an interval on")
    if 1 - abs(ccc) <= RELATIVE_ZERO:
        return ConcordanceCorrelation(ccc, n, reason="perfect concordance has no interval")
    r, shift = covariance / np.sqrt(vx * vy), gap**2 / np.sqrt(vx * vy)
    variance = _lin_variance(float(r), ccc, float(shift), n)
    if variance < 0:
        return ConcordanceCorrelation(ccc, n, reason="the large-sample variance is negative")
    se = float(np.sqrt(variance))
    half = float(special.ndtri((1 + confidence) / 2)) * se / (1 - ccc**2)
    centre = float(np.arctanh(ccc))
    return ConcordanceCorrelation(ccc, n, se, (float(np.tanh(centre - half)), float(np.tanh(centre + half))))
