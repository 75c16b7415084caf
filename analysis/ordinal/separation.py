"""Complete and quasi-complete separation of ordinal rows by their covariates, decided by a linear program.

References
----------
Albert A, Anderson JA (1984). On the existence of maximum likelihood estimates in logistic regression models.
Biometrika 71:1-10. doi:10.1093/biomet/71.1.1
"""

import numpy as np
from scipy import optimize, sparse

from analysis.estimate import Array
from analysis.ordinal.rows import Codes, NotEstimableError, OrdinalRows

SEPARATED = "a combination of the covariates separates the scores, so the effect has no finite estimate"


def separating_gain(rows: OrdinalRows) -> float:
    """Largest total by which rows can move away from their limits when no row moves towards one.

    Zero if the likelihood has a finite maximum, positive if it rises for ever in some direction.
    """
    limits = _limits(rows)
    found = optimize.linprog(
        -np.asarray(limits.sum(axis=0)).ravel(),
        A_ub=-limits,
        b_ub=np.zeros(limits.shape[0]),
        bounds=[(-1.0, 1.0)] * limits.shape[1],
        method="highs",
    )
    return float(-found.fun) if found.status == 0 else 0.0


def _limits(rows: OrdinalRows) -> sparse.csr_matrix:
    """One line per finite limit: how far a direction of (thresholds, beta) moves it away from its row."""
    size = len(rows.categories) - 1
    has_upper, has_lower = rows.category < size, rows.category > 0
    scaled = _scaled(rows.x)
    upper = sparse.hstack([_unit(rows.category[has_upper], size), -scaled[has_upper]])
    lower = sparse.hstack([-_unit(rows.category[has_lower] - 1, size), scaled[has_lower]])
    return sparse.csr_matrix(sparse.vstack([upper, lower]))


def _scaled(x: Array) -> Array:
    return np.asarray(x / np.maximum(np.abs(x).max(axis=0, initial=0.0), 1e-300))


def _unit(column: Codes, size: int) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.ones(len(column)), (np.arange(len(column)), column)), (len(column), size))


def check_separation(rows: OrdinalRows) -> None:
    """Raise `NotEstimableError` if the covariates separate the scores."""
    if separating_gain(rows) > 1e-6:
        raise NotEstimableError(SEPARATED)
