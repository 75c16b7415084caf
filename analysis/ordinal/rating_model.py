"""Cumulative link mixed model of the ratings of one model against the residents of one level.

``score ~ arm + (1|vignette) + (1|response) + (1|rater) + (1|rater:arm) + (0 + human|resident)``: the model is
one fixed responder and never enters a random effect, so the result is about this model and residents,
vignettes and raters like these.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from analysis.estimate import Interval
from analysis.mixed.factors import (
    LEVEL_PER_ROW,
    DistinctFactors,
    distinct_factors,
    rating_factors,
    separable_factors,
)
from analysis.mixed.likelihood import NotEstimableError as NoVariationError
from analysis.ordinal.marginal import Group, Implied, MarginalContrast, marginal_contrast
from analysis.ordinal.mixed import CumulativeLinkMixedFit, fit_cumulative_link_mixed
from analysis.ordinal.rows import NotEstimableError

INTERVAL_NOTE = "Wald, anti-conservative with few raters"
# More distinct scores than this are a measurement, not categories with a threshold each.
MAX_CATEGORIES = 50
Rows = NDArray[np.bool_]
_ONE_ROW_EACH = "each of its levels has one row, so its variance is not told apart from the spread of scores"


@dataclass(frozen=True)
class OrdinalContrast:
    """A model against the residents of a level, by a cumulative logit mixed model.

    Attributes
    ----------
    reason : str
        Empty, or why the model is not estimable; then every estimate is None.
    n, raters : int
        Ratings and raters used.
    odds_ratio : float or None
        Of a higher score for the model than for a resident, same vignette, rater and residents' average;
        above 1 favours the model.
    log_odds_ratio, se : float or None
        Natural logarithm and its standard error.
    interval : (float, float) or None
        Of the odds ratio.
    interval_note : str
        What kind of interval it is.
    p : float or None
        Two-sided Wald p-value.
    mean_difference, high_difference : Implied or None
        Model-implied difference in points, and in P(score >= cut), averaged over the random effects.
    high_model, high_human : Implied or None
        P(score >= cut) per arm.
    cut : float
    marginal_method : str
    sd : dict of str to float
        Standard deviation per random effect, on the logit scale.
    singular : tuple of str
        Random effects whose standard deviation is estimated at 0.
    dropped, merged : dict of str to str
        Random effects that the rows cannot identify with the reason, and those with the same grouping as
        another, with its name.
    flags : tuple of str
        Remarks on the fit.
    approximation : str
    """

    reason: str
    n: int
    raters: int
    odds_ratio: float | None = None
    log_odds_ratio: float | None = None
    se: float | None = None
    interval: Interval | None = None
    interval_note: str = INTERVAL_NOTE
    p: float | None = None
    mean_difference: Implied | None = None
    high_difference: Implied | None = None
    high_model: Implied | None = None
    high_human: Implied | None = None
    cut: float = 4.0
    marginal_method: str = ""
    sd: dict[str, float] = field(default_factory=dict)
    singular: tuple[str, ...] = ()
    dropped: dict[str, str] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    approximation: str = ""

    @property
    def estimable(self) -> bool:
        """Whether there are estimates."""
        return not self.reason


def ordinal_contrast(
    ratings: pd.DataFrame,
    *,
    model_arm: str,
    human_arm: str,
    score: str = "score",
    categories: Sequence[float] | None = None,
    cut: float = 4.0,
    confidence: float = 0.95,
) -> OrdinalContrast:
    """Fit the model to the ratings of two arms.

    Parameters
    ----------
    ratings : DataFrame
        One row per rating of one dimension and draw, with the columns vignette, responder, arm, rater, the
        score, and optionally response. Rows of other arms and without a score are left out.
    model_arm, human_arm : str
        Values of the column arm.
    score : str
        Column of the scores.
    categories : sequence of float, optional
        The whole scale, lowest first, so that unused scores are named.
    cut : float
        A score from here on is a high one.
    confidence : float
        Of the intervals.

    Returns
    -------
    OrdinalContrast
        With a reason in place of estimates where the rows do not identify the model.
    """
    arm = ratings["arm"].astype(str)
    rows = ratings[arm.isin([model_arm, human_arm]) & ratings[score].notna()]
    is_model = (rows["arm"].astype(str) == model_arm).to_numpy()
    n, raters = len(rows), int(rows["rater"].nunique())
    factors = rating_factors(rows, human_arm)
    distinct = _separable(rows[score], is_model, distinct_factors(factors))
    fault = _fault(rows[score], is_model, distinct, (model_arm, human_arm))
    if fault:
        return OrdinalContrast(fault, n, raters, cut=cut)
    labels = {name: factors[name.split(" and ")[0]] for name in distinct.codes}
    try:
        fit = fit_cumulative_link_mixed(
            rows[score], is_model[:, None], labels, x_names=("model",), categories=categories
        )
    except NotEstimableError as error:
        why = _why_dropped(distinct)
        return OrdinalContrast(str(error), n, raters, cut=cut, dropped=why, merged=distinct.merged)
    marginal = marginal_contrast(fit, *_groups(distinct, is_model), cut=cut, confidence=confidence)
    return _result(fit, marginal, raters, distinct)


def _separable(scores: "pd.Series[float]", is_model: Rows, distinct: DistinctFactors) -> DistinctFactors:
    """The effects whose variances these rows can tell apart."""
    design = np.column_stack([np.ones(len(scores)), is_model])
    if len(np.unique(is_model)) < 2:
        return distinct
    try:
        return separable_factors(np.asarray(scores, np.float64), design, distinct)
    except NoVariationError:
        # Scores that the arm explains are refused by the fit, in its own words.
        return distinct


def _fault(
    scores: "pd.Series[float]", is_model: Rows, distinct: DistinctFactors, arms: tuple[str, str]
) -> str:
    """Why nothing can be fitted, before trying; empty if it can be tried."""
    for name, count in zip(arms, (is_model.sum(), (~is_model).sum()), strict=True):
        if not count:
            return f"no rating of {name}"
    count = scores.nunique()
    if count > MAX_CATEGORIES:
        return f"{count} different scores are too many for a threshold between each two"
    return "" if distinct.codes else "the ratings identify no random effect"


def _groups(distinct: DistinctFactors, is_model: Rows) -> tuple[Group, Group]:
    """Both arms with the random effects that their rows carry."""
    groups = []
    for value, rows in ((1.0, is_model), (0.0, ~is_model)):
        carried = tuple(name for name, codes in distinct.codes.items() if (codes[rows] >= 0).any())
        groups.append(Group([value], carried))
    return groups[0], groups[1]


def _result(
    fit: CumulativeLinkMixedFit, marginal: MarginalContrast, raters: int, distinct: DistinctFactors
) -> OrdinalContrast:
    effect, se = float(fit.beta[0]), float(fit.beta_se[0])
    half = float(special.ndtri((1 + marginal.confidence) / 2)) * se
    return OrdinalContrast(
        reason="",
        n=fit.n,
        raters=raters,
        odds_ratio=float(np.exp(effect)),
        log_odds_ratio=effect,
        se=se,
        interval=(float(np.exp(effect - half)), float(np.exp(effect + half))),
        p=float(fit.beta_p[0]),
        mean_difference=marginal.mean_difference,
        high_difference=marginal.high_difference,
        high_model=marginal.high_treatment,
        high_human=marginal.high_control,
        cut=marginal.cut,
        marginal_method=marginal.method,
        sd=fit.sd,
        singular=fit.singular,
        dropped=_why_dropped(distinct),
        merged=distinct.merged,
        flags=fit.convergence.flags,
        approximation=fit.approximation,
    )


def _why_dropped(distinct: DistinctFactors) -> dict[str, str]:
    """The reasons in the words of a model without a residual."""
    return {n: _ONE_ROW_EACH if why == LEVEL_PER_ROW else why for n, why in distinct.dropped.items()}
