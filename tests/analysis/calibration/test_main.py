import json
from pathlib import Path

import pytest

from analysis.calibration import store
from analysis.calibration.__main__ import main
from analysis.calibration.outcomes import Outcomes
from analysis.calibration.report import page
from analysis.calibration.scenarios import Scenario


def run(folder: Path, *more: str) -> None:
    assert main(["--out", str(folder), "--studies", "20", "--first", "4", *more]) == 0


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    run(tmp_path, "--groups", "simple")
    run(tmp_path, "--groups", "tree")
    return tmp_path


def test_a_second_run_goes_on_where_the_first_one_stopped(tmp_path: Path) -> None:
    for expected in (4, 8):
        run(tmp_path, "--groups", "simple")
        assert len(store.load(tmp_path / "calibration.json")) == expected


def test_finished_scenarios_are_those_with_enough_studies(finished: Path) -> None:
    entries = store.load(finished / "calibration.json")
    first = Scenario("default", 0.0, 0.3, "mid", 0.0, 0.0)
    assert store.finished(entries, first, "simple", 20)
    assert not store.finished(entries, first, "simple", 21)
    assert not store.finished(entries, first, "engine", 20)


def test_the_page_says_what_is_accepted_and_what_is_off(finished: Path) -> None:
    text = (finished / "calibration.md").read_text(encoding="utf-8")
    assert "**two-way-random t** (primary) is **" in text
    assert "**Pratt signed rank**" in text
    assert "## 30 vignettes, 15 residents × 2 vignettes, 4 raters (the default)" in text
    assert "**The whole tree** makes a false claim" in text


def test_the_page_is_written_again_from_the_data_alone(finished: Path) -> None:
    before = (finished / "calibration.md").read_text(encoding="utf-8")
    (finished / "calibration.md").unlink()
    run(finished, "--page-only")
    assert (finished / "calibration.md").read_text(encoding="utf-8") == before


def test_a_page_without_data_says_so_little(tmp_path: Path) -> None:
    assert page(store.load(tmp_path / "calibration.json")).startswith("# Calibration")


def test_progress_is_one_line_for_each_scenario(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, "--groups", "simple")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert lines[-1].startswith("4/4 simple: default")


def test_data_of_another_version_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps({"version": 0, "entries": {}}))
    with pytest.raises(ValueError, match="another version"):
        store.load(path)


def test_what_is_not_estimable_neither_rejects_nor_covers() -> None:
    import numpy as np

    values = np.array([np.nan, 0.01])
    tally = Outcomes(values, values, 1 - values, values, values).tally()
    assert (tally["studies"], tally["estimable"], tally["two_sided"]) == (2, 1, 1)
    assert (tally["intervals"], tally["covered"]) == (1, 0)
