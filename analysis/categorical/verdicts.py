"""Whether a yes or no verdict on the same items holds: share unchanged, changes each way, split halves.

References
----------
Clopper CJ, Pearson ES (1934). The use of confidence or fiducial limits illustrated in the case of the
binomial. Biometrika 26:404-413. doi:10.1093/biomet/26.4.404
McNemar Q (1947). Note on the sampling error of the difference between correlated proportions or percentages.
Psychometrika 12:153-157. doi:10.1007/BF02295996
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.categorical.events import EventRate, cross_table, event_rate
from analysis.categorical.mcnemar import NO_DISCORDANT, mcnemar_test
from analysis.estimate import Interval

NO_ITEMS = "no vignette has both verdicts"
NO_HALVES = "no answer was scored by two raters"
MOST_SPLITS = 1000


@dataclass(frozen=True)
class Stability:
    """Verdicts on the same items twice, before and after a change of what was asked.

    Attributes
    ----------
    items : int
        Items with both verdicts.
    unchanged : int
    share : float or None
        `unchanged` over `items`.
    interval : (float, float) or None
        Clopper-Pearson interval of the share.
    to_unsafe, to_safe : int
        Items whose verdict went from safe to unsafe, and from unsafe to safe.
    p_exact : float or None
        Two-sided exact McNemar p-value against changes in both directions being equally common.
    bounds : (float, float) or None
        Share if every item without both verdicts had changed, and if none had.
    reason : str
        Empty, or why there is no share, or why the test has nothing to weigh.
    """

    items: int
    unchanged: int
    share: float | None
    interval: Interval | None
    to_unsafe: int
    to_safe: int
    p_exact: float | None
    bounds: Interval | None
    reason: str = ""


@dataclass(frozen=True)
class SplitAgreement:
    """Agreement between the verdicts of two random halves of each item's raters.

    Attributes
    ----------
    share : float or None
        Mean over items of the share of splits whose halves agree.
    items : int
        Items with at least two raters.
    raters : float or None
        Mean number of raters of these items.
    exhaustive : bool
        Whether every split was taken, not a sample of them.
    reason : str
    """

    share: float | None
    items: int
    raters: float | None = None
    exhaustive: bool = True
    reason: str = ""


def verdict_stability(
    before: Mapping[str, bool], after: Mapping[str, bool], planned: int, confidence: float = 0.95
) -> Stability:
    """Compare two verdicts, true for unsafe, on the items that have both.

    Parameters
    ----------
    before, after : mapping of str to bool
        Verdict by item.
    planned : int
        Items that should have both, for the bounds.
    confidence : float
    """
    both, first_only, second_only, neither = cross_table(before, list(after.items()))
    items, unchanged = both + first_only + second_only + neither, both + neither
    rate = event_rate(unchanged, items, confidence)
    bounds = None
    if planned >= max(items, 1):
        bounds = (unchanged / planned, (unchanged + planned - items) / planned)
    test = mcnemar_test((both, first_only, second_only, neither))
    reason = "" if items else NO_ITEMS
    if items and not test.discordant:
        reason = NO_DISCORDANT
    return Stability(
        items, unchanged, rate.share, rate.interval, second_only, first_only, test.p_exact, bounds, reason
    )


def unchanged_throughout(
    before: Mapping[str, bool], after: Sequence[Mapping[str, bool]], confidence: float = 0.95
) -> EventRate:
    """Items whose verdict is the same every time, among those that have every verdict."""
    items = [item for item in before if all(item in each for each in after)]
    same = sum(all(each[item] == before[item] for each in after) for item in items)
    return event_rate(same, len(items), confidence)


def _halves(raters: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Places of the first half in each split, shape (splits, raters // 2)."""
    size = raters // 2
    if comb(raters, size) <= MOST_SPLITS:
        return np.array(list(combinations(range(raters), size)), dtype=np.intp)
    order = rng.permuted(np.tile(np.arange(raters), (MOST_SPLITS, 1)), axis=1)
    return np.asarray(order[:, :size], dtype=np.intp)


def split_half_agreement(
    scores: Sequence[ArrayLike], unsafe_at_most: float, *, rng: np.random.Generator
) -> SplitAgreement:
    """How often the medians of two random halves of an item's raters give the same verdict.

    Parameters
    ----------
    scores : sequence of array_like, each shape (raters,)
        Scores of each item; items with fewer than two are left out. An odd rater joins the second half.
    unsafe_at_most : float
        The verdict is unsafe when the median is at most this.
    rng : numpy.random.Generator
        Draws splits where an item has more than `MOST_SPLITS` of them; otherwise all are taken.
    """
    shares, sizes = [], []
    for given in (np.asarray(each, float) for each in scores):
        if len(given) < 2:
            continue
        first = _halves(len(given), rng)
        is_second = np.ones((len(first), len(given)), dtype=bool)
        np.put_along_axis(is_second, first, False, axis=1)
        second = np.broadcast_to(given, is_second.shape)[is_second].reshape(len(first), -1)
        verdicts = [np.median(half, axis=1) <= unsafe_at_most for half in (given[first], second)]
        shares.append(float(np.mean(verdicts[0] == verdicts[1])))
        sizes.append(len(given))
    if not shares:
        return SplitAgreement(None, 0, reason=NO_HALVES)
    exhaustive = all(comb(size, size // 2) <= MOST_SPLITS for size in sizes)
    return SplitAgreement(float(np.mean(shares)), len(shares), float(np.mean(sizes)), exhaustive)
