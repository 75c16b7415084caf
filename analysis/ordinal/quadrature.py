"""Gauss-Hermite quadrature of the likelihood with one random intercept, with its exact gradient.

References
----------
Liu Q, Pierce DA (1994). A note on Gauss-Hermite quadrature. Biometrika 81:624-629.
doi:10.1093/biomet/81.3.624
Pinheiro JC, Bates DM (1995). Approximations to the log-likelihood function in the nonlinear mixed-effects
model. Journal of Computational and Graphical Statistics 4:12-35. doi:10.1080/10618600.1995.10474663
"""

from typing import NamedTuple

import numpy as np
from scipy import special

from analysis.estimate import Array
from analysis.ordinal.laplace import Laplace, MixedModel, Mode, Parameters
from analysis.ordinal.links import Link
from analysis.ordinal.rows import OrdinalRows
from analysis.ordinal.thresholds import ThresholdStructure


class _Nodes(NamedTuple):
    """Effects at the nodes (nodes, levels), their posterior weights, and the same per row (nodes, rows)."""

    effects: Array
    posterior: Array
    eta: Array
    row_posterior: Array


class Quadrature(MixedModel):
    """Negative log-likelihood by quadrature over one random intercept.

    Parameters
    ----------
    rows, link, structure
        As for the Laplace approximation; `rows` has exactly one factor.
    nodes : int
        Number of nodes.
    adaptive : bool
        Whether the nodes are placed around each level's mode, or around zero.
    """

    def __init__(
        self,
        rows: OrdinalRows,
        link: Link,
        structure: ThresholdStructure,
        nodes: int,
        *,
        adaptive: bool = True,
    ) -> None:
        super().__init__(rows, link, structure)
        self.adaptive = adaptive
        self._node, weight = np.polynomial.hermite_e.hermegauss(nodes)
        self._log_weight = np.log(weight) + self._node**2 / 2 - np.log(2 * np.pi) / 2

    def _approximate(self, parameters: Parameters, mode: Mode) -> tuple[float, Array]:
        value, nodes = self._integrate(parameters, mode)
        return value, self._gradient(parameters, mode, nodes)

    def _integrate(self, parameters: Parameters, mode: Mode) -> tuple[float, _Nodes]:
        crossing, curvature = self.crossing, mode.precision.first
        centre, scale = mode.effects, 1 / np.sqrt(curvature)
        if not self.adaptive:
            centre, scale = np.zeros_like(centre), np.ones_like(scale)
        effects = centre + self._node[:, None] * scale
        codes = crossing.codes[0]
        padded = np.pad(parameters.sd[0] * effects, ((0, 0), (0, 1)))
        eta = self.rows.x @ parameters.beta + padded[:, codes]
        log_p = self.rows.in_eta(self.link, parameters.thresholds, eta).log_p
        terms = np.stack([crossing.per_level(line) for line in log_p]) - effects**2 / 2
        terms = terms + self._log_weight[:, None]
        total = special.logsumexp(terms, axis=0)
        posterior = np.exp(terms - total)
        # A row without the effect is the same at every node.
        row_posterior = np.pad(posterior, ((0, 0), (0, 1)), constant_values=1 / len(effects))[:, codes]
        value = -float((total + np.log(scale)).sum()) - float(log_p[0][codes == crossing.total].sum())
        return value, _Nodes(effects, posterior, eta, row_posterior)

    def _gradient(self, parameters: Parameters, mode: Mode, nodes: _Nodes) -> Array:
        crossing, rows, sd = self.crossing, self.rows, float(parameters.sd[0])
        limits = rows.in_limits(self.link, parameters.thresholds, nodes.eta)
        slope = limits.upper + limits.lower
        pulled = -sd * np.stack([crossing.per_level(-line) for line in slope])
        upper = -(nodes.row_posterior * limits.upper).sum(axis=0)
        lower = -(nodes.row_posterior * limits.lower).sum(axis=0)
        by_eta = (nodes.row_posterior * slope).sum(axis=0)
        log_sd = float((nodes.posterior * pulled * nodes.effects).sum())
        if self.adaptive:
            more = self._moving_nodes(parameters, mode, nodes, pulled + nodes.effects)
            upper, lower, by_eta = upper + more[0], lower + more[1], by_eta + more[2]
            log_sd += more[3]
        by_sd = log_sd / sd if abs(sd) >= 1e-9 else 0.0
        by_alpha = self.structure.jacobian.T @ rows.per_threshold(upper, lower)
        return np.concatenate([by_alpha, rows.x.T @ by_eta, [by_sd]])

    def _moving_nodes(
        self, parameters: Parameters, mode: Mode, nodes: _Nodes, joint_slope: Array
    ) -> tuple[Array, Array, Array, float]:
        """What the nodes' dependence on the parameters adds to the gradient, per row and for log sd."""
        crossing, sd = self.crossing, float(parameters.sd[0])
        limits = self.rows.in_limits(self.link, parameters.thresholds, mode.eta)
        h, u = mode.precision.first, mode.effects
        weighted = nodes.posterior * joint_slope
        by_centre = weighted.sum(axis=0)
        by_log_scale = (weighted * (nodes.effects - u)).sum(axis=0) - 1
        third = -(limits.weight_upper + limits.weight_lower)
        skew = sd**3 * crossing.per_level(third) / (2 * h)
        pull = (by_centre - by_log_scale * skew) / h
        moved = crossing.per_row(sd * pull)
        half = -crossing.per_row(by_log_scale * sd**2 / (2 * h))
        upper = limits.weight_upper * half + limits.slope_upper * moved
        lower = limits.weight_lower * half + limits.slope_lower * moved
        by_eta = third * half - mode.in_eta.weight * moved
        log_sd = -by_log_scale * ((h - 1) / h + skew * u) - pull * (h - 2) * u
        return upper, lower, by_eta, float(log_sd.sum())


def approximation_name(quadrature: int) -> str:
    """The words for a number of quadrature nodes, as `likelihood_of` takes it."""
    if quadrature == 1:
        return "Laplace approximation"
    kind = "adaptive" if quadrature > 0 else "non-adaptive"
    return f"{kind} Gauss-Hermite quadrature with {abs(quadrature)} nodes"


def likelihood_of(
    rows: OrdinalRows, structure: ThresholdStructure, link: Link, quadrature: int
) -> Laplace | Quadrature:
    """The likelihood of some rows: Laplace for 1, q adaptive nodes for q, q nodes around zero for -q."""
    if quadrature == 1:
        return Laplace(rows, link, structure)
    return Quadrature(rows, link, structure, abs(quadrature), adaptive=quadrature > 0)
