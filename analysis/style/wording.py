"""Wording as a vector: runs of three characters, weighted and hashed, for a machine that learns authors.

References
----------
Weinberger K and others (2009). Feature hashing for large scale multitask learning. ICML 26:1113-1120.
doi:10.1145/1553374.1553516
Stamatatos E (2009). A survey of modern authorship attribution methods. Journal of the American Society for
Information Science and Technology 60:538-556. doi:10.1002/asi.21001
"""

import numpy as np
from numpy.typing import NDArray

from analysis.estimate import Array

RUN = 3
BUCKETS = 4096
MOST_COMPONENTS = 200
_MULTIPLIERS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
_SHIFT = np.uint64(64 - 12)
_NEGLIGIBLE = 1e-10


def hashed_runs(text: str) -> NDArray[np.int64]:
    """Number of runs of three characters that fall into each of 4,096 buckets.

    Case, blanks, line ends and punctuation count as they are. A shorter text has none.

    Returns
    -------
    ndarray of int, shape (4096,)
    """
    signs = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    if len(signs) < RUN:
        return np.zeros(BUCKETS, np.int64)
    mixed = sum(
        (signs[i : len(signs) - RUN + 1 + i] * _MULTIPLIERS[i] for i in range(RUN)),
        np.zeros(len(signs) - RUN + 1, np.uint64),
    )
    # The high bits of a product depend on every bit of the factors.
    buckets = ((mixed ^ (mixed >> np.uint64(29))) * _MULTIPLIERS[1]) >> _SHIFT
    return np.bincount(buckets.astype(np.int64), minlength=BUCKETS)


def weighted(counts: Array) -> Array:
    """TF-IDF rows of unit length: (1 + log count) (1 + log((1 + texts) / (1 + texts with it))).

    Parameters
    ----------
    counts : ndarray, shape (texts, buckets)
        As `hashed_runs` gives them. No author is known here, so nothing about one can leak.

    Returns
    -------
    ndarray, shape (texts, buckets)
        A text without runs is a row of zeros.
    """
    found = counts > 0
    rarity = 1 + np.log((1 + len(counts)) / (1 + found.sum(axis=0)))
    rows = np.where(found, 1 + np.log(np.maximum(counts, 1)), 0.0) * rarity
    length = np.sqrt((rows**2).sum(axis=1, keepdims=True))
    return np.asarray(np.divide(rows, length, out=np.zeros_like(rows), where=length > 0))


def principal_scores(rows: Array) -> Array:
    """Coordinates of rows on their principal axes, at most 200.

    A ridge penalty sees only inner products, so up to 200 texts these few columns stand for all the buckets.

    Returns
    -------
    ndarray, shape (rows, axes)
    """
    centred = rows - rows.mean(axis=0)
    values, vectors = np.linalg.eigh(centred @ centred.T)
    kept = np.flatnonzero(values > _NEGLIGIBLE)[::-1][:MOST_COMPONENTS]
    return np.asarray(vectors[:, kept] * np.sqrt(values[kept]))
