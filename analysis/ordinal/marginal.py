"""Probability of a high score and mean score that a mixed model implies for two groups of rows.

Both are averages over the random effects that the rows carry. Their sum is normal with the sum of the
variances, so an average is one integral over a normal variable, computed by the trapezoidal rule, which is
exact to rounding for these analytic functions. Intervals are by the delta method.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.estimate import Array, Interval
from analysis.ordinal.fixed import link_of
from analysis.ordinal.mixed import CumulativeLinkMixedFit

METHOD = "averaged over the random effects of the model; delta-method interval"
_NODE = np.linspace(-9.0, 9.0, 361)
_WEIGHT = np.exp(-np.square(_NODE) / 2) / np.exp(-np.square(_NODE) / 2).sum()
_STEP = 1e-5


@dataclass(frozen=True)
class Implied:
    """A quantity that the model implies.

    Attributes
    ----------
    estimate : float or None
    se : float or None
    interval : (float, float) or None
    reason : str
        Empty, or why there is no interval.
    """

    estimate: float | None
    se: float | None = None
    interval: Interval | None = None
    reason: str = ""


@dataclass(frozen=True)
class MarginalContrast:
    """Two groups of rows compared on the scale of the scores.

    Attributes
    ----------
    high_treatment, high_control, high_difference : Implied
        P(score >= cut) and its difference, treatment minus control.
    mean_treatment, mean_control, mean_difference : Implied
        Mean score and its difference, points.
    cut, confidence : float
    method : str
    """

    high_treatment: Implied
    high_control: Implied
    high_difference: Implied
    mean_treatment: Implied
    mean_control: Implied
    mean_difference: Implied
    cut: float
    confidence: float
    method: str = METHOD


@dataclass(frozen=True)
class Group:
    """Rows that share covariates and carry the same kinds of random effects.

    Attributes
    ----------
    x : array_like, shape (p,)
        Covariates.
    effects : sequence of str or None
        Names of the random effects that the rows carry; None for all.
    """

    x: ArrayLike
    effects: Sequence[str] | None = None


def category_probabilities(fit: CumulativeLinkMixedFit, group: Group, at: Array | None = None) -> Array:
    """P(score = each category) for a group, averaged over its random effects, shape (K,).

    Parameters
    ----------
    fit : CumulativeLinkMixedFit
    group : Group
    at : ndarray, optional
        (alpha, beta, log sd of the effects that are not singular) in place of the estimates.
    """
    q, p = len(fit.alpha), len(fit.beta)
    at = parameter_vector(fit) if at is None else at
    free = [name for name in fit.sd if name not in fit.singular]
    carried = set(fit.sd if group.effects is None else group.effects)
    spread = np.sqrt(sum(np.exp(2 * v) for n, v in zip(free, at[q + p :], strict=True) if n in carried))
    limits = fit.structure.jacobian @ at[:q] - float(np.asarray(group.x, float) @ at[q : q + p])
    below = link_of(fit.link).below(limits[:, None] - spread * _NODE) @ _WEIGHT
    return np.diff(np.concatenate([[0.0], below, [1.0]]))


def parameter_vector(fit: CumulativeLinkMixedFit) -> Array:
    """(alpha, beta, log sd of the effects that are not singular), to which `covariance` belongs."""
    log_sd = [np.log(sd) for name, sd in fit.sd.items() if name not in fit.singular]
    return np.concatenate([fit.alpha, fit.beta, log_sd])


def delta_method(
    function: Callable[[Array], float], at: Array, covariance: Array, confidence: float
) -> Implied:
    """A function of the parameters with its first-order standard error and symmetric interval."""
    shifts = np.eye(len(at)) * _STEP
    slope = np.array([(function(at + s) - function(at - s)) / (2 * _STEP) for s in shifts])
    estimate = float(function(at))
    se = float(np.sqrt(max(slope @ covariance @ slope, 0.0)))
    half = float(special.ndtri((1 + confidence) / 2)) * se
    return Implied(estimate, se, (estimate - half, estimate + half))


def _probability(
    function: Callable[[Array], float], at: Array, covariance: Array, confidence: float
) -> Implied:
    """A probability, its interval computed on the logit scale so that it stays between 0 and 1."""
    plain = delta_method(function, at, covariance, confidence)
    estimate, se = plain.estimate, plain.se
    if estimate is None or se is None or not 0 < estimate < 1:
        return Implied(estimate, reason="the probability is 0 or 1 to rounding")
    centre, half = float(special.logit(estimate)), float(special.ndtri((1 + confidence) / 2)) * se
    half /= estimate * (1 - estimate)
    return Implied(estimate, se, (float(special.expit(centre - half)), float(special.expit(centre + half))))


def marginal_contrast(
    fit: CumulativeLinkMixedFit,
    treatment: Group,
    control: Group,
    *,
    cut: float = 4.0,
    confidence: float = 0.95,
) -> MarginalContrast:
    """P(score >= cut) and mean score of two groups, and their differences.

    Raises
    ------
    ValueError
        If the categories are not numbers, so that neither a mean nor a cut exists.

    References
    ----------
    Agresti A (2010). Analysis of ordinal categorical data, 2nd edition, chapter 10. doi:10.1002/9780470594001
    """
    if fit.values is None:
        raise ValueError("the categories are not numbers")
    high = fit.values >= cut
    at_least = high.astype(float)
    chances = (
        _implied(fit, (treatment,), at_least, confidence),
        _implied(fit, (control,), at_least, confidence),
        _implied(fit, (treatment, control), at_least, confidence),
    )
    if high.all() or not high.any():
        reason = f"{'every' if high.all() else 'no'} observed score is {cut:g} or more"
        known = Implied(float(high.all()), reason=reason)
        chances = (known, known, Implied(0.0, reason=reason))
    return MarginalContrast(
        *chances,
        mean_treatment=_implied(fit, (treatment,), fit.values, confidence),
        mean_control=_implied(fit, (control,), fit.values, confidence),
        mean_difference=_implied(fit, (treatment, control), fit.values, confidence),
        cut=cut,
        confidence=confidence,
    )


def _implied(
    fit: CumulativeLinkMixedFit, groups: tuple[Group, ...], weight: Array, confidence: float
) -> Implied:
    """Expectation of a weight per category in one group, or its difference between two."""

    def value(at: Array) -> float:
        found = [float(category_probabilities(fit, group, at) @ weight) for group in groups]
        return found[0] - sum(found[1:])

    chance = len(groups) == 1 and bool(np.isin(weight, (0, 1)).all())
    method = _probability if chance else delta_method
    return method(value, parameter_vector(fit), fit.covariance, confidence)
