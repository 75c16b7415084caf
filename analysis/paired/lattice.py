"""Exact arithmetic for differences of means: every value is a multiple of one common fraction.

Two means of whole scores that are equal may differ by rounding when subtracted as floats, which breaks
ties and zeros; on the lattice they are equal integers.
"""

import math
from collections.abc import Iterable
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

Integers = NDArray[np.int64]
TOLERANCE = 1e-6
LARGEST_OF_ONE_VALUE = 10_000
LARGEST = 10**9
SAME = 1e-10
DECIMALS = 9
FINE_BITS = 36


class OffLatticeError(ValueError):
    """A value is no multiple of the stated fraction."""


def common_denominator(denominators: Iterable[int]) -> int:
    """Least common multiple of the numbers of ratings behind each mean; 1 if there are none."""
    return math.lcm(*(int(d) for d in denominators))


def to_lattice(differences: ArrayLike, denominator: int) -> Integers:
    """Differences as whole multiples of ``1 / denominator``.

    Raises
    ------
    OffLatticeError
        If a difference is further than 1e-6 steps of unit size from a multiple, or not finite.
    """
    scaled = np.asarray(differences, float) * denominator
    if not np.isfinite(scaled).all():
        raise OffLatticeError("a difference is missing")
    whole = np.rint(scaled)
    if np.abs(scaled - whole).max(initial=0.0) > TOLERANCE:
        raise OffLatticeError(f"a difference is no multiple of 1/{denominator}")
    return np.asarray(whole, dtype=np.int64)


def _fraction_denominators(values: Iterable[float]) -> int | None:
    common = 1
    for value in values:
        fraction = Fraction(value).limit_denominator(LARGEST_OF_ONE_VALUE)
        if abs(float(fraction) - value) > SAME * max(1.0, abs(value)):
            return None
        common = math.lcm(common, fraction.denominator)
        if common > LARGEST:
            return None
    return common


def _decimal_denominator(values: Iterable[float]) -> int | None:
    array = np.array(list(values))
    slack = SAME * np.maximum(1.0, np.abs(array))
    fits = (k for k in range(1, DECIMALS + 1) if (np.abs(array.round(k) - array) <= slack).all())
    places = next(fits, None)
    return None if places is None else int(10**places)


def smallest_denominator(*values: ArrayLike) -> int | None:
    """Smallest whole number that turns every value into a whole number; None where there is none.

    Parameters
    ----------
    *values : array_like of float
        Differences of means, margins; finite.

    Notes
    -----
    A value counts as the fraction with denominator up to 10,000 that lies within 1e-10 of it, so the
    values must carry at least 11 digits; otherwise decimals of up to 9 places are tried.
    """
    distinct = np.unique(np.concatenate([np.ravel(np.asarray(v, float)) for v in values])).tolist()
    return _fraction_denominators(distinct) or _decimal_denominator(distinct)


def find_lattice(differences: ArrayLike) -> tuple[Integers, int]:
    """Differences as whole multiples of the largest fraction common to all of them.

    Parameters
    ----------
    differences : array_like of float, shape (n,)

    Returns
    -------
    steps : ndarray of int, shape (n,)
    denominator : int
        ``steps / denominator`` are the differences. Values without a common fraction are put on a grid
        so fine (2**-36 of the largest) that no estimate moves by it.

    Raises
    ------
    OffLatticeError
        If a difference is missing or infinite.
    """
    values = np.asarray(differences, float)
    if not np.isfinite(values).all():
        raise OffLatticeError("a difference is missing")
    denominator = smallest_denominator(values)
    if denominator is None:
        largest = float(np.abs(values).max())
        denominator = 2 ** max(0, FINE_BITS - math.ceil(math.log2(largest)))
    return np.rint(values * denominator).astype(np.int64), denominator
