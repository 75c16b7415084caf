"""The reliability part of the report."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.template.loader import render_to_string

from analysis.dataset import Dataset, load_dataset
from analysis.plan import default_plan
from analysis.reliability import reliability
from study.reports.reliability import reliability_refusals, reliability_tables
from tests.analysis.simulate import Study, simulate_study, write_dataset

SMALL = Study(vignettes=10, residents=5, models=("model-a",))
PLAN = default_plan(list(SMALL.models), simulated=True)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """A complete study of ten vignettes, three arms and four raters."""
    folder: Path = tmp_path_factory.mktemp("reliability") / "data"
    write_dataset(folder, simulate_study(np.random.default_rng(11), SMALL), SMALL)
    return load_dataset(folder)


def _part(dataset: Dataset) -> dict[str, Any]:
    results = {"reliability": reliability(dataset, PLAN)}
    return {"reliability": reliability_tables(results), "refusals": reliability_refusals(results)}


def test_every_row_has_a_cell_for_every_column(dataset: Dataset) -> None:
    for table in _part(dataset)["reliability"]:
        assert {len(row) for row in table.rows} == {len(table.columns)}, table.caption
        assert all(isinstance(cell, str) for row in table.rows for cell in row), table.caption


def test_all_coefficients_stand_in_tables_that_scroll_on_a_narrow_screen(dataset: Dataset) -> None:
    page = render_to_string("reports/_reliability.html", {"report": _part(dataset)})
    for word in ("ICC(2,k)", "Ordinal alpha", "AC2", "Kendall", "Detectable change", "Raters for 0.8"):
        assert word in page
    assert page.count('<div class="table-wrap"') == page.count("<table") == 7
    assert "notice" not in page


def test_what_is_not_estimable_says_why_in_its_row(dataset: Dataset) -> None:
    within = _part(dataset)["reliability"][-1]
    assert {row[-1] for row in within.rows} == {"no planned duplicate was scored twice"}


def test_a_refusal_is_a_warning_and_no_coefficient_is_shown(dataset: Dataset) -> None:
    part = _part(replace(dataset, ratings=dataset.ratings.assign(adjudicated=1)))
    page = render_to_string("reports/_reliability.html", {"report": part})
    assert "Agreement is not estimated: column adjudicated marks scores as adjudicated" in page
    assert {cell for row in part["reliability"][0].rows for cell in row[1:9]} == {"–"}


def test_the_kappa_of_a_pair_stands_in_both_raters_rows(dataset: Dataset) -> None:
    pairs = next(t for t in _part(dataset)["reliability"] if t.caption.startswith("Kappa of each pair"))
    matrix = [list(row[1:]) for row in pairs.rows[:4]]
    assert [list(column) for column in zip(*matrix, strict=True)] == matrix
    assert all(matrix[place][place] == "" for place in range(4))
