"""Mixed models of single ratings beside the primary test: linear and cumulative link."""

from dataclasses import asdict
from typing import Any

import pandas as pd

from analysis.mixed.rating_model import rating_model
from analysis.ordinal.rating_model import ordinal_contrast
from analysis.schema import SCORE_LEVELS
from analysis.sensitivities.findings import Subject

Record = dict[str, Any]
MODEL_ARM, HUMAN_ARM = "model", "resident"
HIGH_SCORE = 4.0


def _rows(subject: Subject) -> pd.DataFrame:
    """Ratings of both sides, the residents' arms pooled under one name."""
    scores = subject.study.scores(subject.dimension)
    rows = scores[scores["responder"].isin([*subject.first, *subject.second]) & scores["score"].notna()]
    is_model = rows["responder"].isin(subject.first)
    return rows.assign(arm=is_model.map({True: MODEL_ARM, False: HUMAN_ARM}))


def rating_models(subject: Subject) -> Record:
    """Both models for one contrast on one dimension.

    Parameters
    ----------
    subject : Subject

    Returns
    -------
    dict
        ``linear`` with the mean difference in points, ``ordinal`` with the odds ratio, the model-implied mean
        difference and P(score >= 4); each with a reason where it is not estimable.
    """
    rows = _rows(subject)
    ordinal = ordinal_contrast(
        rows,
        model_arm=MODEL_ARM,
        human_arm=HUMAN_ARM,
        categories=SCORE_LEVELS,
        cut=HIGH_SCORE,
        confidence=subject.plan.confidence,
    )
    linear = rating_model(
        rows["score"],
        rows["vignette"],
        rows["responder"],
        rows["rater"],
        rows["arm"] == MODEL_ARM,
        confidence=subject.plan.confidence,
    )
    return {"linear": asdict(linear), "ordinal": asdict(ordinal)}
