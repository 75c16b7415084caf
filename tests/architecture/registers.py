"""Tables in the documentation whose last cell names the tests that prove a row."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.architecture.sources import ROOT

_HEADING = re.compile(r"## (.+)")
_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
_NOTHING_BUT_TESTS = re.compile(rf"{_TEST.pattern}(?:, {_TEST.pattern})*")


class Row(NamedTuple):
    """One row of a table: under which heading it stands, its first cell, all its cells, and the last one."""

    heading: str
    name: str
    cells: tuple[str, ...]
    proof: str


def rows_of(page: Path) -> Iterator[Row]:
    """Yield the rows of all tables of a page; neither a table's head nor the line below it."""
    heading, lines = "", page.read_text(encoding="utf-8").splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if found := _HEADING.fullmatch(line):
            heading = found[1]
        if not line.startswith("|") or line.startswith("|---") or following.startswith("|---"):
            continue
        cells = tuple(cell.strip() for cell in line.strip().strip("|").split(" | "))
        yield Row(heading, cells[0], cells, cells[-1])


def names_tests_alone(proof: str) -> bool:
    """Whether a cell is a list of tests and nothing else."""
    return _NOTHING_BUT_TESTS.fullmatch(proof) is not None


def missing_tests(proof: str) -> list[str]:
    """Return the tests that a cell names and that are not there."""
    return [f"{path}::{name}" for path, name in _TEST.findall(proof) if not _is_there(ROOT / path, name)]


def _is_there(path: Path, name: str) -> bool:
    return path.is_file() and (not name or f"def {name}(" in path.read_text(encoding="utf-8"))
