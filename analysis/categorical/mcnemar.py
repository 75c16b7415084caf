"""Two paired yes/no outcomes: McNemar's tests, the conditional odds ratio and the risk difference.

A table is ``(both, first only, second only, neither)``: pairs with the event on both sides, on one, on none.

References
----------
McNemar Q (1947). Note on the sampling error of the difference between correlated proportions or percentages.
Psychometrika 12:153-157. doi:10.1007/BF02295996
Fagerland MW, Lydersen S, Laake P (2013). The McNemar test for binary matched-pairs data: mid-p and asymptotic
are better than exact conditional. BMC Medical Research Methodology 13:91. doi:10.1186/1471-2288-13-91
Newcombe RG (1998). Improved confidence intervals for the difference between binomial proportions based on
paired data. Statistics in Medicine 17:2635-2650 (method 10).
Bonett DG, Price RM (2012). Adjusted Wald confidence interval for a difference of binomial proportions based
on paired data. Journal of Educational and Behavioral Statistics 37:479-488. doi:10.3102/1076998611411915
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special, stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from analysis.estimate import Interval

Table = tuple[int, int, int, int]
IntervalMethod = Literal["wald", "bonett-price", "newcombe"]
NO_PAIRS = "no pairs"
NO_DISCORDANT = "no pair is discordant"


@dataclass(frozen=True)
class McNemarTest:
    """McNemar's tests of one table.

    Attributes
    ----------
    n, discordant : int
        Pairs, and pairs with the event on one side only.
    p_exact : float or None
        Two-sided binomial p-value; 1 when no pair is discordant.
    p_mid : float or None
        Mid-p value; with equal discordant counts 1 - P(X = b) / 2 (Fagerland et al.).
    p_mid_doubled : float or None
        Twice the smaller one-sided mid-p value; 1 with equal discordant counts.
    p_first_more, p_second_more : float or None
        One-sided exact p-values against the event being more common on that side.
    chi2, p_asymptotic : float or None
        (b - c)^2 / (b + c) and its p-value on 1 df.
    chi2_corrected, p_corrected : float or None
        The same with the continuity correction; 0 and 1 with equal discordant counts.
    reason : str
        Empty, or why the asymptotic (and, without pairs, every) test does not exist.
    """

    n: int
    discordant: int
    p_exact: float | None = None
    p_mid: float | None = None
    p_mid_doubled: float | None = None
    p_first_more: float | None = None
    p_second_more: float | None = None
    chi2: float | None = None
    p_asymptotic: float | None = None
    chi2_corrected: float | None = None
    p_corrected: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class OddsRatio:
    """Conditional odds ratio b / c with its exact interval.

    Attributes
    ----------
    estimate : float or None
        Infinite when the event never occurs on the second side only.
    interval : (float, float) or None
        Clopper-Pearson limits of b / (b + c) on the odds scale; the upper one may be infinite.
    discordant : int
    reason : str
    """

    estimate: float | None
    interval: Interval | None
    discordant: int
    reason: str = ""


@dataclass(frozen=True)
class RiskDifference:
    """P(event | first) - P(event | second) with the interval of the named method."""

    estimate: float | None
    interval: Interval | None
    method: IntervalMethod
    n: int
    reason: str = ""


@dataclass(frozen=True)
class PairedProportions:
    """Comparison of two paired yes/no outcomes.

    Attributes
    ----------
    both, first_only, second_only, neither : int
        Pairs with the event in both, the first, the second, or neither response.
    p_exact : float or None
        Two-sided exact McNemar p-value; 1 when no pair is discordant.
    risk_difference : float or None
        P(event | first) - P(event | second).
    interval : (float, float) or None
        Newcombe's method 10.
    reason : str
    p_mid : float or None
        Mid-p McNemar p-value.
    """

    both: int
    first_only: int
    second_only: int
    neither: int
    p_exact: float | None
    risk_difference: float | None
    interval: Interval | None
    reason: str = ""
    p_mid: float | None = None


def _checked(table: Table) -> Table:
    a, b, c, d = (int(count) for count in table)
    if min(a, b, c, d) < 0 or (a, b, c, d) != tuple(table):
        raise ValueError("a table of pairs holds whole counts of at least 0")
    return a, b, c, d


def _chi_square(b: int, c: int, *, correction: bool) -> tuple[float, float]:
    # The library's correction would turn a difference of 0 into a distance of 1.
    if b == c:
        return 0.0, 1.0
    found = mcnemar([[0, b], [c, 0]], exact=False, correction=correction)
    return float(found.statistic), float(found.pvalue)


def mcnemar_test(table: Table) -> McNemarTest:
    """Exact, mid-p and asymptotic McNemar tests.

    Parameters
    ----------
    table : (both, first only, second only, neither)
        Counts of pairs.

    Raises
    ------
    ValueError
        If a count is negative or no whole number.
    """
    a, b, c, d = _checked(table)
    n, discordant = a + b + c + d, b + c
    if n == 0:
        return McNemarTest(0, 0, reason=NO_PAIRS)
    if discordant == 0:
        return McNemarTest(n, 0, 1.0, 1.0, 1.0, 1.0, 1.0, reason=NO_DISCORDANT)
    point = float(stats.binom.pmf(b, discordant, 0.5))
    p_exact = float(mcnemar([[a, b], [c, d]], exact=True).pvalue)
    chi2, p_asymptotic = _chi_square(b, c, correction=False)
    corrected, p_corrected = _chi_square(b, c, correction=True)
    return McNemarTest(
        n,
        discordant,
        p_exact=p_exact,
        p_mid=1 - point / 2 if b == c else p_exact - point,
        p_mid_doubled=1.0 if b == c else p_exact - point,
        p_first_more=float(stats.binom.sf(b - 1, discordant, 0.5)),
        p_second_more=float(stats.binom.cdf(b, discordant, 0.5)),
        chi2=chi2,
        p_asymptotic=p_asymptotic,
        chi2_corrected=corrected,
        p_corrected=p_corrected,
    )


def conditional_odds_ratio(table: Table, confidence: float = 0.95) -> OddsRatio:
    """Odds of the event on the first side only among discordant pairs; arguments as in `mcnemar_test`."""
    _, b, c, _ = _checked(table)
    if b + c == 0:
        return OddsRatio(None, None, 0, NO_DISCORDANT)
    low, high = proportion_confint(b, b + c, alpha=1 - confidence, method="beta")
    upper = np.inf if c == 0 else float(high / (1 - high))
    return OddsRatio(np.inf if c == 0 else b / c, (float(low / (1 - low)), upper), b + c)


def _wald(a: int, b: int, c: int, d: int, z: float) -> Interval:
    n = a + b + c + d
    half = z * float(np.sqrt(max(b + c - (b - c) ** 2 / n, 0.0))) / n
    return (b - c) / n - half, (b - c) / n + half


def _bonett_price(a: int, b: int, c: int, d: int, z: float) -> Interval:
    n = a + b + c + d + 2
    first, second = (b + 1) / n, (c + 1) / n
    half = z * float(np.sqrt((first + second - (first - second) ** 2) / n))
    return first - second - half, first - second + half


def _phi(a: int, b: int, c: int, d: int) -> float:
    """Newcombe's continuity-corrected correlation of the two outcomes."""
    margins = float(a + b) * (c + d) * (a + c) * (b + d)
    if margins == 0:
        return 0.0
    cross, n = a * d - b * c, a + b + c + d
    corrected = max(cross - n / 2, 0.0) if cross > 0 else float(cross)
    return corrected / float(np.sqrt(margins))


def _newcombe(a: int, b: int, c: int, d: int, z: float) -> Interval:
    n = a + b + c + d
    alpha = 2 * float(special.ndtr(-z))
    first, second = (a + b) / n, (a + c) / n
    low1, high1 = proportion_confint(a + b, n, alpha=alpha, method="wilson")
    low2, high2 = proportion_confint(a + c, n, alpha=alpha, method="wilson")
    phi, difference = _phi(a, b, c, d), first - second
    down = (first - low1) ** 2 - 2 * phi * (first - low1) * (high2 - second) + (high2 - second) ** 2
    up = (second - low2) ** 2 - 2 * phi * (second - low2) * (high1 - first) + (high1 - first) ** 2
    return difference - float(np.sqrt(max(down, 0.0))), difference + float(np.sqrt(max(up, 0.0)))


INTERVALS = {"wald": _wald, "bonett-price": _bonett_price, "newcombe": _newcombe}


def risk_difference(
    table: Table, method: IntervalMethod = "newcombe", confidence: float = 0.95
) -> RiskDifference:
    """Difference of the two paired proportions.

    Parameters
    ----------
    table : (both, first only, second only, neither)
    method : {"newcombe", "bonett-price", "wald"}
        Newcombe's hybrid of Wilson intervals (method 10), the adjusted Wald interval of Bonett and Price, or
        the Wald interval. The last two may reach beyond -1 or 1, and Wald's has no width when no pair is
        discordant.
    confidence : float
    """
    a, b, c, d = _checked(table)
    n = a + b + c + d
    if n == 0:
        return RiskDifference(None, None, method, 0, NO_PAIRS)
    z = float(special.ndtri((1 + confidence) / 2))
    return RiskDifference((b - c) / n, INTERVALS[method](a, b, c, d, z), method, n)


def paired_proportions(table: Table, confidence: float = 0.95) -> PairedProportions:
    """What a report shows of one table: exact and mid-p tests, risk difference with Newcombe's interval."""
    test = mcnemar_test(table)
    difference = risk_difference(table, "newcombe", confidence)
    return PairedProportions(
        *_checked(table),
        p_exact=test.p_exact,
        risk_difference=difference.estimate,
        interval=difference.interval,
        reason=difference.reason,
        p_mid=test.p_mid,
    )
