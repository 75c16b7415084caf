"""Cross-products of a mixed model with crossed random intercepts, and what the likelihood needs of them.

The factor with the most levels, or one nested factor with the one around it, is eliminated in closed form, so
that an iteration costs the cube of the number of levels of the other factors (the tail), whatever the number
of rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from scipy.linalg import lapack

from analysis.estimate import Array
from analysis.mixed.elimination import Eliminated, Head, Nest
from analysis.mixed.tables import Codes, beside, crossing, dense, is_nested, level_sums, parents

# Below this many levels saved a second elimination costs more than the larger tail.
LEAST_SAVED = 60


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
        counts = {name: np.bincount(code[code >= 0]).astype(float) for name, code in codes.items()}
        by_size = sorted(codes, key=lambda name: -len(counts[name]))
        pair = _nested_pair(codes, {name: len(counts[name]) for name in by_size})
        first = pair or by_size[:1]
        self.names = (*first, *(name for name in by_size if name not in first))
        self.counts = [counts[name] for name in self.names]
        self.n, self.f = int(columns.shape[0]), int(columns.shape[1])
        self.sizes = [len(count) for count in self.counts]
        # Row count of a typical level: the scale on which a variance ratio matters.
        self.scale = np.array([count.mean() for count in self.counts])
        self.h, tail = len(first), self.sizes[len(first) :]
        self.levels = sum(tail)
        self.part = np.repeat(np.arange(len(tail)), tail)
        self.starts = np.concatenate([[0], np.cumsum(tail, dtype=int)])[:-1]
        self.own = (self.part[:, None] == np.arange(len(tail))).astype(float)[:, :, None]
        ordered = [codes[name] for name in self.names]
        sums = [level_sums(code, size, columns) for code, size in zip(ordered, self.sizes, strict=True)]
        self.base = np.zeros((self.levels + self.f,) * 2)
        self.base[: self.levels, self.levels :] = np.concatenate([np.empty((0, self.f)), *sums[self.h :]])
        self.base[self.levels :, : self.levels] = self.base[: self.levels, self.levels :].T
        self.base[self.levels :, self.levels :] = columns.T @ columns
        self._cross_tail(ordered[self.h :])
        self.eliminable = self._eliminable(ordered, sums)

    def _cross_tail(self, tail: list[Codes]) -> None:
        sizes, ends = self.sizes[self.h :], [*self.starts, self.levels]
        for i, a in enumerate(tail):
            rows = slice(ends[i], ends[i + 1])
            np.fill_diagonal(self.base[rows, rows], self.counts[self.h + i])
            for j in range(i):
                block = dense(crossing(a, tail[j], (sizes[i], sizes[j])))
                self.base[rows, ends[j] : ends[j + 1]] = block
                self.base[ends[j] : ends[j + 1], rows] = block.T

    def _eliminable(self, ordered: list[Codes], sums: list[Array]) -> Head | Nest:
        tail = [*zip(ordered[self.h :], self.sizes[self.h :], strict=True)]
        tables = [
            beside([*(crossing(ordered[a], code, (self.sizes[a], size)) for code, size in tail), sums[a]])
            for a in range(self.h)
        ]
        head = Head(self.counts[0], tables[0])
        if self.h == 1:
            return head
        inner, outer = ordered[:2]
        parent = parents(inner, outer, self.sizes[0])
        shared = np.bincount(inner[(inner >= 0) & (outer >= 0)], minlength=self.sizes[0]).astype(float)
        return Nest(head, parent, shared, self.counts[1], tables[1])

    def project(self, ratios: Array) -> Projection:
        """All products at given variance ratios, shape (k,), in the order of `names`."""
        q = self.levels
        eliminated = self.eliminable.eliminate(ratios, self.base)
        outer = eliminated.outer
        root = np.sqrt(ratios[self.h :])[self.part]
        inner = root[:, None] * outer[:q, :q] * root
        inner.flat[:: q + 1] += 1
        half, log_tail = inverse_root(inner)
        half = half * root
        across = half @ outer[:q]
        swept = outer - across.T @ across
        taken = half.T @ across
        keep = np.eye(len(outer))
        keep[:q] -= taken
        work = _Work(self, eliminated, swept, keep, half)
        first, second = work.moments()
        return Projection(
            ratios=ratios,
            log_determinant=eliminated.log_determinant + log_tail,
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
        rest = np.concatenate([-h.solved, np.eye(self.f)])
        tail = np.split(h.tail_loads, self.starts[1:])
        return [*self.eliminable.loads(h.ratios, rest), *tail][: len(self.names)]


def _nested_pair(codes: Mapping[str, Codes], sizes: Mapping[str, int]) -> list[str]:
    """The factor and the one around it that leave the fewest levels, if they spare enough."""
    least = max(sizes.values()) + LEAST_SAVED
    pairs = [pair for pair in permutations(sizes, 2) if sizes[pair[0]] + sizes[pair[1]] >= least]
    for inner, outer in sorted(pairs, key=lambda pair: -sizes[pair[0]] - sizes[pair[1]]):
        if is_nested(codes[inner], codes[outer], sizes[inner]):
            return [inner, outer]
    return []


class _Work:
    """Products of one projection; `swept` is [[A, B], [B', F'HF]] of the tail, `keep` is I - K[T, TF]."""

    def __init__(
        self, base: CrossProducts, eliminated: Eliminated, swept: Array, keep: Array, half: Array
    ) -> None:
        self.base, self.q, self.k, self.h = base, base.levels, len(base.names), base.h
        self.eliminated, self.swept, self.keep, self.half = eliminated, swept, keep, half
        self.solver = half.T @ half
        self.grams = eliminated.grams[:, : self.q, : self.q]
        self.kept = eliminated.grams @ keep

    def traces(self) -> Array:
        lost = self.grams.reshape(self.h, -1) @ self.solver.ravel()
        tail = self.swept.diagonal()[: self.q]
        return np.concatenate([self.eliminated.traces - lost, np.add.reduceat(tail, self.base.starts)])

    def squares(self) -> Array:
        starts, q, h = self.base.starts, self.q, self.h
        found = np.empty((self.k, self.k))
        product = self.solver @ self.grams
        both = product.reshape(h, -1) @ product.transpose(0, 2, 1).reshape(h, -1).T
        across = self.eliminated.crossed[:, :, :q, :q].reshape(h, h, -1) @ self.solver.ravel()
        found[:h, :h] = self.eliminated.squares + both - 2 * across
        cross = np.add.reduce(self.keep[:, :q] * self.kept[:, :, :q], 1)
        found[:h, h:] = np.add.reduceat(cross, starts, 1)
        found[h:, :h] = found[:h, h:].T
        tail = self.swept[:q, :q]
        found[h:, h:] = np.add.reduceat(np.add.reduceat(tail * tail, starts, 0), starts, 1)
        return found

    def moments(self) -> tuple[Array, Array]:
        """`Projection.first` and `second`."""
        q, k, f, h = self.q, self.k, self.base.f, self.h
        loads, head = self.swept[:q, q:], self.kept[:, :, q:]
        wide = (self.base.own * loads[:, None, :]).reshape(q, (k - h) * f)
        joint = self.keep.T @ head
        first, second = np.empty((k, f, f)), np.empty((k, k, f, f))
        first[:h] = joint[:, q:]
        first[h:] = (wide.T @ loads).reshape(k - h, f, f)
        pulled, own = self.half @ head[:, :q], self.keep[:, q:]
        drawn = pulled.transpose(0, 2, 1)[:, None] @ pulled
        second[:h, :h] = own.T @ self.eliminated.crossed @ own - drawn
        cross = (wide.T @ joint[:, :q]).reshape(h, k - h, f, f)
        second[h:, :h] = cross.transpose(1, 0, 2, 3)
        second[:h, h:] = cross.transpose(0, 1, 3, 2)
        inner = (wide.T @ (self.swept[:q, :q] @ wide)).reshape(k - h, f, k - h, f)
        second[h:, h:] = inner.transpose(0, 2, 1, 3)
        return first, second
