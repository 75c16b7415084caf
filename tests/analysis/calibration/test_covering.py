"""The covering array of the calibration."""

from itertools import combinations, product

from analysis.calibration.covering import COVERING
from analysis.calibration.scenarios import MISSING, NULLS, RATER_SOURCE, RESIDENT, SCALES, SIZES

FACTORS = {
    "size": tuple(SIZES),
    "rater_source": RATER_SOURCE,
    "resident": RESIDENT,
    "scale": SCALES,
    "missing": MISSING,
    "null": NULLS,
}


def test_every_two_levels_of_two_factors_meet_in_one_of_twelve_scenarios() -> None:
    assert len(COVERING) == 12
    for one, other in combinations(FACTORS, 2):
        met = {(getattr(s, one), getattr(s, other)) for s in COVERING}
        assert met == set(product(FACTORS[one], FACTORS[other]))
