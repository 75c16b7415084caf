"""Laplace approximation of the likelihood of a cumulative link mixed model, with its exact gradient.

The random effects are written b = sd * u with u standard normal, so that a standard deviation of 0 is an
ordinary point: the likelihood is an even, smooth function of every standard deviation.

References
----------
Tierney L, Kadane JB (1986). Accurate approximations for posterior moments and marginal densities. Journal of
the American Statistical Association 81:82-86. doi:10.1080/01621459.1986.10478240
Skaug HJ, Fournier DA (2006). Automatic approximation of the marginal likelihood in non-Gaussian hierarchical
models. Computational Statistics & Data Analysis 51:699-709. doi:10.1016/j.csda.2006.03.005
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from analysis.estimate import Array
from analysis.ordinal.blocks import Crossing, NotPositiveError, Precision
from analysis.ordinal.fixed import fixed_curvature
from analysis.ordinal.links import InEta, Link
from analysis.ordinal.rows import OrdinalRows
from analysis.ordinal.thresholds import ThresholdStructure

_MAX_NEWTON = 60
# Newton converges quadratically: after a step this small the mode is exact to rounding.
_STEP_TOLERANCE = 1e-9
# Far from the mode the parabola leads many standard deviations too far; a shorter step saves the halving.
_LONGEST_STEP = 20.0


class InfeasibleError(ArithmeticError):
    """The parameters lie where the likelihood cannot be evaluated; an optimiser must step back."""


@dataclass(frozen=True)
class Parameters:
    """A parameter vector taken apart.

    Attributes
    ----------
    thresholds : ndarray, shape (K - 1,)
    beta : ndarray, shape (p,)
    sd : ndarray, shape (f,)
        One per factor; the sign is without meaning.
    """

    thresholds: Array
    beta: Array
    sd: Array


@dataclass(frozen=True)
class Mode:
    """The conditional mode of the random effects.

    Attributes
    ----------
    effects : ndarray
        u, on the standard normal scale.
    eta : ndarray, shape (m,)
        Linear predictor of the rows.
    value : float
        Negative joint log-likelihood, without the constant of the normal density.
    in_eta : InEta
        Derivatives of the rows at the mode.
    precision : Precision
        Curvature of the negative joint log-likelihood in u.
    """

    effects: Array
    eta: Array
    value: float
    in_eta: InEta
    precision: Precision


class MixedModel:
    """Rows, link and thresholds of a mixed model, and the modes of its random effects."""

    def __init__(self, rows: OrdinalRows, link: Link, structure: ThresholdStructure) -> None:
        self.rows, self.link, self.structure = rows, link, structure
        self.crossing = Crossing(rows.factors)
        self.q, self.p = structure.jacobian.shape[1], rows.x.shape[1]
        self._near = np.zeros(self.crossing.total)
        self.newton_steps = 0

    def parameters(self, at: Array) -> Parameters:
        """Take (alpha, beta, sd) apart; raises `InfeasibleError` if the thresholds are out of order."""
        thresholds = self.structure.jacobian @ at[: self.q]
        if (np.diff(thresholds) <= 0).any():
            raise InfeasibleError
        return Parameters(thresholds, at[self.q : self.q + self.p], at[self.q + self.p :])

    def _at(
        self, parameters: Parameters, spread: Array, fixed: Array, effects: Array
    ) -> tuple[Array, InEta, float]:
        eta = fixed + self.crossing.per_row(spread * effects)
        found = self.rows.in_eta(self.link, parameters.thresholds, eta)
        return eta, found, float(effects @ effects) / 2 - float(found.log_p.sum())

    def mode(self, parameters: Parameters) -> Mode:
        """Maximise the joint likelihood over the random effects, from the last mode found.

        Raises
        ------
        InfeasibleError
            If no maximum is found.
        """
        spread = self.crossing.spread(parameters.sd)
        fixed = self.rows.x @ parameters.beta
        effects = self._near
        eta, found, value = self._at(parameters, spread, fixed, effects)
        if not np.isfinite(value):
            effects = np.zeros_like(effects)
            eta, found, value = self._at(parameters, spread, fixed, effects)
        for _ in range(_MAX_NEWTON):
            self.newton_steps += 1
            precision = self.crossing.precision(found.weight, spread)
            step = precision.solve(spread * self.crossing.per_level(found.slope) - effects)
            largest = np.abs(step).max()
            if largest <= _STEP_TOLERANCE:
                self._near = effects
                return Mode(effects, eta, value, found, precision)
            step = step * min(1.0, _LONGEST_STEP / largest)
            for _ in range(40):
                eta, found, trial = self._at(parameters, spread, fixed, effects + step)
                if trial <= value + 1e-11 * (1 + abs(value)):
                    break
                step = step / 2
            else:
                break
            effects, value = effects + step, trial
        raise InfeasibleError

    def start_curvature(self, at: Array) -> Array:
        """Approximate curvature of the negative marginal log-likelihood: observed for (alpha, beta) with the
        random effects profiled out, and that of a normal working model for the standard deviations."""
        parameters = self.parameters(at)
        mode = self.mode(parameters)
        thresholds, eta = parameters.thresholds, mode.eta
        _, curvature = fixed_curvature(self.rows, self.link, thresholds, eta)
        mixed = self._mixed_curvature(parameters, mode)
        solved = np.column_stack([mode.precision.solve(column) for column in mixed.T])
        jacobian = linalg.block_diag(self.structure.jacobian, np.eye(self.p))
        of_fixed = jacobian.T @ (curvature - mixed.T @ solved) @ jacobian
        products = mode.precision.shrinkage_products(self.crossing.starts)
        order = np.argsort(self.crossing.order)
        of_sd = 2 * products[np.ix_(order, order)] / np.outer(parameters.sd, parameters.sd)
        return np.asarray(linalg.block_diag(of_fixed, of_sd))

    def _mixed_curvature(self, parameters: Parameters, mode: Mode) -> Array:
        """Second derivatives of the negative joint log-likelihood in u and (thresholds, beta)."""
        limits = self.rows.in_limits(self.link, parameters.thresholds, mode.eta)
        k = self.rows.category
        columns = [
            np.where(k == j, limits.slope_upper, 0) + np.where(k == j + 1, limits.slope_lower, 0)
            for j in range(len(parameters.thresholds))
        ] + [-mode.in_eta.weight * column for column in self.rows.x.T]
        spread = self.crossing.spread(parameters.sd)
        return np.column_stack([-spread * self.crossing.per_level(column) for column in columns])

    def evaluate(self, at: Array) -> tuple[float, Array]:
        """Value and gradient in (alpha, beta, sd).

        Raises
        ------
        InfeasibleError
            If the thresholds are out of order or the mode is not found.
        """
        try:
            with np.errstate(all="ignore"):
                parameters = self.parameters(at)
                mode = self.mode(parameters)
                value, gradient = self._approximate(parameters, mode)
        except NotPositiveError:
            raise InfeasibleError from None
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            raise InfeasibleError
        return value, gradient

    def _approximate(self, parameters: Parameters, mode: Mode) -> tuple[float, Array]:
        """Value and gradient of one approximation, given the mode."""
        raise NotImplementedError


class Laplace(MixedModel):
    """Negative log-likelihood by the Laplace approximation."""

    def _approximate(self, parameters: Parameters, mode: Mode) -> tuple[float, Array]:
        value = mode.value + mode.precision.log_determinant / 2
        return value, self._gradient(parameters, mode)

    def _gradient(self, parameters: Parameters, mode: Mode) -> Array:
        crossing, rows = self.crossing, self.rows
        spread = crossing.spread(parameters.sd)
        limits = rows.in_limits(self.link, parameters.thresholds, mode.eta)
        half = crossing.variances(mode.precision, spread) / 2
        # Half the slope of log|H| in u, and what moving the mode adds to every other derivative.
        by_eta = -(limits.weight_upper + limits.weight_lower) * half
        pull = mode.precision.solve(spread * crossing.per_level(by_eta))
        moved = crossing.per_row(spread * pull)
        thresholds = rows.per_threshold(
            limits.weight_upper * half + limits.slope_upper * moved - limits.upper,
            limits.weight_lower * half + limits.slope_lower * moved - limits.lower,
        )
        beta = rows.x.T @ (by_eta - mode.in_eta.weight * moved - mode.in_eta.slope)
        log_sd = 1 - mode.precision.inverse_diagonal - mode.effects**2 + 2 * pull * mode.effects
        sd = np.empty(len(parameters.sd))
        sd[crossing.order] = np.add.reduceat(log_sd, crossing.starts[:-1])
        # The function is even in each standard deviation, so its slope at 0 is 0.
        sd = np.where(np.abs(parameters.sd) < 1e-9, 0.0, sd / np.where(parameters.sd == 0, 1, parameters.sd))
        return np.concatenate([self.structure.jacobian.T @ thresholds, beta, sd])
