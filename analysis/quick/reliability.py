"""How far raters agree, per dimension and arm, on the scores as they were given."""

import math
from typing import Any

import numpy as np
import pandas as pd

from analysis.agreement.chance_corrected import chance_corrected_agreement
from analysis.agreement.intraclass import intraclass_correlations
from analysis.agreement.krippendorff import krippendorff_alpha
from analysis.agreement.scores import score_table
from analysis.differences import Differences
from analysis.estimate import Array
from analysis.quick import options as setting
from analysis.quick.comparison import limits
from analysis.quick.options import Options
from analysis.quick.ratings import Ratings

Record = dict[str, Any]
ALL_ARMS = "all arms"
MAX_CATEGORIES = 25
SHORT_SCALE = 12
LARGEST_TABLE = 5_000_000
FORMS = {"icc_single": "ICC(2,1)", "icc_average": "ICC(2,k)", "icc_consistency": "ICC(3,k)"}


def categories_of(scores: Array, denominator: int, scale: tuple[float, float]) -> list[float]:
    """The full list of possible scores, used or not; empty if there are more than 25 or no common step.

    On a scale of at most 12 points the step is 1 where all scores are whole; otherwise it is the largest
    that meets the lower end of the scale and every score.
    """
    low, high = scale
    if denominator == 0:
        return []
    steps = np.rint((scores - low) * denominator).astype(np.int64)
    if np.abs(steps / denominator + low - scores).max(initial=0.0) > 1e-7:
        return []
    top = round((high - low) * denominator)
    step = math.gcd(int(np.gcd.reduce(steps)) if len(steps) else 0, top)
    if denominator == 1 and high - low <= SHORT_SCALE:
        step = 1
    values = [low + i / denominator for i in range(0, top + 1, max(step, 1))]
    return values if len(values) <= MAX_CATEGORIES else []


def _stacked(rows: pd.DataFrame) -> Array:
    """Scores by response in any order, for coefficients that do not ask who gave them."""
    place = rows.groupby("response").cumcount().to_numpy()
    names, row = np.unique(rows["response"].to_numpy(str), return_inverse=True)
    table = np.full((len(names), int(place.max()) + 1), np.nan)
    table[row, place] = rows["score"].to_numpy(float)
    return table


def _intraclass(rows: pd.DataFrame) -> Record:
    size = rows["response"].nunique() * rows["rater"].nunique()
    if size > LARGEST_TABLE:
        return {"icc_reason": "few raters share responses", **dict.fromkeys(FORMS)}
    table = score_table(rows["response"].tolist(), rows["rater"].tolist(), rows["score"].tolist())
    found = intraclass_correlations(table, setting.CONFIDENCE)
    record: Record = {
        "icc_reason": found.reason,
        "icc_responses": found.responses,
        "icc_raters": found.raters,
    }
    for key, form in FORMS.items():
        record[key] = found.forms[form].estimate
        record[f"{key}_interval"] = limits(found.forms[form].interval, setting.CONFIDENCE)
    return record


def reliability(rows: pd.DataFrame, categories: list[float]) -> Record:
    """ICC forms, ordinal alpha and AC2 with ordinal weights of the scores of one dimension.

    Parameters
    ----------
    rows : DataFrame
        Scored rows: response, rater, score.
    categories : list of float
        The full list of scores; empty if the scale has too many.
    """
    if rows.empty:
        return {"reason": "there is no score"}
    table = _stacked(rows)
    record: Record = {"reason": "", **_intraclass(rows), **dict.fromkeys(("alpha", "ac2", "ac2_interval"))}
    if not categories:
        many = f"more than {MAX_CATEGORIES} possible scores"
        return {**record, "alpha_reason": many, "ac2_reason": many}
    alpha = krippendorff_alpha(table, "ordinal")
    ac2 = chance_corrected_agreement(table, categories, "gwet", "ordinal", setting.CONFIDENCE)
    return {
        **record,
        "alpha": alpha.estimate,
        "alpha_reason": alpha.reason,
        "alpha_responses": alpha.units,
        "ac2": ac2.estimate,
        "ac2_interval": limits(ac2.interval, setting.CONFIDENCE),
        "ac2_reason": ac2.reason,
    }


def reliability_records(ratings: Ratings, options: Options) -> list[Record]:
    """Reliability per dimension, over all arms and within each."""
    judged = ratings.frame[ratings.frame["score"].notna()]
    scores = judged["score"].to_numpy(float)
    categories = categories_of(scores, ratings.denominator, options.scale)
    records = []
    for dimension in ratings.dimensions:
        rows = judged[judged["dimension"] == dimension]
        scopes = [(ALL_ARMS, rows)] if len(ratings.arms) > 1 else []
        scopes += [(arm.name, rows[rows["arm"] == arm.name]) for arm in ratings.arms]
        records += [
            {"dimension": dimension, "arm": name, **reliability(part, categories)} for name, part in scopes
        ]
    return records


def consistency(differences: Differences, values: Array) -> float | None:
    """ICC(3,k) of differences over the pairs that every rater scored; None where not estimable."""
    d = differences
    pairs = np.unique(np.stack([d.vignette, d.first, d.second]), axis=1, return_inverse=True)[1].ravel()
    if (pairs.max(initial=0) + 1) * len(np.unique(d.rater)) > LARGEST_TABLE:
        return None
    table = score_table(pairs.astype(str).tolist(), d.rater.tolist(), values.tolist())
    return intraclass_correlations(table).forms["ICC(3,k)"].estimate
