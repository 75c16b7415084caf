"""Cumulative link mixed model: thresholds, covariates and crossed random intercepts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, special

from analysis.estimate import Array
from analysis.ordinal.fixed import fixed_start, link_of
from analysis.ordinal.laplace import InfeasibleError, MixedModel, Parameters
from analysis.ordinal.maximum import Maximum, maximise
from analysis.ordinal.quadrature import approximation_name, likelihood_of
from analysis.ordinal.rows import NotEstimableError, OrdinalRows, build_rows
from analysis.ordinal.thresholds import ThresholdStructure, threshold_structure
from analysis.threads import one_thread

# Beyond this the information is too near to singular for its inverse to be trusted.
MAX_CONDITION = 1e9
# A random effect of this size, on the scale of the link, moves a score from one end to the other.
LARGE_SD = 5.0


# What a fit tells about its rows as they were read.
FACTS_OF_ROWS = ("x_names", "categories", "unused", "values", "n", "dropped")


@dataclass(frozen=True)
class ConditionalModes:
    """Predicted random effects of one factor.

    Attributes
    ----------
    levels : tuple of str
    modes, se : ndarray, shape (levels,)
        On the scale of the link; standard errors are conditional on the parameters.
    """

    levels: tuple[str, ...]
    modes: Array
    se: Array


@dataclass(frozen=True)
class Convergence:
    """How the fit ended.

    Attributes
    ----------
    converged : bool
    max_gradient : float
        Largest absolute slope of the log-likelihood in (threshold parameters, beta, sd).
    condition_number : float
        Of the information matrix, scaled to a unit diagonal.
    iterations, mode_steps : int
        Of the optimiser, and Newton steps of the random effects in total.
    flags : tuple of str
        What a reader must know: unused categories, few levels, nearly singular information.
    """

    converged: bool
    max_gradient: float
    condition_number: float
    iterations: int
    mode_steps: int
    flags: tuple[str, ...]


@dataclass(frozen=True)
class CumulativeLinkMixedFit:
    """A fitted model, P(score <= k) = F(theta_k - x beta - sum of the row's random effects).

    Attributes
    ----------
    log_likelihood : float
        By the method that `approximation` names.
    thresholds, threshold_se : ndarray, shape (K - 1,)
    beta, beta_se, beta_p : ndarray, shape (p,)
        Effects on the scale of the link, their standard errors and two-sided Wald p-values.
    alpha, alpha_se : ndarray, shape (q,)
        Parameters of the thresholds; the thresholds themselves if they are flexible.
    sd : dict of str to float
        Standard deviation of each random effect, on the scale of the link; exactly 0 at the boundary.
    log_sd_se : dict of str to (float or None)
        Standard error of log sd; None where the estimate is 0.
    singular : tuple of str
        Random effects whose standard deviation is estimated at 0; the standard errors of all else are those
        of the model without them.
    covariance : ndarray
        Of (alpha, beta, log sd of the effects that are not singular), from the observed information.
    modes : dict of str to ConditionalModes
    convergence : Convergence
    structure : ThresholdStructure
    x_names, threshold_names, categories, unused : tuple of str
    values : ndarray or None
        The categories as numbers.
    link, approximation : str
    n, dropped : int
        Rows used, and rows without a score or covariate.
    """

    log_likelihood: float
    thresholds: Array
    threshold_se: Array
    beta: Array
    beta_se: Array
    beta_p: Array
    alpha: Array
    alpha_se: Array
    sd: dict[str, float]
    log_sd_se: dict[str, float | None]
    singular: tuple[str, ...]
    covariance: Array
    modes: dict[str, ConditionalModes]
    convergence: Convergence
    structure: ThresholdStructure
    x_names: tuple[str, ...]
    categories: tuple[str, ...]
    unused: tuple[str, ...]
    values: Array | None
    link: str
    approximation: str
    n: int
    dropped: int

    @property
    def threshold_names(self) -> tuple[str, ...]:
        """``"1|2"`` and so on."""
        return self.structure.threshold_names

    @property
    def parameter_count(self) -> int:
        """Free parameters, standard deviations at 0 included."""
        return len(self.alpha) + len(self.beta) + len(self.sd)


def fit_cumulative_link_mixed(
    score: ArrayLike,
    x: ArrayLike,
    factors: Mapping[str, ArrayLike],
    *,
    link: str = "logit",
    thresholds: str = "flexible",
    quadrature: int = 1,
    x_names: Sequence[str] | None = None,
    categories: Sequence[object] | None = None,
) -> CumulativeLinkMixedFit:
    """Fit P(score <= k) = F(theta_k - x beta - sum of random intercepts) by maximum likelihood.

    Parameters
    ----------
    score : array_like, shape (n,)
        Ordered categories; rows without one are dropped.
    x : array_like, shape (n, p)
        Covariates without an intercept, which the thresholds absorb; p may be 0.
    factors : mapping of str to array_like, shape (n,)
        Labels per random intercept, crossed or nested; a missing label (None, NaN) means that the row carries
        no effect of that factor.
    link : {"logit", "probit", "cloglog", "loglog"}
    thresholds : {"flexible", "symmetric", "symmetric2", "equidistant"}
    quadrature : int
        1 for the Laplace approximation, q > 1 for adaptive Gauss-Hermite quadrature with q nodes, -q for
        quadrature with q nodes around zero; other than 1 only with one factor.
    x_names : sequence of str, optional
        Names of the covariates.
    categories : sequence, optional
        All possible categories, lowest first.

    Raises
    ------
    NotEstimableError
        If the rows cannot identify the model, or no maximum is found; the message says why.
    ValueError
        If an argument is malformed.

    References
    ----------
    Tutz G, Hennevogl W (1996). Random effects in ordinal regression models. Computational Statistics & Data
    Analysis 22:537-557. doi:10.1016/0167-9473(96)00004-7
    """
    design = np.asarray(x, float)
    names = tuple(x_names or (f"x{j + 1}" for j in range(design.shape[1])))
    if not factors:
        raise ValueError("a mixed model needs at least one random effect")
    if quadrature == 0 or (quadrature != 1 and len(factors) > 1):
        raise ValueError("quadrature other than 1 (Laplace) needs exactly one random effect")
    rows = build_rows(score, design, factors, x_names=names, categories=categories)
    structure = threshold_structure(rows.categories, thresholds)
    model = likelihood_of(rows, structure, link_of(link), quadrature)
    with one_thread():
        start = fixed_start(rows, model.link, structure)[0]
        found = maximise(model, start)
        return _result(model, found, link, approximation_name(quadrature))


def _covariance(found: Maximum, sd: Array, fixed: int) -> tuple[Array, float]:
    """Covariance of (alpha, beta, log of the positive sd), and the condition number of the information."""
    scale = 1 / np.sqrt(np.maximum(np.diag(found.information), 1e-300))
    scaled = found.information * scale[:, None] * scale
    eigenvalues = linalg.eigvalsh(scaled)
    if eigenvalues[0] <= eigenvalues[-1] / MAX_CONDITION:
        raise NotEstimableError(
            "the information matrix is not positive definite: these rows cannot tell the parameters apart"
        )
    covariance = linalg.inv(scaled) * scale[:, None] * scale
    to_log = np.concatenate([np.ones(fixed), 1 / sd[sd > 0]])
    return covariance * to_log[:, None] * to_log, float(eigenvalues[-1] / eigenvalues[0])


def _modes(model: MixedModel, parameters: Parameters) -> dict[str, ConditionalModes]:
    crossing, factors = model.crossing, model.rows.factors
    try:
        mode = model.mode(parameters)
    except InfeasibleError:
        raise NotEstimableError("the modes of the random effects were not found") from None
    error = np.sqrt(np.maximum(mode.precision.inverse_diagonal, 0))
    found = {}
    for position, index in enumerate(crossing.order):
        sd = float(parameters.sd[index])
        effects, own = crossing.block(mode.effects, position), crossing.block(error, position)
        found[factors[index].name] = ConditionalModes(factors[index].levels, sd * effects, sd * own)
    return {factor.name: found[factor.name] for factor in factors}


def _flags(rows: OrdinalRows, sd: Array, condition: float) -> tuple[str, ...]:
    flags = [f"no score is {label}" for label in rows.unused]
    flags += [f"{f.name} has {len(f.levels)} levels only" for f in rows.factors if len(f.levels) < 3]
    flags += [
        f"the levels of {f.name} nearly separate the scores, where the approximation is poor"
        for f, size in zip(rows.factors, sd, strict=True)
        if size > LARGE_SD
    ]
    if condition > 1e6:
        flags.append("the information matrix is nearly singular")
    return tuple(flags)


def _result(model: MixedModel, found: Maximum, link: str, approximation: str) -> CumulativeLinkMixedFit:
    rows, parameters = model.rows, model.parameters(found.at)
    names = tuple(factor.name for factor in rows.factors)
    covariance, condition = _covariance(found, parameters.sd, model.q + model.p)
    convergence = Convergence(
        converged=found.converged,
        max_gradient=found.max_gradient,
        condition_number=condition,
        iterations=found.iterations,
        mode_steps=model.newton_steps,
        flags=_flags(rows, parameters.sd, condition),
    )
    return CumulativeLinkMixedFit(
        log_likelihood=found.log_likelihood,
        thresholds=parameters.thresholds,
        beta=parameters.beta,
        alpha=found.at[: model.q],
        **_errors(model, parameters, covariance),
        sd=dict(zip(names, map(float, parameters.sd), strict=True)),
        singular=tuple(name for name, sd in zip(names, parameters.sd, strict=True) if sd == 0),
        covariance=covariance,
        modes=_modes(model, parameters),
        convergence=convergence,
        structure=model.structure,
        link=link,
        approximation=approximation,
        **{name: getattr(rows, name) for name in FACTS_OF_ROWS},
    )


def _errors(model: MixedModel, parameters: Parameters, covariance: Array) -> dict[str, Any]:
    """Standard errors of all parameters, and the Wald p-values."""
    q, p, jacobian = model.q, model.p, model.structure.jacobian
    se = np.sqrt(np.diag(covariance))
    own = iter(se[q + p :])
    return {
        "threshold_se": np.sqrt(np.diag(jacobian @ covariance[:q, :q] @ jacobian.T)),
        "alpha_se": se[:q],
        "beta_se": se[q : q + p],
        "beta_p": 2 * special.ndtr(-np.abs(parameters.beta / se[q : q + p])),
        "log_sd_se": {
            factor.name: float(next(own)) if sd > 0 else None
            for factor, sd in zip(model.rows.factors, parameters.sd, strict=True)
        },
    }
