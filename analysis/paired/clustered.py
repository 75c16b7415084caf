"""Mean of values that come in clusters: Student's t over the clusters' means.

References
----------
Donner A, Klar N (2000). Design and Analysis of Cluster Randomization Trials in Health Research, section 6.3:
a t-test on cluster summaries. Arnold.
Student (1908). The probable error of a mean. Biometrika 6:1-25. doi:10.1093/biomet/6.1.1
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.estimate import Array, Interval, t_interval

NO_VALUES = "there are no values"
ONE_CLUSTER = "there is one vignette only"
EQUAL = "the mean is the same on every vignette"
ROUNDING = 1e-12


@dataclass(frozen=True)
class ClusterMean:
    """Mean over clusters, each cluster counting the same.

    Attributes
    ----------
    estimate : float or None
        Mean of the clusters' means, in the unit of the values.
    se, df, interval : float, int, (float, float) or None
        Of the t distribution with clusters - 1 degrees of freedom.
    values, clusters : int
    reason : str
        Empty, or why there is no estimate or no interval.
    """

    estimate: float | None
    se: float | None
    df: int | None
    interval: Interval | None
    values: int
    clusters: int
    reason: str = ""


def cluster_means(values: ArrayLike, clusters: ArrayLike) -> tuple[list[str], Array]:
    """Names of the clusters in sorted order and the mean of the values in each."""
    array = np.asarray(values, float)
    names, place = np.unique(np.asarray(clusters, str), return_inverse=True)
    return names.tolist(), np.bincount(place, array, len(names)) / np.bincount(place, minlength=len(names))


def clustered_mean(values: ArrayLike, clusters: ArrayLike, confidence: float = 0.95) -> ClusterMean:
    """Mean of the clusters' means with its t interval.

    Parameters
    ----------
    values : array_like, shape (n,)
        Finite numbers.
    clusters : array_like, shape (n,)
        Label of the cluster of each value, for example the vignette.
    confidence : float
    """
    array = np.asarray(values, float)
    if not len(array):
        return ClusterMean(None, None, None, None, 0, 0, NO_VALUES)
    names, means = cluster_means(array, clusters)
    estimate, n = float(means.mean()), len(names)
    if n == 1:
        return ClusterMean(estimate, None, None, None, len(array), 1, ONE_CLUSTER)
    se = float(means.std(ddof=1) / np.sqrt(n))
    if se <= ROUNDING:
        return ClusterMean(estimate, 0.0, n - 1, None, len(array), n, EQUAL)
    low, high = t_interval(estimate, se, n - 1, confidence)
    return ClusterMean(estimate, se, n - 1, (float(low), float(high)), len(array), n)
