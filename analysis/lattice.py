"""Exact arithmetic for differences of means: every value is a multiple of one common fraction.

Two means of whole scores that are equal may differ by rounding when subtracted as floats, which breaks
ties and zeros; on the lattice they are equal integers.
"""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Integers = NDArray[np.int64]
TOLERANCE = 1e-6


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
