"""The part of the report that stands beside the words."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.dataset import load_dataset
from analysis.plan import default_plan
from analysis.run import analyse
from study.reports.robustness import robustness_tables
from study.reports.tables import Table
from tests.analysis.simulate import Study, simulate_study, write_dataset

SMALL = Study(vignettes=10, residents=5, models=("model-a",), effects={"model-a": 0.6})


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Results of a small study whose words are near their limits."""
    folder: Path = tmp_path_factory.mktemp("robustness") / "data"
    write_dataset(folder, simulate_study(np.random.default_rng(11), SMALL), SMALL)
    return analyse(load_dataset(folder), default_plan(list(SMALL.models), simulated=True))


def _tables(results: dict[str, Any]) -> dict[str, Table]:
    return {table.caption.split(",")[0]: table for table in robustness_tables(results)}


def test_every_row_has_a_cell_for_every_column(results: dict[str, Any]) -> None:
    for table in robustness_tables(results):
        assert {len(row) for row in table.rows} == {len(table.columns)}, table.caption
        assert all(isinstance(cell, str) for row in table.rows for cell in row), table.caption


def test_every_sensitivity_of_the_plan_is_named_with_its_readings_or_why_it_has_none(
    results: dict[str, Any],
) -> None:
    rows = _tables(results)["The sensitivities of the plan"].rows
    assert len(rows) == len(results["plan"]["content"]["sensitivities"])
    assert all(row[2] != "0" or row[4].startswith("not available, because") for row in rows)


def test_a_changed_word_is_counted_and_its_case_named(results: dict[str, Any]) -> None:
    rows = _tables(results)["Single contrasts: where the word changes"].rows
    changed = [row for row in rows if row[3] != "0"]
    assert len(rows) == len(results["contrasts"])
    assert changed and all("×" in row[4] for row in changed)


def test_headlines_that_never_change_are_said_to_be_none(results: dict[str, Any]) -> None:
    steady = deepcopy(results)
    for each in steady["multiverse"]["headlines"]:
        each["changed"] = []
    assert _tables(steady)["Headlines that would read otherwise"].rows == [["None", "", ""]]


def test_before_unblinding_only_the_models_of_single_ratings_are_shown(results: dict[str, Any]) -> None:
    blind = {**results, "claims": [], "contrasts": []}
    assert [table.caption for table in robustness_tables(blind)] == ["Models of single ratings"]
