"""Which grouping factors the rows can tell apart, from each other and from the residual."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.estimate import Array
from analysis.mixed.crossproducts import CrossProducts
from analysis.mixed.information import expected_information
from analysis.mixed.likelihood import Likelihood
from analysis.mixed.tables import Codes

NO_LEVEL = "no row carries it"
ONE_LEVEL = "it has one level only"
LEVEL_PER_ROW = "each of its levels has one row, as the residual has"
INSEPARABLE = "the rows cannot tell its variance from those of the other effects"
LEAST_INFORMATION = 1e-8


@dataclass(frozen=True)
class DistinctFactors:
    """Factors that a model can tell apart.

    Attributes
    ----------
    codes : dict of str to ndarray of int, shape (n,)
        Level per row, -1 where the row carries no effect; merged factors join their names with " and ".
    dropped : dict of str to str
        Why a factor was left out.
    merged : dict of str to str
        The factor with the same grouping, into which a factor was merged.
    """

    codes: dict[str, Codes]
    dropped: dict[str, str]
    merged: dict[str, str]

    @property
    def labels(self) -> dict[str, Array]:
        """`codes` as labels for a fit, NaN where the row carries no effect."""
        return {name: np.where(code < 0, np.nan, code) for name, code in self.codes.items()}


def _same_grouping(a: Codes, b: Codes) -> bool:
    """Whether two codings without gaps put the same rows together and leave the same rows out."""
    levels = int(a.max()) + 1
    if levels != int(b.max()) + 1 or not np.array_equal(a < 0, b < 0):
        return False
    carried = a >= 0
    return len(np.unique(a[carried] * levels + b[carried])) == levels


def distinct_factors(factors: Mapping[str, ArrayLike]) -> DistinctFactors:
    """Leave out factors with one level or a level per row, and merge factors with the same grouping.

    Parameters
    ----------
    factors : mapping of str to array_like, shape (n,)
        Labels; missing (None, NaN) where a row carries no effect of the factor.

    Returns
    -------
    DistinctFactors
        Names in the order of `factors`; a merged factor stands where the first of its names stood last.
    """
    found = DistinctFactors({}, {}, {})
    for name, labels in factors.items():
        codes, levels = pd.factorize(pd.Series(labels).to_numpy(), use_na_sentinel=True)
        if len(levels) < 2 or len(levels) == np.count_nonzero(codes >= 0):
            found.dropped[name] = (NO_LEVEL, ONE_LEVEL)[len(levels)] if len(levels) < 2 else LEVEL_PER_ROW
            continue
        twin = next((other for other, seen in found.codes.items() if _same_grouping(seen, codes)), None)
        if twin is None:
            found.codes[name] = codes
        else:
            found.codes[f"{twin} and {name}"] = found.codes.pop(twin)
            found.merged[name] = twin
    return found


def rating_factors(ratings: pd.DataFrame, human_arm: str) -> dict[str, pd.Series]:
    """Labels of the random intercepts of one model against the residents of one level.

    Parameters
    ----------
    ratings : DataFrame
        One row per rating with the columns vignette, responder, arm and rater, and response if a responder
        can answer a vignette more than once.
    human_arm : str
        The residents' arm; only its rows carry an effect of the responder, because a model is fixed.

    Returns
    -------
    dict of str to Series
        vignette, rater, resident, response and rater:arm, in the order of the rows. Where the rows cannot
        tell variances apart, the later effect is the one to leave out.
    """
    text = {name: ratings[name].astype(str) for name in ("vignette", "responder", "arm", "rater")}
    response = ratings["response"] if "response" in ratings else text["vignette"] + ":" + text["responder"]
    return {
        "vignette": ratings["vignette"],
        "rater": ratings["rater"],
        "resident": ratings["responder"].where(text["arm"] == human_arm),
        "response": response,
        "rater:arm": text["rater"] + ":" + text["arm"],
    }


def separable_factors(y: Array, x: Array, factors: DistinctFactors) -> DistinctFactors:
    """Leave out the factors whose variance is not identified beside the residual and those before them.

    The covariance matrices of the factors, less what the fixed effects take, must be linearly independent.

    Parameters
    ----------
    y : ndarray, shape (n,)
    x : ndarray, shape (n, p)
        Fixed-effect columns of full rank.
    factors : DistinctFactors

    Raises
    ------
    NotEstimableError
        If the outcome does not vary beyond the fixed effects.
    """
    if not factors.codes:
        return factors
    columns = np.column_stack([np.linalg.qr(x)[0], y])
    base = CrossProducts(columns, factors.codes)
    terms = Likelihood(base, reml=True).at(np.zeros(len(base.names)))
    size = np.sqrt(np.append(np.diagonal(terms.projection.squares), base.n))
    gram = expected_information(terms) / size[:, None] / size
    kept, dropped = [len(base.names)], dict(factors.dropped)
    for name in factors.codes:
        with_it = [*kept, base.names.index(name)]
        if np.linalg.eigvalsh(gram[np.ix_(with_it, with_it)])[0] > LEAST_INFORMATION:
            kept = with_it
        else:
            dropped[name] = INSEPARABLE
    codes = {name: code for name, code in factors.codes.items() if base.names.index(name) in kept}
    return DistinctFactors(codes, dropped, factors.merged)
