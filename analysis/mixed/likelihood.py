"""Profiled likelihood of a mixed model in its variance ratios, with exact derivatives, and its optimum.

References
----------
Patterson HD, Thompson R (1971). Recovery of inter-block information when block sizes are unequal.
Biometrika 58:545-554. doi:10.2307/2334389

Bates D, Maechler M, Bolker B, Walker S (2015). Fitting linear mixed-effects models using lme4. Journal of
Statistical Software 67(1). doi:10.18637/jss.v067.i01
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from analysis.estimate import Array
from analysis.mixed.crossproducts import CrossProducts, Projection, inverse_root

# Beyond it the cross-products lose the residual variance to rounding; whole scores never come near it.
MAX_RATIO = 1e6
NO_RESIDUAL = "the residual variance is estimated at 0"
NO_OPTIMUM = "the likelihood has no optimum that the iterations reach"
MAX_ITERATIONS = 100
# Twice the log-likelihood still to gain; its root is the error in standard errors of the parameters. One
# Newton step squares it.
CONVERGED = 1e-16
QUADRATIC = 1e-9
# Below this gain rounding drowns the comparison of two values, and full steps converge quadratically.
TRUSTED = 1e-6
LONGEST_STEP = 4.0
# Distance from the boundary, on the optimiser's scale, that double precision cannot tell from zero.
AT_BOUNDARY = 1e-8


class NotEstimableError(ValueError):
    """The model cannot be fitted to these rows; the message says why."""


@dataclass(frozen=True)
class Terms:
    """Likelihood terms at one set of variance ratios; the residual variance is factored out.

    Attributes
    ----------
    projection : Projection
    m : int
        Rows, less the fixed effects under REML.
    whitener : ndarray, shape (p, p)
        W with W X'HXW' = I; `first` and `second` hold the products of X W' in place of X, and of Py.
    beta : ndarray, shape (p,)
    rss : float
        y'Py.
    log_determinant : float
        log |H^-1|, plus log |X'HX| under REML.
    traces, squares : ndarray, shapes (k,), (k, k)
        tr(Z_i'PZ_i) and the sum of squares of Z_i'PZ_j; under ML with H in place of P.
    slopes, curvatures : ndarray, shapes (k,), (k, k)
        y'PG_iPy and y'PG_iPG_jPy with G_i = Z_iZ_i'.
    first : ndarray, shape (k, p, p)
        X'HG_iHX, whitened.
    second : ndarray, shape (k, k, p, p)
        X'HG_iHG_jHX, whitened.
    """

    projection: Projection
    m: int
    whitener: Array
    beta: Array
    rss: float
    log_determinant: float
    traces: Array
    squares: Array
    slopes: Array
    curvatures: Array
    first: Array
    second: Array

    @property
    def ratios(self) -> Array:
        """Variance of each factor over the residual variance."""
        return self.projection.ratios


Value = tuple[float, Array, Array]
Objective = Callable[[Terms], Value]


def _restricted(h: Projection, first: Array, second: Array) -> tuple[Array, Array]:
    """Traces and squares with P in place of H, from whitened products."""
    k, p = first.shape[:2]
    flat = first.reshape(k, p * p)
    own = np.add.reduce(second.reshape(k, k, -1)[:, :, : p * (p + 1) : p + 2], 2)
    return h.traces - np.add.reduce(flat[:, :: p + 1], 1), h.squares - 2 * own + flat @ flat.T


@dataclass(frozen=True)
class Likelihood:
    """The likelihood of the rows behind `base`, restricted or not."""

    base: CrossProducts
    reml: bool

    @property
    def p(self) -> int:
        """Number of fixed effects."""
        return self.base.f - 1

    def at(self, ratios: Array) -> Terms:
        """Likelihood terms at given ratios; raises `NotEstimableError` if no residual is left."""
        h, p = self.base.project(ratios), self.p
        whitener, log_x = inverse_root(h.fixed[:p, :p])
        beta = whitener.T @ (whitener @ h.fixed[:p, p])
        rss = float(h.fixed[p, p] - h.fixed[:p, p] @ beta)
        if rss <= 1e-12 * self.base.base[-1, -1]:
            raise NotEstimableError(NO_RESIDUAL)
        turn = np.zeros((p + 1, p + 1))
        turn[:p, :p], turn[:p, p], turn[p, p] = whitener.T, -beta, 1.0
        first, second = turn.T @ h.first @ turn, turn.T @ h.second @ turn
        across, products = first[:, :p, p], first[:, :p, :p]
        traces, squares, log_determinant = h.traces, h.squares, h.log_determinant
        if self.reml:
            traces, squares = _restricted(h, products, second)
            log_determinant += log_x
        return Terms(
            projection=h,
            m=self.base.n - (p if self.reml else 0),
            whitener=whitener,
            beta=beta,
            rss=rss,
            log_determinant=log_determinant,
            traces=traces,
            squares=squares,
            slopes=first[:, p, p],
            curvatures=second[:, :, p, p] - across @ across.T,
            first=products,
            second=second[:, :, :p, :p],
        )


def profiled(t: Terms) -> Value:
    """-2 log-likelihood with the residual variance at its optimum, its gradient and Hessian in the ratios."""
    value = t.m * (1 + np.log(2 * np.pi * t.rss / t.m)) + t.log_determinant
    scale = t.m / t.rss
    hessian = 2 * scale * t.curvatures - t.squares - t.slopes[:, None] * t.slopes * (scale / t.rss)
    return float(value), t.traces - scale * t.slopes, hessian


def residual_fixed(variance: float) -> Objective:
    """-2 log-likelihood where the residual variance is given."""

    def objective(t: Terms) -> Value:
        value = t.m * np.log(2 * np.pi * variance) + t.rss / variance + t.log_determinant
        return float(value), t.traces - t.slopes / variance, 2 * t.curvatures / variance - t.squares

    return objective


def component_fixed(index: int, variance: float) -> Objective:
    """-2 log-likelihood where the variance of one factor is given; the residual is that over its ratio."""

    def objective(t: Terms) -> Value:
        ratio = t.ratios[index]
        if ratio == 0:
            return np.inf, t.traces, t.squares
        residual = variance / ratio
        value, gradient, hessian = residual_fixed(residual)(t)
        gradient[index] += (t.rss / residual - t.m) / ratio
        hessian[index] -= t.slopes / variance
        hessian[:, index] -= t.slopes / variance
        hessian[index, index] += t.m / ratio**2
        return value, gradient, hessian

    return objective


@dataclass(frozen=True)
class _Point:
    """One iterate on the scale tau = log(1 + ratio * rows per level), nearly convex there."""

    tau: Array
    terms: Terms
    value: float
    gradient: Array
    hessian: Array

    def free(self) -> NDArray[np.bool_]:
        towards = self.gradient + AT_BOUNDARY * np.abs(self.hessian.diagonal())
        return (self.tau > 0) | (towards < 0)

    def step(self) -> tuple[Array, float]:
        """Newton step among the free ratios, against no direction of negative curvature, and its gain."""
        index = np.flatnonzero(self.free())
        step = np.zeros_like(self.tau)
        if not len(index):
            return step, 0.0
        gradient, hessian = self.gradient[index], self.hessian[index[:, None], index]
        _, newton, failed = lapack.dposv(hessian, -gradient)
        if failed:
            values, vectors = np.linalg.eigh(hessian)
            size = np.abs(values)
            newton = -vectors @ (vectors.T @ gradient / np.maximum(size, 1e-10 * size.max() + 1e-12))
        step[index] = newton
        longest = float(np.abs(newton).max())
        return step * min(1.0, LONGEST_STEP / max(longest, AT_BOUNDARY)), -float(gradient @ newton)


def _point(likelihood: Likelihood, objective: Objective, tau: Array) -> _Point:
    scale = likelihood.base.scale
    tau = np.where(tau < AT_BOUNDARY, 0.0, tau)
    growth = np.exp(tau)
    slope = growth / scale
    terms = likelihood.at((growth - 1) / scale)
    value, gradient, hessian = objective(terms)
    bent = slope[:, None] * hessian * slope
    bent.flat[:: len(tau) + 1] += gradient * slope
    return _Point(tau, terms, value, gradient * slope, bent)


def _next(likelihood: Likelihood, objective: Objective, point: _Point, step: Array, gain: float) -> _Point:
    highest = np.log1p(MAX_RATIO * likelihood.base.scale)
    for _ in range(40):
        trial = _point(likelihood, objective, np.minimum(np.maximum(point.tau + step, 0.0), highest))
        if gain < TRUSTED or trial.value <= point.value + 1e-12 * abs(point.value):
            return trial
        step = step / 3
    raise NotEstimableError(NO_OPTIMUM)


def minimise(likelihood: Likelihood, objective: Objective, start: Array) -> Terms:
    """Optimum of an objective over the non-negative ratios by projected Newton iterations.

    Parameters
    ----------
    likelihood : Likelihood
    objective : callable
    start : ndarray, shape (k,)
        Ratios in the order of `likelihood.base.names`.

    Raises
    ------
    NotEstimableError
        If the residual variance goes to zero or no optimum is reached.
    """
    point = _point(likelihood, objective, np.log1p(start * likelihood.base.scale))
    for _ in range(MAX_ITERATIONS):
        step, gain = point.step()
        if gain > CONVERGED:
            point = _next(likelihood, objective, point, step, gain)
        if gain <= QUADRATIC:
            return point.terms
        if point.terms.ratios.max() >= MAX_RATIO / 2:
            raise NotEstimableError(NO_RESIDUAL)
    raise NotEstimableError(NO_OPTIMUM)
