"""Random intercepts that are nested in one another, whose joint block is taken apart without fill.

The block of the largest factor is diagonal. Eliminating it adds to the block of another factor between every
two levels that one eliminated level meets, so that block stays diagonal if each eliminated level, with
all that are nested in it, meets one level of it only.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from scipy import sparse

from analysis.estimate import Array
from analysis.ordinal.pairs import SparsePairs
from analysis.ordinal.rows import NO_EFFECT, Codes, Factor

# So few remaining levels cost less in a dense matrix than a further factor taken apart.
FEW_LEVELS = 150


def _meetings(factors: Sequence[Factor], other: Factor) -> Any:
    """In how many rows each level of some factors meets each level of another."""
    counts = []
    for factor in factors:
        both = (factor.codes != NO_EFFECT) & (other.codes != NO_EFFECT)
        place = (factor.codes[both], other.codes[both])
        shape = (len(factor.levels), len(other.levels))
        counts.append(sparse.csr_matrix((np.ones(both.sum()), place), shape))
    return sparse.vstack(counts, format="csr")


def _extended(unmixing: Any, scaled: Any) -> Any:
    """The inverse of the unit triangular factor with one more factor eliminated."""
    below = scaled.T @ unmixing
    return sparse.bmat([[unmixing, None], [-below, sparse.eye(scaled.shape[1])]], format="csr")


def nested_factors(factors: Sequence[Factor]) -> list[int]:
    """Positions of the factors to eliminate, in order: the first, and those whose block then stays diagonal.

    Parameters
    ----------
    factors : sequence of Factor
        Largest first.
    """
    chosen, reach = [0], sparse.eye(len(factors[0].levels), format="csr")
    rest = sum(len(factor.levels) for factor in factors[1:])
    for i, factor in enumerate(factors[1:], 1):
        if rest <= FEW_LEVELS:
            break
        met = reach @ _meetings([factors[c] for c in chosen], factor)
        if (np.diff(met.indptr) > 1).any():
            continue
        # Only which entries there are counts here; the sign keeps them from cancelling.
        reach = _extended(reach, -met.sign())
        chosen.append(i)
        rest -= len(factor.levels)
    return chosen


class Nesting:
    """Where the rows meet the levels of the eliminated factors.

    Parameters
    ----------
    codes : ndarray of int, shape (k, n)
        Level of each row, numbered through over the factors; at least `starts[-1]` where the row has none.
    starts : ndarray of int, shape (k + 1,)
        Where each factor's levels start, and their number.
    """

    def __init__(self, codes: Codes, starts: Codes) -> None:
        self._first = int(starts[1])
        self._steps = []
        for i in range(1, len(codes)):
            start, end = int(starts[i]), int(starts[i + 1])
            right = np.minimum(codes[i], end) - start
            left = np.minimum(codes[:i], start)
            pairs = SparsePairs(left, np.broadcast_to(right, left.shape), (start, end - start))
            self._steps.append((pairs, start, end))

    def __bool__(self) -> bool:
        """Whether more than one factor is eliminated."""
        return bool(self._steps)

    def eliminate(self, diagonal: Array, weight: Array, spread: Array) -> tuple[Array, Any]:
        """Pivots d and T, with T A T' = diag(d) for the eliminated block A and T unit lower triangular."""
        pivots, unmixing = diagonal[: self._first], sparse.eye(self._first, format="csr")
        for pairs, start, end in self._steps:
            met = unmixing @ pairs.sums(weight, spread[:start], spread[start:end])
            scaled = sparse.diags(1 / pivots, format="csr") @ met
            own = diagonal[start:end] - np.asarray(met.multiply(scaled).sum(axis=0)).ravel()
            unmixing = _extended(unmixing, scaled)
            pivots = np.concatenate([pivots, own])
        return pivots, unmixing

    def cells(self) -> Iterator[tuple[SparsePairs, Codes, Codes, slice, slice]]:
        """Pairs of levels that meet, with their numbers and the levels that each side ranges over."""
        for pairs, start, end in self._steps:
            yield pairs, pairs.left, pairs.right + start, slice(start), slice(start, end)
