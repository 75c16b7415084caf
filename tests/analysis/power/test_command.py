import io
import json
from pathlib import Path

import pytest
import yaml

from analysis.__main__ import main
from analysis.power.design_file import TEMPLATE
from analysis.power.progress import Progress


@pytest.fixture
def design(tmp_path: Path) -> Path:
    curve = {"raters": [3], "vignettes": [], "true_difference": [], "studies": 20}
    path = tmp_path / "design.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(TEMPLATE), "studies": 20, "curve": curve}))
    return path


def test_the_command_prints_the_table(design: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["power", str(design), "--workers", "1"]) == 0
    printed = capsys.readouterr()
    assert "claim of the lead model" in printed.out
    assert printed.err == ""


def test_the_files_of_a_run_are_written(design: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(["power", str(design), "--out", str(out), "--workers", "1"]) == 0
    assert sorted(p.name for p in out.iterdir()) == ["claims.csv", "curve.csv", "curve.svg", "power.json"]
    assert json.loads((out / "power.json").read_text())["studies"] == 20


def test_json_is_printed_in_place_of_the_table(design: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["power", str(design), "--json", "--workers", "1"])
    assert json.loads(capsys.readouterr().out)["design"]["raters"] == 4


def test_the_template_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["power", "--template"]) == 0
    assert capsys.readouterr().out == TEMPLATE


def test_a_bad_design_gets_one_line_and_exit_status_2(
    design: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    design.write_text(design.read_text().replace("raters: 4", "raters: none"))
    assert main(["power", str(design)]) == 2
    assert capsys.readouterr().err == "design: raters: must be a whole number\n"


def test_without_a_design_the_command_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["power"]) == 2
    assert "--template" in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_is_drawn_on_a_terminal_only() -> None:
    shown, hidden = Terminal(), io.StringIO()
    for stream in (shown, hidden):
        Progress(stream)(10, 10)
    assert "10/10 studies" in shown.getvalue()
    assert hidden.getvalue() == ""
