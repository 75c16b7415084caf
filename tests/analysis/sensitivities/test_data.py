"""Part of the data, other data, and scores that were not given."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.sensitivities.exclusions import correct_guesses, fast_ratings, strata
from analysis.sensitivities.findings import NotAvailableError
from analysis.sensitivities.imputation import drawn, expected_cells, missing_ratings, pooled
from analysis.sensitivities.rules import missing_response, other_draws

IMPUTE = {"imputations": 20, "seed": 1}


def test_pairs_with_a_fast_rating_on_either_side_are_left_out(subject):
    (finding,) = fast_ratings(subject, {"below_seconds": 15})
    times = subject.looked_up(subject.study.ratings, "seconds")
    assert finding.n == int(((times[0] >= 15) & (times[1] >= 15)).sum())
    assert 0 < finding.n < len(subject.differences)


def test_without_a_fast_rating_the_primary_test_stands(subject):
    (finding,) = fast_ratings(subject, {"below_seconds": 0.01})
    assert finding.test is subject.primary


def test_without_recorded_times_nothing_can_be_left_out(subject_of, frames):
    subject = subject_of(frames | {"ratings": frames["ratings"].assign(active_seconds=None)})
    with pytest.raises(NotAvailableError, match="no active time"):
        fast_ratings(subject, {"below_seconds": 10})


def test_ratings_with_a_right_guess_are_left_out(subject_of, frames):
    guesses = frames["guesses"].assign(guess="dont_know")
    guesses.loc[guesses["rater"] == "R01", "guess"] = "model"
    (finding,) = correct_guesses(subject_of(frames | {"guesses": guesses}), {})
    assert finding.n == 3 * 10
    with pytest.raises(NotAvailableError, match="no source guess"):
        correct_guesses(subject_of(frames | {"guesses": guesses.iloc[:0]}), {})


def test_strata_come_from_the_plan(subject):
    named = {"early": ("MS-01", "MS-02", "MS-03", "MS-04"), "empty": ("XX-01",)}
    early, empty = strata(subject, {"strata": named})
    assert (early.case, early.n) == ("early", 16)
    assert empty.test.reason.startswith("no vignette")
    with pytest.raises(NotAvailableError, match="the plan names none"):
        strata(subject, {"strata": {}})


def test_every_other_draw_of_the_model_is_compared(subject_of, frames):
    model = frames["responders"].loc[frames["responders"]["arm"] == "C", "responder"].item()
    again = {}
    for name in ("responses", "ratings", "guesses", "harms"):
        own = frames[name][frames[name]["responder"] == model]
        again[name] = pd.concat([frames[name], own.assign(response=own["response"] + "x", draw=2)])
    (finding,) = other_draws(subject_of(frames | again), {})
    assert (finding.case, finding.n) == ("draw 2", 40)
    with pytest.raises(NotAvailableError, match="no other draw"):
        other_draws(subject_of(frames), {})


def test_the_rule_that_the_plan_did_not_choose_is_tried(subject_of, frames):
    with pytest.raises(NotAvailableError, match="every planned response was given"):
        missing_response(subject_of(frames), {})
    planned = frames["responses"]
    gone = planned["response"] == "r0000"
    tables = {t: frames[t][frames[t]["response"] != "r0000"] for t in ("ratings", "guesses", "harms")}
    tables["responses"] = planned.assign(
        status=planned["status"].mask(gone, "missing"), response=planned["response"].mask(gone, "")
    )
    (finding,) = missing_response(subject_of(frames | tables), {})
    assert (finding.case, finding.n) == ("available cases", 36)


def _with_gaps(frames):
    score = frames["ratings"]["score"].astype("Int64")
    gaps = frames["ratings"]["response"].isin(["r0000", "r0003"]) & (frames["ratings"]["rater"] == "R02")
    return frames | {"ratings": frames["ratings"].assign(score=score.mask(gaps))}


def test_missing_scores_are_drawn_from_the_raters_own_and_the_same_every_time(subject_of, frames):
    with pytest.raises(NotAvailableError, match="nothing is imputed"):
        missing_ratings(subject_of(frames), IMPUTE)
    subject = subject_of(_with_gaps(frames))
    (one,), (two,) = missing_ratings(subject, IMPUTE), missing_ratings(subject, IMPUTE)
    assert one.test == two.test
    assert one.n == 40 > len(subject.differences)
    assert one.test.components["between"] > 0


def test_only_a_raters_own_scores_are_drawn(subject_of, frames):
    scores = subject_of(_with_gaps(frames)).study.scores("medication_safety")
    cells = expected_cells(scores.assign(score=scores["score"].where(scores["rater"] != "R02", 5)))
    cells.loc[cells["rater"].eq("R02") & (cells.index % 7 == 0), "score"] = np.nan
    filled = drawn(cells, np.random.default_rng(1), 5)
    assert set(np.unique(filled[:, cells["score"].isna().to_numpy()])) == {5}


def test_pooling_equal_results_changes_nothing_and_a_reason_passes_through(subject):
    same = pooled([subject.primary] * 5, margin=0.5, confidence=0.95)
    assert same.se == pytest.approx(subject.primary.se)
    assert same.df <= subject.primary.df
    failed = replace(subject.primary, reason="no variance")
    assert pooled([failed, failed], margin=0.5, confidence=0.95).reason == "no variance"
