"""Restricted maximum likelihood for a mixed model with crossed random intercepts.

Every quantity comes from the cross-products of the random-effect columns, so an iteration costs the cube
of the number of levels and does not depend on the number of rows.

References
----------
Patterson HD, Thompson R (1971). Recovery of inter-block information when block sizes are unequal.
Biometrika 58:545-554. doi:10.2307/2334389
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg, optimize

from analysis.estimate import Array
from analysis.threads import one_thread

Codes = NDArray[np.int64]
# From here on cross-products lose the residual variance to rounding; whole scores never come near it.
MAX_RATIO = 1e6
# A ratio below this share of the residual variance is indistinguishable from zero at double precision.
ZERO_RATIO = 1e-9
NO_RESIDUAL = "the residual variance is estimated at 0"


class NotEstimableError(ValueError):
    """The model cannot be fitted to these rows; the message says why."""


@dataclass(frozen=True)
class RemlFit:
    """A fitted model.

    Attributes
    ----------
    beta : ndarray, shape (p,)
        Fixed effects.
    covariance : ndarray, shape (p, p)
        Unadjusted covariance of `beta`.
    variances : dict of str to float
        Variance component per factor, then ``residual``.
    criterion : float
        -2 restricted log-likelihood.
    singular : tuple of str
        Factors whose variance is estimated at zero.
    moments : Moments
        Cross-products of the data.
    ratios : ndarray
        Variance of each factor over the residual variance.
    """

    beta: Array
    covariance: Array
    variances: dict[str, float]
    criterion: float
    singular: tuple[str, ...]
    moments: "Moments"
    ratios: Array


class Moments:
    """Cross-products of the columns [Z, X, y]; all that the likelihood needs."""

    def __init__(self, y: Array, x: Array, codes: Mapping[str, Codes]) -> None:
        self.names = tuple(codes)
        indicators = [np.equal.outer(c, np.unique(c)).astype(float) for c in codes.values()]
        self.sizes = [z.shape[1] for z in indicators]
        self.factor = np.repeat(np.arange(len(indicators)), self.sizes)
        z = np.hstack(indicators)
        self.n, self.p = x.shape
        fixed = np.column_stack([x, y])
        self.zz, self.zf, self.ff = z.T @ z, z.T @ fixed, fixed.T @ fixed

    def projections(self, ratios: Array) -> tuple[Array, Array, Array, float]:
        """A = Z'HZ, B = Z'H[X, y], C = [X, y]'H[X, y] and log|H^-1|, with H = (I + Z Gamma Z')^-1."""
        root = np.sqrt(ratios)[self.factor]
        inner = np.eye(len(root)) + root[:, None] * self.zz * root
        scaled_z, scaled_f = root[:, None] * self.zz, root[:, None] * self.zf
        solved = np.linalg.solve(inner, np.hstack([scaled_z, scaled_f]))
        solved_z, solved_f = solved[:, : len(root)], solved[:, len(root) :]
        return (
            self.zz - scaled_z.T @ solved_z,
            self.zf - scaled_z.T @ solved_f,
            self.ff - scaled_f.T @ solved_f,
            float(np.linalg.slogdet(inner)[1]),
        )

    def criterion(self, ratios: Array) -> tuple[float, Array]:
        """Profiled -2 restricted log-likelihood and its gradient in the variance ratios."""
        a, b, c, log_determinant = self.projections(ratios)
        p, dof = self.p, self.n - self.p
        chol = linalg.cho_factor(c[:p, :p])
        beta = linalg.cho_solve(chol, c[:p, p])
        rss = float(c[p, p] - c[:p, p] @ beta)
        if rss <= 1e-12 * self.ff[p, p]:
            raise NotEstimableError(NO_RESIDUAL)
        log_x = 2 * float(np.log(np.diag(chol[0])).sum())
        value = dof * (1 + np.log(2 * np.pi * rss / dof)) + log_determinant + log_x
        residual = b[:, p] - b[:, :p] @ beta
        leverage = np.diag(a) - np.einsum("kp,pk->k", b[:, :p], linalg.cho_solve(chol, b[:, :p].T))
        slope = leverage - np.square(residual) * dof / rss
        return float(value), np.asarray(np.bincount(self.factor, slope, len(self.sizes)), float)


def _newton_step(moments: Moments, ratios: Array, free: NDArray[np.bool_]) -> Array:
    """Newton step on the free ratios, with the Hessian by central differences of the exact gradient."""
    index = np.flatnonzero(free)
    hessian = np.empty((len(index), len(index)))
    for column, i in enumerate(index):
        h = 1e-5 * max(ratios[i], 1e-3)
        up, down = ratios.copy(), ratios.copy()
        up[i] += h
        down[i] = max(down[i] - h, 0.0)
        difference = moments.criterion(up)[1] - moments.criterion(down)[1]
        hessian[:, column] = difference[index] / (up[i] - down[i])
    step = np.zeros_like(ratios)
    gradient = moments.criterion(ratios)[1][index]
    step[index] = -linalg.lstsq((hessian + hessian.T) / 2, gradient)[0]
    return step


def _polish(moments: Moments, ratios: Array) -> Array:
    value, gradient = moments.criterion(ratios)
    for _ in range(50):
        ratios = np.where((ratios < ZERO_RATIO) & (gradient > 0), 0.0, ratios)
        value, gradient = moments.criterion(ratios)
        free = (ratios > 0) | (gradient < 0)
        if not free.any():
            break
        step = _newton_step(moments, ratios, free)
        scale = 1.0
        while scale > 1e-6:
            trial = np.clip(ratios + scale * step, 0.0, MAX_RATIO)
            trial_value, trial_gradient = moments.criterion(trial)
            if trial_value <= value + 1e-12 * abs(value):
                break
            scale /= 2
        else:
            break
        moved = np.max(np.abs(trial - ratios) / np.maximum(ratios, 1e-6))
        ratios, value, gradient = trial, trial_value, trial_gradient
        if moved < 1e-12:
            break
    return ratios


def _maximise(moments: Moments) -> Array:
    best = (np.inf, np.zeros(len(moments.sizes)))
    for start in (1.0, 0.05):
        found = optimize.minimize(
            moments.criterion,
            np.full(len(moments.sizes), start),
            jac=True,
            method="L-BFGS-B",
            bounds=[(0.0, MAX_RATIO)] * len(moments.sizes),
            options={"maxiter": 500, "ftol": 1e-14, "gtol": 1e-8},
        )
        ratios = _polish(moments, np.asarray(found.x))
        value = moments.criterion(ratios)[0]
        if value < best[0] - 1e-10:
            best = (value, ratios)
    if best[1].max() >= MAX_RATIO / 2:
        raise NotEstimableError(NO_RESIDUAL)
    return best[1]


def fit_reml(y: ArrayLike, x: ArrayLike, factors: Mapping[str, ArrayLike]) -> RemlFit:
    """Fit ``y = x beta + sum of random intercepts + error`` by restricted maximum likelihood.

    Parameters
    ----------
    y : array_like, shape (n,)
        Outcome.
    x : array_like, shape (n, p)
        Fixed-effect columns, of full rank.
    factors : mapping of str to array_like, shape (n,)
        Grouping label of each row, per random factor; at least one.

    Returns
    -------
    RemlFit

    Raises
    ------
    NotEstimableError
        If there are no residual degrees of freedom, the outcome does not vary, or no interior optimum
        of the residual variance exists.
    """
    outcome, design = np.asarray(y, float), np.asarray(x, float)
    if len(outcome) <= design.shape[1] + 1:
        raise NotEstimableError("too few differences")
    centred = outcome - design @ linalg.lstsq(design, outcome)[0]
    if np.abs(centred).max() <= 1e-12 * max(float(np.abs(outcome).max()), 1.0):
        raise NotEstimableError("all differences are equal, so there is no variance to test with")
    codes = {name: np.unique(np.asarray(labels), return_inverse=True)[1] for name, labels in factors.items()}
    moments = Moments(outcome, design, codes)
    with one_thread():
        ratios = _maximise(moments)
    _, _, c, _ = moments.projections(ratios)
    p = moments.p
    inverse = linalg.inv(c[:p, :p])
    beta = inverse @ c[:p, p]
    residual = float(c[p, p] - c[:p, p] @ beta) / (moments.n - p)
    variances = {name: float(r) * residual for name, r in zip(moments.names, ratios, strict=True)}
    singular = tuple(name for name, value in variances.items() if value == 0)
    return RemlFit(
        beta=beta,
        covariance=inverse * residual,
        variances={**variances, "residual": residual},
        criterion=moments.criterion(ratios)[0],
        singular=singular,
        moments=moments,
        ratios=ratios,
    )
