"""Agreement weights between ordered categories: 1 for the same category, less the further apart.

References
----------
Gwet KL (2014). Handbook of Inter-Rater Reliability, 4th edition, chapter 3. Advanced Analytics.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.estimate import Array

Codes = NDArray[np.int64]
Weights = Literal["unweighted", "linear", "quadratic", "ordinal", "within_one"]


class CategoryError(ValueError):
    """A score that is not in the list of categories, or a list that is none."""


def checked_categories(categories: ArrayLike) -> Array:
    """The categories as a sorted array.

    Raises
    ------
    CategoryError
        If one stands twice or is not finite.
    """
    values = np.sort(np.asarray(categories, float))
    if not np.isfinite(values).all() or (np.diff(values) <= 0).any():
        raise CategoryError("categories must be finite and different from each other")
    return values


def category_codes(scores: ArrayLike, categories: Array) -> Codes:
    """Place of each score in the sorted categories, -1 for a missing one.

    Raises
    ------
    CategoryError
        If a score is none of the categories.
    """
    table = np.asarray(scores, float)
    missing = np.isnan(table)
    if not len(categories):
        if missing.all():
            return np.full(table.shape, -1, dtype=np.int64)
        raise CategoryError("there are scores but no categories")
    place = np.minimum(np.searchsorted(categories, table), len(categories) - 1)
    unknown = ~missing & (categories[place] != table)
    if unknown.any():
        raise CategoryError(f"score {table[unknown][0]:g} is not in the list of categories")
    return np.where(missing, -1, place).astype(np.int64)


def agreement_weights(categories: ArrayLike, weights: Weights = "unweighted") -> Array:
    """Weights between every two categories, shape (categories, categories).

    Parameters
    ----------
    categories : array_like, shape (categories,)
        The full list, also those that nobody used. Linear and quadratic weights use the distances between
        these numbers, ordinal weights the number of pairs of categories in between.
    weights : {"unweighted", "linear", "quadratic", "ordinal", "within_one"}
        ``within_one`` is 1 up to a distance of 1 and 0 beyond, so that percent agreement becomes the share
        within one point.
    """
    values = checked_categories(categories)
    if weights == "unweighted" or len(values) < 2:
        return np.eye(len(values))
    distance = np.abs(np.subtract.outer(values, values))
    if weights == "within_one":
        return np.asarray(distance <= 1, float)
    if weights == "ordinal":
        place = np.arange(len(values))
        steps = np.abs(np.subtract.outer(place, place))
        distance = steps * (steps + 1) / 2
    elif weights == "quadratic":
        distance = distance**2
    elif weights != "linear":
        raise ValueError(f"{weights!r} is no set of weights")
    return np.asarray(1 - distance / distance.max())
