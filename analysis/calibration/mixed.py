"""Procedures with a model fit for every simulated study."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.calibration.names import CLMM, LMM, REML
from analysis.calibration.outcomes import Outcomes, Tally, from_tails, numbered
from analysis.differences import reml_test
from analysis.estimate import Array, t_interval, t_tail
from analysis.mixed.rating_model import rating_model
from analysis.ordinal.rating_model import ordinal_contrast
from analysis.power.incomplete import Labels
from analysis.power.simulate import Studies
from analysis.schema import SCORE_LEVELS

MODEL, HUMAN = "model", "human"
NORMAL = np.inf
NAN = float("nan")
Codes = NDArray[np.int64]
# Estimate, standard error and degrees of freedom; NaN where not estimable.
Row = tuple[float, float, float]
NOT_ESTIMABLE = (NAN, NAN, NAN)


def _about(rows: list[Row], null: float) -> Outcomes:
    """Outcomes of t tests from their estimates, standard errors and degrees of freedom."""
    estimate, se, df = np.array(rows).T
    centred = estimate - null
    low, high = t_interval(centred, se, df, 0.95)
    return from_tails(t_tail(centred / se, df), low, high)


def _engine_rows(studies: Studies) -> Iterator[Row]:
    labels = Labels(studies.vignette, studies.resident, studies.residents.shape[-1])
    for model, people in zip(studies.models[0, :, 0], studies.residents[0, :, 0], strict=True):
        rows = labels.rows(model[studies.vignette], people)
        factors = {"first responder": rows.first, "resident": rows.second, "vignette": rows.vignette}
        test = reml_test(rows, factors, margin=1.0, confidence=0.95)
        if test.estimate is None or test.se is None or test.df is None:
            yield NOT_ESTIMABLE
        else:
            yield test.estimate, test.se, test.df


def _ratings(scores: Array, vignette: Codes, responder: list[str], arm: str) -> pd.DataFrame:
    response, rater = np.nonzero(np.isfinite(scores))
    return pd.DataFrame(
        {
            "vignette": np.array([f"V{v}" for v in vignette])[response],
            "responder": np.array(responder)[response],
            "arm": arm,
            "rater": np.array([f"R{r}" for r in range(scores.shape[1])])[rater],
            "score": scores[response, rater].astype(float),
        }
    )


def frames(studies: Studies) -> Iterator[pd.DataFrame]:
    """The ratings of both arms of each study, first model and first level, one row per rating."""
    people = [f"S{s}" for s in studies.resident]
    for model, human in zip(studies.models[0, :, 0], studies.residents[0, :, 0], strict=True):
        own: pd.DataFrame = _ratings(model, np.arange(len(model), dtype=np.int64), ["M"] * len(model), MODEL)
        yield pd.concat([own, _ratings(human, studies.vignette, people, HUMAN)], ignore_index=True)


def _linear_row(ratings: pd.DataFrame) -> Row:
    test = rating_model(
        ratings["score"],
        ratings["vignette"],
        ratings["responder"],
        ratings["rater"],
        (ratings["arm"] == MODEL).to_numpy(),
    )
    if test.estimate is None or test.se is None or test.df is None:
        return NOT_ESTIMABLE
    return test.estimate, test.se, test.df


def _ordinal_row(ratings: pd.DataFrame) -> Row:
    found = ordinal_contrast(ratings, model_arm=MODEL, human_arm=HUMAN, categories=SCORE_LEVELS)
    implied = found.mean_difference
    if implied is None or implied.estimate is None or implied.se is None:
        return NOT_ESTIMABLE
    return implied.estimate, implied.se, NORMAL


def _rated(row: Callable[[pd.DataFrame], Row]) -> Callable[[Studies], Iterator[Row]]:
    return lambda studies: (row(ratings) for ratings in frames(studies))


PROCEDURES = {REML: _engine_rows, LMM: _rated(_linear_row), CLMM: _rated(_ordinal_row)}


def mixed_procedure(name: str, studies: Studies, null: float) -> Tally:
    """Tally of one procedure of `PROCEDURES` on the first model and level of each study.

    The CLMM's test and interval are those of its model-implied mean difference in points, by the normal
    distribution.
    """
    return numbered(name, _about(list(PROCEDURES[name](studies)), null))
