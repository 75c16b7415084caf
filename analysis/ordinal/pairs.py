"""Which levels of two groups of factors meet in the rows: sums over each pair, and values per row."""

from typing import Any

import numpy as np
from scipy import sparse

from analysis.estimate import Array
from analysis.ordinal.rows import Codes

# A table with more cells than this is kept sparse.
DENSE_CELLS = 500_000


class Pairs:
    """Pairs of levels, several per row.

    Parameters
    ----------
    left, right : ndarray of int, shape (k, n)
        Levels of the k pairs of each row; the number of levels itself where the row has none.
    shape : (int, int)
        Numbers of levels.
    """

    def __init__(self, left: Codes, right: Codes, shape: tuple[int, int]) -> None:
        self.shape, self.repeats = shape, len(left)
        self._index = (left * (shape[1] + 1) + right).ravel()

    def _tiled(self, weight: Array) -> Array:
        return np.concatenate([weight] * self.repeats)

    def sums(self, weight: Array, left: Array, right: Array) -> Any:
        """diag(left) S diag(right), with S the sum of the rows' weights over each pair."""
        padded = (self.shape[0] + 1, self.shape[1] + 1)
        total = np.bincount(self._index, self._tiled(weight), padded[0] * padded[1])
        return total.reshape(padded)[:-1, :-1] * left[:, None] * right

    def along(self, matrix: Array, left: Array, right: Array) -> Array:
        """Sum over each row's pairs of the entries of diag(left) matrix diag(right)."""
        padded = np.zeros((self.shape[0] + 1, self.shape[1] + 1))
        padded[:-1, :-1] = matrix * left[:, None] * right
        return np.asarray(padded.ravel()[self._index].reshape(self.repeats, -1).sum(axis=0))


class SparsePairs(Pairs):
    """The same where most pairs never meet; `left` and `right` are those that do."""

    def __init__(self, left: Codes, right: Codes, shape: tuple[int, int]) -> None:
        super().__init__(left, right, shape)
        self._met = ((left < shape[0]) & (right < shape[1])).ravel()
        cells, self._place = np.unique(self._index[self._met], return_inverse=True)
        self.left, self.right = np.divmod(cells, shape[1] + 1)
        self._ends = np.concatenate([[0], np.cumsum(np.bincount(self.left, minlength=shape[0]))])

    def sums(self, weight: Array, left: Array, right: Array) -> Any:
        """diag(left) S diag(right), with S the sum of the rows' weights over each pair, sparse."""
        total = np.bincount(self._place, self._tiled(weight)[self._met], len(self.left))
        data = total * left[self.left] * right[self.right]
        return sparse.csr_matrix((data, self.right, self._ends), self.shape)

    def along(self, matrix: Array, left: Array, right: Array) -> Array:
        """Sum over each row's pairs of the entries of diag(left) matrix diag(right)."""
        return self.along_entries(matrix[self.left, self.right], left, right)

    def along_entries(self, entries: Array, left: Array, right: Array) -> Array:
        """`along` from the matrix's entries at the pairs (left, right) that meet."""
        found = np.zeros(len(self._index))
        found[self._met] = (entries * left[self.left] * right[self.right])[self._place]
        return np.asarray(found.reshape(self.repeats, -1).sum(axis=0))


def pairs_of(left: Codes, right: Codes, shape: tuple[int, int]) -> Pairs:
    """Dense or sparse, by the number of cells."""
    return (SparsePairs if shape[0] * shape[1] > DENSE_CELLS else Pairs)(left, right, shape)
