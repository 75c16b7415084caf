import json
from pathlib import Path
from typing import Any

import pytest

from analysis.run import run
from study.datasets.models import FrozenDataset
from study.datasets.verification import dataset_folder
from study.protocol.models import Study
from study.reports.numbers import MINUS, number, p_value, percent, span
from study.reports.presentation import Report, present
from tests.datasets.world import lock, rated_study, unblind

pytestmark = pytest.mark.django_db


def _report(study: Study, out: Path) -> tuple[Report, dict[str, Any]]:
    folder = dataset_folder(FrozenDataset.objects.get(study=study))
    results = run(folder, folder / "plan.yaml", out)
    manifest = json.loads((folder / "manifest.json").read_text())
    return present(results, manifest, "0" * 64), results


def test_the_named_report_has_claims_tree_and_every_contrast(tmp_path: Path) -> None:
    study = rated_study()
    lock(study)
    unblind(study)
    report, results = _report(study, tmp_path)
    tables = {table.caption: table for table in [*report.effects, *report.quality]}
    assert len(report.headlines) == len(report.others) == 4
    assert len(tables["Mean differences, points of the 1-5 scale"].rows) == len(results["contrasts"]) == 16
    assert any(caption.startswith("Testing tree for model-1") for caption in tables)
    assert "Severe harm, model against resident on the same vignette" in tables


def test_every_row_of_every_table_has_a_cell_for_every_column(tmp_path: Path) -> None:
    study = rated_study()
    lock(study)
    unblind(study)
    report, _ = _report(study, tmp_path)
    for table in [*report.effects, *report.quality]:
        assert {len(row) for row in table.rows} == {len(table.columns)}, table.caption
        assert all(isinstance(cell, str) for row in table.rows for cell in row), table.caption


def test_the_report_on_codes_has_neither_claims_nor_a_tree(tmp_path: Path) -> None:
    study = rated_study()
    lock(study)
    report, _ = _report(study, tmp_path)
    captions = [table.caption for table in [*report.effects, *report.quality]]
    assert not report.is_named and not report.headlines
    assert not [caption for caption in captions if "tree" in caption or "guess" in caption]


def test_the_report_prints_the_open_ratings_the_reason_and_the_signers(tmp_path: Path) -> None:
    study = rated_study()
    lock(study, reason="Nothing is open.")
    report, _ = _report(study, tmp_path)
    assert ("Open ratings at the lock", "0") in report.facts
    assert [line.partition(",")[0] for line in report.signatures] == ["lead", "second"]
    assert all("Reason: Nothing is open." in line for line in report.signatures)


def test_a_study_with_one_rater_prints_its_faults_as_warnings(tmp_path: Path) -> None:
    study = rated_study(raters=1)
    lock(study)
    unblind(study)
    report, results = _report(study, tmp_path)
    assert results["faults"]
    assert report.warnings[: len(results["faults"])] == results["faults"]


def test_what_cannot_be_estimated_is_a_dash_and_no_error(tmp_path: Path) -> None:
    study = rated_study(residents_per_level=0)
    lock(study)
    unblind(study)
    report, results = _report(study, tmp_path)
    tables = {table.caption: table for table in report.effects}
    assert not any(contrast["estimable"] for contrast in results["contrasts"])
    assert tables["Mean differences, points of the 1-5 scale"].rows[0][1] == "–"
    assert not tables["Beside the primary procedure, never deciding"].rows


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (-0.5, f"{MINUS}0.50"), (-0.001, "0.00"), (1.005, "1.00"), (2, "2.00")]
)
def test_a_number_has_two_decimals_a_true_minus_and_no_negative_zero(value: float | None, text: str) -> None:
    assert number(value) == text


def test_intervals_shares_and_p_values_are_told_in_words_that_never_say_zero() -> None:
    assert span([-1, 2]) == f"[{MINUS}1.00, 2.00]"
    assert span({"low": 0, "high": 1}) == "[0.00, 1.00]"
    assert (span(None), percent(None), p_value(None)) == ("–", "–", "–")
    assert (percent(0.256), p_value(0.0004), p_value(0.25)) == ("26 %", "< 0.001", "0.250")
