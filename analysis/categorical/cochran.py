"""Cochran's Q for yes/no outcomes of several treatments on the same blocks, with exact pairwise tests.

References
----------
Cochran WG (1950). The comparison of percentages in matched samples. Biometrika 37:256-266.
doi:10.1093/biomet/37.3-4.256
Holm S (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics
6:65-70.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from statsmodels.stats.contingency_tables import cochrans_q

from analysis.categorical.blocks import (
    Integers,
    PairedP,
    complete_blocks,
    holm_pairs,
    permutation_p,
    table_fault,
)
from analysis.categorical.mcnemar import Table, mcnemar_test

ALL_CONSTANT = "every block has the same outcome for all treatments"


@dataclass(frozen=True)
class CochranQ:
    """Cochran's Q over complete blocks.

    Attributes
    ----------
    n, treatments : int
        Complete blocks and treatments.
    informative : int
        Blocks whose outcomes differ; the others do not touch Q.
    q, p : float or None
        Statistic and its chi-square p-value on `df` degrees of freedom.
    df : int
    p_permutation : float or None
        Monte-Carlo p-value (b + 1) / (draws + 1) over permutations within blocks.
    draws : int
        Of the permutation p-value; 0 if it was not asked for.
    reason : str
    """

    n: int
    treatments: int
    informative: int
    q: float | None
    df: int
    p: float | None
    p_permutation: float | None = None
    draws: int = 0
    reason: str = ""


def _events(outcomes: ArrayLike) -> Integers:
    table = complete_blocks(outcomes)
    if not np.isin(table, (0.0, 1.0)).all():
        raise ValueError("an outcome is 0, 1 or missing")
    return table.astype(np.int64)


def cochran_q(outcomes: ArrayLike, *, draws: int = 0, rng: np.random.Generator | None = None) -> CochranQ:
    """Test that the event is equally common under all treatments.

    Parameters
    ----------
    outcomes : array_like, shape (blocks, treatments)
        0, 1 or NaN; blocks with a missing outcome are left out.
    draws : int
        Permutations for the Monte-Carlo p-value; none by default.
    rng : numpy.random.Generator, optional
        Needed with `draws`.

    Raises
    ------
    ValueError
        If an outcome is something else, or `draws` come without `rng`.
    """
    if draws and rng is None:
        raise ValueError("a permutation p-value needs a generator")
    events = _events(outcomes)
    n, k = events.shape
    informative = int((np.ptp(events, axis=1) > 0).sum()) if k else 0
    reason = table_fault(events.astype(float)) or ("" if informative else ALL_CONSTANT)
    if reason:
        return CochranQ(n, k, informative, None, max(k - 1, 0), None, reason=reason)
    found = cochrans_q(events)
    p_permutation = permutation_p(events, draws, rng) if draws and rng is not None else None
    return CochranQ(
        n, k, informative, float(found.statistic), k - 1, float(found.pvalue), p_permutation, draws
    )


def pair_table(first: ArrayLike, second: ArrayLike) -> Table:
    """Table of two 0/1 columns as `analysis.categorical.mcnemar` takes it; incomplete pairs are left out."""
    pairs = _events(np.stack([np.asarray(first, float), np.asarray(second, float)], axis=1))
    one, two = pairs[:, 0] == 1, pairs[:, 1] == 1
    return int((one & two).sum()), int((one & ~two).sum()), int((~one & two).sum()), int((~one & ~two).sum())


def mcnemar_pairs(outcomes: ArrayLike) -> tuple[PairedP, ...]:
    """Exact McNemar test of every pair of treatments with Holm's adjustment; arguments as in `cochran_q`."""
    table = np.asarray(outcomes, float)
    return holm_pairs(table.shape[1], lambda i, j: mcnemar_test(pair_table(table[:, i], table[:, j])).p_exact)
