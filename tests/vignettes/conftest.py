"""One valid bank file, to be broken in one place by each test."""

from collections.abc import Callable
from pathlib import Path

import pytest

from vignettes.schema import BankError, Problem, VignetteContent, load_bytes

NAME = "TEST-01.yaml"


@pytest.fixture(scope="session")
def valid_text() -> str:
    """The text of a valid file."""
    return (Path(__file__).parent / NAME).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def valid_content(valid_text: str) -> VignetteContent:
    """The vignette of a valid file."""
    return load_bytes(valid_text.encode(), name=NAME)


@pytest.fixture
def problems_after(valid_text: str) -> Callable[..., tuple[Problem, ...]]:
    """Return the problems of the valid file with one passage replaced."""

    def load_broken(old: str, new: str) -> tuple[Problem, ...]:
        assert old in valid_text
        try:
            load_bytes(valid_text.replace(old, new, 1).encode(), name=NAME)
        except BankError as error:
            return error.problems
        return ()

    return load_broken


@pytest.fixture
def bank(tmp_path: Path, valid_text: str) -> Path:
    """A directory with two vignette files."""
    for code in ("TEST-01", "TEST-02"):
        (tmp_path / f"{code}.yaml").write_text(
            valid_text.replace("id: TEST-01", f"id: {code}"), encoding="utf-8"
        )
    return tmp_path
