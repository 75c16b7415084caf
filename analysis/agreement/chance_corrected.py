"""Chance-corrected agreement of any number of raters, weighted, with missing scores and standard errors.

Gwet's AC1 and AC2, Fleiss, Conger, Brennan-Prediger, Krippendorff with fixed weights, and the plain percent
agreement, each with the standard error that linearisation gives for a sample of items.

References
----------
Gwet KL (2008). Computing inter-rater reliability and its variance in the presence of high agreement. British
Journal of Mathematical and Statistical Psychology 61:29-48. doi:10.1348/000711006X126600
Gwet KL (2014). Handbook of Inter-Rater Reliability, 4th edition. Advanced Analytics.
Fleiss JL (1971). Measuring nominal scale agreement among many raters. Psychological Bulletin 76:378-382.
doi:10.1037/h0031619
Conger AJ (1980). Integration and generalization of kappas for multiple raters. Psychological Bulletin
88:322-328. doi:10.1037/0033-2909.88.2.322
Brennan RL, Prediger DJ (1981). Coefficient kappa: some uses, misuses, and alternatives. Educational and
Psychological Measurement 41:687-699. doi:10.1177/001316448104100307
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.agreement.weights import Codes, Weights, agreement_weights, category_codes, checked_categories
from analysis.estimate import Array, Interval

Coefficient = Literal["gwet", "fleiss", "conger", "brennan_prediger", "krippendorff", "percent"]
RELATIVE_ZERO = 1e-12
NO_PAIR = "no response has two scores"
ALL_CHANCE = "agreement by chance is complete, so that nothing is left to correct"


@dataclass(frozen=True)
class ChanceCorrected:
    """One agreement coefficient.

    Attributes
    ----------
    coefficient, weights : str
    estimate : float or None
        (observed - chance) / (1 - chance).
    observed, chance : float or None
        Weighted agreement that was seen, and that is expected by chance.
    se, p : float or None
        Standard error over a sample of items, and the two-sided p-value of 0 with items - 1 degrees of
        freedom.
    interval : (float, float) or None
        t limits, the upper one cut at 1.
    items, paired_items, raters : int
        Items with a score, items with two or more, and columns.
    reason : str
        Empty, or why the estimate or its standard error is missing.
    """

    coefficient: Coefficient
    weights: Weights
    estimate: float | None = None
    observed: float | None = None
    chance: float | None = None
    se: float | None = None
    interval: Interval | None = None
    p: float | None = None
    items: int = 0
    paired_items: int = 0
    raters: int = 0
    reason: str = ""


@dataclass(frozen=True)
class _Chance:
    """Observed and chance agreement, and the contribution of each item to both.

    `spread_about` is the observed agreement whose coefficient the item values have as their mean.
    """

    observed: float
    chance: float
    observed_items: Array
    chance_items: Array
    spread_about: float


@dataclass(frozen=True)
class _Table:
    """Codes (items, raters), -1 missing; counts (items, categories) of each item's scores; weights."""

    codes: Codes
    counts: Array
    weights: Array

    @property
    def per_item(self) -> Array:
        return np.asarray(self.counts.sum(axis=1))

    @property
    def paired(self) -> NDArray[np.bool_]:
        return self.per_item >= 2

    @property
    def agreeing_pairs(self) -> Array:
        """Weighted ordered pairs of agreeing scores of each item."""
        weighted = self.counts @ self.weights.T
        return np.asarray((self.counts * (weighted - 1)).sum(axis=1))

    @property
    def shares(self) -> Array:
        """Mean over items of the share of each category among the item's scores."""
        return np.asarray((self.counts / self.per_item[:, None]).mean(axis=0))


def _counted(scores: ArrayLike, categories: Array, weights: Weights) -> _Table:
    codes = category_codes(scores, categories)
    codes = codes[(codes >= 0).any(axis=1)] if codes.size else codes.reshape(0, 0)
    q = len(categories)
    row, column = np.nonzero(codes >= 0)
    counts = np.bincount(row * q + codes[row, column], minlength=len(codes) * q).astype(float)
    return _Table(codes, counts.reshape(len(codes), q), agreement_weights(categories, weights))


def _observed(table: _Table) -> tuple[float, Array]:
    """Share of agreeing pairs, and each item's part of it, whose mean over all items it is."""
    n, paired = table.per_item, table.paired
    share = np.divide(table.agreeing_pairs, n * (n - 1), out=np.zeros_like(n), where=paired)
    items = share * len(n) / paired.sum()
    return float(items.mean()), items


def _gwet(table: _Table) -> tuple[float, Array]:
    pi, q = table.shares, table.counts.shape[1]
    scale = float(table.weights.sum()) / (q * (q - 1))
    return scale * float((pi * (1 - pi)).sum()), scale * (table.counts @ (1 - pi)) / table.per_item


def _fleiss(table: _Table) -> tuple[float, Array]:
    pi = table.shares
    expected = table.weights @ pi
    return float(pi @ expected), (table.counts @ expected) / table.per_item


def _brennan_prediger(table: _Table) -> tuple[float, Array]:
    chance = float(table.weights.mean())
    return chance, np.full(len(table.counts), chance)


def _percent(table: _Table) -> tuple[float, Array]:
    return 0.0, np.zeros(len(table.counts))


def _conger(table: _Table) -> tuple[float, Array]:
    """Chance agreement from each rater's own distribution, over pairs of different raters."""
    n, q = table.counts.shape
    chosen = table.codes[:, :, None] == np.arange(q)
    given = table.codes >= 0
    per_rater = given.sum(axis=0)
    heard = per_rater > 0
    chosen, given, per_rater = chosen[:, heard], given[:, heard], per_rater[heard]
    r = len(per_rater)
    own = chosen.sum(axis=0) / per_rater[:, None]
    weighted = own @ table.weights
    others = weighted.sum(axis=0) - weighted
    chance = float((own * others).sum()) / (r * (r - 1))
    # A rater's share of a category is a ratio of sums over items, which is linearised as such.
    linear = np.where(given, np.einsum("igk,gk->ig", chosen, others) - (own * others).sum(axis=1), 0.0)
    items = (linear * (n / per_rater)).sum(axis=1) / (r * (r - 1))
    return chance, chance + items


PAIRED_CHANCE = {
    "gwet": _gwet,
    "fleiss": _fleiss,
    "brennan_prediger": _brennan_prediger,
    "percent": _percent,
    "conger": _conger,
}


def _pairwise(table: _Table, coefficient: Coefficient) -> _Chance:
    observed, observed_items = _observed(table)
    chance, chance_items = PAIRED_CHANCE[coefficient](table)
    # Items with one score say nothing about agreement but do say how often each category is used.
    centred = observed_items - chance * table.paired * len(table.counts) / table.paired.sum()
    return _Chance(observed, chance, centred, chance_items, observed)


def _krippendorff(table: _Table) -> _Chance:
    """Krippendorff's coefficient over the items with two or more scores, with its small-sample term."""
    n, mean = table.per_item, float(table.per_item.mean())
    small = 1 / float(n.sum())
    pi = table.counts.mean(axis=0) / mean
    expected = table.weights @ pi
    shares = table.agreeing_pairs / (mean * (n - 1))
    surplus = (n - mean) / mean
    seen, chance = float(shares.mean()), float(pi @ expected)
    observed = (1 - small) * seen + small
    # The small-sample term shifts the estimate; the items spread about the estimate without it.
    return _Chance(
        observed,
        chance,
        shares - observed * surplus - chance,
        (table.counts @ expected) / mean - chance * surplus,
        seen,
    )


def _standard_error(found: _Chance) -> float | None:
    """Standard error of the mean of the linearised item values."""
    n = len(found.observed_items)
    if n < 2:
        return None
    left = 1 - found.chance
    estimate = (found.spread_about - found.chance) / left
    twice = 2 * (1 - estimate) * (found.chance_items - found.chance) / left
    return float(np.sqrt(np.square(found.observed_items / left - twice - estimate).sum() / (n * (n - 1))))


def _coefficient(
    table: _Table, coefficient: Coefficient, weights: Weights, confidence: float
) -> ChanceCorrected:
    items, paired, raters = len(table.counts), int(table.paired.sum()), table.codes.shape[1]
    size = {"items": items, "paired_items": paired, "raters": raters}
    if paired == 0:
        return ChanceCorrected(coefficient, weights, reason=NO_PAIR, **size)
    if coefficient == "krippendorff":
        found = _krippendorff(_Table(table.codes, table.counts[table.paired], table.weights))
    else:
        found = _pairwise(table, coefficient)
    seen = {"observed": found.observed, "chance": found.chance, **size}
    if 1 - found.chance < RELATIVE_ZERO:
        return ChanceCorrected(coefficient, weights, reason=ALL_CHANCE, **seen)
    estimate = (found.observed - found.chance) / (1 - found.chance)
    se = _standard_error(found)
    if se is None:
        return ChanceCorrected(
            coefficient, weights, estimate, reason="one item has no standard error", **seen
        )
    df = len(found.observed_items) - 1
    half = float(special.stdtrit(df, (1 + confidence) / 2)) * se
    p = 2 * float(special.stdtr(df, -abs(estimate) / se)) if se > RELATIVE_ZERO else None
    interval = (estimate - half, min(1.0, estimate + half))
    return ChanceCorrected(coefficient, weights, estimate, se=se, interval=interval, p=p, **seen)


def chance_corrected_agreement(
    scores: ArrayLike,
    categories: ArrayLike,
    coefficient: Coefficient = "gwet",
    weights: Weights = "unweighted",
    confidence: float = 0.95,
) -> ChanceCorrected:
    """One agreement coefficient of a table of scores.

    Parameters
    ----------
    scores : array_like, shape (items, raters)
        Scores; NaN is missing. Items without a score are left out; items with one score count for the
        distribution of the categories only, and not at all for Krippendorff's coefficient.
    categories : array_like, shape (categories,)
        The full list of categories, also those that nobody used: they change chance agreement and weights.
    coefficient : {"gwet", "fleiss", "conger", "brennan_prediger", "krippendorff", "percent"}
        ``gwet`` is AC1 without weights and AC2 with them.
    weights : {"unweighted", "linear", "quadratic", "ordinal", "within_one"}
    confidence : float

    Raises
    ------
    CategoryError
        If a score is none of the categories.
    """
    values = checked_categories(categories)
    if len(values) < 2:
        reason = "fewer than 2 categories"
        return ChanceCorrected(coefficient, weights, reason=reason)
    return _coefficient(_counted(scores, values, weights), coefficient, weights, confidence)
