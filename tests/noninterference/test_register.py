"""The register of channels names a test for each, and each of these tests exists."""

import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT
from tests.noninterference.planted import PLANTED

REGISTER = ROOT / "docs" / "blinding.md"
CHANNELS = 50
WITHOUT_TEST = {"B50": "operator's duty"}
_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def rows() -> dict[str, str]:
    """Return channel -> the cell that names its proof."""
    lines = REGISTER.read_text(encoding="utf-8").splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if re.match(r"\| B\d\d ", line)]
    return {cell[0]: cell[3] for cell in cells}


def test_every_channel_has_its_row() -> None:
    assert list(rows()) == [f"B{number:02}" for number in range(1, CHANNELS + 1)]


@pytest.mark.parametrize("channel", rows())
def test_a_channel_names_tests_that_exist(channel: str) -> None:
    proof = rows()[channel]
    if channel in WITHOUT_TEST:
        assert proof == WITHOUT_TEST[channel]
        return
    found = _TEST.findall(proof)
    assert found
    for path, name in found:
        text = (ROOT / Path(path)).read_text(encoding="utf-8")
        assert not name or f"def {name}(" in text


def test_a_planted_leak_belongs_to_a_channel_of_the_register() -> None:
    assert {leak.channel for leak in PLANTED.values()} <= set(rows())
