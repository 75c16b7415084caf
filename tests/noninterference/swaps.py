"""Which authors change places in a world: always within a vignette, never one that is excluded."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

import numpy as np

from tests.noninterference.world import AUTHORS, VIGNETTES, Place, Texts

SEED: Final = 20_261
Exchange = tuple[Place, Place]


def exchanges(number: int, fixed: Collection[Place]) -> list[Exchange]:
    """Return the exchanges of world `number`.

    Every third world exchanges a single pair, every third turns three authors of one vignette around, and
    the rest takes a random subset of everything.
    """
    rng = np.random.default_rng([SEED, number])
    free = {
        vignette: [author for author in AUTHORS if (author, vignette) not in fixed]
        for vignette in range(1, VIGNETTES + 1)
    }
    vignettes = [int(each) for each in rng.permutation(VIGNETTES) + 1]
    if number % 3 == 0:
        return _around(free[vignettes[0]], vignettes[0], 2, rng)
    if number % 3 == 1:
        return _around(free[vignettes[0]], vignettes[0], 3, rng)
    chosen = vignettes[: int(rng.integers(1, VIGNETTES + 1))]
    return [pair for each in chosen for pair in _around(free[each], each, len(free[each]), rng)]


def _around(authors: list[str], vignette: int, count: int, rng: np.random.Generator) -> list[Exchange]:
    turned = [str(author) for author in rng.permutation(authors)[:count]]
    return [((turned[0], vignette), (other, vignette)) for other in turned[1:]]


def swapped(texts: Texts, pairs: list[Exchange]) -> Texts:
    """Return the texts after the exchanges, one after the other."""
    result = dict(texts)
    for one, other in pairs:
        result[one], result[other] = result[other], result[one]
    return result


def changed(before: Texts, after: Texts) -> Iterator[Place]:
    """Yield the places whose author has changed."""
    return (place for place in before if before[place] != after[place])


def count_changed(before: Mapping[Place, object], after: Mapping[Place, object]) -> int:
    return sum(before[place] != after[place] for place in before)
