"""Block-by-rater table of the differences of one comparison, and the closed form on its complete blocks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.differences import Differences
from analysis.estimate import ENGINE_TWO_WAY, Array, MeanTest
from analysis.primary import two_way_random_t
from analysis.quick import options as setting
from analysis.quick.options import Options
from analysis.quick.pairs import block_kind, block_labels, nested

NO_COMPLETE_BLOCK = "no block was scored by every rater"
SHARED = "blocks share vignettes, or the first side has several responders"
# A table that is almost empty can hold no complete block and may not fit into memory.
LARGEST_EMPTY_TABLE = 4_000_000


@dataclass(frozen=True)
class Table:
    """Sums and counts of differences.

    Attributes
    ----------
    sums, counts : ndarray, shape (blocks, raters)
    pairs : ndarray, shape (blocks,)
        Distinct pairs of answers in each block.
    raters : ndarray of str, shape (raters,)
    reason : str
        Empty, or why the closed form is not for these blocks.
    """

    sums: Array
    counts: Array
    pairs: NDArray[np.int64]
    raters: NDArray[np.str_]
    reason: str = ""

    def without(self, rater: int) -> "Table":
        """The table without one rater's column."""
        return Table(
            np.delete(self.sums, rater, axis=1),
            np.delete(self.counts, rater, axis=1),
            self.pairs,
            np.delete(self.raters, rater),
            self.reason,
        )

    def complete(self) -> NDArray[np.bool_]:
        """Blocks whose every pair has every rater, and that are of the most common size among these."""
        if 0 in self.counts.shape:
            return np.zeros(len(self.counts), dtype=bool)
        even = np.asarray((self.counts == self.pairs[:, None]).all(axis=1))
        if not even.any():
            return even
        sizes, number = np.unique(self.pairs[even], return_counts=True)
        return np.asarray(even & (self.pairs == sizes[int(np.argmax(number))]))


def _codes(*labels: NDArray[np.str_]) -> NDArray[np.int64]:
    """One whole number for each combination of labels."""
    code = np.zeros(len(labels[0]), dtype=np.int64)
    for label in labels:
        names, index = np.unique(label, return_inverse=True)
        code = np.unique(code * len(names) + index, return_inverse=True)[1]
    return code


def _reason(differences: Differences, labels: NDArray[np.str_], options: Options) -> str:
    many_first = len(np.unique(differences.first)) > 1 and not options.fixed_responders
    return SHARED if many_first or not nested(differences, labels) else ""


def table_of(differences: Differences, options: Options) -> Table:
    """The table of one comparison; a table too empty to hold a complete block comes back without cells."""
    labels = block_labels(differences, block_kind(differences, options))
    names, block = np.unique(labels, return_inverse=True)
    raters, rater = np.unique(differences.rater, return_inverse=True)
    pair = _codes(differences.vignette, differences.first, differences.second)
    owner = np.unique(np.stack([block, pair]), axis=1)[0] if len(pair) else block
    pairs = np.bincount(owner, minlength=len(names))
    shape = (len(names), len(raters))
    if shape[0] * shape[1] > max(LARGEST_EMPTY_TABLE, 4 * len(pair)):
        empty = np.zeros((len(names), 0))
        return Table(empty, empty, pairs, raters[:0], NO_COMPLETE_BLOCK)
    place = block * shape[1] + rater
    sums: Array = np.bincount(place, differences.value, shape[0] * shape[1]).reshape(shape).astype(float)
    counts = np.bincount(place, minlength=shape[0] * shape[1]).reshape(shape).astype(float)
    return Table(sums, counts, pairs, raters, _reason(differences, labels, options))


def closed_form(table: Table, options: Options) -> tuple[MeanTest, int]:
    """Two-way-random t over the complete blocks, and their number."""
    kept = table.complete()
    used = int(kept.sum())
    if used == 0 or table.reason:
        return MeanTest(ENGINE_TWO_WAY, None, table.reason or NO_COMPLETE_BLOCK), used
    means = table.sums[kept] / table.counts[kept]
    found = two_way_random_t(means, margin=options.margin, confidence=setting.CONFIDENCE)
    return found.test(), used
