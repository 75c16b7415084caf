"""Small-sample reference distributions for the fixed effects: Kenward-Roger and Satterthwaite.

References
----------
Kenward MG, Roger JH (1997). Small sample inference for fixed effects from restricted maximum likelihood.
Biometrics 53:983-997. doi:10.2307/2533558

Halekoh U, Hojsgaard S (2014). A Kenward-Roger approximation and parametric bootstrap methods for tests in
linear mixed models. Journal of Statistical Software 59(9). doi:10.18637/jss.v059.i09

Kuznetsova A, Brockhoff PB, Christensen RHB (2017). lmerTest package: tests in linear mixed effects models.
Journal of Statistical Software 82(13). doi:10.18637/jss.v082.i13
"""

from dataclasses import dataclass

import numpy as np

from analysis.estimate import Array
from analysis.mixed.information import (
    expected_information,
    fixed_effect_products,
    observed_information,
    scaled_inverse,
)
from analysis.mixed.likelihood import NotEstimableError
from analysis.mixed.linear import FittedState

# Below this the quantiles of t leave every scale, so an interval says nothing.
LEAST_DF = 0.1
UNKNOWN_VARIANCE = "the variance of the estimate has almost no degrees of freedom"


@dataclass(frozen=True)
class Reference:
    """What the tests of a fit share, in units of the residual variance and for whitened columns.

    Attributes
    ----------
    adjusted : ndarray, shape (p, p)
        Covariance for standard errors; the identity without adjustment.
    products : ndarray, shape (c, p, p)
        X'HG_iHX of the components whose uncertainty counts.
    uncertainty : ndarray, shape (c, c)
        Covariance of those components.
    """

    adjusted: Array
    products: Array
    uncertainty: Array

    def degrees(self, weights: Array) -> float:
        """Denominator degrees of freedom of one combination, shape (p,)."""
        shares = (self.products @ weights) @ weights / float(weights @ weights)
        spread = float(shares @ self.uncertainty @ shares)
        if not 0 < spread <= 2 / LEAST_DF:
            raise NotEstimableError(UNKNOWN_VARIANCE)
        return 2 / spread

    def variance(self, weights: Array) -> float:
        """Variance of one combination, shape (p,)."""
        found = float(weights @ self.adjusted @ weights)
        if not 0 < found < np.inf:
            raise NotEstimableError(UNKNOWN_VARIANCE)
        return found


def kenward_roger(state: FittedState) -> Reference:
    """Adjusted covariance and the expected information of all components.

    Components at zero keep their place among the variance parameters, as their uncertainty remains.
    """
    first, second = fixed_effect_products(state.terms)
    w = 2 * scaled_inverse(expected_information(state.terms))
    between = second - first[:, None] @ first
    size, p = len(w) ** 2, first.shape[1]
    adjusted = np.eye(p) + 2 * (w.reshape(size) @ between.reshape(size, p * p)).reshape(p, p)
    return Reference((adjusted + adjusted.T) / 2, first, w)


def satterthwaite(state: FittedState) -> Reference:
    """Unadjusted covariance and the observed information of the components above zero."""
    ratios = state.terms.ratios
    first, _ = fixed_effect_products(state.terms)
    free = np.append(np.flatnonzero(ratios > 0), len(ratios))
    information = observed_information(state)[np.ix_(free, free)]
    return Reference(np.eye(first.shape[1]), first[free], 2 * scaled_inverse(information))


@dataclass(frozen=True)
class JointReference:
    """Denominator degrees of freedom and scale of the F statistic of several contrasts."""

    df: float
    scale: float


def _ratio(numerator: float, denominator: float) -> float:
    near = 1e-14
    return 1.0 if abs(numerator) < near and abs(denominator) < near else numerator / denominator


def joint_kenward_roger(reference: Reference, weights: Array) -> JointReference:
    """Kenward and Roger's F approximation for independent rows of weights, shape (q, p)."""
    q, w = len(weights), reference.uncertainty
    inverse = np.linalg.inv(weights @ weights.T)
    parts = inverse @ (weights @ reference.products @ weights.T)
    traces = np.einsum("iaa->i", parts)
    a1, a2 = float(traces @ w @ traces), float(np.sum(w * np.einsum("iab,jba->ij", parts, parts)))
    if not 0 < a2 < np.inf:
        raise NotEstimableError(UNKNOWN_VARIANCE)
    b = (a1 + 6 * a2) / (2 * q)
    g = ((q + 1) * a1 - (q + 4) * a2) / ((q + 2) * a2)
    below = 3 * q + 2 * (1 - g)
    v0, v1, v2 = 1 + g / below * b, 1 - (q - g) / below * b, 1 - (q + 2 - g) / below * b
    rho = _ratio(1 - a2 / q, v1) ** 2 * (v0 if abs(v0) >= 1e-10 else 0.0) / (v2 * q)
    df = 4 + (q + 2) / (q * rho - 1)
    scale = 1.0 if abs(df - 2) < 1e-2 else df * (1 - a2 / q) / (df - 2)
    if not (LEAST_DF <= df < np.inf and scale > 0):
        raise NotEstimableError(UNKNOWN_VARIANCE)
    return JointReference(df, scale)


def joint_satterthwaite(reference: Reference, weights: Array) -> JointReference:
    """Fai and Cornelius' approximation from the independent one-df contrasts of the rows of weights."""
    q = len(weights)
    _, vectors = np.linalg.eigh(weights @ weights.T)
    single = np.array([reference.degrees(row) for row in vectors.T @ weights])
    if np.ptp(single) < 1e-8:
        return JointReference(float(single.mean()), 1.0)
    if (single <= 2).any():
        return JointReference(2.0, 1.0)
    total = float(np.sum(single / (single - 2)))
    return JointReference(2 * total / (total - q), 1.0)
