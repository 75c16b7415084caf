"""Families of hypotheses tested in order: serial and parallel gatekeeping.

References
----------
Dmitrienko A, Tamhane AC, Wiens BL (2008). General multistage gatekeeping procedures. Biometrical Journal
50:667-677. doi:10.1002/bimj.200710464
Dmitrienko A, Tamhane AC (2009). Gatekeeping procedures in clinical trials. In Multiple Testing Problems in
Pharmaceutical Statistics, chapter 5. Chapman and Hall/CRC.
Brechenmacher T, Xu J, Dmitrienko A, Tamhane AC (2011). A mixture gatekeeping procedure based on the Hommel
test. Journal of Biopharmaceutical Statistics 21:748-767. doi:10.1080/10543406.2011.551333
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.estimate import Array
from analysis.multiplicity.adjust import Method, adjust

Truncated = Literal["bonferroni", "holm", "hochberg", "hommel"]
TRUNCATED = ("bonferroni", "holm", "hochberg", "hommel")
# Halvings of the unit interval until neighbouring doubles remain.
HALVINGS = 60


@dataclass(frozen=True)
class Gatekeeping:
    """Adjusted p-values of families in order.

    Attributes
    ----------
    adjusted : tuple of ndarray
        One array per family, in the order of its p-values; NaN where it can never be tested.
    method : str
        What was done within and between the families.
    n : int
        Number of hypotheses.
    """

    adjusted: tuple[Array, ...]
    method: str
    n: int

    @property
    def flat(self) -> Array:
        """All adjusted p-values, family after family, shape (n,)."""
        return np.concatenate(self.adjusted)


def _families(families: Sequence[ArrayLike]) -> list[Array]:
    arrays = [np.atleast_1d(np.asarray(family, float)) for family in families]
    if not arrays or any(not len(p) or ((p < 0) | (p > 1)).any() for p in arrays):
        raise ValueError("each family must hold p-values from 0 to 1")
    return arrays


def serial(families: Sequence[ArrayLike], method: Method = "holm") -> Gatekeeping:
    """Serial gatekeeping: a family is tested only if every hypothesis of those before it is rejected.

    Parameters
    ----------
    families : sequence of array_like
        p-values per family, in order. A missing one (NaN) can never be rejected, so later families are NaN.
    method : str
        Procedure within each family, as `analysis.multiplicity.adjust.adjust`.

    Returns
    -------
    Gatekeeping

    Raises
    ------
    ValueError
        If there is no family, one is empty, or a p-value is outside 0 to 1.
    """
    before, found = 0.0, []
    for p in _families(families):
        within = np.maximum(adjust(p, method).adjusted, before)
        found.append(within)
        before = float(np.max(within))
    return Gatekeeping(tuple(found), f"serial, {method}", sum(map(len, found)))


def _hommel(ordered: Array, fraction: float) -> Array:
    """Closed test by truncated Simes tests; the worst intersection of a size holds the largest others."""
    m = len(ordered)
    adjusted = np.zeros(m)
    for i in range(m):
        for size in range(1, m + 1):
            above = [j for j in range(m - 1, -1, -1) if j != i][: size - 1]
            members = np.sort(ordered[[i, *above]])
            levels = fraction * np.arange(1, size + 1) / size + (1 - fraction) / m
            adjusted[i] = max(adjusted[i], float((members / levels).min()))
    return adjusted


def truncated(p_values: ArrayLike, method: Truncated, fraction: float) -> Array:
    """Adjusted p-values of a truncated procedure: a mixture of it and Bonferroni's.

    Parameters
    ----------
    p_values : array_like, shape (m,)
        Without missing values.
    method : {"bonferroni", "holm", "hochberg", "hommel"}
    fraction : float
        Share of the procedure itself, 0 (Bonferroni) to 1 (not truncated).

    Returns
    -------
    ndarray, shape (m,)
    """
    p = np.asarray(p_values, float)
    m, order = len(p), np.argsort(p, kind="stable")
    share = 0.0 if method == "bonferroni" else fraction
    ratios = p[order] / (share / np.arange(m, 0, -1) + (1 - share) / m)
    if method == "hommel":
        ordered = _hommel(p[order], share)
    elif method == "hochberg":
        ordered = np.minimum.accumulate(ratios[::-1])[::-1]
    else:
        ordered = np.maximum.accumulate(ratios)
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(ordered, 1.0)
    return adjusted


def _level_after(rejected: NDArray[np.bool_], share: float, level: float) -> float:
    """What the error rate function of a truncated procedure leaves for the next family."""
    accepted = float((~rejected).mean())
    return level * (1 - (share + (1 - share) * accepted)) if accepted else level


def _rejections(
    local: Sequence[Array], full: Sequence[Array], shares: Sequence[float], alpha: float, *, retest: bool
) -> list[NDArray[np.bool_]]:
    """Rejections per family at one alpha, from local adjusted p-values of both passes."""
    level, rejected = alpha, []
    for p, share in zip(local, shares, strict=True):
        # Nothing is left to test with once a family was not passed, not even for a p-value of 0.
        decided = (p <= level) & (level > 0)
        rejected.append(decided)
        level = _level_after(decided, share, level)
    if retest:
        for k in range(len(local) - 2, -1, -1):
            if not rejected[k + 1].all():
                break
            rejected[k] = full[k] <= alpha
    return rejected


def parallel(
    families: Sequence[ArrayLike],
    method: Truncated,
    fraction: float = 0.5,
    *,
    final: Truncated = "holm",
    independence: bool = True,
) -> Gatekeeping:
    """Multistage parallel gatekeeping: a family passes on what the rejected part of it releases.

    Parameters
    ----------
    families : sequence of array_like
        p-values per family, in order; NaN counts as 1.
    method : {"bonferroni", "holm", "hochberg", "hommel"}
        Truncated procedure of every family but the last.
    fraction : float
        Truncation, 0 to below 1; of no effect with "bonferroni".
    final : {"bonferroni", "holm", "hochberg", "hommel"}
        Procedure of the last family, not truncated.
    independence : bool
        Whether a family's outcome must not depend on later ones. If not, and every hypothesis of the last
        family is rejected, earlier families are tested again at full alpha without truncation.

    Returns
    -------
    Gatekeeping
        Each adjusted p-value is the smallest alpha at which the hypothesis is rejected.

    Raises
    ------
    ValueError
        If there is no family, one is empty, a p-value or the fraction is outside its bounds.
    """
    values = [np.nan_to_num(p, nan=1.0) for p in _families(families)]
    if not 0 <= fraction < 1:
        raise ValueError("the truncation fraction must be from 0 to below 1")
    local = [truncated(p, method, fraction) for p in values[:-1]] + [truncated(values[-1], final, 1.0)]
    again: Truncated = "holm" if method == "bonferroni" else method
    full = [truncated(p, again, 1.0) for p in values]
    shares = [0.0 if method == "bonferroni" else fraction] * (len(values) - 1) + [1.0]
    low, high = [np.zeros(len(p)) for p in values], [np.ones(len(p)) for p in values]
    for i, p in enumerate(values):
        for j in range(len(p)):
            for _ in range(HALVINGS):
                middle = (low[i][j] + high[i][j]) / 2
                decided = _rejections(local, full, shares, middle, retest=not independence)[i][j]
                (high if decided else low)[i][j] = middle
    return Gatekeeping(tuple(high), f"parallel, {method}", sum(map(len, values)))
