"""What is always printed, and what stands beside the primary test."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.beside import SUPPRESSED, beside
from analysis.differences import paired_differences, primary_scores

ALWAYS = ("estimate", "se", "df", "interval", "narrow_interval", "components", "rater_share", "zero_share")


@pytest.fixture(scope="module")
def differences(dataset, plan):
    """The lead model against the first level on one dimension."""
    scores = primary_scores(dataset, plan)
    people = dataset.responders.groupby("arm")["responder"].apply(list)
    return paired_differences(scores[scores["dimension"] == "medication_safety"], people["C"], people["A"])


def test_every_contrast_prints_what_its_interval_rests_on(results):
    for contrast in results["contrasts"]:
        assert all(contrast[key] is not None for key in ALWAYS)
        assert set(contrast["components"]) == {"ms_blocks", "ms_raters", "ms_residual"}
        assert contrast["engine"] == "two-way-random t"


def test_both_models_of_single_ratings_stand_beside_every_contrast(results):
    for contrast in results["contrasts"]:
        linear, ordinal = contrast["rating_models"]["linear"], contrast["rating_models"]["ordinal"]
        assert linear["interval"][0] < linear["estimate"] < linear["interval"][1]
        assert linear["estimate"] == pytest.approx(contrast["estimate"], abs=1e-6)
        assert ordinal["odds_ratio"] > 0
        assert ordinal["interval_note"] == "Wald, anti-conservative with few raters"
        assert ordinal["mean_difference"]["estimate"] == pytest.approx(contrast["estimate"], abs=0.3)
        assert 0 <= ordinal["high_model"]["estimate"] <= 1


def test_each_resident_has_a_mean_of_the_differences_of_that_resident(differences, plan):
    record = beside(differences, "second", plan)
    assert len(record["residents"]) == 15
    own = record["residents"][0]
    mine = differences.value[differences.second == own["resident"]]
    assert (own["n"], own["vignettes"]) == (8, 2)
    assert own["mean"] == pytest.approx(mine.mean())


def test_a_resident_with_few_differences_is_not_shown(differences, plan):
    strict = replace(plan, minimums=replace(plan.minimums, differences_per_resident=9))
    record = beside(differences, "second", strict)
    assert {r["mean"] for r in record["residents"]} == {None}
    assert {r["reason"] for r in record["residents"]} == {SUPPRESSED}


def test_pairs_of_codes_have_no_residents(differences, plan):
    assert beside(differences, "vignette", plan)["residents"] == []


def test_a_rule_for_zeros_that_the_plan_leaves_out_is_not_run(differences, plan):
    record = beside(differences, "second", replace(plan, signed_rank_zeros=("pratt",)))
    assert record["signed_rank"]["pratt"]["p_two_sided"] is not None
    assert record["signed_rank"]["wilcoxon"]["reason"] == "not in the plan"


def test_raters_and_residents_average_to_the_estimate(differences, plan):
    record = beside(differences, "second", plan)
    for part in ("raters", "residents"):
        assert np.mean([r["mean"] for r in record[part]]) == pytest.approx(differences.value.mean())
