"""Friedman's test for scores of several treatments on the same blocks, and its pairwise comparisons.

References
----------
Friedman M (1937). The use of ranks to avoid the assumption of normality implicit in the analysis of variance.
Journal of the American Statistical Association 32:675-701. doi:10.1080/01621459.1937.10503522
Iman RL, Davenport JM (1980). Approximations of the critical region of the Friedman statistic. Communications
in Statistics - Theory and Methods 9:571-595. doi:10.1080/03610928008827904
Kendall MG, Babington Smith B (1939). The problem of m rankings. Annals of Mathematical Statistics 10:275-287.
doi:10.1214/aoms/1177732186
Nemenyi P (1963). Distribution-free multiple comparisons. PhD thesis, Princeton University.
Conover WJ (1999). Practical Nonparametric Statistics, 3rd edition, section 5.8. New York: Wiley.
Eisinga R, Heskes T, Pelzer B, Te Grotenhuis M (2017). Exact p-values for pairwise comparison of Friedman rank
sums, with application to comparing classifiers. BMC Bioinformatics 18:68. doi:10.1186/s12859-017-1486-2
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from analysis.categorical.blocks import (
    PairedP,
    adjusted_pairs,
    complete_blocks,
    holm_pairs,
    permutation_p,
    table_fault,
)
from analysis.estimate import Array
from analysis.paired.signed_rank import signed_rank

Adjustment = Literal["none", "holm", "single-step"]
DECIMALS = 9
ALL_TIED = "every block has the same score for all treatments"


@dataclass(frozen=True)
class Friedman:
    """Friedman's test over complete blocks, corrected for ties.

    Attributes
    ----------
    n, treatments : int
        Complete blocks and treatments.
    mean_ranks, rank_sums : tuple of float
        Of each treatment; mid-ranks within blocks, 1 for the lowest score.
    chi2, p : float or None
        Statistic and its chi-square p-value on `df` degrees of freedom.
    df : int
    f, f_df, f_p : float or None, (int, int), float or None
        Iman and Davenport's F, infinite when all blocks agree, its degrees of freedom and p-value.
    kendall_w : float or None
        Concordance of the blocks, 0 to 1.
    p_permutation : float or None
        Monte-Carlo p-value (b + 1) / (draws + 1) over permutations within blocks.
    draws : int
        Of the permutation p-value; 0 if it was not asked for.
    reason : str
    """

    n: int
    treatments: int
    mean_ranks: tuple[float, ...]
    rank_sums: tuple[float, ...]
    chi2: float | None
    df: int
    p: float | None
    f: float | None
    f_df: tuple[int, int]
    f_p: float | None
    kendall_w: float | None
    p_permutation: float | None = None
    draws: int = 0
    reason: str = ""


def block_ranks(scores: ArrayLike) -> Array:
    """Mid-ranks within complete blocks, decided on scores rounded to 9 decimals.

    Parameters
    ----------
    scores : array_like, shape (blocks, treatments)
        NaN where missing; blocks with a missing score are left out.

    Returns
    -------
    ndarray, shape (complete blocks, treatments)
    """
    table = complete_blocks(scores)
    return np.asarray(stats.rankdata(table.round(DECIMALS), axis=1)) if table.size else table


def _chi_square(ranks: Array) -> float:
    """Tie-corrected statistic; scipy's takes at least 3 treatments, this one 2."""
    n, k = ranks.shape
    centre = (k + 1) / 2
    between = float(((ranks.sum(axis=0) - n * centre) ** 2).sum())
    within = float(((ranks - centre) ** 2).sum())
    return float((k - 1) * between / within)


def _fault(ranks: Array) -> str:
    return table_fault(ranks) or (ALL_TIED if (np.ptp(ranks, axis=1) == 0).all() else "")


def _iman_davenport(chi2: float, n: int, k: int) -> tuple[float, float]:
    rest = n * (k - 1) - chi2
    if rest <= 1e-12 * n:
        return np.inf, 0.0
    f = (n - 1) * chi2 / rest
    return f, float(stats.f.sf(f, k - 1, (n - 1) * (k - 1)))


def friedman(scores: ArrayLike, *, draws: int = 0, rng: np.random.Generator | None = None) -> Friedman:
    """Test that all treatments have the same distribution of scores within blocks.

    Parameters
    ----------
    scores : array_like, shape (blocks, treatments)
        NaN where missing; blocks with a missing score are left out.
    draws : int
        Permutations for the Monte-Carlo p-value; none by default.
    rng : numpy.random.Generator, optional
        Needed with `draws`.

    Raises
    ------
    ValueError
        If `draws` come without `rng`.
    """
    if draws and rng is None:
        raise ValueError("a permutation p-value needs a generator")
    ranks = block_ranks(scores)
    n, k = ranks.shape
    f_df = (max(k - 1, 0), max((n - 1) * (k - 1), 0))
    sums = tuple(ranks.sum(axis=0).tolist())
    means = tuple(total / n for total in sums) if n else ()
    reason = _fault(ranks)
    if reason:
        return Friedman(n, k, means, sums, None, f_df[0], None, None, f_df, None, None, reason=reason)
    chi2 = _chi_square(ranks)
    f, f_p = _iman_davenport(chi2, n, k)
    p, w = float(stats.chi2.sf(chi2, k - 1)), chi2 / (n * (k - 1))
    doubled = np.rint(2 * ranks).astype(np.int64)
    p_permutation = permutation_p(doubled, draws, rng) if draws and rng is not None else None
    return Friedman(n, k, means, sums, chi2, k - 1, p, f, f_df, f_p, w, p_permutation, draws)


def _range_tail(t: Array, treatments: int, df: float) -> list[float | None]:
    """P-values of t statistics referred to the studentized range of all treatments."""
    return [float(p) for p in np.atleast_1d(stats.studentized_range.sf(t * np.sqrt(2), treatments, df))]


def _differences(ranks: Array) -> tuple[list[tuple[int, int]], Array]:
    pairs = list(combinations(range(ranks.shape[1]), 2))
    sums = ranks.sum(axis=0)
    return pairs, np.array([abs(sums[i] - sums[j]) for i, j in pairs])


def _no_pairs(ranks: Array) -> tuple[PairedP, ...]:
    pairs = list(combinations(range(ranks.shape[1]), 2))
    return adjusted_pairs(pairs, [None] * len(pairs), None)


def nemenyi(scores: ArrayLike) -> tuple[PairedP, ...]:
    """All pairs by mean ranks against the studentized range, without a tie correction.

    Scores as in `friedman`; the p-values hold the family-wise error over all pairs.
    """
    ranks = block_ranks(scores)
    if _fault(ranks):
        return _no_pairs(ranks)
    n, k = ranks.shape
    pairs, distance = _differences(ranks)
    values = _range_tail(distance / n / np.sqrt(k * (k + 1) / (6 * n)), k, np.inf)
    return adjusted_pairs(pairs, values, None)


def conover(scores: ArrayLike, adjustment: Adjustment = "holm") -> tuple[PairedP, ...]:
    """All pairs by rank sums against their residual variation.

    Parameters
    ----------
    scores : array_like, shape (blocks, treatments)
        As in `friedman`.
    adjustment : {"holm", "none", "single-step"}
        "none" and "holm" refer the statistic to t with (n - 1)(k - 1) degrees of freedom, "single-step" to
        the studentized range of k treatments with infinitely many.

    Returns
    -------
    tuple of PairedP
        P-values 0 or 1 where all blocks agree and there is no residual variation.
    """
    ranks = block_ranks(scores)
    if _fault(ranks):
        return _no_pairs(ranks)
    n, k = ranks.shape
    pairs, distance = _differences(ranks)
    residual = n * float((ranks**2).sum()) - float((ranks.sum(axis=0) ** 2).sum())
    df = (n - 1) * (k - 1)
    if residual <= 1e-9:
        values: list[float | None] = [float(gap == 0) for gap in distance]
    elif adjustment == "single-step":
        values = _range_tail(distance / np.sqrt(2 * residual / df), k, np.inf)
    else:
        values = (2 * stats.t.sf(distance / np.sqrt(2 * residual / df), df)).tolist()
    return adjusted_pairs(pairs, values, "holm" if adjustment == "holm" else None)


def _rank_sum_difference(n: int, k: int) -> Array:
    """P(difference of two rank sums = s) for s = -n(k - 1) .. n(k - 1) without ties."""
    steps = np.arange(1 - k, k)
    one = (k - np.abs(steps)) / (k * (k - 1))
    one[k - 1] = 0.0
    total = np.ones(1)
    for _ in range(n):
        total = np.convolve(total, one)
    return total


def exact_rank_sum_difference(scores: ArrayLike) -> tuple[PairedP, ...]:
    """All pairs by the exact null distribution of the difference of rank sums without ties, unadjusted.

    Scores as in `friedman`. With ties the null distribution is still the one without.
    """
    ranks = block_ranks(scores)
    if _fault(ranks):
        return _no_pairs(ranks)
    n, k = ranks.shape
    pairs, distance = _differences(ranks)
    probability = _rank_sum_difference(n, k)
    size = np.abs(np.arange(len(probability)) - n * (k - 1))
    values = [min(1.0, float(probability[size >= gap].sum())) for gap in distance]
    return adjusted_pairs(pairs, values, None)


def signed_rank_pairs(scores: ArrayLike) -> tuple[PairedP, ...]:
    """Exact signed-rank test of every pair, zeros dropped, with Holm's adjustment.

    Parameters
    ----------
    scores : array_like, shape (blocks, treatments)
        Each pair uses the blocks in which both scores are there.
    """
    table = np.asarray(scores, float)

    def p_value(i: int, j: int) -> float | None:
        gap = table[:, i] - table[:, j]
        # Only order and ties of the sizes matter, so nine decimals make a lattice.
        steps = np.rint(gap[np.isfinite(gap)] * 10**DECIMALS).astype(np.int64)
        return signed_rank(steps, "wilcoxon").p_two_sided

    return holm_pairs(table.shape[1], p_value)
