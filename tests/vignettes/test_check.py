"""The command that content authors run on bank files."""

from pathlib import Path

import pytest

from vignettes.check import main


def test_a_sound_directory_gives_its_statistics_and_exit_0(
    bank: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(bank)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2 vignettes, 0 problems"
    assert "key points: 10, critical: 4" in lines


def test_problems_go_to_standard_error_with_exit_1(bank: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = bank / "TEST-02.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("difficulty: 1", "difficulty: 8"), encoding="utf-8"
    )
    assert main([str(bank)]) == 1
    assert "TEST-02.yaml:12: difficulty: 8 is outside 1 to 3\n1 problems" in capsys.readouterr().err


def test_a_wrong_call_gives_the_usage_and_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 2
    assert "usage" in capsys.readouterr().err
