"""Models of cases in forms that the project's own copies do not have."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.reference import cases
from tests.reference.adapters import registry

WORDS = np.array(["poor", "fair", "good"])


@pytest.fixture
def answer(tmp_path):
    rng = np.random.default_rng(4)
    table = pd.DataFrame({"temp": np.tile(["cold", "warm"], 40), "judge": np.repeat(np.arange(8), 10)})
    latent = (table["temp"] == "warm") + rng.normal(size=80) + rng.normal(size=8)[table["judge"]]
    table["rating"] = np.digitize(latent, [0, 1]) + 1
    table["words"] = WORDS[table["rating"] - 1]

    def find(*results, rows=table):
        records = [dict(zip(("key", "value", "call"), result, strict=True)) for result in results]
        (tmp_path / "case.json").write_text(json.dumps({"area": "07_mixed_models", "results": records}))
        rows.to_csv(tmp_path / "case.csv", index=False)
        thunks = registry.answers(next(iter(cases.read_cases(tmp_path))))
        return {key: thunk() for key, thunk in thunks.items()}

    find.table = table
    return find


def test_the_coefficients_decide_the_reference_level(answer):
    call = "lmer(rating ~ temp + (1 | judge), REML=TRUE)"
    found = answer(("lmer.fixef", {"(Intercept)": 0, "tempcold": 0}, call), ("lmer.fixef_se", {}, call))
    assert list(found["lmer.fixef_se"]) == ["(Intercept)", "tempcold"]


def test_texts_are_ordered_by_the_names_of_the_thresholds(answer):
    thresholds = {"poor|fair": 0, "fair|good": 0}
    whole = {"logLik": 0, "thresholds": thresholds, "beta": {"tempwarm": 0}}
    by_words = answer(("clm.words", whole, "clm(words ~ temp)"))["clm.words"]
    by_number = answer(("clm.number", {**whole, "thresholds": {}}, "clm(rating ~ temp)"))["clm.number"]
    assert list(by_words["thresholds"]) == list(thresholds)
    assert by_words["logLik"] == pytest.approx(by_number["logLik"], abs=1e-12)


def test_weights_count_rows(answer):
    counts = answer.table.groupby(["temp", "rating"]).size().reset_index(name="freq")
    whole = {"logLik": 0, "beta": {"tempwarm": 0}}
    each = answer(("clm.all", whole, "clm(rating ~ temp)"))["clm.all"]
    weighted = answer(("clm.all", whole, "clm(rating ~ temp, weights = freq)"), rows=counts)["clm.all"]
    assert weighted["logLik"] == pytest.approx(each["logLik"], abs=1e-10)


@pytest.mark.parametrize(
    ("key", "call"),
    [
        ("clm.nominal", "clm(rating ~ temp, nominal = ~ judge)"),
        ("clm.cauchit", "clm(rating ~ temp, link = 'cauchit')"),
        ("lmer_slope.fixef", "lmer(rating ~ temp + (temp | judge))"),
    ],
)
def test_a_model_that_is_not_known_is_not_answered(answer, key, call):
    assert answer((key, {"beta": {}}, call)) == {}


def test_models_that_share_a_prefix_have_their_own_calls(answer):
    found = answer(
        ("clm.one.logLik", 0, "clm(rating ~ temp)"), ("clm.two.logLik", 0, "clm(rating ~ factor(judge))")
    )
    assert found["clm.one.logLik"] < found["clm.two.logLik"]


def test_a_missing_label_leaves_the_other_labels_as_they_are(answer):
    rows = answer.table.assign(judge=answer.table["judge"].where(answer.table.index > 3))
    call = "clmm(rating ~ temp + (1 | judge), link = 'probit', nAGQ = 5)"
    found = answer(("clmm.logLik", 0, call), ("clmm.ranef", {}, "ranef(m)"), rows=rows)
    assert list(found["clmm.ranef"]["judge"]) == [str(judge) for judge in range(8)]
