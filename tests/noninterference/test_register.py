"""The register of channels names a test for each, and each of these tests exists."""

import re

import pytest

from tests.architecture.registers import missing_tests, names_tests_alone, rows_of
from tests.architecture.sources import ROOT
from tests.noninterference.planted import PLANTED

REGISTER = ROOT / "docs" / "blinding.md"
CHANNELS = 50
WITHOUT_TEST = {"B50": "operator's duty"}


def rows() -> dict[str, str]:
    """Return channel -> the cell that names its proof."""
    return {row.name: row.proof for row in rows_of(REGISTER) if re.fullmatch(r"B\d\d", row.name)}


def test_every_channel_has_its_row() -> None:
    assert list(rows()) == [f"B{number:02}" for number in range(1, CHANNELS + 1)]


@pytest.mark.parametrize("channel", rows())
def test_a_channel_names_tests_that_exist(channel: str) -> None:
    proof = rows()[channel]
    if channel in WITHOUT_TEST:
        assert proof == WITHOUT_TEST[channel]
        return
    assert names_tests_alone(proof)
    assert missing_tests(proof) == []


def test_a_planted_leak_belongs_to_a_channel_of_the_register() -> None:
    assert {leak.channel for leak in PLANTED.values()} <= set(rows())
