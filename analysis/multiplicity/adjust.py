"""Adjusted p-values of one family of hypotheses.

References
----------
Holm S (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics
6:65-70.
Hochberg Y (1988). A sharper Bonferroni procedure for multiple tests of significance. Biometrika 75:800-802.
doi:10.1093/biomet/75.4.800
Hommel G (1988). A stagewise rejective multiple test procedure based on a modified Bonferroni test. Biometrika
75:383-386. doi:10.1093/biomet/75.2.383
Šidák Z (1967). Rectangular confidence regions for the means of multivariate normal distributions. Journal of
the American Statistical Association 62:626-633. doi:10.1080/01621459.1967.10482935
Benjamini Y, Hochberg Y (1995). Controlling the false discovery rate. Journal of the Royal Statistical Society
B 57:289-300. doi:10.1111/j.2517-6161.1995.tb02031.x
Benjamini Y, Yekutieli D (2001). The control of the false discovery rate in multiple testing under dependency.
Annals of Statistics 29:1165-1188. doi:10.1214/aos/1013699998
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.estimate import Array

Method = Literal["bonferroni", "sidak", "holm", "holm-sidak", "hochberg", "hommel", "bh", "by"]
STATSMODELS_NAMES: dict[str, str] = {
    "bonferroni": "bonferroni",
    "sidak": "sidak",
    "holm": "holm",
    "holm-sidak": "holm-sidak",
    "hochberg": "simes-hochberg",
    "hommel": "hommel",
    "bh": "fdr_bh",
    "by": "fdr_by",
}


@dataclass(frozen=True)
class Adjusted:
    """Adjusted p-values of one family.

    Attributes
    ----------
    method : str
    adjusted : ndarray, shape (m,)
        NaN where the p-value is missing.
    n : int
        Number of p-values that are not missing, which is the size of the family.
    """

    method: str
    adjusted: Array
    n: int


def _checked(p_values: ArrayLike) -> Array:
    p = np.atleast_1d(np.asarray(p_values, float))
    if p.ndim != 1 or ((p < 0) | (p > 1)).any():
        raise ValueError("p-values must be one list of numbers from 0 to 1")
    return p


def adjust(p_values: ArrayLike, method: Method) -> Adjusted:
    """Adjust the p-values of a family whose hypotheses have no order.

    Parameters
    ----------
    p_values : array_like, shape (m,)
        NaN stays NaN and does not count in the size of the family. Whoever plans a hypothesis that may turn
        out not estimable passes 1 for it, so that it does count.
    method : {"bonferroni", "sidak", "holm", "holm-sidak", "hochberg", "hommel", "bh", "by"}
        "bh" and "by" hold the false discovery rate, the others the familywise error rate; "hochberg" and
        "hommel" need independence or positive dependence.

    Returns
    -------
    Adjusted

    Raises
    ------
    ValueError
        If a p-value is outside 0 to 1, or the method is unknown.
    """
    p = _checked(p_values)
    if method not in STATSMODELS_NAMES:
        raise ValueError(f"method must be one of {', '.join(STATSMODELS_NAMES)}")
    known = ~np.isnan(p)
    adjusted, n = p.copy(), int(known.sum())
    if n > 1:
        from statsmodels.stats.multitest import multipletests  # noqa: PLC0415  costs seconds

        with np.errstate(divide="ignore"):
            adjusted[known] = multipletests(p[known], method=STATSMODELS_NAMES[method])[1]
    return Adjusted(method, adjusted, n)


def fixed_sequence(p_values: ArrayLike) -> Adjusted:
    """Adjusted p-values of hypotheses tested one after the other, each only after all before it.

    Parameters
    ----------
    p_values : array_like, shape (m,)
        In the order of testing.

    Returns
    -------
    Adjusted
        NaN from the first missing p-value on, because what follows it can never be tested.

    Raises
    ------
    ValueError
        If a p-value is outside 0 to 1.
    """
    p = _checked(p_values)
    return Adjusted("fixed sequence", np.maximum.accumulate(p), int((~np.isnan(p)).sum()))
