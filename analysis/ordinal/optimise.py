"""Minimise a smooth function from its value and exact gradient, and differentiate the gradient.

References
----------
Nocedal J, Wright SJ (2006). Numerical optimization, 2nd edition, chapter 6. doi:10.1007/978-0-387-40065-5
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from analysis.estimate import Array
from analysis.ordinal.laplace import InfeasibleError

Function = Callable[[Array], tuple[float, Array]]
MAX_ITERATIONS = 200
_ARMIJO = 1e-4
# Half the squared distance to the optimum in standard errors, as the current curvature predicts it.
_DECREMENT = 1e-9
_DIFFERENCE = 1e-4


@dataclass(frozen=True)
class Minimum:
    """Where a minimisation stopped.

    Attributes
    ----------
    at, gradient : ndarray
    value : float
    inverse : ndarray
        Quasi-Newton approximation of the inverse curvature.
    iterations : int
    converged : bool
    """

    at: Array
    value: float
    gradient: Array
    inverse: Array
    iterations: int
    converged: bool


def positive_inverse(curvature: Array) -> Array:
    """Inverse with every eigenvalue made positive, so that it leads downhill."""
    scale = 1 / np.sqrt(np.maximum(np.abs(np.diag(curvature)), 1e-8))
    values, vectors = linalg.eigh(curvature * scale[:, None] * scale)
    safe = np.maximum(np.abs(values), 1e-6)
    return np.asarray(scale[:, None] * (vectors / safe) @ vectors.T * scale)


def _search(function: Function, here: Minimum, step: Array) -> tuple[Array, float, Array] | None:
    """The first point along a step that lowers the value enough."""
    slope, length = float(here.gradient @ step), 1.0
    while length > 1e-10:
        trial = here.at + length * step
        try:
            value, gradient = function(trial)
        except InfeasibleError:
            length /= 4
            continue
        if value <= here.value + _ARMIJO * length * slope + 1e-12 * abs(here.value):
            return trial, value, gradient
        # The minimum of the parabola through both values and the slope.
        length *= float(np.clip(-slope * length / (2 * (value - here.value - slope * length)), 0.1, 0.5))
    return None


def _updated(inverse: Array, moved: Array, change: Array) -> Array:
    """Quasi-Newton update of the inverse curvature, left out where the curvature is not positive."""
    product = float(moved @ change)
    if product <= 1e-10 * linalg.norm(moved) * linalg.norm(change):
        return inverse
    left = np.eye(len(moved)) - np.outer(moved, change) / product
    return np.asarray(left @ inverse @ left.T + np.outer(moved, moved) / product)


def minimise(function: Function, start: Array, curvature: Array) -> Minimum:
    """Quasi-Newton minimisation from a start with an approximate curvature.

    Raises
    ------
    InfeasibleError
        If the function cannot be evaluated at the start.
    """
    value, gradient = function(start)
    here = Minimum(start, value, gradient, positive_inverse(curvature), 0, converged=False)
    for iteration in range(1, MAX_ITERATIONS + 1):
        step = -here.inverse @ here.gradient
        if -float(here.gradient @ step) / 2 <= _DECREMENT:
            return Minimum(here.at, here.value, here.gradient, here.inverse, iteration, converged=True)
        found = _search(function, here, step)
        if found is None:
            break
        at, value, gradient = found
        inverse = _updated(here.inverse, at - here.at, gradient - here.gradient)
        here = Minimum(at, value, gradient, inverse, iteration, converged=False)
    return here


def curvature_at(function: Function, at: Array, width: Array) -> Array:
    """Second derivatives by central differences of the gradient, over `width` times a small fraction."""
    columns = []
    for i, size in enumerate(width * _DIFFERENCE * 10):
        shift = np.zeros_like(at)
        shift[i] = size
        columns.append((function(at + shift)[1] - function(at - shift)[1]) / (2 * size))
    found = np.array(columns)
    return np.asarray((found + found.T) / 2)


def polish(function: Function, minimum: Minimum, curvature: Array, steps: int = 4) -> Minimum:
    """Newton steps with a fixed curvature, as long as they shrink the gradient."""
    inverse = positive_inverse(curvature)
    here = minimum
    for _ in range(steps):
        at = here.at - inverse @ here.gradient
        try:
            value, gradient = function(at)
        except InfeasibleError:
            break
        if float(gradient @ inverse @ gradient) >= float(here.gradient @ inverse @ here.gradient):
            break
        here = Minimum(at, value, gradient, inverse, here.iterations + 1, minimum.converged)
        if float(gradient @ inverse @ gradient) < 1e-18:
            break
    return here
