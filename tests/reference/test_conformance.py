"""Every reference case of the project agrees, and what is not implemented has a reason."""

import pytest

from tests.reference import cases, conformance
from tests.reference.adapters.registry import MODULES, NOT_KNOWN

LARGEST_MISSING_SHARE = 0.03


def _compared(areas):
    tally = conformance.Tally()
    for area in areas:
        for name in cases.names(area):
            conformance.compare(cases.load_case(area, name), tally)
    return tally


@pytest.mark.parametrize("area", sorted(MODULES))
def test_every_reference_value_of_an_area_agrees(area):
    tally = _compared([area])
    assert tally.disagree == []
    assert tally.agree > 0
    assert [key for key, why in tally.missing if why == NOT_KNOWN] == []
