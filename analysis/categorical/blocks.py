"""Complete blocks, their exact permutation draws, and pairs of treatments: shared by Cochran and Friedman."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from statsmodels.stats.multitest import multipletests

from analysis.estimate import Array

Integers = NDArray[np.int64]
DRAWS_AT_ONCE = 25_000
NO_BLOCKS = "fewer than 2 complete blocks"
ONE_TREATMENT = "fewer than 2 treatments"


@dataclass(frozen=True)
class PairedP:
    """Comparison of two treatments.

    Attributes
    ----------
    first, second : int
        Columns of the two treatments.
    p : float or None
        Unadjusted p-value; None where the pair carries no information.
    p_adjusted : float or None
        After the adjustment that the function names; equal to `p` if there is none.
    """

    first: int
    second: int
    p: float | None
    p_adjusted: float | None


def complete_blocks(scores: ArrayLike) -> Array:
    """Rows without a missing value.

    Parameters
    ----------
    scores : array_like, shape (blocks, treatments)

    Raises
    ------
    ValueError
        If the scores do not form a table.
    """
    table = np.asarray(scores, float)
    if table.ndim != 2:
        raise ValueError("scores have one row per block and one column per treatment")
    return np.asarray(table[np.isfinite(table).all(axis=1)])


def table_fault(table: Array) -> str:
    """Why a table of complete blocks is too small for a comparison; empty if it is not."""
    if table.shape[1] < 2:
        return ONE_TREATMENT
    return NO_BLOCKS if table.shape[0] < 2 else ""


def holm_pairs(treatments: int, p_value: Callable[[int, int], float | None]) -> tuple[PairedP, ...]:
    """P-value of every pair of treatments with Holm's adjustment over those that exist."""
    pairs = list(combinations(range(treatments), 2))
    values = [p_value(i, j) for i, j in pairs]
    return adjusted_pairs(pairs, values, "holm")


def adjusted_pairs(
    pairs: Sequence[tuple[int, int]], values: Sequence[float | None], method: str | None
) -> tuple[PairedP, ...]:
    """Pairs with their p-values; those without one take no part in the adjustment."""
    known = [p for p in values if p is not None]
    corrected = known if method is None or not known else multipletests(known, method=method)[1]
    left = iter(corrected)
    return tuple(
        PairedP(i, j, p, None if p is None else float(next(left)))
        for (i, j), p in zip(pairs, values, strict=True)
    )


def _arrangement_count(pattern: Integers) -> int:
    _, repeats = np.unique(pattern, return_counts=True)
    return math.factorial(len(pattern)) // math.prod(math.factorial(int(n)) for n in repeats)


def _arrangements(values: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Distinct orders of values that may repeat."""
    if len(values) < 2:
        return [values]
    found = []
    for value in sorted(set(values)):
        at = values.index(value)
        found += [(value, *rest) for rest in _arrangements(values[:at] + values[at + 1 :])]
    return found


def _few_arrangements(pattern: Integers, blocks: int, draws: int, rng: np.random.Generator) -> Integers:
    """Totals of equal blocks: how often each arrangement occurs is multinomial."""
    distinct = np.array(_arrangements(tuple(pattern.tolist())), dtype=np.int64)
    counts = rng.multinomial(blocks, np.full(len(distinct), 1 / len(distinct)), size=draws)
    return np.asarray(counts @ distinct)


def _many_arrangements(pattern: Integers, blocks: int, draws: int, rng: np.random.Generator) -> Integers:
    totals = np.zeros((draws, len(pattern)), dtype=np.int64)
    for _ in range(blocks):
        totals += rng.permuted(np.broadcast_to(pattern, totals.shape), axis=1)
    return totals


def _chunk_totals(blocks: Integers, draws: int, rng: np.random.Generator) -> Integers:
    patterns, repeats = np.unique(np.sort(blocks, axis=1), axis=0, return_counts=True)
    totals = np.zeros((draws, blocks.shape[1]), dtype=np.int64)
    for pattern, count in zip(patterns, repeats.tolist(), strict=True):
        few = 2 * _arrangement_count(pattern) <= count
        totals += (_few_arrangements if few else _many_arrangements)(pattern, count, draws, rng)
    return totals


def permutation_p(blocks: Integers, draws: int, rng: np.random.Generator) -> float:
    """Monte-Carlo p-value of the treatment totals when every block is permuted on its own.

    Parameters
    ----------
    blocks : ndarray of int, shape (blocks, treatments)
        Whole scores (events, or doubled mid-ranks), so that equal statistics are equal.
    draws : int
        At least 1.
    rng : numpy.random.Generator

    Returns
    -------
    float
        (draws at least as extreme + 1) / (draws + 1); the statistic is the sum of squared treatment totals,
        which orders tables as Cochran's Q and Friedman's chi-square do.
    """
    observed = int((blocks.sum(axis=0) ** 2).sum())
    extreme = 0
    for start in range(0, draws, DRAWS_AT_ONCE):
        totals = _chunk_totals(blocks, min(DRAWS_AT_ONCE, draws - start), rng)
        extreme += int(((totals**2).sum(axis=1) >= observed).sum())
    return (extreme + 1) / (draws + 1)
