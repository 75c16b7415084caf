"""A whole run: the same bytes, the right effects, honest words, and nothing that crashes."""

import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.canonical import to_json
from analysis.dataset import DatasetError, load_dataset
from analysis.differences import primary_scores
from analysis.plan import PlanError, dump_plan
from analysis.primary import two_way_random_t
from analysis.run import NOT_LOCKED, analyse, run
from analysis.tables import tables
from tests.analysis.conftest import SMALL
from tests.analysis.simulate import simulate_study, write_dataset

TABLES = ("ratings", "responses", "raters", "responders", "guesses", "harms")


def _contrast(results, model, level, dimension):
    return next(
        c
        for c in results["contrasts"]
        if (c["model"], c["level"], c["dimension"]) == (model, level, dimension)
    )


def test_two_runs_write_the_same_bytes(small_folder, tmp_path):
    for name in ("one", "two"):
        run(small_folder, small_folder / "plan.yaml", tmp_path / name)
    written = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert "results.json" in written
    assert "contrasts.csv" in written
    for name in written:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_row_order_changes_no_byte(small_dataset, small_plan):
    rng = np.random.default_rng(0)
    frames = {name: getattr(small_dataset, name) for name in TABLES}
    shuffled = {name: frame.iloc[rng.permutation(len(frame))] for name, frame in frames.items()}
    assert to_json(analyse(replace(small_dataset, **shuffled), small_plan)) == to_json(
        analyse(small_dataset, small_plan)
    )


def test_results_are_plain_and_finite_json(results):
    assert json.loads(to_json(results)) == results
    assert "NaN" not in to_json(results)


def test_the_contrast_is_the_two_way_t_on_the_raw_scores(dataset, plan, results):
    scores = primary_scores(dataset, plan)
    table = scores[scores["dimension"] == "medication_safety"].pivot_table(
        index=["vignette", "rater"], columns="arm", values="score"
    )
    d = (table["C"] - table["A"]).unstack().to_numpy().reshape(15, 2, 4).mean(axis=1)
    expected = two_way_random_t(d, margin=0.5).test()
    got = _contrast(results, "model-a", "PGY1", "medication_safety")
    assert got["estimate"] == pytest.approx(expected.estimate, rel=1e-8)
    assert got["df"] == pytest.approx(expected.df, rel=1e-8)
    assert got["interval"]["low"] == pytest.approx(expected.interval[0], rel=1e-7)


def test_a_better_model_wins_and_the_claims_say_so(results):
    words = {(c["model"], c["dimension"]): c["word"] for c in results["claims"]}
    assert words["model-a", "medication_safety"] == "superior"
    assert words["model-a", "medical_correctness"] == "non-inferior"
    assert {c["role"] for c in results["claims"] if c["model"] == "model-b"} == {"secondary, not adjusted"}


def test_the_opposite_effect_changes_the_sign(tmp_path, small_plan):
    study = replace(SMALL, effects={"model-a": -1.5})
    write_dataset(tmp_path / "data", simulate_study(np.random.default_rng(11), study), study, small_plan)
    results = analyse(load_dataset(tmp_path / "data"), small_plan)
    assert all(contrast["estimate"] < 0 for contrast in results["contrasts"])
    assert results["tree"]["hypotheses"][1]["outcome"] == "not tested: an earlier step was not passed"


def test_adding_a_constant_to_both_arms_changes_nothing(tmp_path, small_plan):
    study = replace(SMALL, mean=2.5, sd_vignette=0, sd_response=0.2, sd_error=0.3)
    frames = simulate_study(np.random.default_rng(4), study)
    estimates = []
    for shift in (0, 1):
        moved = {
            **frames,
            "ratings": frames["ratings"].assign(score=frames["ratings"]["score"].clip(1, 4) + shift),
        }
        write_dataset(tmp_path / str(shift), moved, study, small_plan)
        results = analyse(load_dataset(tmp_path / str(shift)), small_plan)
        estimates.append([(c["estimate"], c["se"], c["df"]) for c in results["contrasts"]])
    assert estimates[0] == estimates[1]


def test_without_arms_all_pairs_of_codes_are_compared_without_words(small_dataset, small_plan):
    blind = replace(
        small_dataset,
        unblinded=False,
        arms=tuple(replace(a, name="", kind="", level="", label="") for a in small_dataset.arms),
    )
    results = analyse(blind, small_plan)
    assert len(results["contrasts"]) == 3 * 4
    assert results["claims"] == []
    assert all("word" not in contrast for contrast in results["contrasts"])
    assert results["blinding"]["reason"] == "the arms are not released"
    assert "not released" in results["methods"]
    assert "not truly blind" in results["methods"]


def test_another_plan_than_the_locked_one_is_exploratory_and_claims_nothing(small_dataset, small_plan):
    results = analyse(small_dataset, replace(small_plan, equivalence_alpha=0.05))
    assert not results["plan"]["locked"]
    assert results["faults"] == [NOT_LOCKED]
    assert all(claim["word"].startswith("no claim") for claim in results["claims"])


def test_a_model_missing_from_the_dataset_is_named_and_claims_nothing(dataset, plan):
    results = analyse(dataset, replace(plan, models=("model-x", "model-a")))
    assert "model model-x of the plan is not in the dataset" in results["notes"]
    assert "model model-b is not in the plan and was not compared" in results["notes"]
    claim = next(c for c in results["claims"] if c["model"] == "model-x")
    assert "the dataset has no arm for the model" in claim["word"]


def test_two_raters_give_no_claim_word(tmp_path, small_plan):
    study = replace(SMALL, raters=2)
    write_dataset(tmp_path / "data", simulate_study(np.random.default_rng(1), study), study, small_plan)
    results = analyse(load_dataset(tmp_path / "data"), small_plan)
    assert results["faults"] == ["2 raters; at least 3 are needed to speak of raters like these"]
    assert all(claim["word"].startswith("no claim: 2 raters") for claim in results["claims"])


def test_one_resident_for_all_vignettes_is_named_as_a_design_fault(tmp_path, small_plan):
    study = replace(SMALL, vignettes=6, residents=1)
    write_dataset(tmp_path / "data", simulate_study(np.random.default_rng(1), study), study, small_plan)
    results = analyse(load_dataset(tmp_path / "data"), small_plan)
    assert "1 PGY1 residents; at least 5 are needed to speak of a level" in results["faults"]
    assert results["contrasts"][0]["reason"] == "fewer than 2 blocks"


def test_a_score_that_was_not_judged_brings_in_the_other_engine(tmp_path, small_plan):
    study = SMALL
    frames = simulate_study(np.random.default_rng(1), study)
    score = frames["ratings"]["score"].astype(float)
    score.iloc[0] = np.nan
    frames["ratings"] = frames["ratings"].assign(score=score.astype("Int64"))
    write_dataset(tmp_path / "data", frames, study, small_plan)
    results = analyse(load_dataset(tmp_path / "data"), small_plan)
    assert _contrast(results, "model-a", "PGY1", "medical_correctness")["engine"] == "REML with Kenward-Roger"
    assert "Kenward-Roger test elsewhere" in results["methods"]


def _never_given(frames, gone):
    planned = frames["responses"]
    lost = set(planned.loc[gone, "response"])
    status = planned["status"].mask(gone, "missing")
    frames["responses"] = planned.assign(status=status, response=planned["response"].mask(gone, ""))
    for name in ("ratings", "harms", "guesses"):
        frames[name] = frames[name][~frames[name]["response"].isin(lost)]
    return frames


def test_residents_who_gave_nothing_do_not_count_as_heard(tmp_path, small_plan):
    frames = simulate_study(np.random.default_rng(1), SMALL)
    frames = _never_given(frames, frames["responses"]["responder"] == "S01")
    write_dataset(tmp_path / "data", frames, SMALL, small_plan)
    results = analyse(load_dataset(tmp_path / "data"), small_plan)
    assert results["faults"] == ["4 PGY1 residents; at least 5 are needed to speak of a level"]
    assert _contrast(results, "model-a", "PGY1", "medication_safety")["n"]["second_responders"] == 5


def test_a_response_never_given_is_imputed_and_counted(tmp_path, small_plan):
    study = SMALL
    frames = simulate_study(np.random.default_rng(1), study)
    frames = _never_given(frames, frames["responses"]["response"] == "r0000")
    write_dataset(tmp_path / "data", frames, study, small_plan)
    results = analyse(load_dataset(tmp_path / "data"), small_plan)
    contrast = _contrast(results, "model-a", "PGY1", "medication_safety")
    assert results["counts"]["scores_imputed"] == 16
    assert contrast["n"]["imputed_second"] == 4
    assert contrast["engine"] == "two-way-random t"
    assert "1 planned response was never given; imputed scores: 16" in results["methods"]


@pytest.mark.parametrize("score", [1, 3])
def test_scores_that_are_all_equal_are_not_estimable_everywhere(tmp_path, score, small_plan):
    study = SMALL
    frames = simulate_study(np.random.default_rng(1), study)
    frames["ratings"] = frames["ratings"].assign(score=score)
    write_dataset(tmp_path / "data", frames, study, small_plan)
    results = analyse(load_dataset(tmp_path / "data"), small_plan)
    assert {c["word"].split(",")[0] for c in results["contrasts"]} == {"not estimable"}
    assert {r["alpha_reason"] for r in results["reliability"]} == {"all scores are equal"}
    assert {c["shown"][:13] for c in results["claims"]} == {"not estimable", "not tested: a"}
    assert [h["p_adjusted_text"] for h in results["tree"]["hypotheses"]][1:] == ["not tested"] * 4


def test_a_dataset_without_ratings_says_so_without_crashing(tmp_path, small_plan):
    study = SMALL
    frames = simulate_study(np.random.default_rng(1), study)
    for name in ("ratings", "harms", "guesses"):
        frames[name] = frames[name].iloc[:0]
    write_dataset(tmp_path / "data", frames, study, small_plan)
    run(tmp_path / "data", tmp_path / "data" / "plan.yaml", tmp_path / "out")
    results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert all(c["reason"].startswith("no vignette") for c in results["contrasts"])
    assert results["blinding"]["reason"] == "no guesses"
    assert results["notes"] == [f"rater R0{i} gave no score" for i in (1, 2, 3, 4)]


def test_a_signed_exception_to_approval_is_printed(small_dataset, small_plan):
    exception = {"signed_by": "investigator 1", "reason": "pilot"}
    manifest = {**small_dataset.manifest, "approval_exception": exception}
    methods = analyse(replace(small_dataset, manifest=manifest), small_plan)["methods"]
    assert "by a signed exception (investigator 1: pilot)" in methods


def test_margins_that_differ_are_listed_in_the_methods(small_dataset, small_plan):
    margins = {**small_plan.margins, "medication_safety": 0.4}
    methods = analyse(
        small_dataset, replace(small_plan, margins=margins, missing_response="available_cases")
    )["methods"]
    assert "0.4 on medication safety" in methods
    assert "is left out" in methods


def test_a_run_needs_a_plan_that_can_be_read(study_folder, tmp_path):
    with pytest.raises(PlanError, match="cannot be read"):
        run(study_folder, tmp_path / "absent.yaml", tmp_path / "out")


def test_a_run_refuses_a_dataset_that_was_changed(tmp_path, small_plan):
    study = SMALL
    write_dataset(tmp_path / "data", simulate_study(np.random.default_rng(1), study), study, small_plan)
    (tmp_path / "data" / "raters.csv").write_text("rater\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="SHA-256 differs"):
        run(tmp_path / "data", tmp_path / "data" / "plan.yaml", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def _table(results, name):
    return pd.read_csv(io.StringIO(tables(results)[name]))


def test_tables_hold_the_figures_of_the_results(results):
    contrasts = _table(results, "contrasts.csv")
    assert contrasts["estimate"].tolist() == pytest.approx([c["estimate"] for c in results["contrasts"]])
    assert contrasts["pratt_p"].notna().all()
    assert len(_table(results, "vignettes.csv")) == 30 * 16
    assert _table(results, "blinding.csv")["index"].tolist() == ["bang"] * 4 + ["james"]
    assert len(_table(results, "tree.csv")) == 5


def test_the_plan_text_decides_the_hash(small_dataset, small_plan):
    text = dump_plan(small_plan) + "# a comment\n"
    assert analyse(small_dataset, small_plan)["plan"]["locked"]
    assert not analyse(small_dataset, small_plan, text)["plan"]["locked"]


def test_every_table_carries_the_hash_of_the_plan(results):
    digest = results["plan"]["sha256"]
    for name, text in tables(results).items():
        header, *rows = text.splitlines()
        assert header.endswith(",watermark,plan_sha256"), name
        assert all(row.endswith(f",simulated data,{digest}") for row in rows), name


def test_the_tables_of_sensitivities_hold_every_case(results):
    assert len(_table(results, "sensitivities.csv")) == len(results["sensitivities"])
    assert len(_table(results, "multiverse.csv")) == 16 * len(results["sensitivity_list"])
    assert len(_table(results, "headlines.csv")) == 4 * len(results["multiverse"]["headlines"])
    assert len(_table(results, "residents.csv")) == 16 * 15
    assert _table(results, "rating_models.csv")["rating_model"].tolist() == ["linear", "ordinal"] * 16
