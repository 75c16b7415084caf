"""Logistic regression with a ridge penalty, small and exact.

References
----------
le Cessie S, van Houwelingen JC (1992). Ridge estimators in logistic regression. Applied Statistics
41:191-201. doi:10.2307/2347628
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from analysis.estimate import Array

MOST_STEPS = 50
MOST_HALVINGS = 30
TOLERANCE = 1e-10


@dataclass(frozen=True)
class RidgeLogistic:
    """A fit: intercept and coefficients on the log odds, and whether the gradient reached zero."""

    intercept: float
    coefficients: Array
    steps: int
    converged: bool

    def log_odds(self, features: Array) -> Array:
        """Log odds of class 1, shape (n,)."""
        return np.asarray(self.intercept + features @ self.coefficients)


def balanced_weights(labels: Array) -> Array:
    """Weights that sum to n and give both classes the same say; both must be there."""
    ones = labels.sum()
    share = np.where(labels == 1, ones, len(labels) - ones)
    return np.asarray(len(labels) / (2 * share))


def ridge_logistic(
    features: Array,
    labels: Array,
    weights: Array,
    *,
    penalty: float = 1.0,
    start: RidgeLogistic | None = None,
) -> RidgeLogistic:
    """Minimise the weighted negative log likelihood plus penalty/2 times the squared coefficients.

    Parameters
    ----------
    features : ndarray, shape (n, p)
    labels : ndarray of 0 and 1, shape (n,)
        Both must occur.
    weights : ndarray, shape (n,)
        Positive.
    penalty : float
        Positive; the intercept is not penalised. The problem is strictly convex, so the minimum is the only
        one and does not depend on `start`.
    """
    design = np.column_stack([np.ones(len(features)), features])
    ridge = np.full(design.shape[1], penalty)
    ridge[0] = 0.0
    beta = np.zeros(design.shape[1])
    if start is not None:
        beta = np.concatenate([[start.intercept], start.coefficients])
    small = TOLERANCE * float(weights.sum())
    for step in range(MOST_STEPS):
        mean = special.expit(design @ beta)
        gradient = design.T @ (weights * (mean - labels)) + ridge * beta
        if np.abs(gradient).max() <= small:
            return RidgeLogistic(float(beta[0]), beta[1:], step, converged=True)
        curvature = design.T @ (design * (weights * mean * (1 - mean))[:, None]) + np.diag(ridge)
        direction = np.linalg.solve(curvature, gradient)
        beta = _descend(beta, direction, design, labels, weights, ridge)
    return RidgeLogistic(float(beta[0]), beta[1:], MOST_STEPS, converged=False)


def _descend(
    beta: Array, direction: Array, design: Array, labels: Array, weights: Array, ridge: Array
) -> Array:
    """A full Newton step, halved until the loss does not rise."""

    def loss(at: Array) -> float:
        eta = design @ at
        return float(weights @ (np.logaddexp(0.0, eta) - labels * eta) + (ridge * at**2).sum() / 2)

    now = loss(beta)
    for _ in range(MOST_HALVINGS):
        if loss(beta - direction) <= now + TOLERANCE:
            break
        direction = direction / 2
    return np.asarray(beta - direction)
