"""Two-way cluster bootstrap of a mean that never holds draws times clusters as floating-point numbers.

References
----------
Owen AB (2007). The pigeonhole bootstrap. Annals of Applied Statistics 1:386-411. doi:10.1214/07-AOAS122
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analysis.estimate import Array
from analysis.resampling.intervals import Resampled, percentile

CHUNK = 500
# One draw of one cluster takes a byte, so this keeps a set of weights under 200 MB at 9,999 draws.
MAX_CLUSTERS = 20_000


@lru_cache(maxsize=6)
def _weights(clusters: int, draws: int, seed: int, stream: int) -> NDArray[np.uint8]:
    """How often each cluster is drawn, shape (draws, clusters)."""
    rng = np.random.Generator(np.random.PCG64([seed, stream, clusters]))
    out = np.empty((draws, clusters), dtype=np.uint8)
    offsets = np.arange(CHUNK)[:, None] * clusters
    for start in range(0, draws, CHUNK):
        rows = min(CHUNK, draws - start)
        chosen = rng.integers(0, clusters, size=(rows, clusters), dtype=np.int64) + offsets[:rows]
        counts = np.bincount(chosen.ravel(), minlength=rows * clusters)
        out[start : start + rows] = counts.reshape(rows, clusters)
    out.flags.writeable = False
    return out


def bootstrap_pairs(
    blocks: NDArray[np.str_],
    raters: NDArray[np.str_],
    values: Array,
    *,
    draws: int,
    seed: int,
    confidence: float,
) -> Resampled:
    """Percentile interval of a mean with blocks and raters both resampled.

    Parameters
    ----------
    blocks, raters : ndarray of str, shape (n,)
        Clusters of each difference.
    values : ndarray, shape (n,)
        Differences, points.
    draws, seed : int
    confidence : float

    Returns
    -------
    Resampled
        Without interval, and with 0 draws, above 20,000 clusters of one kind.
    """
    block_names, block = np.unique(blocks, return_inverse=True)
    rater_names, rater = np.unique(raters, return_inverse=True)
    sizes = (len(block_names), len(rater_names))
    if max(sizes) > MAX_CLUSTERS:
        return Resampled(None, None, 0)
    first, second = (_weights(n, draws, seed, stream) for stream, n in enumerate(sizes))
    # Blocks run along the columns, so that a chunk of draws costs the number of differences.
    sums = sparse.csr_array((values, (rater, block)), shape=sizes[::-1])
    counts = sparse.csr_array((np.ones(len(values)), (rater, block)), shape=sizes[::-1])
    means = np.full(draws, np.nan)
    for start in range(0, draws, CHUNK):
        part = slice(start, start + CHUNK)
        by_block, by_rater = first[part].astype(float).T, second[part].astype(float).T
        weight = ((counts @ by_block) * by_rater).sum(axis=0)
        total = ((sums @ by_block) * by_rater).sum(axis=0)
        means[part] = np.divide(total, weight, out=np.full(len(total), np.nan), where=weight > 0)
    return percentile(means, confidence)
