"""Columns of the models of all scores: arms as fixed effects, and what scores share as random ones.

The random effects are those of the default plan: vignette, response, rater, rater by arm, and the responders
of arms that have several; an arm with one responder is a fixed effect and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.estimate import Array
from analysis.mixed.factors import distinct_factors
from analysis.quick.options import Options
from analysis.quick.pairs import Pair
from analysis.quick.ratings import Arm

Codes = NDArray[np.int64]
NO_ARM = "an arm has no score"
NO_SCORE = "there is no score"


@dataclass(frozen=True)
class Design:
    """Scored rows of one dimension.

    Attributes
    ----------
    score : ndarray, shape (n,)
    arms : tuple of str
        Arms with a score; the first has no column.
    columns : ndarray, shape (n, arms - 1)
        Whether a row is of each other arm.
    codes : dict of str to ndarray of int, shape (n,)
        Level of each row per random effect, -1 where it carries none.
    carried : dict of str to tuple of str
        Random effects that the rows of each arm carry.
    """

    score: Array
    arms: tuple[str, ...]
    columns: Array
    codes: dict[str, Codes]
    carried: dict[str, tuple[str, ...]]

    @property
    def labels(self) -> dict[str, Array]:
        """The codes with NaN for no effect."""
        return {name: np.where(code < 0, np.nan, code) for name, code in self.codes.items()}

    def row(self, arm: str) -> Array:
        """Values of `columns` in the rows of an arm."""
        return np.array([float(arm == name) for name in self.arms[1:]])

    def weights(self, pair: Pair) -> Array | None:
        """Contrast of a pair over an intercept and `columns`; None where an arm has no score."""
        if pair.second is None:
            return np.append(1.0, self.row(pair.first.name)) if pair.first.name in self.arms else None
        if not {pair.first.name, pair.second.name} <= set(self.arms):
            return None
        return np.append(0.0, self.row(pair.first.name) - self.row(pair.second.name))


def _factors(judged: pd.DataFrame, arms: Sequence[Arm], options: Options) -> dict[str, pd.Series]:
    several = [arm.name for arm in arms if len(arm.responders) > 1 and not options.fixed_responders]
    return {
        "vignette": judged["vignette"],
        "response": judged["response"],
        "rater": judged["rater"],
        "rater by arm": judged["rater"] + "\x1f" + judged["arm"],
        "responder": judged["responder"].astype(object).where(judged["arm"].isin(several), None),
    }


def design_of(rows: pd.DataFrame, arms: Sequence[Arm], options: Options) -> Design:
    """Columns and codes for the scored rows of some arms on one dimension."""
    judged = rows[rows["score"].notna() & rows["arm"].isin([arm.name for arm in arms])]
    arm = judged["arm"].to_numpy(str)
    present = tuple(a.name for a in arms if (arm == a.name).any())
    columns = [(arm == name).astype(float) for name in present[1:]]
    codes = distinct_factors(_factors(judged, arms, options)).codes if len(judged) else {}
    carried = {
        name: tuple(effect for effect, code in codes.items() if (code[arm == name] >= 0).any())
        for name in present
    }
    stacked = np.stack(columns, axis=1) if columns else np.zeros((len(judged), 0))
    return Design(judged["score"].to_numpy(float), present, stacked, codes, carried)
