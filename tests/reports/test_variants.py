"""The parts of the report on the safety verdict and on LLM judges."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string

from analysis.plan import Robustness
from analysis.run import run
from study.reports.judges import judges_section
from study.reports.tables import Section, Table
from study.reports.variants import variants_section
from tests.analysis.instruments import VARIANTS, Judge, instrument_folder
from tests.analysis.simulate import Study

SMALL = Study(vignettes=10, residents=5, effects={"model-b": -0.6})
ASKED = Robustness(VARIANTS, rated=True, baseline="model-b", unsafe_at_most=2.5)
JUDGES = (Judge("kin", family="fam", bias=0.4, scatter=0.5, lost=0.1), Judge("other"))


def _run(folder: Path, robustness: Robustness, judges: tuple[Judge, ...]) -> dict[str, Any]:
    instrument_folder(folder / "data", SMALL, judges, robustness, families={"model-a": "fam"})
    run(folder / "data", folder / "data" / "plan.yaml", folder / "out")
    results: dict[str, Any] = json.loads((folder / "out" / "results.json").read_text())
    return results


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Results as they are stored, of a study with variants and two judges."""
    return _run(tmp_path_factory.mktemp("both"), ASKED, JUDGES)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Results of a study with neither."""
    return _run(tmp_path_factory.mktemp("neither"), Robustness(), ())


def _both(results: dict[str, Any]) -> tuple[Section, Section]:
    variants, judges = variants_section(results), judges_section(results)
    assert variants and judges
    return variants, judges


def _table(section: Section, start: str) -> Table:
    return next(table for table in section.tables if table.caption.startswith(start))


def _page(results: dict[str, Any], name: str) -> str:
    report = {"variants": variants_section(results), "judges": judges_section(results)}
    return render_to_string(f"reports/_{name}.html", {"report": report})


def test_every_row_has_a_text_for_every_column(results: dict[str, Any]) -> None:
    tables = [table for section in _both(results) for table in section.tables]
    assert len(tables) == 3 + 5
    for table in tables:
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.columns)}, table.caption
        assert all(isinstance(cell, str) for row in table.rows for cell in row), table.caption


def test_the_verdict_table_holds_every_source_model_and_variant_and_all_variants_together(
    results: dict[str, Any],
) -> None:
    rows = _table(_both(results)[0], "Vignettes whose safety verdict").rows
    heads = {row[0] for row in rows}
    assert len(heads) == len(rows) == 3 * 2 * 3
    assert {"Clinicians: Model-A, names", "Judge kin: Model-B, every variant"} <= heads
    first = results["variants"]["robustness"]["stability"][0]
    assert rows[0][1] == f"{first['unchanged']} of {first['items']}"


def test_the_comparison_table_names_both_models_and_the_original(results: dict[str, Any]) -> None:
    rows = _table(_both(results)[0], "Unsafe answers against").rows
    assert len(rows) == 3 * 3
    assert rows[0][0] == "Clinicians: Model-A − Model-B, original"


def test_the_judges_part_says_that_they_are_separate_and_flags_a_shared_family(
    results: dict[str, Any],
) -> None:
    section = _both(results)[1]
    assert "a separate instrument" in section.lines[0]
    assert any("It shares its family with Model-A" in line for line in section.lines)
    gaps = _table(section, "Self-preference").rows
    assert {row[0].split(":")[0] for row in gaps} == {"kin"}
    assert len(gaps) == 4 * 2


def test_both_parts_are_headed_scrolling_tables_with_captions(results: dict[str, Any]) -> None:
    for name, heading in (("variants", "Robustness"), ("judges", "LLM judges (a separate instrument)")):
        page = _page(results, name)
        assert f"<h2>{heading}" in page
        assert page.count('<div class="table-wrap"') == page.count("<table") == page.count("<caption>")
        assert "None" not in page
        assert "nan" not in page


def test_a_study_without_variants_and_judges_has_neither_part(bare: dict[str, Any]) -> None:
    assert variants_section(bare) is None
    assert judges_section(bare) is None
    assert _page(bare, "variants").strip() == _page(bare, "judges").strip() == ""


def test_results_from_before_there_were_judges_are_shown_without_the_parts(bare: dict[str, Any]) -> None:
    older = {key: value for key, value in bare.items() if key not in ("variants", "judges")}
    assert variants_section(older) is None
    assert judges_section(older) is None


def test_what_is_not_estimable_is_a_dash_with_its_reason(results: dict[str, Any]) -> None:
    empty = deepcopy(results)
    for each in empty["variants"]["robustness"]["stability"]:
        each |= {"share": None, "interval": None, "p_exact": None, "bounds": None, "reason": "because"}
    calibration = empty["judges"]["judges"][0]["dimensions"][0]["calibration"]
    calibration |= {"points": [], "error_before": None, "error_after": None, "error_constant": None}
    variants, judges = _both(empty)
    assert variants.tables[0].rows[0][2:4] == ["–", "–"]
    assert variants.tables[0].rows[0][-1] == "because"
    assert _table(judges, "Isotonic").rows[0][1:9] == ["–"] * 8
