"""Maximum of a mixed model's likelihood, with standard deviations at the boundary set to 0."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.estimate import Array
from analysis.ordinal.laplace import InfeasibleError
from analysis.ordinal.optimise import Function, Minimum, curvature_at, minimise, polish
from analysis.ordinal.rows import NotEstimableError, OrdinalRows

# First standard deviations, in turn until one leads to a maximum; on the scale of a standard normal link.
STARTS = (0.3, 0.1, 1.0)
# Random effects this large put whole levels into one category: the likelihood rises for ever.
MAX_SD = 40.0
# Below this a standard deviation may be at the boundary, which the slope at `_NEAR_ZERO` decides.
_MAY_BE_ZERO = 0.05
_NEAR_ZERO = 1e-3
# Largest slope, in standard errors of the parameter, that counts as a maximum.
_FLAT = 1e-4


class Likelihood(Protocol):
    """A negative log-likelihood in (alpha, beta, sd) that can be minimised."""

    rows: OrdinalRows
    q: int
    p: int

    def evaluate(self, at: Array) -> tuple[float, Array]:
        """Value and gradient."""
        ...

    def start_curvature(self, at: Array) -> Array:
        """Approximate second derivatives."""
        ...


@dataclass(frozen=True)
class Maximum:
    """Where the likelihood is largest.

    Attributes
    ----------
    at : ndarray
        (alpha, beta, sd), sd >= 0.
    log_likelihood : float
    information : ndarray
        Negative second derivatives in (alpha, beta, sd > 0).
    max_gradient : float
    iterations : int
    converged : bool
    """

    at: Array
    log_likelihood: float
    information: Array
    max_gradient: float
    iterations: int
    converged: bool


def maximise(likelihood: Likelihood, fixed: Array) -> Maximum:
    """Maximise from the parameters (alpha, beta) of the model without random effects.

    Raises
    ------
    NotEstimableError
        If no maximum is found, or a standard deviation grows without limit.
    """
    found = _from_starts(likelihood, fixed)
    at, free = _at_boundary(likelihood, found)
    _check_spread(likelihood, at)
    function = _restricted(likelihood, at, free)
    try:
        if not free.all() or (at != found.at).any():
            own = np.asarray(np.linalg.pinv(found.inverse), float)[np.ix_(free, free)]
            earlier = found.iterations
            found = minimise(function, at[free], own)
            found = replace(found, iterations=found.iterations + earlier)
        information = _information(function, found)
    except InfeasibleError:
        raise NotEstimableError("the likelihood cannot be evaluated around its maximum") from None
    found = polish(function, found, information)
    at[free] = found.at
    at[likelihood.q + likelihood.p :] = np.abs(at[likelihood.q + likelihood.p :])
    _check_spread(likelihood, at)
    if float(found.gradient @ np.linalg.lstsq(information, found.gradient)[0]) > _FLAT**2:
        raise NotEstimableError("no maximum of the likelihood was found")
    return Maximum(
        at=at,
        log_likelihood=-found.value,
        information=information,
        max_gradient=float(np.abs(found.gradient).max()),
        iterations=found.iterations,
        converged=True,
    )


def _information(function: Function, found: Minimum) -> Array:
    width = np.clip(np.sqrt(np.diag(found.inverse)), 1e-3, 1.0)
    try:
        return curvature_at(function, found.at, width)
    except InfeasibleError:
        # Two thresholds may lie so close together that a step would reverse them.
        return curvature_at(function, found.at, width / 100)


def _from_starts(likelihood: Likelihood, fixed: Array) -> Minimum:
    """The first start that leads to a minimum, or the lowest point that any of them reached."""
    count = len(likelihood.rows.factors)
    best: Minimum | None = None
    for sd in STARTS:
        # Random effects spread the marginal probabilities, so the conditional effects are larger.
        start = np.concatenate([fixed * np.sqrt(1 + count * sd**2), np.full(count, sd)])
        try:
            found = minimise(likelihood.evaluate, start, likelihood.start_curvature(start))
        except (InfeasibleError, ArithmeticError):
            continue
        if found.converged:
            return found
        if best is None or found.value < best.value:
            best = found
    if best is None:
        raise NotEstimableError("the likelihood cannot be evaluated at any start")
    return best


def _at_boundary(likelihood: Likelihood, found: Minimum) -> tuple[Array, NDArray[np.bool_]]:
    """Set the standard deviations to 0 from which the likelihood falls; which parameters stay free."""
    at, first = found.at.copy(), likelihood.q + likelihood.p
    free = np.ones(len(at), bool)
    for i in range(first, len(at)):
        if abs(at[i]) >= _MAY_BE_ZERO:
            continue
        probe = found.at.copy()
        probe[i] = _NEAR_ZERO
        if likelihood.evaluate(probe)[1][i] >= 0:
            at[i], free[i] = 0.0, False
        elif abs(at[i]) < _NEAR_ZERO:
            # A point where the likelihood is level but not highest.
            at[i] = 2 * _MAY_BE_ZERO
    return at, free


def _restricted(likelihood: Likelihood, at: Array, free: NDArray[np.bool_]) -> Function:
    """The likelihood as a function of its free parameters."""

    def function(values: Array) -> tuple[float, Array]:
        full = at.copy()
        full[free] = values
        value, gradient = likelihood.evaluate(full)
        return value, gradient[free]

    return function


def _check_spread(likelihood: Likelihood, at: Array) -> None:
    for factor, sd in zip(likelihood.rows.factors, at[likelihood.q + likelihood.p :], strict=True):
        if abs(sd) > MAX_SD:
            raise NotEstimableError(
                f"the standard deviation of {factor.name} grows without limit: its levels separate the scores"
            )
