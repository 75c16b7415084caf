"""Precision matrix of crossed random intercepts, with the block of the largest factor eliminated.

Two rows share at most one level per factor, so the block of one factor is diagonal. Eliminating the largest
leaves a matrix of the size of all others together.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import lapack

from analysis.estimate import Array
from analysis.ordinal.pairs import Pairs, pairs_of
from analysis.ordinal.rows import NO_EFFECT, Factor


class NotPositiveError(ArithmeticError):
    """The precision matrix is not positive definite at these parameters."""


class Crossing:
    """Where the rows meet the levels of the random intercepts.

    The effects of all factors stand in one vector, the largest factor first; `order` gives each block's
    position among the factors as they were passed.
    """

    def __init__(self, factors: tuple[Factor, ...]) -> None:
        self.order = sorted(range(len(factors)), key=lambda i: (-len(factors[i].levels), i))
        ordered = [factors[i] for i in self.order]
        self.sizes = [len(factor.levels) for factor in ordered]
        self.starts = np.concatenate([[0], np.cumsum(self.sizes)]).astype(int)
        self.total, self.first = int(self.starts[-1]), self.sizes[0]
        self.rest = self.total - self.first
        # A row without an effect points to a place behind the last level, where nothing is read or kept.
        codes = [
            np.where(f.codes == NO_EFFECT, self.total, f.codes + start)
            for f, start in zip(ordered, self.starts, strict=False)
        ]
        self.codes = np.stack(codes)
        self._flat = self.codes.ravel()
        big = np.minimum(self.codes[0], self.first)
        small = self.codes[1:] - self.first
        self._cross = pairs_of(small, np.broadcast_to(big, small.shape), (self.rest, self.first))
        upper = list(combinations(range(len(small)), 2))
        if upper:
            one, other = np.array(upper).T
            self._inner = Pairs(small[one], small[other], (self.rest, self.rest))
        self._has_inner = bool(upper)

    def block(self, values: Array, position: int) -> Array:
        """The part of one block of a vector of effects."""
        return values[self.starts[position] : self.starts[position + 1]]

    def spread(self, sd: Array) -> Array:
        """One value per factor, in the order in which they were passed, repeated over the levels."""
        return np.repeat(sd[self.order], self.sizes)

    def per_row(self, effects: Array) -> Array:
        """Sum of each row's effects: Z effects."""
        return np.asarray(np.append(effects, 0.0)[self.codes].sum(axis=0))

    def per_level(self, values: Array) -> Array:
        """Sum of the rows' values over each level: Z' values."""
        tiled = np.concatenate([values] * len(self.codes))
        return np.asarray(np.bincount(self._flat, tiled, self.total + 1)[:-1])

    def precision(self, weight: Array, spread: Array) -> "Precision":
        """I + L Z' diag(weight) Z L, with L = diag(spread), factorised."""
        diagonal = 1 + spread**2 * self.per_level(weight)
        head, tail = spread[: self.first], spread[self.first :]
        inner = np.diag(diagonal[self.first :])
        if not self.rest:
            return Precision(diagonal, np.zeros((0, self.first)), inner)
        if self._has_inner:
            upper = self._inner.sums(weight, tail, tail)
            inner = inner + upper + upper.T
        return Precision(diagonal[: self.first], self._cross.sums(weight, tail, head), inner)

    def variances(self, precision: "Precision", spread: Array) -> Array:
        """Variance of each row's sum of effects, diag(Z L H^-1 L Z')."""
        head, tail = spread[: self.first], spread[self.first :]
        found = np.append(spread**2 * precision.inverse_diagonal, 0.0)[self.codes].sum(axis=0)
        if self.rest:
            found = found + 2 * self._cross.along(precision.inverse_cross, tail, head)
        if self._has_inner:
            found = found + 2 * self._inner.along(precision.inverse_inner, tail, tail)
        return np.asarray(found)


@dataclass(frozen=True)
class Precision:
    """A factorised symmetric positive definite matrix [[diag(d), C'], [C, B]].

    Attributes
    ----------
    first : ndarray, shape (n1,)
        d, the block of the largest factor.
    cross : ndarray or sparse matrix, shape (n2, n1)
        C.
    inner : ndarray, shape (n2, n2)
        B.
    """

    first: Array
    cross: Any
    inner: Array

    @cached_property
    def _eliminated(self) -> Any:
        if sparse.issparse(self.cross):
            return self.cross @ sparse.diags(1 / self.first, format="csr")
        return self.cross / self.first

    def _product(self, right: Any) -> Array:
        """C diag(d)^-1 right', dense."""
        found = self._eliminated @ right.T
        return np.asarray(found.toarray() if sparse.issparse(found) else found)

    @cached_property
    def _factor(self) -> Array:
        """Lower Cholesky factor of the Schur complement."""
        factor, info = lapack.dpotrf(self.inner - self._product(self.cross), lower=1)
        if info:
            raise NotPositiveError
        return np.asarray(factor)

    def solve(self, right: Array) -> Array:
        """H^-1 right, for one vector."""
        size = len(self.first)
        head = right[:size] / self.first
        if not len(self.inner):
            return np.asarray(head)
        tail = lapack.dpotrs(self._factor, right[size:] - self.cross @ head, lower=1)[0]
        return np.concatenate([head - self._eliminated.T @ tail, tail])

    @cached_property
    def log_determinant(self) -> float:
        """log |H|."""
        value = np.log(self.first).sum()
        return float(value + 2 * np.log(np.diag(self._factor)).sum() if len(self.inner) else value)

    @cached_property
    def inverse_inner(self) -> Array:
        """Block of H^-1 of all factors but the largest."""
        lower = lapack.dpotri(self._factor, lower=1)[0]
        return np.asarray(np.tril(lower) + np.tril(lower, -1).T)

    @cached_property
    def inverse_cross(self) -> Array:
        """Block of H^-1 between the others and the largest, shape (n2, n1)."""
        return np.asarray(-(self._eliminated.T @ self.inverse_inner).T)

    @cached_property
    def inverse_diagonal(self) -> Array:
        """diag(H^-1)."""
        head = 1 / self.first
        if not len(self.inner):
            return np.asarray(head)
        if sparse.issparse(self._eliminated):
            shift = np.asarray(self._eliminated.multiply(self.inverse_cross).sum(axis=0)).ravel()
        else:
            shift = np.einsum("ij,ij->j", self._eliminated, self.inverse_cross)
        head = head - shift
        return np.concatenate([head, np.diag(self.inverse_inner)])

    @cached_property
    def _first_square(self) -> float:
        """Squared norm of the largest factor's block of H^-1."""
        if not len(self.inner):
            return float((self.first**-2.0).sum())
        product = self.inverse_inner @ self._product(self._eliminated)
        added = self.inverse_diagonal[: len(self.first)] - 1 / self.first
        return float((self.first**-2.0).sum() + 2 * (added / self.first).sum() + (product * product.T).sum())

    def shrinkage_products(self, starts: Array) -> Array:
        """Squared norms of the blocks of I - H^-1, one row and column per factor."""
        size = len(self.first)
        found = np.empty((len(starts) - 1,) * 2)
        found[0, 0] = size - 2 * self.inverse_diagonal[:size].sum() + self._first_square
        if not len(self.inner):
            return found
        edges = np.asarray(starts[1:-1] - size, int)
        shrunk = np.square(np.eye(len(self.inner)) - self.inverse_inner)
        found[1:, 1:] = np.add.reduceat(np.add.reduceat(shrunk, edges, axis=0), edges, axis=1)
        found[0, 1:] = np.add.reduceat(np.square(self.inverse_cross).sum(axis=1), edges)
        found[1:, 0] = found[0, 1:]
        return found
