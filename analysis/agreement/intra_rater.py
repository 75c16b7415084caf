"""Agreement of a rater with himself, from planned duplicates.

References
----------
Weir JP (2005). Quantifying test-retest reliability using the intraclass correlation coefficient and the SEM.
Journal of Strength and Conditioning Research 19:231-240. doi:10.1519/15184.1
de Vet HCW, Terwee CB, Knol DL, Bouter LM (2006). When to use agreement versus reliability measures. Journal
of Clinical Epidemiology 59:1033-1039. doi:10.1016/j.jclinepi.2005.10.015
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.agreement.intraclass import IntraclassForm, intraclass_correlations
from analysis.agreement.kappa import CohenKappa, cohen_kappa
from analysis.estimate import Interval

FORM = "ICC(2,1)"
FEWEST_PAIRS = 2


@dataclass(frozen=True)
class IntraRater:
    """Agreement of first and second scores of the same rater for the same response.

    Attributes
    ----------
    pairs, raters : int
        Duplicated scores, and the raters that gave them.
    icc : IntraclassForm or None
        ICC(2,1) over the pairs of all raters.
    kappa : CohenKappa or None
        Quadratic weights.
    sem : float or None
        Standard error of measurement of one score, points: root of the mean within-pair variance, so that
        a shift between both occasions counts.
    sem_interval : (float, float) or None
        Chi-squared limits.
    detectable_change : float or None
        Smallest difference of two scores of a rater that is beyond measurement error at `confidence`:
        z * sqrt(2) * sem, points.
    shift : float or None
        Mean of second - first, points.
    exact, within_one : float or None
        Shares of pairs with the same score, and with at most one point between them.
    confidence : float
    reason : str
    """

    pairs: int
    raters: int
    confidence: float
    icc: IntraclassForm | None = None
    kappa: CohenKappa | None = None
    sem: float | None = None
    sem_interval: Interval | None = None
    detectable_change: float | None = None
    shift: float | None = None
    exact: float | None = None
    within_one: float | None = None
    reason: str = ""


def _sem_interval(squares: float, n: int, confidence: float) -> Interval:
    """Limits of the root of a variance with n degrees of freedom."""
    low, high = special.chdtri(n, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(np.sqrt(squares / low)), float(np.sqrt(squares / high))


def intra_rater(
    first: ArrayLike,
    second: ArrayLike,
    raters: ArrayLike,
    categories: ArrayLike,
    confidence: float = 0.95,
) -> IntraRater:
    """Agreement of raters with themselves.

    Parameters
    ----------
    first, second : array_like, shape (duplicates,)
        First and second score; a pair with NaN is left out.
    raters : array_like, shape (duplicates,)
        Who gave both.
    categories : array_like, shape (categories,)
        The full list of scores.
    confidence : float
    """
    x, y = np.asarray(first, float), np.asarray(second, float)
    both = np.isfinite(x) & np.isfinite(y)
    x, y = x[both], y[both]
    n, people = len(x), len(np.unique(np.asarray(raters)[both]))
    if n < FEWEST_PAIRS:
        reason = "no planned duplicate was scored twice" if n == 0 else "fewer than 2 duplicated scores"
        return IntraRater(n, people, confidence, reason=reason)
    change = y - x
    squares = float(np.square(change).sum()) / 2
    sem = float(np.sqrt(squares / n))
    return IntraRater(
        n,
        people,
        confidence,
        icc=intraclass_correlations(np.stack([x, y], axis=1), confidence).forms[FORM],
        kappa=cohen_kappa(x, y, categories, "quadratic", confidence),
        sem=sem,
        sem_interval=_sem_interval(squares, n, confidence),
        detectable_change=float(special.ndtri((1 + confidence) / 2)) * float(np.sqrt(2)) * sem,
        shift=float(change.mean()),
        exact=float((change == 0).mean()),
        within_one=float((np.abs(change) <= 1).mean()),
    )
