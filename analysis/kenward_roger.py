"""Kenward-Roger tests of the fixed effects of a fitted mixed model.

References
----------
Kenward MG, Roger JH (1997). Small sample inference for fixed effects from restricted maximum likelihood.
Biometrics 53:983-997. doi:10.2307/2533558
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg

from analysis.estimate import Array
from analysis.reml import Moments, NotEstimableError, RemlFit

# Below this the quantiles of t leave every scale, so an interval says nothing.
LEAST_DF = 0.1
UNKNOWN_VARIANCE = "the variance of the mean has almost no degrees of freedom"


@dataclass(frozen=True)
class KenwardRoger:
    """Test of one linear combination: estimate, adjusted standard error and denominator df."""

    estimate: float
    se: float
    df: float


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


def _powers(m: Moments, ratios: Array) -> _Powers:
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
    m, s2 = fit.moments, fit.variances["residual"]
    h = _powers(m, fit.ratios)
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
    m, s2, p = fit.moments, fit.variances["residual"], fit.moments.p
    rows = m.factor == m.names.index(name)
    load = m.projections(fit.ratios)[1][rows, :p] / s2 @ fit.covariance[:, 0]
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
        For one degree of freedom the scale of the statistic is 1 and t = estimate / se. The adjusted
        variance is never below the unadjusted one.

    Raises
    ------
    NotEstimableError
        If so little is known of the variance components that no usable t distribution remains.
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
    spread, squared = float(shares @ w @ shares), float(weights @ adjusted @ weights)
    if not (0 < spread <= 2 / LEAST_DF and 0 < squared < np.inf):
        raise NotEstimableError(UNKNOWN_VARIANCE)
    return KenwardRoger(float(weights @ fit.beta), float(np.sqrt(squared)), 2 / spread)
