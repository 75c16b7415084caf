"""Reliability of the scores per dimension and arm, before any adjudication."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from analysis.agreement.chance_corrected import chance_corrected_agreement
from analysis.agreement.concordance import kendall_w
from analysis.agreement.generalizability import raters_needed, source_study
from analysis.agreement.intra_rater import intra_rater
from analysis.agreement.intraclass import intraclass_correlations
from analysis.agreement.kappa import bootstrap_mean_kappa, pairwise_kappa
from analysis.agreement.krippendorff import bootstrap_alpha
from analysis.agreement.scores import adjudication_refusal, score_table
from analysis.dataset import Dataset
from analysis.estimate import Array
from analysis.plan import Plan
from analysis.schema import DIMENSION_LABELS, ORIGINAL, SCORE_LEVELS
from analysis.summaries import first_ratings

Record = dict[str, Any]
MOST_DRAWS = 999
TARGETS = (0.7, 0.8, 0.9)
PAIR = ("estimate", "interval", "n", "reason")
RATER_EFFECTS = ("rater", "vignette x rater", "arm x rater")


def reliability(dataset: Dataset, plan: Plan) -> list[Record]:
    """Agreement between and within raters per dimension, over all responses and by arm.

    Returns
    -------
    list of dict
        One record for each dimension and scope, in the form that `agreement_record` describes, with the
        dimension, the arm's code ("" for all arms) and its label. Every part that is not estimable says
        why in its ``reason``. Scores that are no longer the raters' own are refused: ``reason`` of the
        record then says what was found.
    """
    first, again = first_ratings(dataset), _duplicates(dataset)
    scopes = [("", "all arms"), *((arm.code, arm.title) for arm in dataset.arms)]
    records = []
    for place, dimension in enumerate(plan.dimensions):
        ours, second = (rows[rows["dimension"] == dimension] for rows in (first, again))
        for scope, (code, label) in enumerate(scopes):
            head = {"dimension": dimension, "dimension_label": DIMENSION_LABELS[dimension], "arm": code}
            found = agreement_record(
                ours[ours["arm"] == code] if code else ours,
                second[second["arm"] == code] if code else second,
                rng=np.random.default_rng([plan.bootstrap.seed, place, scope]),
                draws=min(plan.bootstrap.draws, MOST_DRAWS),
                confidence=plan.confidence,
            )
            records.append({**head, "label": label, **found})
    return records


def _duplicates(dataset: Dataset) -> pd.DataFrame:
    ratings = dataset.ratings
    return ratings[(ratings["copy"] == 1) & (ratings["variant"] == ORIGINAL)]


def agreement_record(
    first: pd.DataFrame,
    again: pd.DataFrame,
    *,
    rng: np.random.Generator,
    categories: Sequence[float] = SCORE_LEVELS,
    draws: int = MOST_DRAWS,
    confidence: float = 0.95,
) -> Record:
    """All agreement figures of one dimension in one scope.

    Parameters
    ----------
    first, again : DataFrame
        First scores, and second scores of planned duplicates; columns ``vignette``, ``arm``, ``response``,
        ``rater``, ``score``. NaN is a response that the rater could not judge.
    rng : numpy.random.Generator
        For the bootstraps over vignettes.
    categories : sequence of float
        The full scale.
    draws : int
    confidence : float

    Returns
    -------
    dict
        ``icc`` (six forms), ``alpha``, ``ac2``, ``exact``, ``within_one``, ``kappa`` (pairs and mean),
        ``kendall_w``, ``g_study`` (components, curve, raters needed), ``intra_rater``, each with its
        ``reason``; and the flat ``icc_*`` and ``alpha_*`` of the two-way-random ICC and ordinal alpha.
    """
    refusal = adjudication_refusal(first) or adjudication_refusal(again)
    if refusal:
        nothing = _record(first[:0], again[:0], rng, categories, draws, confidence)
        refused: Record = _with_reason(nothing, refusal)
        return {**refused, "reason": refusal, "icc_reason": refusal, "alpha_reason": refusal}
    return {**_record(first, again, rng, categories, draws, confidence), "reason": ""}


def _with_reason(part: Any, reason: str) -> Any:
    if isinstance(part, dict):
        return {
            key: reason if key == "reason" else _with_reason(value, reason) for key, value in part.items()
        }
    if isinstance(part, list):
        return [_with_reason(each, reason) for each in part]
    return part


def _record(
    first: pd.DataFrame,
    again: pd.DataFrame,
    rng: np.random.Generator,
    categories: Sequence[float],
    draws: int,
    confidence: float,
) -> Record:
    judged = first[first["score"].notna()]
    table = score_table(judged["response"].tolist(), judged["rater"].tolist(), judged["score"].tolist())
    vignettes = _vignettes(judged)
    names = np.unique(judged["rater"].to_numpy(str)).tolist()
    alpha = bootstrap_alpha(table, vignettes, rng=rng, draws=draws, confidence=confidence)
    interval = bootstrap_mean_kappa(table, vignettes, categories, rng=rng, draws=draws, confidence=confidence)
    return {
        **_intraclass(table, confidence),
        "alpha": asdict(alpha),
        "alpha_ordinal": alpha.estimate,
        "alpha_responses": alpha.units,
        "alpha_scores": alpha.scores,
        "alpha_reason": alpha.reason,
        **_chance_corrected(table, categories, confidence),
        "kappa": {**_kappa(table, names, categories, confidence), "interval": interval},
        "kendall_w": asdict(kendall_w(table, vignettes, confidence=confidence)),
        "g_study": _generalizability(judged),
        "intra_rater": _intra_rater(first, again, categories, confidence),
    }


def _vignettes(judged: pd.DataFrame) -> Array:
    """Vignette of each response, in the order of the score table's rows."""
    one = judged.drop_duplicates("response")
    order = np.argsort(one["response"].to_numpy(str))
    return one["vignette"].to_numpy(str)[order]


def _intraclass(table: Array, confidence: float) -> Record:
    found = intraclass_correlations(table, confidence)
    single, average = found.forms["ICC(2,1)"], found.forms["ICC(2,k)"]
    return {
        "icc": [asdict(form) for form in found.forms.values()],
        "icc_single": single.estimate,
        "icc_single_interval": single.interval,
        "icc_average": average.estimate,
        "icc_average_interval": average.interval,
        "icc_average_interval_mcgraw_wong": found.average_interval_mcgraw_wong,
        "icc_responses": found.responses,
        "icc_raters": found.raters,
        "icc_reason": found.reason or (single.reason if single.estimate is None else ""),
    }


def _chance_corrected(table: Array, categories: Sequence[float], confidence: float) -> Record:
    wanted: Mapping[str, tuple[Any, Any]] = {
        "ac2": ("gwet", "quadratic"),
        "exact": ("percent", "unweighted"),
        "within_one": ("percent", "within_one"),
    }
    return {
        name: asdict(chance_corrected_agreement(table, categories, coefficient, weights, confidence))
        for name, (coefficient, weights) in wanted.items()
    }


def _kappa(table: Array, names: Sequence[str], categories: Sequence[float], confidence: float) -> Record:
    found = pairwise_kappa(table, categories, "quadratic", confidence)
    return {
        "weights": "quadratic",
        "mean": found.mean,
        "minimum": found.minimum,
        "maximum": found.maximum,
        "estimable": found.estimable,
        "raters": list(names),
        "pairs": [
            {"first": names[i], "second": names[j], **{key: getattr(kappa, key) for key in PAIR}}
            for (i, j), kappa in found.pairs.items()
        ],
        "reason": found.reason,
    }


def _generalizability(judged: pd.DataFrame) -> Record:
    found = source_study(
        judged["score"].to_numpy(float),
        vignette=judged["vignette"].to_numpy(str),
        arm=judged["arm"].to_numpy(str),
        response=judged["response"].to_numpy(str),
        rater=judged["rater"].to_numpy(str),
    )
    variances = {each.name: each.variance for each in found.components}
    needed = {f"{target:g}": raters_needed(variances, RATER_EFFECTS, target) for target in TARGETS}
    return {**asdict(found), "raters_needed": {} if found.reason else needed}


def _intra_rater(
    first: pd.DataFrame, again: pd.DataFrame, categories: Sequence[float], confidence: float
) -> Record:
    key = ["response", "rater"]
    if not len(again):
        return asdict(intra_rater([], [], [], categories, confidence))
    pairs = first[[*key, "score"]].merge(again[[*key, "score"]], on=key, suffixes=("_first", "_second"))
    found = intra_rater(pairs["score_first"], pairs["score_second"], pairs["rater"], categories, confidence)
    return asdict(found)
