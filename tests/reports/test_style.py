"""The part of the report on style, beside the raters' guesses."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string

from analysis.run import run
from study.reports.style import style_section
from study.reports.tables import Section
from tests.analysis.simulate import Study
from tests.analysis.style.prose import bold_and_curly, straight, styled_folder

SMALL = Study(vignettes=10, residents=5, models=("model-a",))


def _results(folder: Path, *, blinded: bool = False) -> dict[str, Any]:
    styled_folder(
        folder / "data", SMALL, {"A": straight, "B": straight, "C": bold_and_curly}, blinded=blinded
    )
    run(folder / "data", folder / "data" / "plan.yaml", folder / "out")
    results: dict[str, Any] = json.loads((folder / "out" / "results.json").read_text())
    return results


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return _results(tmp_path_factory.mktemp("styled"))


def _section(results: dict[str, Any]) -> Section:
    section = style_section(results)
    assert section
    return section


def test_every_row_has_a_text_for_every_column(results: dict[str, Any]) -> None:
    tables = _section(results).tables
    assert len(tables) == 3
    assert all(len(row) == len(table.columns) for table in tables for row in table.rows)
    assert all(isinstance(cell, str) for table in tables for row in table.rows for cell in row)


def test_the_page_says_what_the_machine_told_before_and_after_sealing(results: dict[str, Any]) -> None:
    page = render_to_string("reports/_style.html", {"report": {"style": _section(results)}})
    assert "A machine that saw only style told Model-A from residents in" in page
    assert "Model-A, style figures, as written" in page
    assert "20 of 20" in page
    assert "Flesch-Kincaid grade" in page


def test_results_without_texts_before_unblinding_or_of_an_older_form_have_no_such_part(
    results: dict[str, Any], tmp_path: Path
) -> None:
    older = {name: value for name, value in results.items() if name != "style"}
    assert style_section(older) is None
    assert style_section(_results(tmp_path, blinded=True)) is None
    assert render_to_string("reports/_style.html", {"report": {"style": None}}).strip() == ""


def test_what_cannot_be_estimated_is_a_dash_with_its_reason(results: dict[str, Any]) -> None:
    changed = json.loads(json.dumps(results))
    attack = changed["style"]["contrasts"][0]["attacks"][0]
    attack |= {
        "auc": None,
        "auc_interval": None,
        "accuracy": None,
        "accuracy_interval": None,
        "reason": "why",
    }
    row = _section(changed).tables[0].rows[0]
    assert list(row[1:]) == ["–"] * 8 + ["why"]


def test_a_figure_that_keeps_the_sides_apart_stands_first_and_says_so(results: dict[str, Any]) -> None:
    changed = json.loads(json.dumps(results))
    last = changed["style"]["contrasts"][0]["differences"][-1]
    last |= {"written": None, "sealed": None, "apart": ["sealed"]}
    assert list(_section(changed).tables[1].rows[0][1:]) == ["–", "apart"]
