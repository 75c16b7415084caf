"""Tests of the fixed effects of a linear mixed model: t, F and likelihood-ratio tests."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from analysis.estimate import Array, Interval, t_interval
from analysis.mixed.degrees import (
    Reference,
    joint_kenward_roger,
    joint_satterthwaite,
    kenward_roger,
    satterthwaite,
)
from analysis.mixed.likelihood import NotEstimableError
from analysis.mixed.linear import FittedState, LinearMixedFit, fit_linear_mixed

Degrees = Literal["Kenward-Roger", "Satterthwaite"]
MOST_ROWS = 5000
TOO_MANY_ROWS = f"Satterthwaite, because there are more than {MOST_ROWS:,} rows"
NEEDS_REML = "Kenward-Roger degrees of freedom need a fit by REML"
DEPENDENT = "the contrasts are linearly dependent"


@dataclass(frozen=True)
class ContrastTest:
    """Two-sided t test of one linear combination of the fixed effects.

    Attributes
    ----------
    reason : str
        Empty, or why there is no test; then the numbers are None.
    estimate, se, df, t, p : float or None
        `se` and `df` are adjusted for the uncertainty of the variance components as `degrees` says.
    interval : (float, float) or None
    degrees : {"Kenward-Roger", "Satterthwaite"}
    note : str
        Empty, or why `degrees` is not what was asked for.
    n : int
    singular : tuple of str
        Factors of the fit with variance 0.
    """

    reason: str
    estimate: float | None
    se: float | None
    df: float | None
    t: float | None
    p: float | None
    interval: Interval | None
    degrees: Degrees
    note: str
    n: int
    singular: tuple[str, ...]


@dataclass(frozen=True)
class JointTest:
    """F test of several linear combinations; fields as in `ContrastTest`, `scale` multiplies Wald's F."""

    reason: str
    f: float | None
    numerator_df: int
    denominator_df: float | None
    scale: float | None
    p: float | None
    degrees: Degrees
    note: str
    n: int
    singular: tuple[str, ...]


@dataclass(frozen=True)
class LikelihoodRatio:
    """Chi-squared test of nested fixed effects from two fits by maximum likelihood."""

    reason: str
    statistic: float | None
    df: int
    p: float | None
    smaller: LinearMixedFit
    larger: LinearMixedFit


def _degrees(fit: LinearMixedFit, wanted: Degrees) -> tuple[Degrees, str]:
    if wanted == "Kenward-Roger" and fit.method != "REML":
        raise ValueError(NEEDS_REML)
    if wanted == "Kenward-Roger" and fit.n > MOST_ROWS:
        return "Satterthwaite", TOO_MANY_ROWS
    return wanted, ""


def _reference(state: FittedState, degrees: Degrees) -> Reference:
    return kenward_roger(state) if degrees == "Kenward-Roger" else satterthwaite(state)


def _weights(fit: LinearMixedFit, contrasts: ArrayLike) -> Array:
    rows = np.atleast_2d(np.asarray(contrasts, float))
    if rows.ndim != 2 or rows.shape[1] != len(fit.beta):
        raise ValueError("a contrast needs a weight per fixed effect")
    return rows


def _one(
    fit: LinearMixedFit, state: FittedState, reference: Reference, contrast: ArrayLike, confidence: float
) -> dict[str, float | Interval]:
    row = _weights(fit, contrast)[0]
    weights = state.whitened(row)
    estimate, se = float(row @ fit.beta), math.sqrt(state.residual * reference.variance(weights))
    df = reference.degrees(weights)
    low, high = t_interval(estimate, se, df, confidence)
    t = estimate / se
    p = 2 * float(special.stdtr(df, -abs(t)))
    return {"estimate": estimate, "se": se, "df": df, "t": t, "p": p, "interval": (float(low), float(high))}


def contrast_tests(
    fit: LinearMixedFit,
    contrasts: Mapping[str, ArrayLike],
    *,
    degrees: Degrees = "Kenward-Roger",
    confidence: float = 0.95,
) -> dict[str, ContrastTest]:
    """t tests of several linear combinations, each on its own, with one reference for all.

    Parameters
    ----------
    fit : LinearMixedFit
    contrasts : mapping of str to array_like, shape (p,)
    degrees : {"Kenward-Roger", "Satterthwaite"}
        Kenward-Roger needs a fit by REML and gives way to Satterthwaite above 5,000 rows; `note` says so.
        With a component at zero Satterthwaite takes it as known, which can multiply the degrees of freedom.
    confidence : float

    Raises
    ------
    ValueError
        If a contrast has not a weight per fixed effect, or Kenward-Roger is asked of a fit by ML.
    """
    used, note = _degrees(fit, degrees)
    empty = ContrastTest(
        fit.reason, None, None, None, None, None, None, used, note, n=fit.n, singular=fit.singular
    )
    if fit.state is None:
        return dict.fromkeys(contrasts, empty)
    reference = _reference(fit.state, used)
    found = {}
    for name, contrast in contrasts.items():
        try:
            numbers = _one(fit, fit.state, reference, contrast, confidence)
            found[name] = replace(empty, **numbers)  # type: ignore[arg-type]  # the keys are field names
        except NotEstimableError as error:
            found[name] = replace(empty, reason=str(error))
    return found


def contrast_test(
    fit: LinearMixedFit,
    contrast: ArrayLike,
    *,
    degrees: Degrees = "Kenward-Roger",
    confidence: float = 0.95,
) -> ContrastTest:
    """t test of one linear combination of the fixed effects, shape (p,); see `contrast_tests`."""
    return contrast_tests(fit, {"": contrast}, degrees=degrees, confidence=confidence)[""]


def coefficient_tests(
    fit: LinearMixedFit, *, degrees: Degrees = "Kenward-Roger", confidence: float = 0.95
) -> dict[str, ContrastTest]:
    """t test of each fixed effect against 0; see `contrast_tests`."""
    rows = dict(zip(fit.names, np.eye(len(fit.names)), strict=True))
    return contrast_tests(fit, rows, degrees=degrees, confidence=confidence)


def _joint(
    fit: LinearMixedFit, state: FittedState, contrasts: ArrayLike, degrees: Degrees
) -> dict[str, float]:
    rows = _weights(fit, contrasts)
    weights = np.stack([state.whitened(row) for row in rows])
    if np.linalg.matrix_rank(weights) < len(weights):
        raise NotEstimableError(DEPENDENT)
    reference = _reference(state, degrees)
    find = joint_kenward_roger if degrees == "Kenward-Roger" else joint_satterthwaite
    joint = find(reference, weights)
    estimates = rows @ fit.beta
    covariance = weights @ reference.adjusted @ weights.T * state.residual
    f = joint.scale * float(estimates @ np.linalg.solve(covariance, estimates)) / len(rows)
    p = float(special.fdtrc(len(rows), joint.df, f))
    return {"f": f, "denominator_df": joint.df, "scale": joint.scale, "p": p}


def joint_test(fit: LinearMixedFit, contrasts: ArrayLike, *, degrees: Degrees = "Kenward-Roger") -> JointTest:
    """F test that several linear combinations are all 0.

    Parameters
    ----------
    fit : LinearMixedFit
    contrasts : array_like, shape (q, p)
        Linearly independent rows.
    degrees : {"Kenward-Roger", "Satterthwaite"}
        As for `contrast_tests`.
    """
    used, note = _degrees(fit, degrees)
    q = len(np.atleast_2d(np.asarray(contrasts, float)))
    empty = JointTest(fit.reason, None, q, None, None, None, used, note, fit.n, fit.singular)
    if fit.state is None:
        return empty
    try:
        return replace(empty, **_joint(fit, fit.state, contrasts, used))  # type: ignore[arg-type]  # field names
    except NotEstimableError as error:
        return replace(empty, reason=str(error))


def likelihood_ratio_test(
    y: ArrayLike,
    x: ArrayLike | pd.DataFrame,
    smaller: ArrayLike | pd.DataFrame,
    factors: Mapping[str, ArrayLike],
) -> LikelihoodRatio:
    """Compare nested fixed effects by their maximum likelihoods; anti-conservative with few levels.

    Parameters
    ----------
    y : array_like, shape (n,)
    x : array_like or DataFrame, shape (n, p)
    smaller : array_like or DataFrame, shape (n, fewer than p)
        Columns in the span of those of `x`; the rows that `x` leaves out are left out here as well.
    factors : mapping of str to array_like, shape (n,)
    """
    complete = np.isfinite(np.asarray(x, float)).all(axis=1)
    outcome = np.where(complete, np.asarray(y, float), np.nan)
    fits = [fit_linear_mixed(outcome, design, factors, method="ML") for design in (smaller, x)]
    df = len(fits[1].beta) - len(fits[0].beta)
    reason = fits[0].reason or fits[1].reason
    if reason:
        return LikelihoodRatio(reason, None, df, None, fits[0], fits[1])
    statistic = max(fits[0].criterion - fits[1].criterion, 0.0)
    return LikelihoodRatio("", statistic, df, float(special.chdtrc(df, statistic)), fits[0], fits[1])
