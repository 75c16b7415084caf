"""The plan's ordinal model of one contrast."""

import numpy as np
import pytest

from analysis.ordinal.rating_model import INTERVAL_NOTE, ordinal_contrast
from tests.analysis.simulate import Study, simulate_study


def _ratings(seed=1, **study):
    ratings = simulate_study(np.random.default_rng(seed), Study(**study))["ratings"]
    return ratings[ratings["dimension"] == ratings["dimension"].iloc[0]]


def _contrast(ratings, **options):
    return ordinal_contrast(ratings, model_arm="C", human_arm="A", categories=range(1, 6), **options)


def test_a_complete_study_has_all_five_effects_and_all_estimates():
    ratings = _ratings(effects={"model-a": 1.0})
    found = _contrast(ratings)
    assert set(found.sd) == {"vignette", "response", "rater", "rater:arm", "resident"}
    assert found.estimable
    assert found.odds_ratio > 1
    assert found.interval[0] < found.odds_ratio < found.interval[1]
    assert found.interval_note == INTERVAL_NOTE
    assert found.n == int(ratings["arm"].isin(["A", "C"]).sum())


def test_the_implied_mean_difference_is_close_to_the_observed_one():
    ratings = _ratings(seed=3, vignettes=60, raters=8)
    means = ratings.groupby("arm")["score"].mean()
    found = _contrast(ratings)
    assert found.mean_difference.estimate == pytest.approx(means["C"] - means["A"], abs=0.08)


def test_one_resident_and_one_rater_are_dropped_with_the_reason():
    found = _contrast(_ratings(residents=1, raters=1))
    assert found.dropped["resident"] == "it has one level only"
    assert found.dropped["rater"] == "it has one level only"
    assert "one row" in found.dropped["response"]
    assert "cannot tell" in found.dropped["rater:arm"]


def test_effects_with_the_same_grouping_are_merged():
    ratings = _ratings()
    ratings = ratings.assign(vignette=ratings["responder"].where(ratings["arm"] == "A", ratings["vignette"]))
    ratings["response"] = ratings["vignette"]
    found = _contrast(ratings)
    assert found.merged == {"response": "vignette"}
    assert "vignette and response" in found.sd


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d[d["arm"] != "C"], "no rating of C"),
        (lambda d: d.assign(score=np.nan), "no rating of C"),
        (lambda d: d.assign(score=4.0), "all scores are 4, so nothing can be compared"),
        (lambda d: d.assign(score=np.arange(len(d)) / 7), "different scores are too many"),
        (lambda d: d.assign(score=np.where(d["arm"] == "C", 5.0, 2.0)), "separates the scores"),
    ],
)
def test_degenerate_ratings_give_a_reason_and_no_estimate(change, reason):
    ratings = change(_ratings())
    found = ordinal_contrast(ratings, model_arm="C", human_arm="A")
    assert reason in found.reason
    assert found.odds_ratio is None
    assert found.mean_difference is None


def test_an_unused_score_is_named():
    ratings = _ratings()
    found = _contrast(ratings.assign(score=ratings["score"].clip(lower=2)))
    assert "no score is 1" in found.flags
