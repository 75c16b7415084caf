"""The clinical arithmetic against figures worked by hand from the published equations."""

from collections.abc import Mapping
from typing import Any

import pytest

from vignettes.calculations import CALCULATIONS, compute, is_consistent

WORKED: list[tuple[str, Mapping[str, Any], float]] = [
    ("creatinine_clearance", {"age_years": 40, "sex": "male", "weight_kg": 72, "creatinine_mg_dl": 1}, 100.0),
    (
        "creatinine_clearance",
        {"age_years": 40, "sex": "female", "weight_kg": 72, "creatinine_mg_dl": 1},
        85.0,
    ),
    ("egfr_ckd_epi_2021", {"age_years": 50, "sex": "female", "creatinine_mg_dl": 1.0}, 68.6),
    ("egfr_ckd_epi_2021", {"age_years": 50, "sex": "male", "creatinine_mg_dl": 0.9}, 104.0),
    ("creatinine_si", {"creatinine_mg_dl": 1.5}, 132.6),
    ("glucose_si", {"glucose_mg_dl": 180.16}, 10.0),
    ("weight_based_dose", {"dose_per_kg": 15, "weight_kg": 6.2}, 93.0),
    ("dose_per_kg", {"dose": 620, "weight_kg": 6.2}, 100.0),
    ("volume", {"dose_mg": 93, "concentration_mg_ml": 10}, 9.3),
    ("body_surface_area", {"height_cm": 180, "weight_kg": 80}, 2.0),
    ("anion_gap", {"sodium": 140, "chloride": 100, "bicarbonate": 10}, 30.0),
    ("percent_change", {"before": 250, "after": 120}, -52.0),
    ("ratio", {"numerator": 1.9, "denominator": 0.95}, 2.0),
    ("daily_total", {"terms": [[8, 325], [3, 1000]]}, 5600.0),
    ("unit_conversion", {"value": 0.5, "factor": 1000}, 500.0),
    ("sum", {"terms": [2, 2, 1, 0]}, 5.0),
]
REFUSED: list[tuple[str, Mapping[str, Any], str]] = [
    ("astrology", {}, "unknown kind"),
    ("ratio", {"numerator": 1}, "takes exactly denominator, numerator"),
    ("ratio", {"numerator": 1, "denominator": 0}, "denominator must be greater than 0"),
    ("ratio", {"numerator": "1", "denominator": 1}, "numerator must be a number"),
    ("ratio", {"numerator": True, "denominator": 1}, "numerator must be a number"),
    ("unit_conversion", {"value": 1e308, "factor": 1e308}, "cannot be computed"),
    ("creatinine_si", {"creatinine_mg_dl": float("nan")}, "must be a number"),
    ("egfr_ckd_epi_2021", {"age_years": 50, "sex": "f", "creatinine_mg_dl": 1}, "sex must be one of"),
    ("egfr_ckd_epi_2021", {"age_years": 150, "sex": "male", "creatinine_mg_dl": 1}, "below 130"),
    ("sum", {"terms": []}, "not empty"),
    ("sum", {"terms": ["1"]}, "numbers only"),
    ("daily_total", {"terms": [1, 2]}, "list of lists"),
]


@pytest.mark.parametrize(("kind", "inputs", "expected"), WORKED)
def test_a_kind_gives_the_figure_worked_by_hand(
    kind: str, inputs: Mapping[str, Any], expected: float
) -> None:
    assert compute(kind, inputs) == pytest.approx(expected, abs=0.06)


def test_every_kind_has_a_worked_figure() -> None:
    assert {kind for kind, _, _ in WORKED} == set(CALCULATIONS)


@pytest.mark.parametrize(("kind", "inputs", "message"), REFUSED)
def test_inputs_outside_the_domain_are_refused(kind: str, inputs: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compute(kind, inputs)


@pytest.mark.parametrize(
    ("computed", "stated", "decimals", "expected"),
    [
        (43.2, 43, 0, True),
        (43.6, 43, 0, False),
        (147, 150, -1, True),
        (144, 150, -1, False),
        (0.5, 1, 0, True),
    ],
)
def test_a_figure_is_consistent_within_half_its_last_digit(
    computed: float, stated: float, decimals: int, expected: bool
) -> None:
    assert is_consistent(kind="ratio", computed=computed, stated=stated, decimals=decimals) is expected


def test_a_percentage_change_may_be_printed_without_its_sign() -> None:
    assert is_consistent(kind="percent_change", computed=-52, stated=52, decimals=0)
    assert not is_consistent(kind="anion_gap", computed=-52, stated=52, decimals=0)
