"""Variance components of a fit: their intervals, and their share in the variance of an estimate."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from analysis.mixed.likelihood import (
    NotEstimableError,
    Objective,
    Terms,
    Value,
    component_fixed,
    minimise,
    profiled,
    residual_fixed,
)
from analysis.mixed.linear import RESIDUAL, FittedState, LinearMixedFit
from analysis.threads import one_thread

WIDEST = 1e4


@dataclass(frozen=True)
class ComponentInterval:
    """Interval of one variance component.

    Attributes
    ----------
    estimate : float
        Variance.
    low, high : float
        Limits of the variance; 0 and infinity where the likelihood never falls far enough.
    one_sided : bool
        Whether the estimate is 0 and `high` the upper limit of a one-sided interval.
    """

    estimate: float
    low: float
    high: float
    one_sided: bool


def variance_share(fit: LinearMixedFit, name: str, contrast: ArrayLike) -> float:
    """Share of one random factor in the unadjusted variance of one combination of fixed effects.

    Parameters
    ----------
    fit : LinearMixedFit
    name : str
        A random factor.
    contrast : array_like, shape (p,)

    Returns
    -------
    float
        NaN if the model was not fitted.
    """
    if fit.state is None:
        return float("nan")
    terms, names = fit.state.terms, fit.state.likelihood.base.names
    weights, i = fit.state.whitened(contrast), names.index(name)
    return float(terms.ratios[i] * (weights @ terms.first[i] @ weights) / (weights @ weights))


def _without(index: int) -> Objective:
    """The profiled likelihood of the model that lacks one factor: a factor at 0 with a slope stays there."""

    def objective(t: Terms) -> Value:
        value, gradient, hessian = profiled(t)
        gradient[index] = 1.0
        return value, gradient, hessian

    return objective


class _Profile:
    """Rise of -2 log-likelihood above its optimum as a function of one standard deviation."""

    def __init__(self, state: FittedState, index: int | None, variance: float) -> None:
        self.state, self.index = state, index
        self.lowest = profiled(state.terms)[0]
        base = state.likelihood.base
        small = 0.01 * state.residual / base.scale[index] if index is not None else state.residual
        self.sd = float(np.sqrt(variance or small))

    def rise(self, sd: float) -> float:
        state, index = self.state, self.index
        ratios = state.terms.ratios.copy()
        objective = residual_fixed(sd**2)
        if index is not None and sd == 0:
            ratios[index], objective = 0.0, _without(index)
        elif index is not None:
            ratios[index] = sd**2 / state.residual
            objective = component_fixed(index, sd**2)
        return objective(minimise(state.likelihood, objective, ratios))[0] - self.lowest

    def upper(self, limit: float) -> float:
        low = high = self.sd
        try:
            while self.rise(high) < limit:
                low, high = high, high * 1.5
                if high > WIDEST * self.sd:
                    return np.inf
        except NotEstimableError:
            return np.inf
        return self._root(low, high, limit)

    def lower(self, limit: float) -> float:
        low = high = self.sd
        try:
            if self.index is not None and self.rise(0.0) <= limit:
                return 0.0
            while self.rise(low) < limit:
                low, high = low / 1.5, low
        except NotEstimableError:
            return 0.0
        return self._root(low, high, limit)

    def _root(self, low: float, high: float, limit: float) -> float:
        if low == high:
            low = high / WIDEST
        return float(optimize.brentq(lambda sd: self.rise(sd) - limit, low, high, rtol=1e-8)) ** 2


def _interval(state: FittedState, index: int | None, variance: float, confidence: float) -> ComponentInterval:
    profile = _Profile(state, index, variance)
    if variance == 0:
        limit = float(special.ndtri(confidence)) ** 2
        return ComponentInterval(0.0, 0.0, profile.upper(limit), one_sided=True)
    limit = float(special.ndtri((1 + confidence) / 2)) ** 2
    return ComponentInterval(variance, profile.lower(limit), profile.upper(limit), one_sided=False)


def variance_intervals(fit: LinearMixedFit, *, confidence: float = 0.95) -> dict[str, ComponentInterval]:
    """Profile-likelihood interval of every variance component, the residual included.

    The likelihood is the one of the fit, restricted under REML. A lower limit is 0 where the model without
    the component lies within the interval.

    Parameters
    ----------
    fit : LinearMixedFit
    confidence : float
        One-sided for a component estimated at 0.

    Returns
    -------
    dict of str to ComponentInterval
        Empty if the model was not fitted.
    """
    if fit.state is None:
        return {}
    names = fit.state.likelihood.base.names
    places = {name: None if name == RESIDUAL else names.index(name) for name in fit.variances}
    with one_thread():
        return {
            name: _interval(fit.state, place, fit.variances[name], confidence)
            for name, place in places.items()
        }
