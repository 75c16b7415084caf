"""A whole run with variants and judges, from the frozen files to results, tables and words."""

import csv
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from analysis.__main__ import main
from analysis.canonical import to_json
from analysis.dataset import load_dataset
from analysis.decision import EQUIVALENT, NONINFERIOR, SUPERIOR
from analysis.instrument_tables import INSTRUMENT_TABLES
from analysis.plan import Robustness
from analysis.run import analyse
from tests.analysis.instruments import VARIANTS, Judge, instrument_folder, robust_plan
from tests.analysis.simulate import Study

STUDY = Study(vignettes=10, residents=5, effects={"model-b": -0.5})
ASKED = Robustness(VARIANTS, rated=True, baseline="model-b", unsafe_at_most=2.5)
JUDGES = (Judge("j1", family="fam", bias=0.4, scatter=0.5, lost=0.1), Judge("j2"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The frozen files."""
    path = tmp_path_factory.mktemp("instruments") / "data"
    instrument_folder(path, STUDY, JUDGES, ASKED, families={"model-a": "fam"})
    return path


@pytest.fixture(scope="module")
def out(folder, tmp_path_factory):
    """What the command line writes about them."""
    path = tmp_path_factory.mktemp("out")
    assert main(["run", str(folder), str(folder / "plan.yaml"), str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def results(out):
    """Its results document."""
    return json.loads((out / "results.json").read_text(encoding="utf-8"))


def _table(out, name):
    with (out / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_table_is_written_with_its_columns_and_the_watermark(out):
    for name, (columns, _) in INSTRUMENT_TABLES.items():
        rows = _table(out, name)
        assert rows, name
        assert tuple(rows[0]) == (*columns, "watermark", "plan_sha256")
        assert {row["watermark"] for row in rows} == {"simulated data"}


def test_the_tables_hold_the_numbers_of_the_results(out, results):
    stability = results["variants"]["robustness"]["stability"]
    rows = _table(out, "variant_verdicts.csv")
    assert len(rows) == 3 * 2 * (2 + 1)
    assert [float(row["share"]) for row in rows[:12]] == [each["share"] for each in stability]
    judge = results["judges"]["judges"][0]["dimensions"][1]
    row = next(r for r in _table(out, "judge_agreement.csv") if r["dimension"] == "medication_safety")
    assert float(row["alpha"]) == judge["alpha"]["estimate"]
    assert int(row["unparsed"]) == judge["outcomes"]["unparsed"]
    points = [float(row["value"]) for row in _table(out, "judge_calibration.csv")[5:10]]
    assert points == [point["value"] for point in judge["calibration"]["points"]]


def test_row_order_changes_no_byte(folder):
    dataset, plan = load_dataset(folder), robust_plan(STUDY, ASKED)
    rng = np.random.default_rng(0)
    names = ("ratings", "responses", "raters", "judges", "judgements")
    frames = {name: getattr(dataset, name) for name in names}
    shuffled = {name: frame.iloc[rng.permutation(len(frame))] for name, frame in frames.items()}
    assert to_json(analyse(replace(dataset, **shuffled), plan)) == to_json(analyse(dataset, plan))


def test_variants_and_judges_change_no_claim_no_contrast_and_no_agreement(folder, results):
    dataset = load_dataset(folder)
    original = dataset.responses[dataset.responses["variant"] == "original"]
    kept = {
        name: getattr(dataset, name)[getattr(dataset, name)["response"].isin(original["response"])]
        for name in ("ratings", "responses", "guesses", "harms")
    }
    own = dataset.raters["rater"].isin(kept["ratings"]["rater"])
    bare = replace(dataset, **kept, raters=dataset.raters[own], judgements=dataset.judgements[:0])
    plain = analyse(replace(bare, judges=dataset.judges[:0]), robust_plan(STUDY, ASKED))
    for key in ("claims", "contrasts", "tree", "reliability", "safety", "blinding", "descriptives", "arms"):
        assert plain[key] == results[key], key


def test_no_sentence_on_judges_or_verdicts_has_a_claim_word(results):
    words = re.compile(f"{SUPERIOR}|{NONINFERIOR}|{EQUIVALENT}|inconclusive|significant")
    for part in ("variants", "judges"):
        lines = [*results[part]["explanations"], *results[part]["sentences"]]
        assert lines
        assert not [line for line in lines if words.search(line)]
        assert set(lines) <= set(results["results_text"])


def test_the_methods_say_what_was_done_with_variants_and_judges(results):
    for phrase in ("names and paraphrase", "Clopper-Pearson", "method 10", "separate instrument", "isotonic"):
        assert phrase in results["methods"]


def test_before_unblinding_the_run_says_why_there_is_no_verdict(tmp_path):
    plan = instrument_folder(tmp_path / "data", STUDY, JUDGES, ASKED, blinded=True)
    results = analyse(load_dataset(tmp_path / "data"), plan)
    assert results["variants"]["baseline"]["reason"] == "the arms are not released"
    assert len(results["judges"]["judges"]) == 2
    assert results["results_text"] == ["The arms are not released, so nothing is claimed."]
