"""Degenerate data give a result that says why nothing can be estimated: no traceback, no number."""

import json
from dataclasses import replace

import numpy as np
import pytest

from analysis.canonical import to_json
from analysis.dataset import load_dataset
from analysis.plan import Bootstrap, default_plan
from analysis.run import analyse
from analysis.tables import tables
from tests.analysis.conftest import SMALL
from tests.analysis.simulate import simulate_study, write_dataset

PLAN = replace(default_plan(["model-a"], simulated=True), bootstrap=Bootstrap(999, 1))
RATED = ("ratings", "harms", "guesses")


def _analysed(folder, change, study=SMALL):
    frames = simulate_study(np.random.default_rng(3), study)
    write_dataset(folder / "data", change(frames), study, PLAN)
    results = analyse(load_dataset(folder / "data"), PLAN)
    assert json.loads(to_json(results)) == results
    assert all(text.endswith("\n") for text in tables(results).values())
    return results


def _same_scores(frames):
    """Every rater gives both sides of a vignette the same score."""
    ratings = frames["ratings"]
    number = ratings["vignette"].str[-2:].astype(int)
    return {**frames, "ratings": ratings.assign(score=1 + number % 5)}


def _one_score(score):
    return lambda frames: {**frames, "ratings": frames["ratings"].assign(score=score)}


def _without(column, value):
    return lambda frames: frames | {t: frames[t][frames[t][column] != value] for t in RATED}


def _words(results):
    return {contrast["word"] for contrast in results["contrasts"]}


@pytest.mark.parametrize("change", [_same_scores, _one_score(1), _one_score(5)])
def test_differences_that_are_all_zero_are_not_estimable_and_say_why(tmp_path, change):
    results = _analysed(tmp_path, change)
    assert len(_words(results)) == 1
    assert _words(results).pop().startswith("not estimable, because all differences are equal")
    assert {row["changed"] for row in results["sensitivities"]} == {None}
    assert all(row["word"] for row in results["sensitivities"])
    assert "not estimable, because all differences are equal" in " ".join(results["results_text"])


def test_one_category_is_not_estimable_in_either_model_of_ratings(tmp_path):
    results = _analysed(tmp_path, _one_score(3))
    for contrast in results["contrasts"]:
        assert all(model["reason"] for model in contrast["rating_models"].values())
    assert all(record["signed_rank"]["pratt"]["reason"] for record in results["contrasts"])


def test_one_pair_carries_no_claim_and_names_the_fault(tmp_path):
    results = _analysed(tmp_path, lambda frames: frames, replace(SMALL, vignettes=1, residents=1))
    assert all(word.startswith("no claim: 1 PGY") for word in _words(results))
    assert {c["reason"] for c in results["contrasts"]} == {"fewer than 2 blocks"}
    reasons = [entry["reason"] for entry in results["sensitivity_list"]]
    assert any("fewer than 2 vignettes" in reason for reason in reasons)


def test_a_missing_arm_is_named_and_nothing_is_compared(tmp_path):
    results = _analysed(tmp_path, _without("arm", "B"))
    own = [c for c in results["contrasts"] if c["level"] == "PGY2"]
    assert {c["reason"] for c in own} == {"no vignette was scored by one rater on both sides"}
    assert all(c["word"].startswith("no claim: ") for c in own)
    assert all(row["level"] == "PGY1" for row in results["sensitivities"])
    assert "0 PGY2 residents" in " ".join(results["results_text"])


def test_a_rater_who_skipped_everything_is_named_and_left_out(tmp_path):
    results = _analysed(tmp_path, _without("rater", "R04"))
    assert results["notes"] == ["rater R04 gave no score"]
    assert {c["n"]["raters"] for c in results["contrasts"]} == {3}
    lost = [r for r in results["sensitivities"] if r["sensitivity"] == "leave_one_rater_out"]
    assert {r["word"] for r in lost} == {
        "no claim: 2 raters; at least 3 are needed to speak of raters like these"
    }


def test_a_rater_who_judged_nothing_at_all_leaves_the_others_estimable(tmp_path):
    def silenced(frames):
        score = frames["ratings"]["score"].astype("Int64").mask(frames["ratings"]["rater"] == "R04")
        return {**frames, "ratings": frames["ratings"].assign(score=score)}

    results = _analysed(tmp_path, silenced)
    assert all(contrast["estimable"] for contrast in results["contrasts"])
    assert {c["n"]["raters"] for c in results["contrasts"]} == {3}
