"""Score tables and the refusal of adjudicated scores."""

import numpy as np
import pandas as pd
import pytest

from analysis.agreement.scores import AdjudicatedScoresError, adjudication_refusal, score_table


def _long(**extra):
    frame = pd.DataFrame({"response": ["a", "a", "b"], "rater": ["R1", "R2", "R1"], "score": [3, 4, 5]})
    return frame.assign(**extra)


def test_long_scores_become_a_table_whatever_their_order():
    table = score_table(["b", "a", "a"], ["R2", "R1", "R2"], [1, 2, 3])
    assert np.array_equal(table, [[2, 3], [np.nan, 1]], equal_nan=True)


def test_a_second_score_in_a_cell_is_refused_and_explained():
    with pytest.raises(AdjudicatedScoresError, match="settled a disagreement"):
        score_table(["a", "a"], ["R1", "R1"], [3, 4])


def test_scores_of_the_raters_themselves_are_accepted():
    assert adjudication_refusal(_long(adjudicated=0, score_source="original")) == ""


@pytest.mark.parametrize(
    ("extra", "sign"),
    [
        ({"adjudicated": [0, 1, 0]}, "column adjudicated marks"),
        ({"adjudicated": ["no", "yes", None]}, "column adjudicated marks"),
        ({"is_adjudicated": [False, True, False]}, "column is_adjudicated marks"),
        ({"score_source": ["original", "Adjudicated", ""]}, "holds 'Adjudicated'"),
        ({"score_stage": ["first", "consensus", "first"]}, "holds 'consensus'"),
        ({"rater": ["R1", "Consensus panel", "R1"]}, "stands for several raters"),
        ({"rater": ["R1", "R1", "R1"]}, "R1 has more than one score for response a"),
    ],
)
def test_every_sign_of_adjudication_is_refused_with_what_was_found(extra, sign):
    reason = adjudication_refusal(_long(**extra))
    assert sign in reason
    assert "agree by construction" in reason
