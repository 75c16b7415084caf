"""Chance in answering: which vignettes a resident gets and in which order, and every seed. Pure functions."""

import hashlib
from collections.abc import Mapping
from typing import Final

import numpy as np

DESIGN_ALGORITHM: Final = "least-covered-1"


def derive_seed(study_seed: int, *names: str | int) -> int:
    """Return a seed in [0, 2**31) that depends on the study's seed and the names alone.

    31 bits fit every engine's seed field; equal names give equal seeds on every machine.
    """
    text = "\x1f".join(str(name) for name in (study_seed, *names))
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:4], "big") >> 1


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
