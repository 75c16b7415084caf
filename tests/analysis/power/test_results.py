import dataclasses
from typing import Any

import pytest

from analysis.power.design import Curve, Design, with_difference
from analysis.power.figure import curve_svg
from analysis.power.results import faults_of, simulate_power
from analysis.power.shares import share
from analysis.power.text import AXES, claims_csv, curve_csv, terminal

STUDIES = 1_000


def unseen(_: int, __: int) -> None:
    return


def power(**changes: Any) -> dict[str, Any]:
    curve = Curve(studies=STUDIES)
    return simulate_power(dataclasses.replace(Design(studies=STUDIES, curve=curve), **changes), map, unseen)


def claim(results: dict[str, Any], name: str, dimension: str) -> dict[str, Any]:
    return next(c for c in results["claims"] if (c["claim"], c["dimension"]) == (name, dimension))


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    points = Curve((3, 8), (30, 60), (0.0, 0.5), studies=STUDIES)
    return simulate_power(Design(studies=STUDIES, curve=points), map, unseen)


@pytest.mark.parametrize(("raters", "wide", "narrow"), [(4, 0.06, 0.19), (8, 0.23, 0.48)])
def test_the_power_of_matching_both_levels_is_the_published_one(
    raters: int, wide: float, narrow: float
) -> None:
    found = power(raters=raters, raters_per_response=raters)
    own = claim(found, "equivalent", "medical_correctness")["alone"]
    assert own["value"] == pytest.approx(wide, abs=0.04)
    assert found["tree"]["narrow_equivalent"]["value"] == pytest.approx(narrow, abs=0.04)


def test_the_error_at_the_edge_is_near_nominal_against_one_level_and_lower_against_both(
    results: dict[str, Any],
) -> None:
    for record in results["claims"]:
        assert 0.005 < record["type_1_one_level"]["value"] < 0.045
        assert record["type_1"]["value"] <= record["type_1_one_level"]["value"]


def test_a_large_true_difference_gives_every_claim_but_equivalence() -> None:
    found = simulate_power(with_difference(Design(studies=200), 1.4), map, unseen)
    values = {c["claim"]: c["in_tree"]["value"] for c in found["claims"]}
    assert values["non-inferior"] > 0.99
    assert values["superior"] > 0.95
    assert values["equivalent"] == 0
    assert not claim(found, "equivalent", "medical_correctness")["holds"]


def test_the_planner_says_that_matching_has_low_power_and_what_would_be_needed(
    results: dict[str, Any],
) -> None:
    text = " ".join(results["advice"])
    assert "4 raters and 30 vignettes: low" in text
    assert "at least 8 raters and about 60 vignettes" in text
    assert "With 8 raters and 60 vignettes it has" in text


def test_a_design_below_the_minimums_is_named() -> None:
    faults = faults_of(Design(residents_per_level=3, vignettes_per_resident=10, raters=2))
    assert faults[0].startswith("2 raters; at least 3")
    assert faults[1].startswith("3 PGY1 residents; at least 5")


def test_text_tables_and_figure_show_the_same_claims(results: dict[str, Any]) -> None:
    text = terminal(results)
    assert "non-inferior to PGY1 and PGY2 on medication safety" in text
    assert text.count("EQ correctness") == 3
    assert len(claims_csv(results).splitlines()) == 1 + 6
    assert len(curve_csv(results).splitlines()) == 1 + 6 * 6
    assert curve_svg(results, AXES).count("<svg") == 1


def test_a_share_of_nothing_still_has_an_error() -> None:
    assert share(0, 100).value == 0
    assert 0 < share(0, 100).error < 0.02
