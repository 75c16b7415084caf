"""Size budgets. A list below names each file or function that is over, so that it is seen in review."""

from pathlib import Path

from tests.architecture.sources import (
    PACKAGES,
    ROOT,
    functions,
    length,
    line_count,
    name,
    python_files,
    template_files,
)

FILE, FILE_HARD_STOP, FUNCTION, VIEW, TEST, TEMPLATE = 300, 500, 30, 15, 20, 80

LONG_FILES: set[str] = set()
LONG_FUNCTIONS: set[str] = set()
LONG_TESTS: set[str] = set()


def _is_scenario(path: Path) -> bool:
    return path.is_relative_to(ROOT / "tests" / "e2e")


def test_no_file_is_longer_than_its_budget() -> None:
    files = [path for path in python_files(*PACKAGES, "tests", "tools", "bench") if not _is_scenario(path)]
    over = {name(path): line_count(path) for path in files if line_count(path) > FILE}
    assert set(over) == LONG_FILES, over
    assert all(lines <= FILE_HARD_STOP for lines in over.values()), over


def test_no_function_is_longer_than_its_budget() -> None:
    files = python_files(*PACKAGES, "tools", "bench")
    over = {
        f"{name(path)}::{function.name}": length(function)
        for path in files
        for function in functions(path)
        if length(function) > FUNCTION
    }
    assert set(over) == LONG_FUNCTIONS, over


def test_no_view_or_task_is_longer_than_its_budget() -> None:
    files = [path for path in python_files("study") if path.name in {"views.py", "api.py", "tasks.py"}]
    over = {
        f"{name(path)}::{function.name}": length(function)
        for path in files
        for function in functions(path)
        if not function.name.startswith("_") and length(function) > VIEW
    }
    assert not over, over


def test_no_test_is_longer_than_its_budget() -> None:
    files = [path for path in python_files("tests") if not _is_scenario(path)]
    over = {
        f"{name(path)}::{function.name}": length(function)
        for path in files
        for function in functions(path)
        if function.name.startswith("test_") and length(function) > TEST
    }
    assert set(over) == LONG_TESTS, over


def test_no_template_is_longer_than_its_budget() -> None:
    over = {name(path): line_count(path) for path in template_files() if line_count(path) > TEMPLATE}
    assert not over, over
