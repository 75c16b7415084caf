"""Cumulative link model without random effects, by Newton's method with the observed information.

References
----------
McCullagh P (1980). Regression models for ordinal data. Journal of the Royal Statistical Society B 42:109-142.
doi:10.1111/j.2517-6161.1980.tb01109.x
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, special

from analysis.estimate import Array
from analysis.ordinal.links import LINKS, Link
from analysis.ordinal.rows import NotEstimableError, OrdinalRows, build_rows, merge_rows
from analysis.ordinal.separation import check_separation
from analysis.ordinal.thresholds import ThresholdStructure, threshold_structure
from analysis.threads import one_thread

_MAX_ITERATIONS = 60
_GRADIENT_TOLERANCE = 1e-9
# Separated rows show in a long linear predictor or a large standard error; then the exact check pays.
_LONG = 12.0
_UNCERTAIN = 5.0


@dataclass(frozen=True)
class CumulativeLinkFit:
    """A fitted cumulative link model, P(score <= k) = F(theta_k - x beta).

    Attributes
    ----------
    log_likelihood : float
    thresholds, threshold_se : ndarray, shape (K - 1,)
        On the scale of the link.
    beta, beta_se : ndarray, shape (p,)
        Effects, on the scale of the link; positive raises the score.
    beta_p : ndarray, shape (p,)
        Two-sided Wald p-values.
    x_names : tuple of str
    alpha, alpha_se : ndarray, shape (q,)
        Parameters of the thresholds (the thresholds themselves if they are flexible).
    structure : ThresholdStructure
    covariance : ndarray, shape (q + p, q + p)
        Of (alpha, beta), from the observed information.
    link : str
    n, iterations : int
    max_gradient : float
        Largest absolute slope of the log-likelihood at the end.
    categories, unused : tuple of str
        Categories that occur, and possible ones that do not.
    """

    log_likelihood: float
    thresholds: Array
    threshold_se: Array
    beta: Array
    beta_se: Array
    beta_p: Array
    x_names: tuple[str, ...]
    alpha: Array
    alpha_se: Array
    structure: ThresholdStructure
    covariance: Array
    link: str
    n: int
    iterations: int
    max_gradient: float
    categories: tuple[str, ...]
    unused: tuple[str, ...]
    approximation: str = "exact"

    @property
    def threshold_names(self) -> tuple[str, ...]:
        """``"1|2"`` and so on."""
        return self.structure.threshold_names

    @property
    def parameter_count(self) -> int:
        """Free parameters."""
        return len(self.alpha) + len(self.beta)


def link_of(name: str) -> Link:
    """The link of a name; ValueError for an unknown one."""
    if name not in LINKS:
        raise ValueError(f"link must be one of {', '.join(LINKS)}, not {name!r}")
    return LINKS[name]


def fixed_curvature(rows: OrdinalRows, link: Link, thresholds: Array, eta: Array) -> tuple[Array, Array]:
    """Slope and negative curvature of the log-likelihood in (thresholds, beta), the rest of eta held."""
    limits = rows.in_limits(link, thresholds, eta)
    upper, lower, slope_upper, slope_lower, *_ = limits
    size = len(thresholds)
    # Every derivative carries the row's weight once; a product of two would carry it twice.
    both = upper * lower if rows.weight is None else upper * lower / rows.weight
    curvature = np.zeros((size + rows.x.shape[1],) * 2)
    diagonal = rows.per_threshold(slope_upper - both, slope_lower - both)
    curvature[:size, :size] = np.diag(diagonal)
    beside = np.bincount(rows.category, both, size + 1)[1:size]
    curvature[range(size - 1), range(1, size)] = beside
    curvature[range(1, size), range(size - 1)] = beside
    for j, column in enumerate(rows.x.T):
        curvature[:size, size + j] = -rows.per_threshold(slope_upper * column, slope_lower * column)
    curvature[size:, :size] = curvature[:size, size:].T
    curvature[size:, size:] = rows.x.T @ ((slope_upper + slope_lower)[:, None] * rows.x)
    slope = np.concatenate([rows.per_threshold(upper, lower), -rows.x.T @ (upper + lower)])
    return slope, curvature


def _log_likelihood(rows: OrdinalRows, link: Link, jacobian: Array, parameters: Array) -> float:
    full = jacobian @ parameters
    size = len(rows.categories) - 1
    if (np.diff(full[:size]) <= 0).any():
        return -np.inf
    with np.errstate(all="ignore"):
        value = float(rows.in_eta(link, full[:size], rows.x @ full[size:]).log_p.sum())
    return value if np.isfinite(value) else -np.inf


def _start(rows: OrdinalRows, link: Link, structure: ThresholdStructure) -> Array:
    counts = np.bincount(rows.category, rows.weight, len(rows.categories))
    share = np.cumsum(counts)[:-1] / counts.sum()
    grid = np.linspace(-8, 8, 1601)
    alpha = structure.parameters(np.interp(share, link.below(grid), grid))
    if (np.diff(structure.jacobian @ alpha) <= 0).any():
        alpha = structure.parameters(np.linspace(-1.0, 1.0, len(share)) * len(share) / 2)
    return np.concatenate([alpha, np.zeros(rows.x.shape[1])])


def maximise_fixed(
    rows: OrdinalRows, link: Link, structure: ThresholdStructure
) -> tuple[Array, Array, int, float]:
    """Parameters (alpha, beta), their information, the iterations and the largest slope.

    `rows` may be merged; random effects are ignored.
    """
    size, p = structure.jacobian.shape[0], rows.x.shape[1]
    jacobian = linalg.block_diag(structure.jacobian, np.eye(p))
    at = _start(rows, link, structure)
    value = _log_likelihood(rows, link, jacobian, at)
    for iteration in range(_MAX_ITERATIONS):
        full = jacobian @ at
        slope, curvature = fixed_curvature(rows, link, full[:size], rows.x @ full[size:])
        gradient, information = jacobian.T @ slope, jacobian.T @ curvature @ jacobian
        largest = float(np.abs(gradient).max(initial=0.0))
        if largest <= _GRADIENT_TOLERANCE * rows.n:
            return at, information, iteration, largest
        step = linalg.lstsq(information, gradient)[0]
        scale = 1.0
        while scale > 1e-10:
            trial = at + scale * step
            trial_value = _log_likelihood(rows, link, jacobian, trial)
            if trial_value >= value - 1e-12 * abs(value):
                break
            scale /= 2
        else:
            return at, information, iteration, largest
        at, value = trial, trial_value
    return at, information, _MAX_ITERATIONS, largest


def fixed_start(
    rows: OrdinalRows, link: Link, structure: ThresholdStructure
) -> tuple[Array, Array, int, float]:
    """`maximise_fixed` on merged rows, refused if the rows are separated."""
    merged = merge_rows(rows, factors=False)
    found = maximise_fixed(merged, link, structure)
    at, information, _, largest = found
    q = structure.jacobian.shape[1]
    scale = np.concatenate([np.ones(q), np.abs(merged.x).max(axis=0, initial=0.0)])
    full = np.concatenate([structure.jacobian @ at[:q], merged.x @ at[q:]])
    least = float(linalg.eigvalsh(information / scale[:, None] / scale, subset_by_index=[0, 0])[0])
    if np.abs(full).max() > _LONG or least < 1 / _UNCERTAIN**2 or largest > 1e-5 * rows.n:
        check_separation(merged)
    return found


def fit_cumulative_link(
    score: ArrayLike,
    x: ArrayLike,
    *,
    link: str = "logit",
    thresholds: str = "flexible",
    x_names: Sequence[str] | None = None,
    categories: Sequence[object] | None = None,
) -> CumulativeLinkFit:
    """Fit P(score <= k) = F(theta_k - x beta).

    Parameters
    ----------
    score : array_like, shape (n,)
        Ordered categories; rows without one are dropped.
    x : array_like, shape (n, p)
        Covariates without an intercept.
    link : {"logit", "probit", "cloglog", "loglog"}
    thresholds : {"flexible", "symmetric", "symmetric2", "equidistant"}
    x_names : sequence of str, optional
        Names of the covariates.
    categories : sequence, optional
        All possible categories, lowest first.

    Raises
    ------
    NotEstimableError
        If the rows cannot identify the model; the message says why.

    References
    ----------
    McCullagh P (1980), doi:10.1111/j.2517-6161.1980.tb01109.x
    """
    design = np.asarray(x, float)
    names = tuple(x_names or (f"x{j + 1}" for j in range(design.shape[1])))
    rows = build_rows(score, design, {}, x_names=names, categories=categories)
    structure = threshold_structure(rows.categories, thresholds)
    with one_thread():
        found = fixed_start(rows, link_of(link), structure)
    return _result(rows, structure, link, found)


def _covariance(information: Array) -> Array:
    try:
        return np.asarray(linalg.inv(information))
    except linalg.LinAlgError:
        raise NotEstimableError("the information matrix is singular") from None


def _result(
    rows: OrdinalRows, structure: ThresholdStructure, link: str, found: tuple[Array, Array, int, float]
) -> CumulativeLinkFit:
    at, information, iterations, largest = found
    size, q = structure.jacobian.shape
    jacobian = linalg.block_diag(structure.jacobian, np.eye(rows.x.shape[1]))
    covariance = _covariance(information)
    full, se = jacobian @ at, np.sqrt(np.diag(jacobian @ covariance @ jacobian.T))
    return CumulativeLinkFit(
        log_likelihood=_log_likelihood(rows, link_of(link), jacobian, at),
        thresholds=full[:size],
        threshold_se=se[:size],
        beta=full[size:],
        beta_se=se[size:],
        beta_p=2 * special.ndtr(-np.abs(full[size:] / se[size:])),
        x_names=rows.x_names,
        alpha=at[:q],
        alpha_se=np.sqrt(np.diag(covariance))[:q],
        structure=structure,
        covariance=covariance,
        link=link,
        n=rows.n,
        iterations=iterations,
        max_gradient=largest,
        categories=rows.categories,
        unused=rows.unused,
    )
