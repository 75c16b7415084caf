"""Information about the variance components of a fit, in units of the residual variance.

Products with the residual's matrix (the identity) follow from those with the factors', because H^-1 is the
identity plus the weighted sum of the factors' matrices.
"""

from typing import Any

import numpy as np

from analysis.estimate import Array
from analysis.mixed.likelihood import Terms
from analysis.mixed.linear import FittedState


def _extend(singles: Array, pairs: Array, total: Any, ratios: Array) -> tuple[Array, Array]:
    """Append the residual to products with one factor's matrix and with two; `total` has H^-1 there."""
    k, shape = len(ratios), singles.shape[1:]
    own = total - (ratios @ singles.reshape(k, -1)).reshape(shape)
    cross = singles - (ratios @ pairs.reshape(k, -1)).reshape(singles.shape)
    grown, one = np.empty((k + 1, k + 1, *shape)), np.empty((k + 1, *shape))
    one[:k], one[k] = singles, own
    grown[:k, :k], grown[k, :k] = pairs, cross
    grown[:k, k] = cross.swapaxes(-1, -2) if shape else cross
    grown[k, k] = own - (ratios @ cross.reshape(k, -1)).reshape(shape)
    return one, grown


def expected_information(t: Terms) -> Array:
    """tr(PG_iPG_j), shape (k + 1, k + 1); with H for P in the terms of a fit by ML."""
    return _extend(t.traces, t.squares, float(t.m), t.ratios)[1]


def observed_information(state: FittedState) -> Array:
    """Hessian of -2 log-likelihood in the variances, shape (k + 1, k + 1)."""
    t = state.terms
    curvature = _extend(t.slopes, t.curvatures, t.rss, t.ratios)[1]
    return 2 * curvature / state.residual - expected_information(t)


def fixed_effect_products(t: Terms) -> tuple[Array, Array]:
    """X'HG_iHX, shape (k + 1, p, p), and X'HG_iHG_jHX, shape (k + 1, k + 1, p, p), both whitened."""
    return _extend(t.first, t.second, np.eye(len(t.beta)), t.ratios)


def scaled_inverse(matrix: Array) -> Array:
    """Inverse of a symmetric non-negative matrix; directions without information are left out."""
    size = np.sqrt(np.maximum(np.diagonal(matrix), 0))
    unit = np.divide(1, size, out=np.zeros_like(size), where=size > 0)
    values, vectors = np.linalg.eigh(unit[:, None] * (matrix + matrix.T) / 2 * unit)
    known = values > 1e-10
    half = vectors[:, known] * unit[:, None] / np.sqrt(values[known])
    return np.asarray(half @ half.T)
