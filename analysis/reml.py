"""Restricted maximum likelihood for a mixed model with crossed random intercepts, and Kenward-Roger tests.

Every quantity comes from the cross-products of the random-effect columns, so an iteration costs the cube
of the number of levels and does not depend on the number of rows.

References
----------
Patterson HD, Thompson R (1971). Recovery of inter-block information when block sizes are unequal.
Biometrika 58:545-554. doi:10.2307/2334389
Kenward MG, Roger JH (1997). Small sample inference for fixed effects from restricted maximum likelihood.
Biometrics 53:983-997. doi:10.2307/2533558
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg, optimize

from analysis.estimate import Array

Codes = NDArray[np.int64]
MAX_RATIO = 1e8
# A ratio below this share of the residual variance is indistinguishable from zero at double precision.
ZERO_RATIO = 1e-9


class NotEstimable(ValueError):
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
    """

    beta: Array
    covariance: Array
    variances: dict[str, float]
    criterion: float
    singular: tuple[str, ...]
    _moments: "_Moments"
    _ratios: Array


@dataclass(frozen=True)
class KenwardRoger:
    """Test of one linear combination: estimate, adjusted standard error and denominator df."""

    estimate: float
    se: float
    df: float


class _Moments:
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
        factor = linalg.cholesky(inner, lower=True)
        half_z = linalg.solve_triangular(factor, root[:, None] * self.zz, lower=True)
        half_f = linalg.solve_triangular(factor, root[:, None] * self.zf, lower=True)
        log_determinant = 2 * float(np.log(np.diag(factor)).sum())
        return (
            self.zz - half_z.T @ half_z,
            self.zf - half_z.T @ half_f,
            self.ff - half_f.T @ half_f,
            log_determinant,
        )

    def criterion(self, ratios: Array) -> tuple[float, Array]:
        """Profiled -2 restricted log-likelihood and its gradient in the variance ratios."""
        a, b, c, log_determinant = self.projections(ratios)
        p, dof = self.p, self.n - self.p
        chol = linalg.cho_factor(c[:p, :p])
        beta = linalg.cho_solve(chol, c[:p, p])
        rss = float(c[p, p] - c[:p, p] @ beta)
        log_x = 2 * float(np.log(np.diag(chol[0])).sum())
        value = dof * (1 + np.log(2 * np.pi * rss / dof)) + log_determinant + log_x
        residual = b[:, p] - b[:, :p] @ beta
        leverage = np.diag(a) - np.einsum("kp,pk->k", b[:, :p], linalg.cho_solve(chol, b[:, :p].T))
        slope = leverage - np.square(residual) * dof / rss
        return float(value), np.asarray(np.bincount(self.factor, slope, len(self.sizes)), float)


def _newton_step(moments: _Moments, ratios: Array, free: NDArray[np.bool_]) -> Array:
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


def _polish(moments: _Moments, ratios: Array) -> Array:
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
            trial = np.maximum(ratios + scale * step, 0.0)
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


def _maximise(moments: _Moments) -> Array:
    best: tuple[float, Array] | None = None
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
        if best is None or value < best[0] - 1e-10:
            best = (value, ratios)
    assert best is not None
    if best[1].max() >= MAX_RATIO / 2:
        raise NotEstimable("the residual variance is estimated at 0")
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
    NotEstimable
        If there are no residual degrees of freedom, the outcome does not vary, or no interior optimum
        of the residual variance exists.
    """
    outcome, design = np.asarray(y, float), np.asarray(x, float)
    if len(outcome) <= design.shape[1] + 1:
        raise NotEstimable("too few differences")
    centred = outcome - design @ linalg.lstsq(design, outcome)[0]
    if np.abs(centred).max() <= 1e-12 * max(float(np.abs(outcome).max()), 1.0):
        raise NotEstimable("all differences are equal, so there is no variance to test with")
    codes = {name: np.unique(np.asarray(labels), return_inverse=True)[1] for name, labels in factors.items()}
    moments = _Moments(outcome, design, codes)
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
        _moments=moments,
        _ratios=ratios,
    )


@dataclass(frozen=True)
class _Powers:
    """Products of powers of H between Z and X: `zhz` is Z'HZ, `zh2x` is Z'H^2 X, and so on."""

    zhz: Array
    zh2z: Array
    zhx: Array
    zh2x: Array
    xh2x: Array
    xh3x: Array
    trace_h2: float


def _powers(m: _Moments, ratios: Array) -> _Powers:
    root = np.sqrt(ratios)[m.factor]
    inner = linalg.cho_factor(np.eye(len(root)) + root[:, None] * m.zz * root)
    q = root[:, None] * linalg.cho_solve(inner, np.diag(root))
    zx = m.zf[:, : m.p]
    # H = I - Z q Z', hence HZ = Z back and HX = X - Z q Z'X.
    qzz, qzx = q @ m.zz, q @ zx
    back = np.eye(len(root)) - qzz
    zhx = back.T @ zx
    xh2x = m.ff[: m.p, : m.p] - zx.T @ qzx - qzx.T @ zx + qzx.T @ m.zz @ qzx
    return _Powers(
        zhz=m.zz @ back,
        zh2z=back.T @ m.zz @ back,
        zhx=zhx,
        zh2x=back.T @ (zx - m.zz @ qzx),
        xh2x=xh2x,
        xh3x=xh2x - zhx.T @ q @ zhx,
        trace_h2=m.n - 2 * float(np.trace(qzz)) + float(np.sum(qzz * qzz.T)),
    )


def _derivative_traces(fit: RemlFit) -> tuple[Array, list[Array], list[list[Array]]]:
    """tr(S^-1 G_i S^-1 G_j), X'S^-1 G_i S^-1 X and X'S^-1 G_i S^-1 G_j S^-1 X; the residual comes last."""
    m, s2 = fit._moments, fit.variances["residual"]
    h = _powers(m, fit._ratios)
    k = len(m.sizes)
    parts = [np.flatnonzero(m.factor == i) for i in range(k)]
    traces = np.empty((k + 1, k + 1))
    first = [h.zhx[i].T @ h.zhx[i] / s2**2 for i in parts] + [h.xh2x / s2**2]
    second = [[h.xh3x / s2**3] * (k + 1) for _ in range(k + 1)]
    for i, rows in enumerate(parts):
        for j, columns in enumerate(parts):
            block = h.zhz[np.ix_(rows, columns)]
            traces[i, j] = np.sum(np.square(block)) / s2**2
            second[i][j] = h.zhx[rows].T @ block @ h.zhx[columns] / s2**3
        traces[i, k] = traces[k, i] = np.trace(h.zh2z[np.ix_(rows, rows)]) / s2**2
        second[i][k] = h.zhx[rows].T @ h.zh2x[rows] / s2**3
        second[k][i] = second[i][k].T
    traces[k, k] = h.trace_h2 / s2**2
    return traces, first, second


def variance_share(fit: RemlFit, name: str) -> float:
    """Share of the variance of the first fixed effect that one random factor contributes."""
    m, s2, p = fit._moments, fit.variances["residual"], fit._moments.p
    rows = m.factor == m.names.index(name)
    load = m.projections(fit._ratios)[1][rows, :p] / s2 @ fit.covariance[:, 0]
    return float(fit.variances[name] * (load @ load) / fit.covariance[0, 0])


def kenward_roger(fit: RemlFit, contrast: ArrayLike) -> KenwardRoger:
    """Kenward-Roger test of one linear combination of the fixed effects.

    Components at zero keep their place among the variance parameters, as their uncertainty remains.

    Parameters
    ----------
    fit : RemlFit
    contrast : array_like, shape (p,)

    Returns
    -------
    KenwardRoger
        For one degree of freedom the scale of the statistic is 1 and t = estimate / se.
    """
    weights = np.asarray(contrast, float)
    phi = fit.covariance
    traces, first, second = _derivative_traces(fit)
    size = len(first)
    information = np.empty((size, size))
    for i in range(size):
        for j in range(size):
            information[i, j] = (
                traces[i, j] - 2 * np.trace(phi @ second[i][j]) + np.trace(phi @ first[i] @ phi @ first[j])
            )
    w = 2 * linalg.pinvh((information + information.T) / 2, rtol=1e-10)
    correction = sum(
        (w[i, j] * (second[i][j] - first[i] @ phi @ first[j]) for i in range(size) for j in range(size)),
        start=np.zeros_like(phi),
    )
    adjusted = phi + 2 * phi @ correction @ phi
    variance = float(weights @ phi @ weights)
    shares = np.array([weights @ phi @ f @ phi @ weights for f in first]) / variance
    df = 2 / float(shares @ w @ shares)
    return KenwardRoger(float(weights @ fit.beta), float(np.sqrt(weights @ adjusted @ weights)), df)
