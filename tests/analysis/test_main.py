"""The command line outside Django."""

import subprocess
import sys

import pytest

from analysis.__main__ import main
from analysis.plan import parse_plan


def test_run_prints_the_claims_and_writes_results(study_folder, tmp_path, capsys):
    assert main(["run", str(study_folder), str(study_folder / "plan.yaml"), str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert (
        "Model-A compared with PGY1 and PGY2 residents on medication safety: superior. [headline]" in printed
    )
    assert (tmp_path / "out" / "results.json").exists()


def test_faults_are_printed(small_folder, tmp_path, capsys):
    (tmp_path / "plan.yaml").write_text((small_folder / "plan.yaml").read_text() + "# changed\n")
    assert main(["run", str(small_folder), str(tmp_path / "plan.yaml"), str(tmp_path)]) == 0
    assert "fault: this is not the plan that was locked" in capsys.readouterr().out


def test_the_template_is_a_valid_plan(capsys):
    assert main(["plan-template", "lead", "other"]) == 0
    assert parse_plan(capsys.readouterr().out).models == ("lead", "other")


def test_validate_says_what_it_found(study_folder, capsys):
    assert main(["validate", str(study_folder)]) == 0
    assert "valid, 1920 scores, 120 responses, unblinded" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["validate", "absent"], "dataset: absent: is not a folder"),
        (["run", "absent", "absent.yaml", "out"], "plan: plan: cannot be read"),
    ],
)
def test_bad_input_exits_with_two_and_one_clear_line(arguments, message, capsys):
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_the_command_works_without_django(study_folder):
    code = (
        "import sys; sys.modules['django'] = None\n"
        "import analysis.__main__ as m; sys.exit(m.main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "validate", str(study_folder)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_module_is_a_command():
    done = subprocess.run(
        [sys.executable, "-m", "analysis", "validate", "absent"], capture_output=True, check=False
    )
    assert done.returncode == 2
