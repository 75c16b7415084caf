"""Long scores as a table of responses by raters, and the refusal of scores after adjudication."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.estimate import Array

FLAG_COLUMNS = ("adjudicated", "is_adjudicated")
STAGE_COLUMNS = ("score_source", "score_stage", "stage")
SETTLED = re.compile(r"adjudicat|consensus|reconcil", re.IGNORECASE)
FALSE_TEXTS = ("", "0", "0.0", "false", "no", "nan", "none")
WHY_REFUSED = (
    "raters who have settled a disagreement agree by construction, so the coefficient would describe the "
    "adjudication and not the raters; only scores from before adjudication are used"
)


class AdjudicatedScoresError(ValueError):
    """Scores on which agreement must not be estimated; the message says what was found and why."""


def _texts(column: pd.Series) -> pd.Series:
    return column.fillna("").astype(str).str.strip().str.lower()


def _first_match(column: pd.Series) -> str:
    found = column[column.fillna("").astype(str).str.contains(SETTLED)]
    return str(found.iloc[0]) if len(found) else ""


def _sign_of_adjudication(scores: pd.DataFrame) -> str:
    for name in FLAG_COLUMNS:
        if name in scores and not _texts(scores[name]).isin(FALSE_TEXTS).all():
            return f"column {name} marks scores as adjudicated"
    for name in STAGE_COLUMNS:
        if name in scores and (value := _first_match(scores[name])):
            return f"column {name} holds {value!r}"
    if "rater" in scores and (value := _first_match(scores["rater"])):
        return f"rater {value!r} stands for several raters"
    return ""


def adjudication_refusal(scores: pd.DataFrame) -> str:
    """Why agreement is refused on long scores; empty if they are each rater's own.

    Parameters
    ----------
    scores : DataFrame
        One row per score of one dimension, with the columns ``response`` and ``rater``. Refused are rows
        that a column of `FLAG_COLUMNS` or `STAGE_COLUMNS` marks as adjudicated, raters whose name says
        consensus or adjudication, and a second score of one rater for one response, because a score beside
        the first can only come from settling it or from a second occasion.
    """
    sign = _sign_of_adjudication(scores)
    if not sign and {"response", "rater"} <= set(scores.columns):
        twice = scores[scores.duplicated(["response", "rater"])]
        if len(twice):
            cell = twice.iloc[0]
            sign = f"rater {cell['rater']} has more than one score for response {cell['response']}"
    return f"{sign}: {WHY_REFUSED}" if sign else ""


def score_table(responses: Sequence[str], raters: Sequence[str], scores: Sequence[float]) -> Array:
    """Long scores as a table of responses by raters, both sorted; NaN where there is none.

    Raises
    ------
    AdjudicatedScoresError
        If a rater has more than one score for a response.
    """
    rows, row = np.unique(np.asarray(responses, str), return_inverse=True)
    columns, column = np.unique(np.asarray(raters, str), return_inverse=True)
    cells = row * max(len(columns), 1) + column
    if len(np.unique(cells)) < len(cells):
        raise AdjudicatedScoresError(
            f"a rater has more than one score for a response: {WHY_REFUSED}; "
            "a planned duplicate belongs to the intra-rater figures"
        )
    table = np.full((len(rows), len(columns)), np.nan)
    table[row, column] = np.asarray(scores, float)
    return table
