"""One mean difference with its standard error, intervals and one-sided p-values, whatever the engine."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Array = NDArray[np.float64]
Interval = tuple[float, float]

ENGINE_TWO_WAY = "two-way-random t"
ENGINE_REML = "REML with Kenward-Roger"


@dataclass(frozen=True)
class MeanTest:
    """Estimate of one mean difference in points of the 1-5 scale.

    Attributes
    ----------
    engine : str
        Name of the procedure.
    reason : str
        Empty, or why the mean cannot be tested; then `se`, `df`, both intervals and the p-values are None.
    estimate, se, df : float or None
        Points, points, degrees of freedom of the reference t.
    interval, narrow_interval : (float, float) or None
        Two-sided intervals at the plan's confidence (95 %) and at the confidence of two one-sided .05
        tests (90 %), points.
    p_superior, p_noninferior, p_upper : float or None
        P(T >= m/SE), P(T >= (m + margin)/SE), P(T <= (m - margin)/SE).
    components : dict of str to float
        Mean squares or variance components that the engine estimated, points squared.
    rater_share : float or None
        Share of SE squared that raters contribute.
    singular : tuple of str
        Variance components estimated at zero.
    """

    engine: str
    estimate: float | None
    reason: str = ""
    se: float | None = None
    df: float | None = None
    interval: Interval | None = None
    narrow_interval: Interval | None = None
    p_superior: float | None = None
    p_noninferior: float | None = None
    p_upper: float | None = None
    components: dict[str, float] = field(default_factory=dict)
    rater_share: float | None = None
    singular: tuple[str, ...] = ()

    @property
    def estimable(self) -> bool:
        """Whether an interval and p-values exist."""
        return not self.reason


def t_interval(estimate: ArrayLike, se: ArrayLike, df: ArrayLike, confidence: float) -> tuple[Array, Array]:
    """Limits of the two-sided t interval; arrays broadcast."""
    half = special.stdtrit(np.asarray(df, float), (1 + confidence) / 2) * np.asarray(se, float)
    centre = np.asarray(estimate, float)
    return np.asarray(centre - half), np.asarray(centre + half)


def t_tail(statistic: ArrayLike, df: ArrayLike) -> Array:
    """P(T >= statistic) for a t variable, accurate far into the tail."""
    return np.asarray(special.stdtr(np.asarray(df, float), -np.asarray(statistic, float)))


def t_test(  # the arguments are the sufficient statistics of the test
    engine: str,
    estimate: float,
    se: float,
    df: float,
    *,
    margin: float,
    confidence: float,
    narrow_confidence: float,
    components: dict[str, float],
    rater_share: float | None,
    singular: tuple[str, ...],
) -> MeanTest:
    """A `MeanTest` from an estimate whose standard error is positive."""
    low, high = t_interval(estimate, se, df, confidence)
    narrow_low, narrow_high = t_interval(estimate, se, df, narrow_confidence)
    return MeanTest(
        engine=engine,
        estimate=estimate,
        se=se,
        df=df,
        interval=(float(low), float(high)),
        narrow_interval=(float(narrow_low), float(narrow_high)),
        p_superior=float(t_tail(estimate / se, df)),
        p_noninferior=float(t_tail((estimate + margin) / se, df)),
        p_upper=float(t_tail(-(estimate - margin) / se, df)),
        components=components,
        rater_share=rater_share,
        singular=singular,
    )
