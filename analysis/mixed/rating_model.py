"""One model against the residents of one level, by a linear mixed model of single ratings.

``score ~ arm + (1|vignette) + (1|response) + (1|rater) + (1|rater:arm) + (0 + human|resident)``: a model is
fixed and has no responder effect; residents are a sample of their level.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.estimate import Array, Interval
from analysis.mixed.contrasts import Degrees, contrast_test
from analysis.mixed.factors import DistinctFactors, distinct_factors, rating_factors, separable_factors
from analysis.mixed.likelihood import NotEstimableError
from analysis.mixed.linear import NO_FACTOR, NO_VARIATION, fit_linear_mixed

ONE_ARM = "only one arm has ratings"
FIRST, SECOND = "first", "second"


@dataclass(frozen=True)
class RatingModel:
    """Difference of the arms' mean scores from a model of single ratings.

    Attributes
    ----------
    n : int
        Ratings with a score.
    reason : str
        Empty, or why there is no test; then `se`, `df`, `p` and `interval` are None.
    estimate, se : float or None
        Model minus residents, points.
    df, p : float or None
        Denominator degrees of freedom, and the two-sided p against 0.
    interval : (float, float) or None
    degrees : {"Kenward-Roger", "Satterthwaite"}
    note : str
        Empty, or why `degrees` is not Kenward-Roger.
    components : dict of str to float
        Variance per random effect, then ``residual``, points squared.
    singular : tuple of str
        Random effects with variance 0.
    left_out : dict of str to str
        Why a random effect is not in the model.
    merged : dict of str to str
        The effect with the same grouping, with which an effect is fitted as one.
    """

    n: int
    reason: str
    estimate: float | None = None
    se: float | None = None
    df: float | None = None
    p: float | None = None
    interval: Interval | None = None
    degrees: Degrees = "Kenward-Roger"
    note: str = ""
    components: dict[str, float] = field(default_factory=dict)
    singular: tuple[str, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)


def _factors(rows: pd.DataFrame) -> DistinctFactors:
    distinct = distinct_factors(rating_factors(rows, SECOND))
    return separable_factors(rows["score"].to_numpy(float), _design(rows), distinct)


def _fit(rows: pd.DataFrame, factors: DistinctFactors, empty: RatingModel, confidence: float) -> RatingModel:
    y, x = rows["score"].to_numpy(float), _design(rows)
    fit = fit_linear_mixed(y, x, factors.labels, names=("(Intercept)", "arm"))
    test = contrast_test(fit, [0.0, 1.0], confidence=confidence)
    if test.reason:
        return replace(empty, reason=test.reason)
    return replace(
        empty,
        estimate=test.estimate,
        se=test.se,
        df=test.df,
        p=test.p,
        interval=test.interval,
        degrees=test.degrees,
        note=test.note,
        components=fit.variances,
        singular=fit.singular,
    )


def _design(rows: pd.DataFrame) -> Array:
    return np.column_stack([np.ones(len(rows)), (rows["arm"] == FIRST).to_numpy(float)])


def rating_model(
    score: ArrayLike,
    vignette: ArrayLike,
    responder: ArrayLike,
    rater: ArrayLike,
    first: ArrayLike,
    *,
    confidence: float = 0.95,
) -> RatingModel:
    """Compare two arms on one dimension by single ratings, with Kenward-Roger degrees of freedom.

    Random effects that the rows cannot tell apart are fitted as one or left out, in the order vignette,
    rater, resident, response, rater:arm; the result says which and why.

    Parameters
    ----------
    score : array_like, shape (n,)
        Points; NaN where a rater did not judge.
    vignette, responder, rater : array_like, shape (n,)
        Labels.
    first : array_like of bool, shape (n,)
        Whether the rating is of the model; the estimate is model minus residents.
    confidence : float

    Returns
    -------
    RatingModel
    """
    sides = np.where(np.asarray(first, bool), FIRST, SECOND)
    labels = {"vignette": vignette, "responder": responder, "rater": rater, "arm": sides}
    frame = pd.DataFrame({name: np.asarray(values, object) for name, values in labels.items()})
    frame["score"] = np.asarray(score, float)
    rows = frame[frame["score"].notna()]
    empty = RatingModel(len(rows), "")
    if rows["arm"].nunique() < 2:
        return replace(empty, reason=ONE_ARM)
    try:
        factors = _factors(rows)
    except NotEstimableError:
        return replace(empty, reason=NO_VARIATION)
    empty = replace(empty, left_out=factors.dropped, merged=factors.merged)
    if not factors.codes:
        return replace(empty, reason=NO_FACTOR)
    return _fit(rows, factors, empty, confidence)
