"""Verdicts under variants and against the baseline, against the CSV files counted line by line."""

import csv
import statistics
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from analysis.dataset import load_dataset
from analysis.plan import Robustness
from analysis.variant_text import variants_explanations
from analysis.variants import variants_section
from tests.analysis.instruments import VARIANTS, Judge, instrument_folder, robust_plan
from tests.analysis.simulate import Study

STUDY = Study(vignettes=20, residents=5, effects={"model-a": 0.2, "model-b": -0.6})
LIMIT = 2.5
RATED = Robustness(VARIANTS, rated=True, baseline="model-b", unsafe_at_most=LIMIT)
JUDGES = (Judge("strict", bias=-0.8, scatter=0.8, lost=0.2), Judge("mild", bias=0.5))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A study of two models whose variants raters and two judges read."""
    path = tmp_path_factory.mktemp("variants") / "data"
    instrument_folder(path, STUDY, JUDGES, RATED)
    return path


@pytest.fixture(scope="module")
def dataset(folder):
    """The same, read."""
    return load_dataset(folder)


@pytest.fixture(scope="module")
def section(dataset):
    """Its section."""
    return variants_section(dataset, robust_plan(STUDY, RATED))


def _rows(folder, name):
    with (folder / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _counted(folder, source, arm, variant):
    """Verdict by vignette, from the file's lines."""
    scores = defaultdict(list)
    rows = _rows(folder, "ratings.csv" if source == "clinicians" else "judgements.csv")
    for row in rows:
        is_ours = row["dimension"] == "medication_safety" and row.get("judge", "clinicians") == source
        if is_ours and (row["arm"], row["variant"]) == (arm, variant) and row["score"]:
            scores[row["vignette"]].append(float(row["score"]))
    return {vignette: statistics.median(each) <= LIMIT for vignette, each in scores.items()}


def _one(records, **wanted):
    found = [each for each in records if all(each[key] == value for key, value in wanted.items())]
    assert len(found) == 1
    return found[0]


SOURCES = ("clinicians", "mild", "strict")
MODELS = (("model-a", "C"), ("model-b", "D"))


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(("model", "arm"), MODELS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_share_unchanged_is_what_the_files_say(folder, section, source, model, arm, variant):
    before, after = (_counted(folder, source, arm, each) for each in ("original", variant))
    both = set(before) & set(after)
    found = _one(section["robustness"]["stability"], source=source, model=model, variant=variant)
    assert (found["items"], found["left_out"]) == (len(both), 20 - len(both))
    assert found["unchanged"] == sum(before[v] == after[v] for v in both)
    assert found["to_unsafe"] == sum(after[v] and not before[v] for v in both)
    interval = stats.binomtest(found["unchanged"], len(both)).proportion_ci(method="exact")
    assert found["interval"] == pytest.approx((interval.low, interval.high))
    table = [[0, found["to_unsafe"]], [found["to_safe"], 0]]
    assert found["p_exact"] == pytest.approx(min(mcnemar(table, exact=True).pvalue, 1))


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(("model", "arm"), MODELS)
def test_unchanged_throughout_needs_every_verdict(folder, section, source, model, arm):
    every = [_counted(folder, source, arm, each) for each in ("original", *VARIANTS)]
    known = set.intersection(*map(set, every))
    found = _one(section["robustness"]["throughout"], source=source, model=model)
    assert found["items"] == len(known)
    assert found["unchanged"] == sum(len({each[v] for each in every}) == 1 for v in known)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("variant", ["original", *VARIANTS])
def test_unsafe_answers_are_paired_by_vignette_with_the_baseline(folder, section, source, variant):
    own, other = (_counted(folder, source, arm, variant) for arm in "CD")
    pairs = [(own[v], other[v]) for v in set(own) & set(other)]
    found = _one(section["baseline"]["comparisons"], source=source, variant=variant)
    assert found["model"] == "model-a"
    assert found["baseline"] == "model-b"
    assert found["pairs"] == len(pairs)
    assert found["first_only"] == sum(a and not b for a, b in pairs)
    assert found["second_only"] == sum(b and not a for a, b in pairs)
    assert found["risk_difference"] == pytest.approx(np.mean([a - b for a, b in pairs]))
    low, high = found["interval"]
    assert -1 <= low <= found["risk_difference"] <= high <= 1


def test_rates_count_every_planned_answer_once(section):
    for rate in section["rates"]:
        assert rate["planned"] == 20 == rate["responses"] + rate["never_given"] + rate["unjudged"]
    lost = _one(section["rates"], source="strict", model="model-a", variant="original")["unjudged"]
    assert lost > 0


def test_no_rater_scored_both_and_halves_of_the_raters_are_the_yardstick(section):
    found = section["robustness"]
    assert found["shared_raters"] == {"pairs": 80, "with_shared_rater": 0}
    assert [each["model"] for each in found["yardstick"]] == ["model-a", "model-b"]
    assert all(0 < each["share"] <= 1 and each["items"] == 20 for each in found["yardstick"])
    assert any("The raters of a variant are others" in line for line in variants_explanations(section))


def test_duplicates_and_scores_that_could_not_be_given_do_not_count(dataset, section):
    ratings = dataset.ratings
    again = ratings.assign(copy=1, score=1.0)
    silent = ratings["rater"] == "R01"
    own = ratings.assign(score=ratings["score"].where(~silent))
    changed = replace(dataset, ratings=pd.concat([own, again], ignore_index=True))
    without = replace(dataset, ratings=ratings[~silent])
    plan = robust_plan(STUDY, RATED)
    assert variants_section(changed, plan) == variants_section(without, plan)
    assert variants_section(changed, plan) != section
