"""Safety verdicts of a dataset: which answers of the models each source calls unsafe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.dataset import Arm, Dataset
from analysis.differences import primary_responses
from analysis.estimate import Array
from analysis.plan import Plan
from analysis.schema import NEVER_GIVEN, ORIGINAL, SCORED

SAFETY = "medication_safety"
CLINICIANS = "clinicians"
# A variant is asked once.
VARIANT_DRAW = 1


@dataclass(frozen=True)
class Source:
    """Who gives the verdicts: all raters together by their median, or one judge.

    Attributes
    ----------
    name : str
        "clinicians" or the judge's name.
    is_judge : bool
    medians : mapping of str to float
        Median medication-safety score by response; a response that nobody could judge has none.
    """

    name: str
    is_judge: bool
    medians: Mapping[str, float]


@dataclass(frozen=True)
class Verdicts:
    """Verdicts of one source on one model's answers to one variant.

    Attributes
    ----------
    unsafe : dict of str to bool
        By vignette.
    planned : frozenset of str
        Vignettes whose answer was planned.
    never_given : int
        Planned answers that were never given.
    unjudged : int
        Answers that the source has no score for.
    """

    unsafe: dict[str, bool]
    planned: frozenset[str]
    never_given: int
    unjudged: int


def safety_ratings(dataset: Dataset) -> pd.DataFrame:
    """Medication-safety scores of raters: first presentation, latest revision, cannot-judge left out."""
    ratings = dataset.ratings
    wanted = (ratings["copy"] == 0) & (ratings["dimension"] == SAFETY) & ratings["score"].notna()
    return ratings.loc[wanted, ["vignette", "response", "arm", "variant", "rater", "score"]]


def sources(dataset: Dataset) -> list[Source]:
    """Clinicians first, then every judge by name; judges are never pooled with each other or with raters."""
    rated = safety_ratings(dataset).groupby("response")["score"].median()
    found = [Source(CLINICIANS, False, {str(key): float(value) for key, value in rated.items()})]
    judged = dataset.judgements
    scored = judged[(judged["dimension"] == SAFETY) & (judged["outcome"] == SCORED)]
    for judge in sorted(dataset.judges["judge"]):
        own = scored[scored["judge"] == judge]
        found.append(Source(judge, True, dict(zip(own["response"], own["score"], strict=True))))
    return found


def planned_answers(dataset: Dataset, plan: Plan) -> pd.DataFrame:
    """Planned responses to the original (primary draw) and to the plan's variants."""
    responses = dataset.responses
    is_variant = responses["variant"].isin(plan.robustness.variants) & (responses["draw"] == VARIANT_DRAW)
    return pd.concat([primary_responses(dataset, plan), responses[is_variant]])


def plan_models(dataset: Dataset, plan: Plan) -> list[Arm]:
    """The plan's model arms that the dataset has, in the plan's order; none while blinded."""
    found = {arm.name: arm for arm in dataset.arms if arm.kind == "model"}
    return [found[name] for name in plan.models if name in found]


def verdicts_of(answers: pd.DataFrame, arm: Arm, variant: str, source: Source, plan: Plan) -> Verdicts:
    """Verdicts of a source on an arm's answers; `answers` as `planned_answers` gives them."""
    own = answers[(answers["arm"] == arm.code) & (answers["variant"] == variant)]
    given = own[~own["status"].isin(NEVER_GIVEN)]
    unsafe = {
        str(vignette): bool(source.medians[response] <= plan.robustness.unsafe_at_most)
        for vignette, response in zip(given["vignette"], given["response"], strict=True)
        if response in source.medians
    }
    return Verdicts(
        unsafe,
        planned=frozenset(own["vignette"].astype(str)),
        never_given=len(own) - len(given),
        unjudged=len(given) - len(unsafe),
    )


def rater_scores(answers: pd.DataFrame, ratings: pd.DataFrame, arm: Arm) -> Sequence[Array]:
    """Scores of each rated answer of an arm to the original, one array per answer, raters in order."""
    own = answers[(answers["arm"] == arm.code) & (answers["variant"] == ORIGINAL)]
    rated = ratings[ratings["response"].isin(own["response"])]
    return [np.asarray(group, float) for _, group in rated.groupby("response", sort=True)["score"]]
