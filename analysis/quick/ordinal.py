"""One cumulative link mixed model per dimension, with the contrasts of arms in it."""

from typing import Any

import numpy as np
from scipy import special

from analysis.estimate import Array
from analysis.ordinal.marginal import Group, Implied, marginal_contrast
from analysis.ordinal.mixed import CumulativeLinkMixedFit, fit_cumulative_link_mixed
from analysis.ordinal.rows import NotEstimableError
from analysis.quick import options as setting
from analysis.quick.comparison import limits
from analysis.quick.designs import NO_ARM, NO_SCORE, Design
from analysis.quick.engine import NO_FACTOR
from analysis.quick.options import Options
from analysis.quick.pairs import Pair

Record = dict[str, Any]
WALD = "Wald, anti-conservative with few raters"
MAX_CATEGORIES = 25
# Levels of the largest factor times the square of all others, over all fits: the cost of the models.
MAX_WORK = 1_200_000_000
# Where the 1-5 scale has its 4.
CUT_SHARE = 0.75


def _work(design: Design) -> int:
    sizes = sorted((int(code.max()) + 1 for code in design.codes.values()), reverse=True)
    return int(sizes[0] * sum(sizes[1:]) ** 2)


def _obstacle(design: Design, fits: int) -> str:
    """Why the model is not tried; empty if it is."""
    if len(design.score) == 0:
        return NO_SCORE
    if len(np.unique(design.score)) > MAX_CATEGORIES:
        return f"there are more than {MAX_CATEGORIES} different scores"
    if not design.codes:
        return NO_FACTOR
    if _work(design) > MAX_WORK // max(fits, 1):
        return "its random effects have too many levels to be fitted here"
    return ""


def fit_categories(design: Design, fits: int, options: Options) -> tuple[CumulativeLinkMixedFit | None, str]:
    """The fit, or None and the reason; `fits` is how many models of this size there are in all."""
    obstacle = _obstacle(design, fits)
    if obstacle:
        return None, obstacle
    # A difference of 0 is the middle of its scale, so symmetric thresholds locate the mean.
    thresholds = "symmetric" if options.paired else "flexible"
    try:
        fit = fit_cumulative_link_mixed(
            design.score, design.columns, design.labels, thresholds=thresholds, x_names=design.arms[1:]
        )
    except NotEstimableError as error:
        return None, str(error)
    return (fit, "") if fit.convergence.converged else (None, "the fit did not converge")


def _none(reason: str) -> Record:
    return {
        **dict.fromkeys(("odds_ratio", "interval", "p", "mean_difference", "high_difference")),
        "reason": reason,
    }


def _odds(estimate: float, se: float) -> Record:
    half = float(special.ndtri((1 + setting.CONFIDENCE) / 2)) * se
    with np.errstate(over="ignore"):
        low, centre, high = (float(np.exp(v)) for v in (estimate - half, estimate, estimate + half))
    if not np.isfinite([low, centre, high, se]).all() or se <= 0:
        return _none("the odds ratio has no finite interval")
    p = float(2 * special.ndtr(-abs(estimate) / se))
    interval = limits((low, high), setting.CONFIDENCE)
    return {**_none(""), "odds_ratio": centre, "interval": interval, "p": p}


def _implied(found: Implied) -> Record | None:
    if found.estimate is None:
        return None
    return {"estimate": found.estimate, "interval": limits(found.interval, setting.CONFIDENCE)}


def high_cut(options: Options) -> float:
    """The score from which on an answer counts as good: 4 on the 1-5 scale."""
    low, high = options.scale
    return low + CUT_SHARE * (high - low)


def _contrast(fit: CumulativeLinkMixedFit, design: Design, pair: Pair, options: Options) -> Record:
    weights = design.weights(pair)
    if weights is None or pair.second is None:
        return _none(NO_ARM)
    q, p = len(fit.alpha), len(fit.beta)
    covariance = fit.covariance[q : q + p, q : q + p]
    record = _odds(float(weights[1:] @ fit.beta), float(np.sqrt(weights[1:] @ covariance @ weights[1:])))
    if record["reason"]:
        return record
    groups = [Group(design.row(arm.name), design.carried[arm.name]) for arm in (pair.first, pair.second)]
    marginal = marginal_contrast(fit, *groups, cut=high_cut(options), confidence=setting.CONFIDENCE)
    return {
        **record,
        "mean_difference": _implied(marginal.mean_difference),
        "high_difference": _implied(marginal.high_difference),
    }


def _location(fit: CumulativeLinkMixedFit) -> Record:
    """Odds of a positive over a negative difference, from the centre of symmetric thresholds."""
    central = [i for i, name in enumerate(fit.structure.names) if name.startswith("central")]
    if not central or fit.values is None or np.abs(fit.values + fit.values[::-1]).max() > 0:
        return _none("the differences that occur are not symmetric about 0")
    weights: Array = np.zeros(len(fit.alpha))
    weights[central] = -1 / len(central)
    q = len(fit.alpha)
    return _odds(float(weights @ fit.alpha), float(np.sqrt(weights @ fit.covariance[:q, :q] @ weights)))


def ordinal_record(
    fit: CumulativeLinkMixedFit | None, reason: str, design: Design, pair: Pair, options: Options
) -> Record:
    """Odds ratio, implied differences and Wald p of one pair."""
    if fit is None:
        return _none(reason)
    return _location(fit) if options.paired else _contrast(fit, design, pair, options)
