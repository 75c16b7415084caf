"""Elimination of the factors of a mixed model whose blocks are diagonal, from the products of the others.

The levels of one factor (the head) never share a row. Once it is eliminated the block of a factor within
which it is nested is still diagonal, so that both go at a cost linear in their numbers of levels.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from analysis.estimate import Array
from analysis.mixed.tables import Codes, dense, scaled

# Above this many cells the products of a table are not kept per count.
DENSE_GRAMS = 2_000_000


@dataclass(frozen=True)
class Eliminated:
    """Products with H, which holds the h eliminated factors only, of the other columns W.

    Attributes
    ----------
    log_determinant : float
        log |H^-1|.
    outer : ndarray, shape (w, w)
        W'HW.
    traces : ndarray, shape (h,)
        tr(Z_a'HZ_a).
    squares : ndarray, shape (h, h)
        Sum of squares of A_ab = Z_a'HZ_b.
    grams : ndarray, shape (h, w, w)
        U_a'U_a for U_a = Z_a'HW.
    crossed : ndarray, shape (h, h, w, w)
        U_a'A_abU_b.
    """

    log_determinant: float
    outer: Array
    traces: Array
    squares: Array
    grams: Array
    crossed: Array


class Head:
    """A factor with its table by the other columns.

    Parameters
    ----------
    counts : ndarray, shape (levels,)
        Rows of each level.
    table : ndarray or sparse array, shape (levels, w)
        Z'W.
    """

    def __init__(self, counts: Array, table: Any) -> None:
        self.counts, self.table = counts, table
        self.distinct, self.group = np.unique(counts, return_inverse=True)
        self.multiplicity = np.bincount(self.group).astype(float)
        self.grams: Array | None = None
        if len(self.distinct) * table.shape[1] ** 2 <= DENSE_GRAMS:
            groups = (table[self.group == g] for g in range(len(self.distinct)))
            self.grams = np.stack([dense(rows.T @ rows).ravel() for rows in groups])

    def _weighted(self, weights: Array) -> Array:
        """C' diag(w) C for the table C, per row of weights by distinct count."""
        if self.grams is not None:
            return (weights @ self.grams).reshape(len(weights), *(self.table.shape[1],) * 2)
        return np.stack([dense(self.table.T @ scaled(w, self.table)) for w in weights[:, self.group]])

    def eliminate(self, ratios: Array, products: Array) -> Eliminated:
        """The products left of W'W at the variance ratios of the eliminated factors."""
        ratio = ratios[0]
        growth = ratio * self.distinct
        shrink = 1 / (1 + growth)
        own = self.distinct * shrink
        absorbed, gram, crossed = self._weighted(np.array([ratio * shrink, shrink**2, own * shrink**2]))
        return Eliminated(
            log_determinant=float(self.multiplicity @ np.log1p(growth)),
            outer=products - absorbed,
            traces=np.array([self.multiplicity @ own]),
            squares=np.array([[self.multiplicity @ own**2]]),
            grams=gram[None],
            crossed=crossed[None, None],
        )

    def loads(self, ratios: Array, weights: Array) -> list[Array]:
        """Z_a'HW weights per eliminated factor, for weights of shape (w, f)."""
        return [(self.table @ weights) / (1 + ratios[0] * self.counts)[:, None]]


class Nest:
    """A head nested within a second factor, with the tables of both by the other columns.

    Parameters
    ----------
    head : Head
    parent : ndarray of int, shape (levels of the head,)
        Level of the second factor, -1 if none.
    shared : ndarray, shape (levels of the head,)
        Rows of each level of the head that carry the second factor.
    counts, table : ndarray, shape (levels,), and ndarray or sparse array, shape (levels, w)
        As for the head; of the second factor.
    """

    def __init__(self, head: Head, parent: Codes, shared: Array, counts: Array, table: Any) -> None:
        self.head, self.shared, self.counts, self.table = head, shared, counts, table
        inner = np.flatnonzero(parent >= 0)
        shape = (len(counts), len(parent))
        self.children = sparse.csr_array((shared[inner], (parent[inner], inner)), shape=shape)

    def _sums(self, weights: Array) -> tuple[Array, Any]:
        """Weighted sums within each level of the second factor: of its block, and of its table."""
        return (
            self.children @ (weights * self.shared),
            self.children @ scaled(weights, self.head.table),
        )

    def _left(self, ratios: Array) -> tuple[Array, Any]:
        """The second factor's block, shape (levels,), and its table once the head is eliminated."""
        block, table = self._sums(ratios[0] / (1 + ratios[0] * self.head.counts))
        return self.counts - block, self.table - table

    def eliminate(self, ratios: Array, products: Array) -> Eliminated:
        """As `Head.eliminate`, of both factors."""
        first = self.head.eliminate(ratios, products)
        block, table = self._left(ratios)
        shrink = 1 / (1 + ratios[1] * block)
        taken, own, loads = ratios[1] * shrink, block * shrink, scaled(shrink, table)
        pulled = scaled(taken, table)
        inner = 1 / (1 + ratios[0] * self.head.counts)
        twice, mixed = self._sums(inner**2)
        thrice, heavy = self._sums(self.head.counts * inner**3)
        sums = mixed - scaled(twice, pulled)
        heads = first.crossed[0, 0] - _moved(heavy, thrice, pulled) - _gram(sums, taken)
        across = dense(sums.T @ scaled(shrink, loads))
        share = shrink**2 @ twice
        square = first.squares[0, 0] - 2 * taken @ thrice + np.square(taken * twice).sum()
        return Eliminated(
            log_determinant=first.log_determinant + float(np.log1p(ratios[1] * block).sum()),
            outer=first.outer - dense(table.T @ pulled),
            traces=np.array([first.traces[0] - taken @ twice, own.sum()]),
            squares=np.array([[square, share], [share, own @ own]]),
            grams=np.stack([first.grams[0] - _moved(mixed, twice, pulled), dense(loads.T @ loads)]),
            crossed=np.array([[heads, across], [across.T, _gram(loads, own)]]),
        )

    def loads(self, ratios: Array, weights: Array) -> list[Array]:
        """As `Head.loads`, of both factors."""
        block, table = self._left(ratios)
        second = (table @ weights) / (1 + ratios[1] * block)[:, None]
        rest = self.head.table @ weights - ratios[1] * (self.children.T @ second)
        return [rest / (1 + ratios[0] * self.head.counts)[:, None], second]


def _gram(table: Any, weights: Array) -> Array:
    return dense(table.T @ scaled(weights, table))


def _moved(mixed: Any, weights: Array, pulled: Any) -> Array:
    """C'C - (C - Q)'(C - Q) for the head's table C, where the rows of Q repeat those of `pulled`."""
    product = dense(mixed.T @ pulled)
    return product + product.T - _gram(pulled, weights)
