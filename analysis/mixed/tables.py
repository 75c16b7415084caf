"""Tables of the rows of a mixed model by the levels of its grouping factors, sparse where they are large."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analysis.estimate import Array

Codes = NDArray[np.int64]
# Above this many cells a table of two factors is kept sparse.
DENSE_CELLS = 500_000


def _indicators(codes: Codes, levels: int) -> Any:
    rows = np.flatnonzero(codes >= 0)
    ones = np.ones(len(rows))
    return sparse.csr_array((ones, (rows, codes[rows])), shape=(len(codes), levels))


def crossing(a: Codes, b: Codes, shape: tuple[int, int]) -> Any:
    """Rows in each pair of levels of two factors; sparse if the table is large."""
    if shape[0] * shape[1] > DENSE_CELLS:
        return (_indicators(a, shape[0]).T @ _indicators(b, shape[1])).tocsr()
    both = (a >= 0) & (b >= 0)
    cells = a[both] * shape[1] + b[both]
    return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape).astype(float)


def level_sums(codes: Codes, levels: int, columns: Array) -> Array:
    """Sum of each column, shape (n, f), within each level, shape (levels, f)."""
    carried = codes >= 0
    kept = codes[carried]
    sums = [np.bincount(kept, column[carried], levels) for column in columns.T]
    return np.stack(sums, axis=1)


def beside(blocks: Sequence[Any]) -> Any:
    """Blocks of the same rows side by side; sparse if one of them is."""
    if any(sparse.issparse(block) for block in blocks):
        return sparse.hstack(blocks, format="csr")
    return np.concatenate(blocks, axis=1)


def scaled(weights: Array, table: Any) -> Any:
    """A table with each row times its weight."""
    if sparse.issparse(table):
        return sparse.diags_array(weights) @ table
    return weights[:, None] * table


def dense(matrix: Any) -> Array:
    """A matrix as an ordinary array."""
    return np.asarray(matrix.toarray() if sparse.issparse(matrix) else matrix)


def parents(inner: Codes, outer: Codes, levels: int) -> Codes:
    """A level of the outer factor that each level of the inner one meets, -1 if none."""
    both = (inner >= 0) & (outer >= 0)
    found = np.full(levels, -1)
    found[inner[both]] = outer[both]
    return found


def is_nested(inner: Codes, outer: Codes, levels: int) -> bool:
    """Whether each level of the inner factor meets at most one level of the outer one."""
    both = (inner >= 0) & (outer >= 0)
    return np.array_equal(parents(inner, outer, levels)[inner[both]], outer[both])
