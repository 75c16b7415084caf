"""How often each cluster occurs in each bootstrap draw, in small whole numbers."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.estimate import Array

Counts = NDArray[np.unsignedinteger]
INDICES_AT_ONCE = 2_000_000
CELLS_AT_ONCE = 1_000_000
COUNTS_AT_ONCE = 20_000_000
LARGEST_KEPT = 20_000_000


def resample_counts(clusters: int, draws: int, rng: np.random.Generator) -> Counts:
    """Counts of `clusters` drawn with replacement, as many as there are.

    Parameters
    ----------
    clusters, draws : int
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of the smallest unsigned integer type, shape (draws, clusters)
        Each row sums to `clusters`; read-only.
    """
    index_type = np.min_scalar_type(max(clusters - 1, 0))
    counts = np.empty((draws, clusters), dtype=np.min_scalar_type(clusters))
    rows = max(1, INDICES_AT_ONCE // max(clusters, 1))
    for start in range(0, draws, rows):
        size = min(rows, draws - start)
        drawn = rng.integers(0, clusters, size=(size, clusters), dtype=index_type)
        flat = drawn + np.arange(0, size * clusters, clusters)[:, None]
        tally = np.bincount(flat.ravel(), minlength=size * clusters)
        counts[start : start + size] = tally.reshape(size, clusters)
    counts.flags.writeable = False
    return counts


def _drawn(sizes: tuple[int, ...], draws: int, seed: int) -> tuple[Counts, ...]:
    rng = np.random.Generator(np.random.PCG64(seed))
    return tuple(resample_counts(size, draws, rng) for size in sizes)


_kept = lru_cache(maxsize=8)(_drawn)


def seeded_counts(sizes: tuple[int, ...], draws: int, seed: int) -> tuple[Counts, ...]:
    """Counts of one or more crossed cluster factors, the same for the same arguments.

    Those of a study's size are kept, so that every contrast shares them; long ones are drawn again.

    Parameters
    ----------
    sizes : tuple of int
        Clusters of each factor.
    draws, seed : int
    """
    return (_kept if sum(sizes) * draws <= LARGEST_KEPT else _drawn)(sizes, draws, seed)


def _one_way_totals(cells: Array, counts: Counts) -> Array:
    totals = np.empty((len(counts), cells.shape[1]))
    rows = max(1, CELLS_AT_ONCE // max(cells.shape[0], 1))
    for start in range(0, len(counts), rows):
        chunk = counts[start : start + rows].astype(float)
        np.matmul(chunk, cells, out=totals[start : start + rows])
    return totals


def _two_way_totals(cells: Array, outer: Counts, inner: Counts) -> Array:
    size, kept, columns = cells.shape
    flat = cells.reshape(size, kept * columns)
    totals = np.empty((len(outer), columns))
    rows = max(1, CELLS_AT_ONCE // max(size, kept * columns, 1))
    for start in range(0, len(outer), rows):
        part = slice(start, start + rows)
        partial = outer[part].astype(float) @ flat
        weights = inner[part].astype(float)[:, None, :]
        np.matmul(weights, partial.reshape(-1, kept, columns), out=totals[part, None, :])
    return totals


def resampled_totals(cells: Array, counts: tuple[Counts, ...]) -> Array:
    """Column totals of every draw, with bounded memory.

    Parameters
    ----------
    cells : ndarray, shape (clusters, columns) or (first clusters, second clusters, columns)
        What each cluster, or each cell of two crossed clusters, adds to each column.
    counts : tuple of one or two ndarray, shapes (draws, clusters)
        From `resample_counts`; the weights of two crossed factors multiply.

    Returns
    -------
    ndarray, shape (draws, columns)

    Raises
    ------
    ValueError
        If the counts do not fit the cells.
    """
    if tuple(count.shape[1] for count in counts) != cells.shape[:-1]:
        raise ValueError("the counts have one entry per cluster of the cells")
    if len(counts) == 1:
        return _one_way_totals(cells, counts[0])
    if cells.shape[0] >= cells.shape[1]:
        return _two_way_totals(cells, counts[0], counts[1])
    return _two_way_totals(np.ascontiguousarray(cells.swapaxes(0, 1)), counts[1], counts[0])


def streamed_totals(cells: Array, draws: int, rng: np.random.Generator) -> Array:
    """`resampled_totals` of draws that nothing else needs, so that their counts are not all held at once."""
    factors = cells.shape[:-1]
    totals = np.empty((draws, cells.shape[-1]))
    rows = max(1, COUNTS_AT_ONCE // sum(factors))
    for start in range(0, draws, rows):
        size = min(rows, draws - start)
        counts = tuple(resample_counts(n, size, rng) for n in factors)
        totals[start : start + size] = resampled_totals(cells, counts)
    return totals
