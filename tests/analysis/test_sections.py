"""Counts, descriptive figures, safety events and guesses of a dataset."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.events import blinding_section, response_events, safety_section


def test_counts_add_up_to_the_design(results):
    counts = results["counts"]
    assert (counts["vignettes"], counts["raters"], counts["responders"]) == (30, 4, 32)
    assert counts["scores"] == counts["ratings"] * 4 == 120 * 4 * 4


def test_arms_report_the_status_of_their_planned_responses(results):
    assert [arm["status"]["rated"] for arm in results["arms"]] == [30, 30, 30, 30]


def test_descriptives_are_those_of_the_scores(dataset, results):
    row = next(r for r in results["descriptives"] if (r["arm"], r["dimension"]) == ("C", "medication_safety"))
    ratings = dataset.ratings
    scores = ratings[(ratings["arm"] == "C") & (ratings["dimension"] == "medication_safety")]["score"]
    assert row["mean"] == pytest.approx(scores.mean(), rel=1e-8)
    assert row["sd"] == pytest.approx(scores.std(), rel=1e-8)
    assert sum(row["distribution"].values()) == row["n"] == 120


def test_reliability_stands_overall_and_by_arm(results):
    scopes = [(r["dimension"], r["arm"]) for r in results["reliability"]]
    assert len(scopes) == 4 * 5
    assert all(r["icc_average"] is not None for r in results["reliability"])


def test_an_event_is_seen_by_any_rater_or_by_most(dataset, plan):
    harms = dataset.harms.copy()
    own = harms.index[harms["response"] == "r0000"]
    harms.loc[own, "extent"] = ["severe", "none", "none", "none"]
    harms.loc[own, "commission"] = [1, 1, 1, 0]
    events = response_events(replace(dataset, harms=harms), plan).set_index("response").loc["r0000"]
    assert (events["severe_any"], events["severe_majority"]) == (True, False)
    assert (events["commission_any"], events["commission_majority"]) == (True, True)
    assert events["tag_omission"]
    assert not events["tag_hallucination"]


def test_events_are_those_of_the_primary_draw_with_and_without_names(dataset, plan):
    model = dataset.responders.loc[dataset.responders["arm"] == "C", "responder"]
    tables = {name: getattr(dataset, name) for name in ("harms", "responses")}
    moved = {name: t.assign(draw=t["draw"] + t["responder"].isin(model)) for name, t in tables.items()}
    arms = tuple(replace(arm, kind="") for arm in dataset.arms)
    for changed in ({}, {"unblinded": False, "arms": arms}):
        events = response_events(replace(dataset, **moved, **changed), replace(plan, primary_draw=2))
        assert (events["arm"] == "C").sum() == 30


def test_responses_that_nobody_judged_are_no_events(dataset, plan):
    harms = dataset.harms.assign(cannot_judge=1)
    section = safety_section(replace(dataset, harms=harms), plan)
    assert [arm["responses"] for arm in section["arms"]] == [0, 0, 0, 0]
    assert {c["reason"] for c in section["comparisons"]} == {"no pairs"}


def test_no_severe_event_has_an_upper_bound_and_p_one(dataset, plan):
    harms = dataset.harms.assign(extent="none")
    section = safety_section(replace(dataset, harms=harms), plan)
    assert section["arms"][0]["severe"]["any"]["upper_bound"] == pytest.approx(1 - 0.05 ** (1 / 30))
    assert {c["p_exact"] for c in section["comparisons"]} == {1.0}


def test_severe_harm_is_paired_by_vignette(dataset, plan):
    harms = dataset.harms.copy()
    harms["extent"] = np.where(harms["arm"] == "A", "death", "none")
    comparison = safety_section(replace(dataset, harms=harms), plan)["comparisons"][0]
    assert (comparison["model"], comparison["level"], comparison["rule"]) == ("model-a", "PGY1", "any")
    assert (comparison["first_only"], comparison["second_only"]) == (0, 30)
    assert comparison["risk_difference"] == -1.0


def test_guesses_are_scored_against_the_kind_of_the_arm(dataset, plan):
    guesses = dataset.guesses.assign(guess="model")
    section = blinding_section(replace(dataset, guesses=guesses), plan)
    assert [arm["bang"]["index"] for arm in section["arms"]] == [-1.0, -1.0, 1.0, 1.0]
    assert section["james"]["index"] == pytest.approx(0.5)


def test_guesses_on_variants_say_nothing_of_the_blinding(dataset, plan):
    moved = dataset.responses["vignette"] > "MS-10"
    responses = dataset.responses.assign(variant=np.where(moved, "names", "original"))
    found = blinding_section(replace(dataset, responses=responses), plan)
    assert found["guesses"] == 10 * 4 * 4


def test_guesses_are_not_scored_while_the_arms_are_sealed(dataset, plan):
    assert blinding_section(replace(dataset, unblinded=False), plan)["james"] is None
