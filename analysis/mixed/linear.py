"""Linear mixed models with any number of crossed or nested random intercepts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.estimate import Array
from analysis.mixed.crossproducts import CrossProducts
from analysis.mixed.likelihood import Likelihood, NotEstimableError, Terms, minimise, profiled
from analysis.mixed.tables import Codes
from analysis.threads import one_thread

Method = Literal["REML", "ML"]
RESIDUAL = "residual"
# With few rows the likelihood can have several optima, one of them where a factor explains nearly everything.
FEW_ROWS = 40
START_RATIOS = (0.2, 5.0)
TOO_FEW = "there are no more rows than fixed effects"
NO_VARIATION = "the outcome does not vary beyond the fixed effects"
COLLINEAR = "the fixed-effect columns are linearly dependent"
NO_FACTOR = "there is no random factor"


@dataclass(frozen=True)
class FittedState:
    """What tests and profiles of a fit need; the fixed effects are those of orthonormal columns.

    Attributes
    ----------
    likelihood : Likelihood
    terms : Terms
        At the optimum.
    inverse_triangle : ndarray, shape (p, p)
        R^-1 where X = Q R with orthonormal Q; the terms are those of Q.
    """

    likelihood: Likelihood
    terms: Terms
    inverse_triangle: Array

    @property
    def residual(self) -> float:
        """Residual variance."""
        return self.terms.rss / self.terms.m

    def whitened(self, contrast: ArrayLike) -> Array:
        """Weights of whitened columns, shape (p,): their sum of squares is the unadjusted variance."""
        return self.terms.whitener @ (np.asarray(contrast, float) @ self.inverse_triangle)


@dataclass(frozen=True)
class LinearMixedFit:
    """A fitted linear mixed model.

    Attributes
    ----------
    method : {"REML", "ML"}
    n : int
        Rows with an outcome and all covariates.
    names : tuple of str
        Fixed effects.
    reason : str
        Empty, or why the model cannot be fitted; then `state` is None, the numbers are NaN and the mappings
        are empty.
    beta : ndarray, shape (p,)
        Fixed effects, in the unit of the outcome.
    covariance : ndarray, shape (p, p)
        Covariance of `beta` without small-sample adjustment.
    variances : dict of str to float
        Variance component per factor, then ``residual``.
    criterion : float
        -2 log-likelihood; restricted under REML, with the columns of `x` as given.
    singular : tuple of str
        Factors whose variance is estimated at zero.
    levels : dict of str to ndarray
        Labels per factor, in the order of the conditional modes.
    state : FittedState or None
    """

    method: Method
    n: int
    names: tuple[str, ...]
    reason: str
    beta: Array
    covariance: Array
    variances: dict[str, float] = field(default_factory=dict)
    criterion: float = np.nan
    singular: tuple[str, ...] = ()
    levels: dict[str, NDArray[np.object_]] = field(default_factory=dict)
    state: FittedState | None = None

    @property
    def estimable(self) -> bool:
        """Whether the model was fitted."""
        return self.state is not None

    @property
    def standard_errors(self) -> Array:
        """Standard errors of `beta` without small-sample adjustment, shape (p,)."""
        return np.sqrt(np.diagonal(self.covariance))

    def conditional_modes(self) -> dict[str, Array]:
        """Predicted effect of each level of each factor, in the order of `levels`; empty if not fitted."""
        if self.state is None:
            return {}
        terms, names = self.state.terms, self.state.likelihood.base.names
        weights = np.append(-terms.beta, 1.0)
        loads = zip(names, terms.ratios, self.state.likelihood.base.loads(terms.projection), strict=True)
        modes = {name: ratio * (load @ weights) for name, ratio, load in loads}
        return {name: modes[name] for name in self.levels}


@dataclass(frozen=True)
class _Rows:
    """Complete rows, with orthonormal fixed-effect columns and the outcome's rest beyond them."""

    columns: Array
    triangle: Array
    ordinary: Array
    codes: dict[str, Codes]
    levels: dict[str, NDArray[np.object_]]


def _codes(labels: ArrayLike, kept: NDArray[np.bool_]) -> tuple[Codes, NDArray[np.object_]]:
    # A plain array of texts would turn a missing label into the text "nan".
    codes, levels = pd.factorize(pd.Series(labels).to_numpy()[kept], use_na_sentinel=True)
    return codes, np.asarray(levels)


def _check_factors(codes: Mapping[str, Codes], levels: Mapping[str, NDArray[np.object_]]) -> None:
    if not codes:
        raise NotEstimableError(NO_FACTOR)
    for name, code in codes.items():
        if len(levels[name]) < 2:
            raise NotEstimableError(f"the random factor {name} has fewer than 2 levels")
        if len(levels[name]) >= len(code):
            raise NotEstimableError(f"the random factor {name} has a level per row, as the residual has")


def _rows(outcome: Array, design: Array, factors: Mapping[str, ArrayLike]) -> _Rows:
    kept = np.isfinite(outcome) & np.isfinite(design).all(axis=1)
    outcome, design = outcome[kept], design[kept]
    if len(outcome) <= design.shape[1]:
        raise NotEstimableError(TOO_FEW)
    basis, triangle = np.linalg.qr(design)
    pivots = np.abs(np.diagonal(triangle))
    if (pivots <= 1e-9 * np.sqrt(np.square(design).sum(axis=0))).any():
        raise NotEstimableError(COLLINEAR)
    ordinary = basis.T @ outcome
    rest = outcome - basis @ ordinary
    if np.abs(rest).max() <= 1e-12 * max(float(np.abs(outcome).max()), 1.0):
        raise NotEstimableError(NO_VARIATION)
    pairs = {name: _codes(labels, kept) for name, labels in factors.items()}
    codes, levels = {k: c for k, (c, _) in pairs.items()}, {k: v for k, (_, v) in pairs.items()}
    _check_factors(codes, levels)
    return _Rows(np.column_stack([basis, rest]), triangle, ordinary, codes, levels)


def _optimum(likelihood: Likelihood) -> Terms:
    base = likelihood.base
    starts = START_RATIOS if base.n < FEW_ROWS else START_RATIOS[:1]
    found = [minimise(likelihood, profiled, np.full(len(base.names), start)) for start in starts]
    return min(found, key=lambda terms: profiled(terms)[0])


def _finish(fit: LinearMixedFit, rows: _Rows, state: FittedState) -> LinearMixedFit:
    terms, residual = state.terms, state.residual
    whitened = terms.whitener @ state.inverse_triangle.T
    ratios = dict(zip(state.likelihood.base.names, terms.ratios, strict=True))
    variances = {name: float(ratios[name]) * residual for name in rows.codes}
    scale = 2 * float(np.log(np.abs(np.diagonal(rows.triangle))).sum()) if fit.method == "REML" else 0.0
    return replace(
        fit,
        n=len(rows.columns),
        beta=state.inverse_triangle @ (rows.ordinary + terms.beta),
        covariance=whitened.T @ whitened * residual,
        variances={**variances, RESIDUAL: residual},
        criterion=profiled(terms)[0] + scale,
        singular=tuple(name for name, variance in variances.items() if variance == 0),
        levels=rows.levels,
        state=state,
    )


def fit_linear_mixed(
    y: ArrayLike,
    x: ArrayLike | pd.DataFrame,
    factors: Mapping[str, ArrayLike],
    *,
    method: Method = "REML",
    names: Sequence[str] | None = None,
) -> LinearMixedFit:
    """Fit ``y = x beta + sum of random intercepts + error``.

    Parameters
    ----------
    y : array_like, shape (n,)
        Outcome. Rows with a missing outcome or covariate are left out.
    x : array_like or DataFrame, shape (n, p)
        Fixed-effect columns, the intercept included.
    factors : mapping of str to array_like, shape (n,)
        Label of each row, per random factor. A row with a missing label (None, NaN) carries no effect of
        that factor: ``(0 + human | resident)`` is the factor resident with no label in the rows of a model.
    method : {"REML", "ML"}
    names : sequence of str, optional
        Names of the fixed effects; by default the columns of the frame, or x0, x1, ...

    Returns
    -------
    LinearMixedFit
        With `reason` where the rows do not determine the model.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    outcome, design = np.asarray(y, float), np.asarray(x, float)
    if design.ndim != 2 or len(design) != len(outcome) or not design.shape[1]:
        raise ValueError("x must have a row per outcome and at least one column")
    p = design.shape[1]
    given = names if names is not None else x.columns if isinstance(x, pd.DataFrame) else None
    labels = tuple(f"x{i}" for i in range(p)) if given is None else tuple(str(name) for name in given)
    empty = LinearMixedFit(method, len(outcome), labels, "", np.full(p, np.nan), np.full((p, p), np.nan))
    try:
        with one_thread():
            rows = _rows(outcome, design, factors)
            likelihood = Likelihood(CrossProducts(rows.columns, rows.codes), method == "REML")
            inverse = np.asarray(np.linalg.inv(rows.triangle), float)
            state = FittedState(likelihood, _optimum(likelihood), inverse)
            return _finish(empty, rows, state)
    except NotEstimableError as error:
        return replace(empty, reason=str(error))
