"""Two-way cluster bootstrap: both crossed clusters are resampled and their weights multiplied.

References
----------
Owen AB (2007). The pigeonhole bootstrap. Annals of Applied Statistics 1:386-411. doi:10.1214/07-AOAS122
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from analysis.estimate import Array, Interval


@dataclass(frozen=True)
class Resampled:
    """Standard error and percentile interval over the draws; None where no draw was usable."""

    se: float | None
    interval: Interval | None
    draws: int


@lru_cache(maxsize=8)
def two_way_weights(sizes: tuple[int, int], draws: int, seed: int) -> tuple[Array, Array]:
    """Resampling counts of two crossed clusters.

    Returns
    -------
    tuple of ndarray, shapes (draws, sizes[0]) and (draws, sizes[1])
        Each row sums to its number of clusters.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    first, second = (rng.multinomial(n, np.full(n, 1 / n), size=draws).astype(float) for n in sizes)
    # Every contrast of a size shares the cached weights, so nobody may change them.
    first.flags.writeable = second.flags.writeable = False
    return first, second


def percentile(values: Array, confidence: float) -> Resampled:
    """Percentile interval at the order statistics (draws + 1) p; draws that are not finite are left out."""
    usable = values[np.isfinite(values)]
    if len(usable) < 2:
        return Resampled(None, None, len(usable))
    tail = (1 - confidence) / 2
    low, high = np.quantile(usable, [tail, 1 - tail], method="weibull")
    return Resampled(float(usable.std(ddof=1)), (float(low), float(high)), len(usable))


def bootstrap_mean(sums: Array, counts: Array, draws: int, seed: int, confidence: float = 0.95) -> Resampled:
    """Bootstrap of a mean over blocks and raters, both resampled.

    Parameters
    ----------
    sums, counts : ndarray, shape (blocks, raters)
        Sum and number of the differences in each cell.
    draws, seed : int
    confidence : float
    """
    blocks, raters = two_way_weights((sums.shape[0], sums.shape[1]), draws, seed)
    total = np.einsum("db,br,dr->d", blocks, sums, raters, optimize=True)
    weight = np.einsum("db,br,dr->d", blocks, counts, raters, optimize=True)
    means = np.divide(total, weight, out=np.full(draws, np.nan), where=weight > 0)
    return percentile(means, confidence)
