"""Judges against clinicians, against formulas, other libraries and the CSV files."""

import csv
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.inter_rater import cohens_kappa

from analysis.agreement.krippendorff import krippendorff_alpha
from analysis.dataset import load_dataset
from analysis.judge_text import judges_explanations, judges_methods, judges_sentences
from analysis.judges import BLINDED, FAMILY_UNKNOWN, NO_COMMON, NO_JUDGE, NO_SHARED_FAMILY, judges_section
from analysis.plan import Robustness
from analysis.schema import DIMENSIONS
from tests.analysis.instruments import Judge, instrument_folder, robust_plan
from tests.analysis.simulate import Study

STUDY = Study(vignettes=20, residents=5)
PLAN = robust_plan(STUDY, Robustness())
JUDGES = (
    Judge("cousin", family="fam", bias=0.6, scatter=0.6, lost=0.1),
    Judge("stranger", family="other"),
    Judge("unknown", bias=-1.0, scatter=0.4),
)
PLACES = {judge.name: place for place, judge in enumerate(JUDGES)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A study with two models, one of a judge's family, and three judges."""
    path = tmp_path_factory.mktemp("judges") / "data"
    instrument_folder(path, STUDY, JUDGES, Robustness(), families={"model-a": "fam"})
    return path


@pytest.fixture(scope="module")
def dataset(folder):
    """The same, read."""
    return load_dataset(folder)


@pytest.fixture(scope="module")
def section(dataset):
    """Its section."""
    return judges_section(dataset, PLAN)


def _record(section, judge, dimension="medication_safety"):
    found = section["judges"][PLACES[judge]]
    assert found["judge"] == judge
    return next(each for each in found["dimensions"] if each["dimension"] == dimension)


def _pairs(folder, judge, dimension="medication_safety"):
    """Vignette, arm, judge's score and raters' scores of each response that both scored, from the files."""
    rated = defaultdict(list)
    with (folder / "ratings.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["dimension"] == dimension and row["score"]:
                rated[row["response"]].append(float(row["score"]))
    with (folder / "judgements.csv").open(encoding="utf-8") as file:
        return [
            (row["vignette"], row["arm"], float(row["score"]), rated[row["response"]])
            for row in csv.DictReader(file)
            if (row["judge"], row["dimension"]) == (judge, dimension) and row["score"]
        ]


def _quadratic_kappa(x, y):
    """1 - mean squared difference over its expectation under independence."""
    expected = np.mean(np.subtract.outer(x, y) ** 2)
    return 1 - np.mean((x - y) ** 2) / expected


@pytest.mark.parametrize("judge", PLACES)
def test_kappa_is_one_less_squared_differences_over_their_chance_value(folder, section, judge):
    pairs = _pairs(folder, judge)
    x = np.array([score for _, _, score, _ in pairs])
    record = _record(section, judge)
    for key, summary in (("kappa_median", np.median), ("kappa_mean", np.mean)):
        y = np.array([summary(scores) for *_, scores in pairs])
        assert record[key]["estimate"] == pytest.approx(_quadratic_kappa(x, y))
        low, high = record[key]["interval"]
        assert low < record[key]["estimate"] < high
    assert record["compared"] == len(pairs)


def test_kappa_with_single_raters_is_the_mean_of_statsmodels(folder, section):
    pairs = _pairs(folder, "cousin")
    kappas = []
    for rater in range(4):
        table = np.zeros((5, 5))
        for _, _, score, scores in pairs:
            table[int(score) - 1, int(scores[rater]) - 1] += 1
        kappas.append(cohens_kappa(table, wt="quadratic").kappa)
    assert _record(section, "cousin")["kappa_single"]["judge"] == pytest.approx(np.mean(kappas))


@pytest.mark.parametrize("judge", PLACES)
def test_alpha_is_of_judge_and_median_and_beside_it_of_the_clinicians_alone(folder, section, judge):
    pairs = _pairs(folder, judge)
    record = _record(section, judge)
    both = krippendorff_alpha([[score, np.median(scores)] for _, _, score, scores in pairs])
    own = krippendorff_alpha([scores for *_, scores in pairs])
    assert record["alpha"]["estimate"] == pytest.approx(both.estimate)
    assert record["alpha_clinicians"]["estimate"] == pytest.approx(own.estimate)


def _by_vignette(pairs, arms):
    biases = defaultdict(list)
    for vignette, arm, score, scores in pairs:
        if arm in arms:
            biases[vignette].append(score - np.mean(scores))
    return {vignette: np.mean(each) for vignette, each in biases.items()}


@pytest.mark.parametrize("judge", PLACES)
def test_bias_is_the_mean_over_vignettes_with_scipys_t_interval(folder, section, judge):
    pairs, record = _pairs(folder, judge), _record(section, judge)
    scopes = [("ABCD", record["bias"]), *((each["arm"], each) for each in record["bias_by_arm"])]
    for arms, found in scopes:
        means = list(_by_vignette(pairs, arms).values())
        expected = stats.ttest_1samp(means, 0).confidence_interval(0.95)
        assert found["estimate"] == pytest.approx(np.mean(means))
        assert found["interval"] == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize("judge", PLACES)
def test_rank_correlation_is_scipys(folder, section, judge):
    pairs = _pairs(folder, judge)
    expected = stats.spearmanr([p[2] for p in pairs], [np.mean(p[3]) for p in pairs]).statistic
    assert _record(section, judge)["rank"]["estimate"] == pytest.approx(expected)


def test_calibration_takes_the_judges_constant_distance_away(section):
    errors = [_record(section, "unknown")["calibration"][key] for key in ("error_before", "error_after")]
    assert errors[0] > 0.8
    assert errors[1] < 0.6
    assert errors[1] < _record(section, "unknown")["calibration"]["error_constant"]


def test_self_preference_is_paired_by_vignette_against_all_others_and_other_models(folder, section):
    pairs = _pairs(folder, "cousin")
    own = _by_vignette(pairs, "C")
    found = {gap["against"]: gap for gap in _record(section, "cousin")["self_preference"]}
    for against, arms in (("all other arms", "ABD"), ("other models", "D")):
        other = _by_vignette(pairs, arms)
        gaps = [own[v] - other[v] for v in set(own) & set(other)]
        assert found[against]["estimate"] == pytest.approx(np.mean(gaps))
        assert found[against]["clusters"] == len(gaps)
        assert found[against]["se"] == pytest.approx(stats.sem(gaps))


def test_only_a_judge_of_a_models_known_family_is_flagged(section):
    told = {each["judge"]: (each["shares_family_with"], each["family_reason"]) for each in section["judges"]}
    assert told == {
        "cousin": (["Model-A"], ""),
        "stranger": ([], NO_SHARED_FAMILY),
        "unknown": ([], FAMILY_UNKNOWN),
    }


def test_two_unknown_families_are_not_one_family(dataset):
    arms = tuple(replace(arm, family="unknown") for arm in dataset.arms)
    found = judges_section(replace(dataset, arms=arms), PLAN)
    assert all(not each["shares_family_with"] for each in found["judges"])


def test_outcomes_add_up_and_the_share_not_scored_is_told(section):
    for judge in section["judges"]:
        for record in judge["dimensions"]:
            assert sum(record["outcomes"].values()) == record["judgements"] == 80
    record = _record(section, "cousin")
    assert record["not_scored"] == pytest.approx(record["outcomes"]["unparsed"] / 80)
    assert record["compared"] == record["outcomes"]["scored"]


def test_a_planted_preference_is_found_with_its_size(dataset):
    judgements = dataset.judgements.copy()
    own = judgements["arm"] == "C"
    judgements["score"] = np.where(own, 4.0, 3.0)
    judgements["outcome"] = "scored"
    ratings = dataset.ratings.assign(score=3.0)
    found = judges_section(replace(dataset, judgements=judgements, ratings=ratings), PLAN)
    gaps = _record(found, "cousin")["self_preference"]
    assert [(gap["estimate"], gap["reason"] != "") for gap in gaps] == [(1.0, True), (1.0, True)]


def test_planned_duplicates_do_not_enter(dataset, section):
    ratings = dataset.ratings
    again = ratings.assign(copy=1, score=1.0)
    changed = replace(dataset, ratings=pd.concat([ratings, again], ignore_index=True))
    assert judges_section(changed, PLAN) == section


@pytest.mark.parametrize("change", [{"variant": "names"}, {"draw": 2}])
def test_other_draws_and_variants_count_as_judgements_and_enter_no_coefficient(dataset, section, change):
    added = {}
    for name in ("ratings", "responses", "judgements"):
        frame = getattr(dataset, name)
        own = frame[frame["arm"] == "C"]
        added[name] = pd.concat([frame, own.assign(response="x" + own["response"], **change)])
    found = judges_section(replace(dataset, **added), PLAN)
    new, old = (_record(each, "cousin") for each in (found, section))
    assert new["judgements"] == old["judgements"] + 20
    outcome = ("judgements", "outcomes", "not_scored")
    assert {k: v for k, v in new.items() if k not in outcome} == {
        k: v for k, v in old.items() if k not in outcome
    }


def test_no_judge_is_one_reason_and_no_line(dataset):
    none = replace(dataset, judges=dataset.judges[:0], judgements=dataset.judgements[:0])
    found = judges_section(none, PLAN)
    assert (found["reason"], found["judges"]) == (NO_JUDGE, [])
    assert [*judges_explanations(found), *judges_sentences(found)] == []
    assert judges_methods(found) == ""


def test_a_judge_without_a_score_or_without_raters_is_not_estimable(dataset):
    silent = dataset.judgements.assign(score=np.nan, outcome="refused")
    for changed in ({"judgements": silent}, {"judgements": silent[:0]}, {"ratings": dataset.ratings[:0]}):
        found = judges_section(replace(dataset, **changed), PLAN)
        records = [record for judge in found["judges"] for record in judge["dimensions"]]
        assert {record["reason"] for record in records} == {NO_COMMON}
        assert all("not estimable, because" in line for line in judges_sentences(found))
        assert judges_explanations(found)


def test_before_unblinding_agreement_stands_and_families_do_not(dataset):
    arms = tuple(replace(arm, kind="", family="unknown") for arm in dataset.arms)
    found = judges_section(replace(dataset, arms=arms, unblinded=False), PLAN)
    assert {each["family_reason"] for each in found["judges"]} == {BLINDED}
    assert all(_record(found, "cousin", d)["kappa_median"]["estimate"] for d in DIMENSIONS)


def test_scores_that_are_all_equal_have_reasons_in_place_of_coefficients(dataset):
    equal = replace(
        dataset,
        ratings=dataset.ratings.assign(score=4.0),
        judgements=dataset.judgements.assign(score=4.0, outcome="scored"),
    )
    record = _record(judges_section(equal, PLAN), "cousin")
    for key in ("kappa_median", "kappa_mean", "alpha", "rank"):
        assert record[key]["estimate"] is None
        assert record[key]["reason"]
    assert (record["bias"]["estimate"], record["bias"]["interval"]) == (0.0, None)
