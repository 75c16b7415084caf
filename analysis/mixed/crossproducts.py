"""Cross-products of a mixed model with crossed random intercepts, and what the likelihood needs of them.

The factor with the most levels (the head) has a diagonal block and is eliminated in closed form, so that an
iteration costs the cube of the number of levels of the other factors (the tail), whatever the number of rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack

from analysis.estimate import Array

Codes = NDArray[np.int64]
# Above this many cells a table of two factors is kept sparse, and their products are not kept per count.
DENSE_CELLS = 500_000
DENSE_GRAMS = 2_000_000


@dataclass(frozen=True)
class Projection:
    """Products with H = (I + sum of ratio_i Z_i Z_i')^-1, the factors in the order of `CrossProducts.names`.

    Attributes
    ----------
    ratios : ndarray, shape (k,)
        Variance of each factor over the residual variance.
    log_determinant : float
        log |H^-1|.
    fixed : ndarray, shape (f, f)
        F'HF for F = [X, y].
    traces : ndarray, shape (k,)
        tr(Z_i'HZ_i).
    squares : ndarray, shape (k, k)
        Sum of squares of A_ij = Z_i'HZ_j.
    first : ndarray, shape (k, f, f)
        B_i'B_i for B_i = Z_i'HF.
    second : ndarray, shape (k, k, f, f)
        B_i'A_ijB_j.
    tail_loads, solved : ndarray, shape (levels of the tail, f)
        B of the tail, and what the loads of the head subtract.
    """

    ratios: Array
    log_determinant: float
    fixed: Array
    traces: Array
    squares: Array
    first: Array
    second: Array
    tail_loads: Array
    solved: Array


def _indicators(codes: Codes, levels: int) -> Any:
    rows = np.flatnonzero(codes >= 0)
    ones = np.ones(len(rows))
    return sparse.csr_array((ones, (rows, codes[rows])), shape=(len(codes), levels))


def _crossing(a: Codes, b: Codes, shape: tuple[int, int]) -> Any:
    """Rows in each pair of levels; sparse if the table is large."""
    if shape[0] * shape[1] > DENSE_CELLS:
        return (_indicators(a, shape[0]).T @ _indicators(b, shape[1])).tocsr()
    both = (a >= 0) & (b >= 0)
    cells = a[both] * shape[1] + b[both]
    return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape).astype(float)


def _level_sums(codes: Codes, levels: int, columns: Array) -> Array:
    carried = codes >= 0
    kept = codes[carried]
    sums = [np.bincount(kept, column[carried], levels) for column in columns.T]
    return np.stack(sums, axis=1)


def _dense(matrix: Any) -> Array:
    return np.asarray(matrix.toarray() if sparse.issparse(matrix) else matrix)


def inverse_root(matrix: Array) -> tuple[Array, float]:
    """L^-1 for the Cholesky factor L of a positive definite matrix, and its log determinant."""
    if not len(matrix):
        return matrix, 0.0
    lower, _ = lapack.dpotrf(matrix, lower=1, clean=1)
    return lapack.dtrtri(lower, lower=1)[0], 2 * float(np.log(lower.diagonal()).sum())


class CrossProducts:
    """Cross-products of the columns [Z, X, y] of a mixed model.

    Parameters
    ----------
    columns : ndarray, shape (n, f)
        Fixed-effect columns, then the outcome.
    codes : mapping of str to ndarray of int, shape (n,)
        Level of each row from 0, per factor; -1 where the row carries no effect of the factor.
    """

    def __init__(self, columns: Array, codes: Mapping[str, Codes]) -> None:
        counts = {name: np.bincount(code[code >= 0]) for name, code in codes.items()}
        self.names = tuple(sorted(codes, key=lambda name: -len(counts[name])))
        self.counts = [counts[name].astype(float) for name in self.names]
        self.n, self.f = int(columns.shape[0]), int(columns.shape[1])
        self.sizes = [len(count) for count in self.counts]
        # Row count of a typical level: the scale on which a variance ratio matters.
        self.scale = np.array([count.mean() for count in self.counts])
        self.levels = sum(self.sizes[1:])
        self.part = np.repeat(np.arange(len(codes) - 1), self.sizes[1:])
        self.starts = np.concatenate([[0], np.cumsum(self.sizes[1:], dtype=int)])[:-1]
        self.own = (self.part[:, None] == np.arange(len(codes) - 1)).astype(float)[:, :, None]
        ordered = [codes[name] for name in self.names]
        sums = [_level_sums(code, size, columns) for code, size in zip(ordered, self.sizes, strict=True)]
        self.head_fixed = sums[0]
        self.base = np.zeros((self.levels + self.f,) * 2)
        self.base[: self.levels, self.levels :] = np.concatenate([np.empty((0, self.f)), *sums[1:]])
        self.base[self.levels :, : self.levels] = self.base[: self.levels, self.levels :].T
        self.base[self.levels :, self.levels :] = columns.T @ columns
        self._cross_tail(ordered[1:])
        self._cross_head(ordered[0], ordered[1:])

    def _cross_tail(self, tail: list[Codes]) -> None:
        sizes, ends = self.sizes[1:], [*self.starts, self.levels]
        for i, a in enumerate(tail):
            rows = slice(ends[i], ends[i + 1])
            np.fill_diagonal(self.base[rows, rows], self.counts[i + 1])
            for j in range(i):
                block = _dense(_crossing(a, tail[j], (sizes[i], sizes[j])))
                self.base[rows, ends[j] : ends[j + 1]] = block
                self.base[ends[j] : ends[j + 1], rows] = block.T

    def _cross_head(self, head: Codes, tail: list[Codes]) -> None:
        levels = self.sizes[0]
        blocks = [
            _crossing(head, code, (levels, size)) for code, size in zip(tail, self.sizes[1:], strict=True)
        ]
        if any(sparse.issparse(block) for block in blocks):
            self.crossing: Any = sparse.hstack([*blocks, self.head_fixed], format="csr")
        else:
            self.crossing = np.concatenate([*blocks, self.head_fixed], axis=1)
        self.distinct, self.group = np.unique(self.counts[0], return_inverse=True)
        self.multiplicity = np.bincount(self.group).astype(float)
        self.grams: Array | None = None
        if len(self.distinct) * len(self.base) ** 2 <= DENSE_GRAMS:
            groups = (self.crossing[self.group == g] for g in range(len(self.distinct)))
            self.grams = np.stack([_dense(rows.T @ rows).ravel() for rows in groups])

    def _weighted(self, weights: Array) -> Array:
        """C' diag(w) C for the head's table C by tail and fixed, per row of weights by distinct count."""
        if self.grams is not None:
            return (weights @ self.grams).reshape(len(weights), *self.base.shape)
        spread = weights[:, self.group]
        return np.stack([_dense(self.crossing.T @ (sparse.diags_array(w) @ self.crossing)) for w in spread])

    def project(self, ratios: Array) -> Projection:
        """All products at given variance ratios, shape (k,), in the order of `names`."""
        q, ratio = self.levels, ratios[0]
        shrink = 1 / (1 + ratio * self.distinct)
        absorbed, gram, gram_d = self._weighted(
            np.array([ratio * shrink, shrink**2, self.distinct * shrink**3])
        )
        outer = self.base - absorbed
        root = np.sqrt(ratios[1:])[self.part]
        inner = root[:, None] * outer[:q, :q] * root
        inner.flat[:: q + 1] += 1
        half, log_tail = inverse_root(inner)
        half = half * root
        across = half @ outer[:q]
        swept = outer - across.T @ across
        taken = half.T @ across
        keep = np.eye(len(outer))
        keep[:q] -= taken
        work = _Work(self, self.distinct * shrink, swept, keep, half, gram, gram_d)
        first, second = work.moments()
        return Projection(
            ratios=ratios,
            log_determinant=float(self.multiplicity @ np.log1p(ratio * self.distinct)) + log_tail,
            fixed=swept[q:, q:],
            traces=work.traces(),
            squares=work.squares(),
            first=first,
            second=second,
            tail_loads=swept[:q, q:],
            solved=taken[:, q:],
        )

    def loads(self, h: Projection) -> list[Array]:
        """B_i = Z_i'HF per factor, shapes (levels, f)."""
        tail = self.crossing[:, : self.levels]
        head = (self.head_fixed - tail @ h.solved) / (1 + h.ratios[0] * self.counts[0])[:, None]
        return [head, *np.split(h.tail_loads, self.starts[1:])][: len(self.names)]


class _Work:
    """Products of one projection; `swept` is [[A, B], [B', F'HF]] of the tail, `keep` is I - K[T, TF]."""

    def __init__(
        self,
        base: CrossProducts,
        d: Array,
        swept: Array,
        keep: Array,
        half: Array,
        gram: Array,
        gram_d: Array,
    ) -> None:
        self.base, self.q, self.k = base, base.levels, len(base.names)
        self.d, self.swept, self.keep, self.half = d, swept, keep, half
        self.solver = half.T @ half
        self.gram, self.gram_d = gram, gram_d
        self.kept = gram @ keep

    def traces(self) -> Array:
        head = self.base.multiplicity @ self.d - np.vdot(self.solver, self.gram[: self.q, : self.q])
        tail = self.swept.diagonal()[: self.q]
        return np.concatenate([[head], np.add.reduceat(tail, self.base.starts)])

    def squares(self) -> Array:
        starts, q = self.base.starts, self.q
        found = np.empty((self.k, self.k))
        product = self.solver @ self.gram[:q, :q]
        both = np.vdot(product, product.T) - 2 * np.vdot(self.solver, self.gram_d[:q, :q])
        found[0, 0] = self.base.multiplicity @ self.d**2 + both
        cross = np.add.reduce(self.keep[:, :q] * self.kept[:, :q], 0)
        found[0, 1:] = found[1:, 0] = np.add.reduceat(cross, starts)
        tail = self.swept[:q, :q]
        found[1:, 1:] = np.add.reduceat(np.add.reduceat(tail * tail, starts, 0), starts, 1)
        return found

    def moments(self) -> tuple[Array, Array]:
        """`Projection.first` and `second`."""
        q, k, f = self.q, self.k, self.base.f
        loads, head = self.swept[:q, q:], self.kept[:, q:]
        wide = (self.base.own * loads[:, None, :]).reshape(q, (k - 1) * f)
        joint = self.keep.T @ head
        first, second = np.empty((k, f, f)), np.empty((k, k, f, f))
        first[0] = joint[q:]
        first[1:] = (wide.T @ loads).reshape(k - 1, f, f)
        pulled, own = self.half @ head[:q], self.keep[:, q:]
        second[0, 0] = own.T @ self.gram_d @ own - pulled.T @ pulled
        cross = (wide.T @ joint[:q]).reshape(k - 1, f, f)
        second[1:, 0] = cross
        second[0, 1:] = cross.transpose(0, 2, 1)
        inner = (wide.T @ (self.swept[:q, :q] @ wide)).reshape(k - 1, f, k - 1, f)
        second[1:, 1:] = inner.transpose(0, 2, 1, 3)
        return first, second
