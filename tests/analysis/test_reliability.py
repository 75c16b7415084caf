"""Reliability of a dataset's scores per dimension and arm."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.reliability import agreement_record, reliability
from analysis.tables import tables

PARTS = ("alpha", "ac2", "exact", "within_one", "kappa", "kendall_w", "g_study", "intra_rater")


def _with_duplicates(dataset, change):
    """The dataset with a second presentation of every tenth response, whose scores `change` makes."""
    ratings = dataset.ratings
    chosen = ratings[ratings["response"].isin(sorted(ratings["response"].unique())[::10])]
    again = chosen.assign(copy=1, score=np.clip(change(chosen["score"]), 1, 5))
    return replace(dataset, ratings=pd.concat([ratings, again], ignore_index=True))


@pytest.fixture
def rng():
    """A generator with a fixed seed."""
    return np.random.default_rng(4)


@pytest.fixture(scope="module")
def duplicated(small_dataset, small_plan):
    """Records with duplicates that are one point higher where the scale allows."""
    return reliability(_with_duplicates(small_dataset, lambda score: score + 1), small_plan)


def test_every_dimension_and_arm_has_every_coefficient_with_limits(results):
    scopes = [(record["dimension"], record["arm"]) for record in results["reliability"]]
    assert len(set(scopes)) == len(scopes) == 4 * 5
    for record in results["reliability"]:
        assert len(record["icc"]) == 6
        assert all(form["interval"] for form in record["icc"])
        assert all(record[part]["interval"] for part in PARTS[:6])


def test_everything_that_is_not_estimable_says_why(results):
    for record in results["reliability"]:
        assert record["intra_rater"]["reason"] == "no planned duplicate was scored twice"
        assert record["intra_rater"]["sem"] is None


def test_the_curve_passes_through_the_intraclass_correlations_of_one_arm(results):
    record = next(r for r in results["reliability"] if r["arm"] == "C")
    curve = {point["raters"]: point for point in record["g_study"]["curve"]}
    assert curve[1]["absolute"] == pytest.approx(record["icc_single"])
    assert curve[4]["absolute"] == pytest.approx(record["icc_average"])


def test_all_arms_have_the_leaning_of_raters_towards_an_arm_as_a_component(results):
    names = {part["name"] for part in results["reliability"][0]["g_study"]["components"]}
    assert names == {"vignette", "arm", "response", "rater", "vignette x rater", "arm x rater", "residual"}


def test_planned_duplicates_give_the_raters_agreement_with_themselves(duplicated):
    found = duplicated[0]["intra_rater"]
    assert found["pairs"] == 4 * 3
    assert 0 < found["shift"] <= 1
    assert found["detectable_change"] == pytest.approx(1.959964 * np.sqrt(2) * found["sem"], rel=1e-6)


def test_planned_duplicates_leave_agreement_between_raters_alone(small_dataset, small_plan, duplicated):
    alone = reliability(small_dataset, small_plan)
    for part in ("icc", "alpha", "ac2", "kappa", "g_study"):
        assert alone[0][part] == duplicated[0][part]


def test_the_same_plan_gives_the_same_limits(small_dataset, small_plan):
    assert reliability(small_dataset, small_plan) == reliability(small_dataset, small_plan)


def test_the_order_of_the_rows_changes_nothing(rng, small_dataset, small_plan):
    ratings = small_dataset.ratings
    mixed = ratings.iloc[rng.permutation(len(ratings))].reset_index(drop=True)
    there = reliability(replace(small_dataset, ratings=mixed), small_plan)
    here = reliability(small_dataset, small_plan)
    assert there[0]["alpha"] == here[0]["alpha"]
    assert there[0]["kappa"] == here[0]["kappa"]


@pytest.mark.parametrize(
    "mark", [{"adjudicated": 1}, {"score_source": "adjudicated"}, {"rater": "consensus"}]
)
def test_adjudicated_scores_are_refused_and_no_number_is_given(small_dataset, small_plan, mark):
    changed = replace(small_dataset, ratings=small_dataset.ratings.assign(**mark))
    for record in reliability(changed, small_plan):
        assert "agree by construction" in record["reason"]
        assert {record[part]["reason"] for part in PARTS} == {record["reason"]}
        assert record["icc_single"] is record["alpha_ordinal"] is record["kappa"]["mean"] is None


def test_only_the_arm_with_adjudicated_scores_is_refused(small_dataset, small_plan):
    ratings = small_dataset.ratings
    changed = ratings.assign(adjudicated=(ratings["arm"] == "A").astype(int))
    records = reliability(replace(small_dataset, ratings=changed), small_plan)
    assert {record["arm"] for record in records if record["reason"]} == {"", "A"}


def test_a_second_score_of_a_rater_for_a_response_is_refused(small_dataset, small_plan):
    ratings = small_dataset.ratings
    twice = replace(small_dataset, ratings=pd.concat([ratings, ratings.iloc[:1]], ignore_index=True))
    refused = {r["dimension"]: r["reason"] for r in reliability(twice, small_plan) if r["reason"]}
    assert set(refused) == {ratings["dimension"].iloc[0]}
    assert all("more than one score" in reason for reason in refused.values())


@pytest.mark.parametrize("raters", [0, 1])
def test_too_few_raters_give_reasons_and_no_error(rng, small_dataset, raters):
    ratings = small_dataset.ratings
    few = ratings[ratings["rater"].isin(["R01"][:raters]) & (ratings["dimension"] == "medication_safety")]
    record = agreement_record(few, few[:0], rng=rng)
    assert record["reason"] == ""
    assert all(record[part]["reason"] for part in PARTS)


def test_the_tables_hold_every_form_pair_component_and_number_of_raters(results):
    lines = {name: text.count("\n") - 1 for name, text in tables(results).items()}
    assert lines["reliability.csv"] == 20
    assert lines["reliability_icc.csv"] == 20 * 6
    assert lines["reliability_kappa.csv"] == 20 * 6
    assert lines["reliability_components.csv"] == 4 * (7 + 4 * 3)
    assert lines["reliability_raters.csv"] == 20 * 10
