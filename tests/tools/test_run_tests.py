"""`tools/run_tests.py`: only a pass in which every test ran and passed keeps the promise."""

from pathlib import Path

import pytest

from tools.run_tests import Outcome, read_outcome

REPORT = '<testsuites><testsuite tests="9" failures="1" errors="2" skipped="3"/></testsuites>'


def test_the_counts_come_from_the_report(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT, encoding="utf-8")
    assert read_outcome(report, 1) == Outcome(passed=3, failed=3, skipped=3, status=1)


def test_a_pass_without_a_report_has_failed(tmp_path: Path) -> None:
    assert not read_outcome(tmp_path / "none.xml", 0).kept_its_promise


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(passed=5, failed=1, skipped=0, status=1),
        Outcome(passed=5, failed=0, skipped=1, status=0),
        Outcome(passed=0, failed=0, skipped=0, status=5),
        Outcome(passed=5, failed=0, skipped=0, status=2),
    ],
)
def test_a_failure_a_skip_an_empty_or_a_broken_run_fails(outcome: Outcome) -> None:
    assert not outcome.kept_its_promise


def test_the_closing_line_names_the_database_and_the_counts() -> None:
    assert Outcome(passed=5, failed=0, skipped=0, status=0).line("sqlite") == "sqlite: 5 passed, 0 failed"
