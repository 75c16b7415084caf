"""Which arms are compared, and the differences of one comparison on one dimension."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.differences import Differences, paired_differences
from analysis.estimate import Array
from analysis.quick.options import Options, RatingsError
from analysis.quick.ratings import Arm, Ratings

MAX_COMPARISONS = 1000
BLOCK_RESPONDER = "responder"
BLOCK_VIGNETTE = "vignette"
# First side of a score that already is a difference.
GIVEN = "given"


@dataclass(frozen=True)
class Pair:
    """Two arms, first minus second; `second` is None where the scores already are differences."""

    first: Arm
    second: Arm | None

    @property
    def title(self) -> str:
        """The comparison in words."""
        return (
            f"{self.first.name} minus {self.second.name}" if self.second else f"{self.first.name} against 0"
        )

    @property
    def block_side(self) -> Arm:
        """The arm whose responders are the blocks."""
        return self.second or self.first


def _ordered(a: Arm, b: Arm, options: Options) -> Pair:
    if options.lead == b.name or options.reference == a.name:
        return Pair(b, a)
    if options.lead == a.name or options.reference == b.name:
        return Pair(a, b)
    # More responders carry more blocks; with as many on both sides the file's names decide.
    return Pair(b, a) if len(a.responders) > len(b.responders) else Pair(a, b)


def pairs_of(ratings: Ratings, options: Options) -> list[Pair]:
    """Every pair of arms, or every arm against 0 where scores are differences.

    The lead arm is first and the reference arm is second; otherwise the arm with more responders is second.
    If that is more than `MAX_COMPARISONS` over the dimensions, the pairs with the named arms remain.

    Raises
    ------
    RatingsError
        If there are still too many.
    """
    if options.paired:
        pairs = [Pair(arm, None) for arm in ratings.arms]
    else:
        pairs = [_ordered(a, b, options) for a, b in combinations(ratings.arms, 2)]
    most = MAX_COMPARISONS // len(ratings.dimensions)
    named = {options.lead, options.reference} - {""}
    if len(pairs) > most and named:
        pairs = [pair for pair in pairs if {pair.first.name, pair.block_side.name} & named]
    if len(pairs) > most:
        raise RatingsError(
            f"{ratings.file}: {len(pairs)} pairs of arms on {len(ratings.dimensions)} dimensions are more "
            f"than {MAX_COMPARISONS} comparisons; name an arm with --lead or --reference to compare it with "
            "the others"
        )
    return pairs


def _given_differences(scores: pd.DataFrame, arm: Arm) -> Differences:
    judged = scores[scores["score"].notna() & (scores["arm"] == arm.name)]
    judged = judged.sort_values(["responder", "vignette", "rater"])
    values, n = judged["score"].to_numpy(float), len(judged)
    return Differences(
        vignette=judged["vignette"].to_numpy(str),
        first=np.full(n, GIVEN),
        second=judged["responder"].to_numpy(str),
        rater=judged["rater"].to_numpy(str),
        first_score=values,
        second_score=np.zeros(n),
        first_imputed=np.zeros(n, dtype=bool),
        second_imputed=np.zeros(n, dtype=bool),
    )


def differences_of(pair: Pair, scores: pd.DataFrame) -> Differences:
    """Differences of a pair, the same vignette by the same rater on both sides.

    Parameters
    ----------
    pair : Pair
    scores : DataFrame
        Rows of one dimension of `Ratings.frame`.
    """
    if pair.second is None:
        return _given_differences(scores, pair.first)
    return paired_differences(scores, pair.first.responders, pair.second.responders)


def take(differences: Differences, kept: NDArray[np.bool_] | NDArray[np.int64]) -> Differences:
    """The differences at a mask or at positions."""
    return Differences(**{name: values[kept] for name, values in vars(differences).items()})


def block_kind(differences: Differences, options: Options) -> str:
    """What a block is: a responder of the second side, or a vignette if there is one such responder."""
    several = len(np.unique(differences.second)) > 1
    return BLOCK_RESPONDER if several and not options.fixed_responders else BLOCK_VIGNETTE


def block_labels(differences: Differences, kind: str) -> NDArray[np.str_]:
    """Block of each difference."""
    return differences.second if kind == BLOCK_RESPONDER else differences.vignette


def nested(differences: Differences, labels: NDArray[np.str_]) -> bool:
    """Whether every vignette belongs to one block only."""
    owners = np.unique(np.stack([differences.vignette, labels]), axis=1)
    return bool(owners.shape[1] == len(np.unique(differences.vignette)))


def _joined(*labels: NDArray[np.str_]) -> NDArray[np.str_]:
    out = labels[0]
    for other in labels[1:]:
        out = np.char.add(np.char.add(out, "/"), other)
    return out


def factors_of(differences: Differences, options: Options) -> Mapping[str, NDArray[np.str_]]:
    """Grouping factors besides the rater: whatever two differences may share.

    With several responders on one side a vignette's text, and one rater's score of it, enters several
    differences; with one on either side these factors coincide with the vignette's or with single rows.
    """
    d = differences
    responders = {} if options.fixed_responders else {"first responder": d.first, "responder": d.second}
    factors: dict[str, NDArray[np.str_]] = {**responders, "vignette": d.vignette}
    first_many, second_many = len(np.unique(d.first)) > 1, len(np.unique(d.second)) > 1
    if first_many or second_many:
        factors["first response"] = _joined(d.vignette, d.first)
        factors["second response"] = _joined(d.vignette, d.second)
    if second_many:
        factors["first score"] = _joined(d.vignette, d.first, d.rater)
    if first_many:
        factors["second score"] = _joined(d.vignette, d.second, d.rater)
    return factors


def vignette_means(differences: Differences) -> tuple[NDArray[np.str_], Array, NDArray[np.int64]]:
    """Vignettes, mean difference of each, and the number of differences behind it."""
    names, index, counts = np.unique(differences.vignette, return_inverse=True, return_counts=True)
    return names, np.bincount(index, differences.value, len(names)) / counts, counts


def unmatched_differences(pair: Pair, scores: pd.DataFrame) -> "pd.Series[float]":
    """Difference of the arms' means by vignette, whoever the raters were; empty for scores against 0."""
    if pair.second is None:
        return pd.Series(dtype=float)
    judged = scores[scores["score"].notna()]
    means = [
        judged[judged["arm"] == arm.name].groupby("vignette")["score"].mean()
        for arm in (pair.first, pair.second)
    ]
    return (means[0] - means[1]).dropna()
