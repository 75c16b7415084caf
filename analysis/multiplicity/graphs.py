"""Weighted Bonferroni tests on a graph: each rejected hypothesis hands its share of alpha on.

References
----------
Bretz F, Maurer W, Brannath W, Posch M (2009). A graphical approach to sequentially rejective multiple test
procedures. Statistics in Medicine 28:586-604. doi:10.1002/sim.3495
Wiens BL, Dmitrienko A (2005). The fallback procedure for evaluating a single family of hypotheses. Journal of
Biopharmaceutical Statistics 15:929-942. doi:10.1080/10543400500265660
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.estimate import Array

# Shares such as a third do not add up exactly.
ROUNDING = 1e-9
# A loop that hands all of alpha back to its start has no weight left to share out.
CLOSED_LOOP = 1e-12


class GraphError(ValueError):
    """Weights or transitions that are no graph; the message says which condition fails.

    Attributes
    ----------
    part : {"weights", "transitions"}
        Which of the two is at fault.
    """

    def __init__(self, part: str, problem: str) -> None:
        self.part = part
        super().__init__(f"{part}: {problem}")


@dataclass(frozen=True)
class GraphTest:
    """Outcome of the shortcut on a graph.

    Attributes
    ----------
    adjusted : ndarray, shape (m,)
        Adjusted p-values, at most 1; 1 where the p-value is missing.
    rejected : ndarray of bool, shape (m,)
    order : tuple of int
        Places of the hypotheses in the order in which the shortcut takes them.
    alpha : float
    n : int
        Number of hypotheses.
    """

    adjusted: Array
    rejected: NDArray[np.bool_]
    order: tuple[int, ...]
    alpha: float
    n: int


def check_graph(weights: ArrayLike, transitions: ArrayLike) -> None:
    """Check the conditions of a graph.

    Parameters
    ----------
    weights : array_like, shape (m,)
        Shares of alpha, none negative, sum at most 1.
    transitions : array_like, shape (m, m)
        Shares that row hands to column, none negative, zero diagonal, row sums at most 1.

    Raises
    ------
    GraphError
        Naming the condition that fails.
    """
    w, g = np.asarray(weights, float), np.asarray(transitions, float)
    if w.ndim != 1 or not len(w) or not (w >= 0).all() or w.sum() > 1 + ROUNDING:
        raise GraphError("weights", "must be shares from 0 that add up to at most 1")
    if g.shape != (len(w), len(w)):
        raise GraphError("transitions", f"must be {len(w)} rows of {len(w)} shares")
    if not (g >= 0).all() or (g.sum(axis=1) > 1 + ROUNDING).any():
        raise GraphError("transitions", "must be rows of shares from 0 that add up to at most 1")
    if np.diag(g).any():
        raise GraphError("transitions", "must be 0 from a hypothesis to itself")


def _remove(weights: Array, transitions: Array, j: int) -> tuple[Array, Array]:
    """The graph without hypothesis j: its weight and its edges pass to those it points to."""
    out = transitions[j]
    kept = weights + weights[j] * out
    loops = transitions[:, j] * out
    passed = transitions + np.outer(transitions[:, j], out)
    room = 1 - loops
    open_loop = room > CLOSED_LOOP
    scaled = np.where(open_loop[:, None], passed / np.where(open_loop, room, 1.0)[:, None], 0.0)
    np.fill_diagonal(scaled, 0.0)
    scaled[j, :] = scaled[:, j] = 0.0
    kept[j] = 0.0
    return kept, scaled


def graph_test(
    p_values: ArrayLike, weights: ArrayLike, transitions: ArrayLike, alpha: float = 0.05
) -> GraphTest:
    """Sequentially rejective shortcut of the weighted Bonferroni test on a graph.

    Parameters
    ----------
    p_values : array_like, shape (m,)
        NaN counts as 1: the hypothesis keeps its place and is not rejected.
    weights, transitions : array_like, shapes (m,) and (m, m)
        As `check_graph`.
    alpha : float
        Familywise error rate that the rejections hold.

    Returns
    -------
    GraphTest

    Raises
    ------
    GraphError
        As `check_graph`, or if `p_values` has another length than `weights`.
    """
    check_graph(weights, transitions)
    w, g = np.array(weights, float), np.array(transitions, float)
    p = np.nan_to_num(np.asarray(p_values, float), nan=1.0)
    if p.shape != w.shape:
        raise GraphError("weights", f"must be as many as the p-values, {len(p)}")
    adjusted, left, largest = np.ones(len(p)), list(range(len(p))), 0.0
    order: list[int] = []
    while left:
        ratios = [p[i] / w[i] if w[i] > 0 else np.inf for i in left]
        j = left.pop(int(np.argmin(ratios)))
        largest = max(largest, min(ratios))
        adjusted[j] = min(largest, 1.0)
        order.append(j)
        w, g = _remove(w, g, j)
    return GraphTest(adjusted, adjusted <= alpha * (1 + ROUNDING), tuple(order), alpha, len(p))


def chain(m: int) -> Array:
    """Transitions of a chain: each hypothesis hands everything to the next, shape (m, m)."""
    return np.eye(m, k=1)


def fallback(p_values: ArrayLike, weights: ArrayLike, alpha: float = 0.05) -> GraphTest:
    """Fallback procedure: a chain in which each hypothesis has a weight; arguments as `graph_test`."""
    return graph_test(p_values, weights, chain(np.asarray(weights).size), alpha)
