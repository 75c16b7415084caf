import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.canonical import to_json
from analysis.dataset import Dataset, DatasetError, load_dataset
from analysis.run import run
from analysis.style.attacker import TOO_FEW
from analysis.style.section import BLINDED, NO_TEXTS, standardised_difference, style_section
from analysis.style.sentences import style_sentences
from analysis.style.texts import read_texts
from tests.analysis.simulate import Study, simulate_study, write_dataset
from tests.analysis.style.prose import bold_and_curly, light_plan, listed, straight, styled_folder

SMALL = Study(vignettes=10, residents=5)
PLAN = light_plan(SMALL)
DRESSES = {"A": straight, "B": straight, "C": bold_and_curly, "D": straight}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study in which one of two models writes with markup and curly quotes."""
    path = tmp_path_factory.mktemp("styled") / "data"
    styled_folder(path, SMALL, DRESSES)
    return path


@pytest.fixture(scope="module")
def section(folder: Path) -> dict[str, Any]:
    return style_section(load_dataset(folder), PLAN)


def _attack(section: dict[str, Any], label: str, machine: str, text: str) -> dict[str, Any]:
    contrast = next(each for each in section["contrasts"] if each["label"] == label)
    return next(each for each in contrast["attacks"] if (each["machine"], each["text"]) == (machine, text))


def test_each_model_and_all_of_them_are_compared_with_the_residents_of_both_levels(
    section: dict[str, Any],
) -> None:
    assert [each["label"] for each in section["contrasts"]] == ["Model-A", "Model-B", "all models"]
    assert _attack(section, "Model-A", "figures", "sealed")["responses"] == (10, 20)
    assert _attack(section, "all models", "figures", "sealed")["pairs"] == 40


def test_a_style_that_normalising_takes_away_is_told_before_it_only(section: dict[str, Any]) -> None:
    assert _attack(section, "Model-A", "figures", "written")["auc"] == 1
    assert _attack(section, "Model-A", "figures", "sealed")["auc"] < 0.85
    assert _attack(section, "Model-B", "figures", "written")["auc"] < 0.85


def test_figures_of_an_arm_are_the_means_of_its_texts(section: dict[str, Any]) -> None:
    arm = next(each for each in section["arms"] if each["arm"] == "C")
    figures = {each["metric"]: each for each in arm["figures"]}
    assert arm["responses"] == figures["words"]["written"]["n"] == 10
    assert figures["emphasis"]["written"]["mean"] > 0
    assert figures["emphasis"]["sealed"] == {"n": 10, "mean": 0.0, "sd": 0.0}


def test_hedges_g_is_that_of_its_formula_and_says_where_it_has_none() -> None:
    first, second = np.array([1.0, 2, 3, np.nan]), np.array([2.0, 4, 6])
    assert standardised_difference(first, second) == pytest.approx(-2 / np.sqrt(2.5) * (1 - 3 / 15))
    assert standardised_difference(np.zeros(3), np.zeros(4)) == 0
    assert standardised_difference(np.zeros(3), np.ones(4)) == -np.inf
    assert np.isnan(standardised_difference(np.array([1.0, np.nan]), second))


def test_lists_that_one_arm_alone_writes_always_are_said_to_be_apart(tmp_path: Path) -> None:
    study = Study(vignettes=10, residents=5, models=("model-a",))
    plan = styled_folder(tmp_path, study, {"C": listed})
    style = style_section(load_dataset(tmp_path), plan)
    lists = next(each for each in style["contrasts"][0]["differences"] if each["metric"] == "list_share")
    assert lists == {"metric": "list_share", "written": None, "sealed": None, "apart": ["written", "sealed"]}
    assert "by share of lines that are list items (always apart)" in " ".join(style_sentences(style))


def _written(path: Path, **options: bool) -> Dataset:
    write_dataset(path, simulate_study(np.random.default_rng(1), SMALL), SMALL, **options)
    return load_dataset(path)


def test_before_the_names_are_released_there_is_no_text_and_no_figure(tmp_path: Path) -> None:
    styled_folder(tmp_path, SMALL, DRESSES, blinded=True)
    dataset = load_dataset(tmp_path)
    section = style_section(dataset, PLAN)
    assert not dataset.texts
    assert (section["reason"], section["arms"], section["contrasts"]) == (BLINDED, [], [])


def test_a_dataset_that_was_frozen_without_texts_says_so(tmp_path: Path) -> None:
    assert style_section(_written(tmp_path), PLAN)["reason"] == NO_TEXTS


def test_a_small_study_says_that_nothing_is_estimable(tmp_path: Path) -> None:
    study = Study(vignettes=4, residents=2, models=("model-a",))
    plan = styled_folder(tmp_path, study, {})
    style = style_section(load_dataset(tmp_path), plan)
    attacks = style["contrasts"][0]["attacks"]
    assert {each["reason"] for each in attacks} == {TOO_FEW}
    assert style_sentences(style) == [
        f"Whether style tells Model-A from residents is not estimable: {TOO_FEW}."
    ]


@pytest.mark.parametrize(
    "entry",
    [
        [],
        {"written": {}},
        {"written": {}, "sealed": {"r0000": 1}},
        {"written": {"r0000": ""}, "sealed": {}},
        {"written": {"nobody": ""}, "sealed": {"nobody": ""}},
    ],
)
def test_texts_of_another_form_or_of_unknown_responses_are_refused(tmp_path: Path, entry: object) -> None:
    content = json.dumps(entry).encode()
    (tmp_path / "texts.json").write_bytes(content)
    with pytest.raises(DatasetError, match="texts"):
        read_texts(tmp_path, {"texts_file_sha256": hashlib.sha256(content).hexdigest()}, {"r0000"})


def test_texts_that_are_not_those_of_the_manifest_are_refused(tmp_path: Path) -> None:
    styled_folder(tmp_path, SMALL, DRESSES)
    (tmp_path / "texts.json").write_text('{"written": {}, "sealed": {}}')
    with pytest.raises(DatasetError, match=r"texts\.json: SHA-256 differs"):
        load_dataset(tmp_path)


def test_the_same_dataset_gives_the_same_section_byte_for_byte(folder: Path, section: dict[str, Any]) -> None:
    assert to_json(style_section(load_dataset(folder), PLAN)) == to_json(section)


def test_the_run_tells_style_in_words_and_in_tables(tmp_path: Path) -> None:
    study = Study(vignettes=10, residents=5, models=("model-c",))
    styled_folder(tmp_path / "data", study, DRESSES)
    results = run(tmp_path / "data", tmp_path / "data" / "plan.yaml", tmp_path / "out")
    told = "A machine that saw only style told Model-C from residents in "
    assert any(sentence.startswith(told) for sentence in results["results_text"])
    assert "20 of 20 pairs (1.00, 95 % interval" in " ".join(results["style"]["sentences"])
    assert "Nadeau" in results["methods"]
    rows = (tmp_path / "out" / "style_attacks.csv").read_text().splitlines()
    assert rows[1].startswith("model-c,Model-C,figures,written,10,20,10,20,20,1,")
    assert len((tmp_path / "out" / "style.csv").read_text().splitlines()) == 1 + 3 * 17 * 2
