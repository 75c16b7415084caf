"""Chance in answering: which vignettes a resident gets and in which order. Pure functions."""

from collections.abc import Mapping
from typing import Final

import numpy as np

DESIGN_ALGORITHM: Final = "least-covered-1"


def choose_vignettes(counts: Mapping[int, int], per_resident: int, rng: np.random.Generator) -> list[int]:
    """Choose the least-covered vignettes of a level, ties at random, and return them in random order.

    Parameters
    ----------
    counts
        Vignette id to the number of residents of this level who have it already.
    per_resident
        How many to choose; at most ``len(counts)``.

    Raises ValueError when there are too few vignettes. With R residents of a level in turn, the counts of any
    two vignettes never differ by more than one; R * per_resident = len(counts) gives each vignette once.
    """
    if not 1 <= per_resident <= len(counts):
        raise ValueError(f"{per_resident} of {len(counts)} vignettes cannot be chosen")
    shuffled = rng.permutation(sorted(counts)).tolist()
    least_covered = sorted(shuffled, key=lambda vignette: counts[vignette])[:per_resident]
    return [int(vignette) for vignette in rng.permutation(least_covered)]
