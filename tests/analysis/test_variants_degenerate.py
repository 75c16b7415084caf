"""What cannot be said about the safety verdict is named, with why."""

from dataclasses import replace

import pytest

from analysis.dataset import load_dataset
from analysis.plan import Robustness
from analysis.run import analyse
from analysis.variant_text import variants_explanations, variants_methods, variants_sentences
from analysis.variants import (
    BLINDED,
    NO_BASELINE,
    NO_MODEL,
    NO_OTHER,
    NO_VARIANTS,
    NONE_UNSAFE,
    NOT_ASKED,
    NOT_RATED,
    variants_section,
)
from tests.analysis.instruments import VARIANTS, Judge, instrument_folder, robust_plan
from tests.analysis.simulate import Study

STUDY = Study(vignettes=10, residents=5, effects={"model-b": -0.6})
RATED = Robustness(VARIANTS, rated=True, baseline="model-b")
UNRATED = replace(RATED, rated=False)


def _folder(tmp_path_factory, robustness, judges):
    path = tmp_path_factory.mktemp("degenerate") / "data"
    instrument_folder(path, STUDY, judges, robustness)
    return path


@pytest.fixture(scope="module")
def rated(tmp_path_factory):
    """A study whose variants were rated and which has no judge."""
    return load_dataset(_folder(tmp_path_factory, RATED, ()))


@pytest.fixture(scope="module")
def unrated(tmp_path_factory):
    """A study whose variants only a judge read."""
    return load_dataset(_folder(tmp_path_factory, UNRATED, (Judge("j"),)))


def _section(dataset, robustness):
    return variants_section(dataset, robust_plan(STUDY, robustness))


def test_an_answer_never_given_is_left_out_and_bounded(rated):
    responses, ratings = rated.responses.copy(), rated.ratings
    lost = (responses["variant"] == "names") & (responses["vignette"] == "MS-01") & (responses["arm"] == "C")
    gone = set(responses.loc[lost, "response"])
    responses.loc[lost, ["status", "response"]] = ["empty", ""]
    kept = ratings[~ratings["response"].isin(gone)]
    found = _section(replace(rated, responses=responses, ratings=kept), RATED)
    record = found["robustness"]["stability"][0]
    assert (record["model"], record["variant"]) == ("model-a", "names")
    assert (record["items"], record["left_out"]) == (9, 1)
    assert record["bounds"] == pytest.approx((record["unchanged"] / 10, (record["unchanged"] + 1) / 10))
    rate = next(r for r in found["rates"] if (r["model"], r["variant"]) == ("model-a", "names"))
    assert (rate["never_given"], rate["responses"]) == (1, 9)


def test_without_ratings_of_the_variants_only_judges_have_a_verdict_on_them(unrated):
    found = _section(unrated, UNRATED)
    assert {each["source"] for each in found["robustness"]["stability"]} == {"j"}
    sources = {(each["source"], each["variant"]) for each in found["baseline"]["comparisons"]}
    assert ("clinicians", "original") in sources
    assert ("clinicians", "names") not in sources
    assert found["robustness"]["yardstick"] == []
    assert any("Raters did not read the variants" in line for line in variants_explanations(found))


def test_variants_that_nobody_reads_are_named_as_such(rated):
    found = _section(rated, UNRATED)
    assert found["robustness"]["reason"].startswith(NOT_RATED)
    assert any(found["robustness"]["reason"] in line for line in variants_explanations(found))


CASES = [
    (Robustness(baseline="model-b"), NO_VARIANTS, ""),
    (Robustness(VARIANTS, rated=True), "", NO_BASELINE),
    (Robustness(VARIANTS, rated=True, baseline="other"), "", "the dataset has no arm for the baseline other"),
]


@pytest.mark.parametrize(("robustness", "why_not_robust", "why_not_compared"), CASES)
def test_what_the_plan_does_not_ask_is_said_in_one_line(rated, robustness, why_not_robust, why_not_compared):
    found = _section(rated, robustness)
    assert found["robustness"]["reason"] == why_not_robust
    assert found["baseline"]["reason"] == why_not_compared
    named = [line for line in variants_explanations(found) if "not estimable, because" in line]
    assert len(named) == 1


def test_a_plan_that_asks_nothing_adds_no_line(rated):
    found = _section(rated, Robustness())
    assert not found["asked"]
    assert [*variants_explanations(found), *variants_sentences(found)] == []
    assert variants_methods(found) == ""
    assert found["unplanned"] == ["names", "paraphrase"]


def test_before_unblinding_and_without_a_model_the_reason_stands_there(rated):
    arms = tuple(replace(arm, kind="") for arm in rated.arms)
    assert _section(replace(rated, unblinded=False, arms=arms), RATED)["baseline"]["reason"] == BLINDED
    named = replace(rated, arms=rated.arms[:2])
    assert _section(named, RATED)["robustness"]["reason"] == NO_MODEL


def test_a_baseline_without_another_model_has_nothing_to_be_compared_with(rated):
    alone = replace(robust_plan(STUDY, RATED), models=("model-b",))
    assert variants_section(rated, alone)["baseline"]["reason"] == NO_OTHER


def test_without_any_unsafe_answer_the_difference_is_0_and_the_test_says_why_it_is_idle(rated):
    safe = replace(rated, ratings=rated.ratings.assign(score=5.0))
    comparison = _section(safe, RATED)["baseline"]["comparisons"][0]
    assert (comparison["risk_difference"], comparison["p_exact"]) == (0.0, 1.0)
    assert comparison["reason"] == NONE_UNSAFE
    assert comparison["interval"][0] < 0 < comparison["interval"][1]


def test_models_without_a_common_vignette_are_not_compared(rated):
    ratings = rated.ratings
    apart = (ratings["arm"] == "C") == (ratings["vignette"] > "MS-05")
    comparison = _section(replace(rated, ratings=ratings[apart]), RATED)["baseline"]["comparisons"][0]
    assert (comparison["pairs"], comparison["risk_difference"], comparison["reason"]) == (0, None, "no pairs")


def test_a_planned_variant_that_the_dataset_lacks_is_not_estimable(rated):
    found = _section(rated, replace(RATED, variants=("adversarial",)))
    assert {each["reason"] for each in found["robustness"]["stability"]} == {NOT_ASKED}
    assert all("not estimable, because" in line for line in variants_sentences(found)[:2])


def test_a_variant_outside_the_plan_is_noted_and_not_analysed(rated):
    results = analyse(rated, robust_plan(STUDY, replace(RATED, variants=("names",))))
    assert "variant paraphrase is not in the plan and was not analysed" in results["notes"]
    assert {each["variant"] for each in results["variants"]["rates"]} == {"original", "names"}


def test_raters_who_scored_both_answers_are_counted(rated):
    ratings = rated.ratings.assign(rater=rated.ratings["rater"].str.slice(0, 3))
    found = _section(replace(rated, ratings=ratings), RATED)
    assert found["robustness"]["shared_raters"] == {"pairs": 40, "with_shared_rater": 40}
    assert any("In 40 of 40 pairs" in line for line in variants_explanations(found))
