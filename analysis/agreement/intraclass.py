"""Intraclass correlations: the six forms of Shrout and Fleiss with their intervals.

References
----------
Shrout PE, Fleiss JL (1979). Intraclass correlations: uses in assessing rater reliability. Psychological
Bulletin 86:420-428. doi:10.1037/0033-2909.86.2.420
McGraw KO, Wong SP (1996). Forming inferences about some intraclass correlation coefficients. Psychological
Methods 1:30-46. doi:10.1037/1082-989X.1.1.30
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.estimate import Array, Interval

FORMS = ("ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)")
RELATIVE_ZERO = 1e-12
EQUAL_SCORES = "all scores are equal"
NO_VARIANCE = "the total variance is estimated at 0"
NO_SPREAD = "the responses do not differ"
NO_LIMITS = "the approximate degrees of freedom of the limits are 0"
NO_RESIDUAL = "the raters differ by constants only, so that the limits do not exist"


@dataclass(frozen=True)
class IntraclassForm:
    """One form of the intraclass correlation.

    Attributes
    ----------
    form : str
        Name after Shrout and Fleiss: model (1 one-way, 2 two-way random, 3 two-way mixed) and unit.
    estimate : float or None
    interval : (float, float) or None
        Two-sided limits. Those of ICC(2,k) are the Spearman-Brown transform of the limits of ICC(2,1).
    statistic, df1, df2, p : float or None
        F ratio against a correlation of 0 with its degrees of freedom and p-value.
    reason : str
        Empty, or why the estimate or its interval is missing.
    """

    form: str
    estimate: float | None = None
    interval: Interval | None = None
    statistic: float | None = None
    df1: float | None = None
    df2: float | None = None
    p: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class IntraclassCorrelations:
    """All six forms over the complete rows of one table.

    Attributes
    ----------
    forms : dict of str to IntraclassForm
        By the names in `FORMS`; always all six.
    average_interval_mcgraw_wong : (float, float) or None
        Limits of ICC(2,k) with their own approximate degrees of freedom.
    responses, raters : int
        Complete rows used, and columns.
    reason : str
        Empty, or why nothing is estimable.
    """

    forms: dict[str, IntraclassForm]
    average_interval_mcgraw_wong: Interval | None
    responses: int
    raters: int
    reason: str = ""


@dataclass(frozen=True)
class _MeanSquares:
    """Mean squares of rows, columns, residual and within rows of an n by k table, and the error limit."""

    n: int
    k: int
    rows: float
    columns: float
    residual: float
    within: float
    tail: float

    @property
    def tiny(self) -> float:
        return RELATIVE_ZERO * (self.rows + self.columns + self.residual)


def _quantile(p: float, df1: float, df2: float) -> float:
    return float(special.fdtri(df1, df2, p))


def _mean_squares(x: Array, confidence: float) -> _MeanSquares:
    n, k = x.shape
    centred = x - x.mean()
    row, column = centred.mean(axis=1), centred.mean(axis=0)
    rows, columns = k * float(row @ row) / (n - 1), n * float(column @ column) / (k - 1)
    rest = float(np.square(centred - row[:, None] - column).sum())
    within = (rest + columns * (k - 1)) / (n * (k - 1))
    return _MeanSquares(n, k, rows, columns, rest / ((n - 1) * (k - 1)), within, (1 + confidence) / 2)


def _finite(low: float, high: float) -> Interval | None:
    return (low, high) if np.isfinite([low, high]).all() else None


def _ratio_forms(ms: _MeanSquares, error: float, df2: int, model: int) -> tuple[IntraclassForm, ...]:
    """The single and the average form of a model whose only error is one mean square."""
    k, df1 = ms.k, ms.n - 1
    names = f"ICC({model},1)", f"ICC({model},k)"
    if error <= ms.tiny:
        found = (1.0, 1.0) if ms.rows > ms.tiny else (None, None)
        why = NO_RESIDUAL if ms.rows > ms.tiny else NO_SPREAD
        return tuple(
            IntraclassForm(name, value, reason=why) for name, value in zip(names, found, strict=True)
        )
    f = ms.rows / error
    p = float(special.fdtrc(df1, df2, f))
    low, high = f / _quantile(ms.tail, df1, df2), f * _quantile(ms.tail, df2, df1)
    limits = (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)
    single = IntraclassForm(names[0], (f - 1) / (f + k - 1), limits, f, df1, df2, p)
    if ms.rows <= ms.tiny:
        return single, IntraclassForm(names[1], None, None, f, df1, df2, p, NO_SPREAD)
    return single, IntraclassForm(names[1], 1 - 1 / f, (1 - 1 / low, 1 - 1 / high), f, df1, df2, p)


def _satterthwaite(ms: _MeanSquares, columns: float, residual: float) -> float:
    total = (columns * ms.columns + residual * ms.residual) ** 2
    parts = (columns * ms.columns) ** 2 / (ms.k - 1)
    parts += (residual * ms.residual) ** 2 / ((ms.n - 1) * (ms.k - 1))
    return total / parts if parts > 0 else 0.0


def _agreement_limits(ms: _MeanSquares, icc: float) -> Interval | None:
    """Shrout-Fleiss limits of ICC(2,1); None where their approximate degrees of freedom are 0."""
    n, k = ms.n, ms.k
    v = _satterthwaite(ms, k * icc, n * (1 + (k - 1) * icc) - k * icc)
    if v <= 0:
        return None
    upper_f, lower_f = _quantile(ms.tail, n - 1, v), _quantile(ms.tail, v, n - 1)
    mixed = k * ms.columns + (k * n - k - n) * ms.residual
    low = n * (ms.rows - upper_f * ms.residual) / (upper_f * mixed + n * ms.rows)
    high = n * (lower_f * ms.rows - ms.residual) / (mixed + n * lower_f * ms.rows)
    return _finite(low, high)


def _stepped_up(limits: Interval | None, k: int) -> Interval | None:
    """Spearman-Brown of both limits; None where a limit is so negative that the mean of k has no variance."""
    if limits is None or 1 + (k - 1) * limits[0] < RELATIVE_ZERO:
        return None
    low, high = limits
    return k * low / (1 + (k - 1) * low), k * high / (1 + (k - 1) * high)


def _mcgraw_wong(ms: _MeanSquares, average: float | None) -> Interval | None:
    """Limits of ICC(2,k) whose degrees of freedom rest on the average form itself."""
    n = ms.n
    if average is None or ms.residual <= ms.tiny or 1 - average < RELATIVE_ZERO:
        return None
    ratio = ms.k * average / (n * (1 - average))
    v = _satterthwaite(ms, ratio, 1 + ratio * (n - 1))
    if v <= 0:
        return None
    upper_f, lower_f = _quantile(ms.tail, n - 1, v), _quantile(ms.tail, v, n - 1)
    raters = ms.columns - ms.residual
    low = n * (ms.rows - upper_f * ms.residual) / (upper_f * raters + n * ms.rows)
    high = n * (lower_f * ms.rows - ms.residual) / (raters + n * lower_f * ms.rows)
    return _finite(low, high)


def _agreement_forms(ms: _MeanSquares, consistency: IntraclassForm) -> tuple[IntraclassForm, ...]:
    """ICC(2,1) and ICC(2,k), whose F test is that of ICC(3,1)."""
    n, k = ms.n, ms.k
    spread = ms.rows + (k - 1) * ms.residual + k * (ms.columns - ms.residual) / n
    mean_spread = ms.rows + (ms.columns - ms.residual) / n
    exact = ms.residual <= ms.tiny
    single = (ms.rows - ms.residual) / spread if spread > ms.tiny else None
    average = (ms.rows - ms.residual) / mean_spread if mean_spread > ms.tiny else None
    limits = None if single is None or exact else _agreement_limits(ms, single)
    stepped = None if average is None else _stepped_up(limits, k)

    def form(name: str, estimate: float | None, interval: Interval | None) -> IntraclassForm:
        missing = NO_RESIDUAL if exact else NO_LIMITS
        reason = NO_VARIANCE if estimate is None else missing if interval is None else ""
        return replace(consistency, form=name, estimate=estimate, interval=interval, reason=reason)

    return form("ICC(2,1)", single, limits), form("ICC(2,k)", average, stepped)


def _degrees(name: str, n: int, k: int) -> tuple[int, int]:
    return n - 1, n * (k - 1) if "(1," in name else (n - 1) * (k - 1)


def _nothing(n: int, k: int, reason: str) -> IntraclassCorrelations:
    forms = {name: IntraclassForm(name, reason=reason) for name in FORMS}
    if n > 1 and k > 1:
        for name, form in forms.items():
            df1, df2 = _degrees(name, n, k)
            forms[name] = replace(form, df1=df1, df2=df2)
    return IntraclassCorrelations(forms, None, n, k, reason)


def intraclass_correlations(scores: ArrayLike, confidence: float = 0.95) -> IntraclassCorrelations:
    """The six forms over the rows without a missing score.

    Parameters
    ----------
    scores : array_like, shape (responses, raters)
        Scores; NaN is missing.
    confidence : float
        Of the two-sided limits.
    """
    table = np.asarray(scores, float)
    x = table[np.isfinite(table).all(axis=1)]
    n, k = x.shape
    if k < 2:
        return _nothing(n, k, "fewer than 2 raters")
    if n < 2:
        return _nothing(n, k, "fewer than 2 responses scored by every rater")
    if (x == x[0, 0]).all():
        return _nothing(n, k, EQUAL_SCORES)
    ms = _mean_squares(x, confidence)
    one_way = _ratio_forms(ms, ms.within, n * (k - 1), 1)
    consistency = _ratio_forms(ms, ms.residual, (n - 1) * (k - 1), 3)
    agreement = _agreement_forms(ms, consistency[0])
    found = {each.form: each for each in (*one_way, *agreement, *consistency)}
    forms = {name: found[name] for name in FORMS}
    return IntraclassCorrelations(forms, _mcgraw_wong(ms, forms["ICC(2,k)"].estimate), n, k)
