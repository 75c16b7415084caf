"""Precision matrix of crossed random intercepts, with the blocks of the largest factors eliminated.

Two rows share at most one level per factor, so the block of one factor is diagonal. Eliminating the largest,
and those whose block then is diagonal too, leaves a matrix of the size of all others together.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise, product
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from scipy.linalg import lapack

from analysis.estimate import Array
from analysis.ordinal.nesting import Nesting, nested_factors
from analysis.ordinal.pairs import Pairs, pairs_of
from analysis.ordinal.rows import NO_EFFECT, Codes, Factor


class NotPositiveError(ArithmeticError):
    """The precision matrix is not positive definite at these parameters."""


class Crossing:
    """Where the rows meet the levels of the random intercepts.

    The effects of all factors stand in one vector, the eliminated factors first and otherwise by size;
    `order` gives each block's position among the factors as they were passed.
    """

    def __init__(self, factors: tuple[Factor, ...]) -> None:
        by_size = sorted(range(len(factors)), key=lambda i: (-len(factors[i].levels), i))
        nested = [by_size[i] for i in nested_factors([factors[i] for i in by_size])]
        self.order = nested + [i for i in by_size if i not in nested]
        ordered = [factors[i] for i in self.order]
        self.sizes = [len(factor.levels) for factor in ordered]
        self.starts = np.concatenate([[0], np.cumsum(self.sizes)]).astype(int)
        self.total, self.first = int(self.starts[-1]), int(self.starts[len(nested)])
        self.rest = self.total - self.first
        # A row without an effect points to a place behind the last level, where nothing is read or kept.
        codes = [
            np.where(f.codes == NO_EFFECT, self.total, f.codes + start)
            for f, start in zip(ordered, self.starts, strict=False)
        ]
        self.codes = np.stack(codes)
        self._flat = self.codes.ravel()
        self._nesting = Nesting(self.codes[: len(nested)], self.starts[: len(nested) + 1])
        self._set_pairs(
            np.minimum(self.codes[: len(nested)], self.first), self.codes[len(nested) :] - self.first
        )

    def _set_pairs(self, big: Codes, small: Codes) -> None:
        """Which eliminated and other levels meet, and which of the others."""
        left, right = np.repeat(small, len(big), axis=0), np.tile(big, (len(small), 1))
        self._cross = pairs_of(left, right, (self.rest, self.first))
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
        pivots, unmixing = diagonal[: self.first], None
        if self._nesting:
            pivots, unmixing = self._nesting.eliminate(pivots, weight, head)
            if (pivots <= 0).any():
                raise NotPositiveError
        inner = np.diag(diagonal[self.first :])
        if not self.rest:
            return Precision(pivots, np.zeros((0, self.first)), inner, unmixing)
        if self._has_inner:
            upper = self._inner.sums(weight, tail, tail)
            inner = inner + upper + upper.T
        cross = _mixed(self._cross.sums(weight, tail, head), unmixing)
        return Precision(pivots, cross, inner, unmixing)

    def variances(self, precision: "Precision", spread: Array) -> Array:
        """Variance of each row's sum of effects, diag(Z L H^-1 L Z')."""
        head, tail = spread[: self.first], spread[self.first :]
        found = np.append(spread**2 * precision.inverse_diagonal, 0.0)[self.codes].sum(axis=0)
        if self.rest:
            found = found + 2 * self._cross.along(precision.inverse_cross, tail, head)
        if self._has_inner:
            found = found + 2 * self._inner.along(precision.inverse_inner, tail, tail)
        for pairs, one, other, left, right in self._nesting.cells():
            entries = precision.inverse_nested(one, other)
            found = found + 2 * pairs.along_entries(entries, head[left], head[right])
        return np.asarray(found)


def _mixed(matrix: Any, unmixing: Any) -> Any:
    """matrix T', or the matrix itself without a T."""
    return matrix if unmixing is None else (unmixing @ matrix.T).T


def _column_products(one: Any, other: Array) -> Array:
    """Products of the columns of two matrices, column by column."""
    if sparse.issparse(one):
        return np.asarray(one.multiply(other).sum(axis=0)).ravel()
    return np.asarray(np.einsum("ij,ij->j", one, other))


class _NestedBlock(NamedTuple):
    """What the squared norms of the blocks of H^-1 between eliminated factors need of one of them.

    With T_i the factor's columns of T, W_i those of C A^-1 and V the inverse of the Schur complement:
    diag(d)^-1 T_i T_i', W_i T_i' diag(d)^-1, V W_i T_i', and V W_i W_i'.
    """

    kernel: Any
    spread: Array
    shrunk: Array
    gram: Array

    def inverse_square(self, other: "_NestedBlock") -> float:
        """Squared norm of the block of H^-1 between this factor and another."""
        own = float(self.kernel.multiply(other.kernel.T).sum())
        beside = float((self.shrunk * other.spread).sum())
        return own + 2 * beside + float((self.gram * other.gram.T).sum())


@dataclass(frozen=True)
class Precision:
    """A factorised symmetric positive definite matrix [[A, C'], [C, B]] with T A T' = diag(d).

    Attributes
    ----------
    first : ndarray, shape (n1,)
        d, of the eliminated factors.
    cross : ndarray or sparse matrix, shape (n2, n1)
        C T'.
    inner : ndarray, shape (n2, n2)
        B.
    unmixing : sparse matrix, shape (n1, n1), or None
        T, unit lower triangular; None for the identity, if one factor is eliminated.
    """

    first: Array
    cross: Any
    inner: Array
    unmixing: Any = None

    @cached_property
    def _eliminated(self) -> Any:
        if sparse.issparse(self.cross):
            return self.cross @ sparse.diags(1 / self.first, format="csr")
        return self.cross / self.first

    @cached_property
    def _weights(self) -> Any:
        """C A^-1."""
        return self._eliminated if self.unmixing is None else _mixed(self._eliminated, self.unmixing.T)

    @cached_property
    def _factor(self) -> Array:
        """Lower Cholesky factor of the Schur complement."""
        removed = self._eliminated @ self.cross.T
        removed = removed.toarray() if sparse.issparse(removed) else removed
        factor, info = lapack.dpotrf(self.inner - removed, lower=1)
        if info:
            raise NotPositiveError
        return np.asarray(factor)

    def solve(self, right: Array) -> Array:
        """H^-1 right, for one vector."""
        size = len(self.first)
        head = right[:size] if self.unmixing is None else self.unmixing @ right[:size]
        head, tail = head / self.first, right[size:]
        if len(self.inner):
            tail = lapack.dpotrs(self._factor, tail - self.cross @ head, lower=1)[0]
            head = head - self._eliminated.T @ tail
        return np.concatenate([head if self.unmixing is None else self.unmixing.T @ head, tail])

    @cached_property
    def log_determinant(self) -> float:
        """log |H|."""
        value = np.log(self.first).sum()
        return float(value + 2 * np.log(np.diag(self._factor)).sum() if len(self.inner) else value)

    @cached_property
    def inverse_inner(self) -> Array:
        """Block of H^-1 of all factors that are not eliminated."""
        if not len(self.inner):
            return self.inner
        lower = lapack.dpotri(self._factor, lower=1)[0]
        return np.asarray(np.tril(lower) + np.tril(lower, -1).T)

    @cached_property
    def inverse_cross(self) -> Array:
        """Block of H^-1 between the others and the eliminated, shape (n2, n1)."""
        return np.asarray(-(self._weights.T @ self.inverse_inner).T)

    @cached_property
    def inverse_diagonal(self) -> Array:
        """diag(H^-1)."""
        head = 1 / self.first
        if self.unmixing is not None:
            head = self.unmixing.power(2).T @ head
        if not len(self.inner):
            return np.asarray(head)
        head = head - _column_products(self._weights, self.inverse_cross)
        return np.concatenate([head, np.diag(self.inverse_inner)])

    def inverse_nested(self, one: Codes, other: Codes) -> Array:
        """Entries of H^-1 between eliminated levels, of several factors."""
        columns = self.unmixing.T.tocsr()
        found = columns[one].multiply(columns[other]) @ (1 / self.first)
        if len(self.inner):
            found = found - _column_products(self._weights[:, one], self.inverse_cross[:, other])
        return np.asarray(found)

    def _nested_block(self, start: int, end: int) -> _NestedBlock:
        weights, inverse = self._weights[:, start:end], self.inverse_cross[:, start:end]
        gram = weights @ weights.T
        if sparse.issparse(weights):
            weights, gram = weights.toarray(), gram.toarray()
        gram = self.inverse_inner @ gram
        pivots = sparse.diags(1 / self.first, format="csr")
        if self.unmixing is None:
            return _NestedBlock(pivots, weights / self.first, -inverse, gram)
        own = self.unmixing[:, start:end]
        scaled = pivots @ own
        return _NestedBlock(scaled @ own.T, _mixed(weights, scaled), -_mixed(inverse, own), gram)

    def shrinkage_products(self, starts: Array) -> Array:
        """Squared norms of the blocks of I - H^-1, one row and column per factor."""
        size = len(self.first)
        count = int(np.searchsorted(starts, size))
        edges = np.asarray(starts[: count + 1], int)
        blocks = [self._nested_block(start, end) for start, end in pairwise(edges)]
        found = np.zeros((len(starts) - 1,) * 2)
        for i, j in product(range(count), repeat=2):
            found[i, j] = blocks[i].inverse_square(blocks[j])
        nested = np.arange(count)
        found[nested, nested] += np.diff(edges) - 2 * np.add.reduceat(
            self.inverse_diagonal[:size], edges[:-1]
        )
        if not len(self.inner):
            return found
        after = np.asarray(starts[count:-1] - size, int)
        shrunk = np.square(np.eye(len(self.inner)) - self.inverse_inner)
        found[count:, count:] = np.add.reduceat(np.add.reduceat(shrunk, after, axis=0), after, axis=1)
        beside = np.add.reduceat(np.square(self.inverse_cross), edges[:-1], axis=1)
        found[count:, :count] = np.add.reduceat(beside, after, axis=0)
        found[:count, count:] = found[count:, :count].T
        return found
