"""Counts and descriptive figures by arm."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.dataset import Dataset
from analysis.differences import primary_responses
from analysis.plan import Plan
from analysis.schema import NEVER_GIVEN, ORIGINAL, SCORE_LEVELS, STATUSES

Record = dict[str, Any]


def first_ratings(dataset: Dataset) -> pd.DataFrame:
    """Scores of the first presentation of original texts, every draw, nothing imputed."""
    ratings = dataset.ratings
    return ratings[(ratings["copy"] == 0) & (ratings["variant"] == ORIGINAL)]


def first_guesses(dataset: Dataset) -> pd.DataFrame:
    """Source guesses at the first presentation of original texts, every draw."""
    responses, guesses = dataset.responses, dataset.guesses
    originals = responses.loc[responses["variant"] == ORIGINAL, "response"]
    return guesses[(guesses["copy"] == 0) & guesses["response"].isin(originals)]


def counts(dataset: Dataset, plan: Plan, scores: pd.DataFrame) -> Record:
    """How much of everything there is, and how many scores of `scores` were imputed."""
    planned = primary_responses(dataset, plan)
    ratings, first = dataset.ratings, first_ratings(dataset)
    cells = first.drop_duplicates(["response", "rater"])
    return {
        "vignettes": int(planned["vignette"].nunique()),
        "raters": len(dataset.raters),
        "responders": len(dataset.responders),
        "responses_planned": len(dataset.responses),
        "responses_rated": int(ratings["response"].nunique()),
        "responses_never_given": int(planned["status"].isin(NEVER_GIVEN).sum()),
        "ratings": len(cells),
        "scores": int(first["score"].notna().sum()),
        "scores_imputed": int(scores["imputed"].sum()),
        "cannot_judge": int(cells["cannot_judge"].sum()),
        "planned_duplicates": len(ratings[ratings["copy"] == 1].drop_duplicates(["response", "rater"])),
        "guesses": len(first_guesses(dataset)),
    }


def arm_records(dataset: Dataset, plan: Plan) -> list[Record]:
    """Per arm: what it is, its responders, and the status of its planned responses in the primary draw."""
    planned = primary_responses(dataset, plan)
    records = []
    for arm in dataset.arms:
        own = planned[planned["arm"] == arm.code]
        records.append(
            {
                "code": arm.code,
                "name": arm.name,
                "kind": arm.kind,
                "level": arm.level,
                "label": arm.title,
                "responders": int((dataset.responders["arm"] == arm.code).sum()),
                "planned": len(own),
                "status": {status: int((own["status"] == status).sum()) for status in STATUSES},
            }
        )
    return records


def descriptives(dataset: Dataset, plan: Plan, scores: pd.DataFrame) -> list[Record]:
    """Per arm and dimension: n, mean, standard deviation and distribution of the scores given.

    Imputed scores are counted, not included.
    """
    records = []
    for arm in dataset.arms:
        for dimension in plan.dimensions:
            rows = scores[(scores["arm"] == arm.code) & (scores["dimension"] == dimension)]
            given = rows.loc[~rows["imputed"].astype(bool), "score"]
            values = given.dropna().to_numpy(float)
            records.append(
                {
                    "arm": arm.code,
                    "label": arm.title,
                    "dimension": dimension,
                    "n": len(values),
                    "mean": float(values.mean()) if len(values) else None,
                    "sd": float(values.std(ddof=1)) if len(values) > 1 else None,
                    "distribution": {str(level): int((values == level).sum()) for level in SCORE_LEVELS},
                    "not_judged": int(given.isna().sum()),
                    "imputed": int(rows["imputed"].sum()),
                }
            )
    return records


def silent_raters(dataset: Dataset) -> list[str]:
    """Raters of the study without a single score."""
    ratings = dataset.ratings
    heard = set(ratings.loc[ratings["score"].notna(), "rater"])
    return [str(rater) for rater in np.sort(dataset.raters["rater"].to_numpy(str)) if rater not in heard]
