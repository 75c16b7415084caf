"""The clinical arithmetic of the bank: every derived figure in a vignette is recomputed with these functions.

Concentrations of creatinine and glucose are in mg/dL, weights in kg, heights in cm, ages in years.
Every function raises ``ValueError`` (through `compute`) for inputs outside its domain.
"""

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vignettes.strict_yaml import shown

SEXES = ("female", "male")
MOST_TERMS = 50
_MAY_BE_ZERO_OR_LESS = frozenset({"after", "value", "numerator"})


def creatinine_clearance(*, age_years: float, sex: str, weight_kg: float, creatinine_mg_dl: float) -> float:
    """Creatinine clearance in mL/min.

    Reference: Cockcroft DW, Gault MH. Prediction of creatinine clearance from serum creatinine.
    Nephron 1976;16:31-41.
    """
    clearance = (140 - age_years) * weight_kg / (72 * creatinine_mg_dl)
    return clearance * 0.85 if sex == "female" else clearance


def egfr_ckd_epi_2021(*, age_years: float, sex: str, creatinine_mg_dl: float) -> float:
    """Estimated glomerular filtration rate in mL/min/1.73 m², creatinine equation without race.

    Reference: Inker LA et al. New creatinine- and cystatin C-based equations to estimate GFR without race.
    N Engl J Med 2021;385:1737-1749.
    """
    kappa, alpha, factor = (0.7, -0.241, 1.012) if sex == "female" else (0.9, -0.302, 1.0)
    relative = creatinine_mg_dl / kappa
    low, high = min(relative, 1.0), max(relative, 1.0)
    return float(142 * low**alpha * high**-1.200 * 0.9938**age_years * factor)


def creatinine_si(*, creatinine_mg_dl: float) -> float:
    """Creatinine in µmol/L; factor 88.4 from the molar mass 113.12 g/mol (KDIGO 2012 conversion table)."""
    return creatinine_mg_dl * 88.4


def glucose_si(*, glucose_mg_dl: float) -> float:
    """Glucose in mmol/L; divisor 18.016 from the molar mass 180.16 g/mol."""
    return glucose_mg_dl / 18.016


def weight_based_dose(*, dose_per_kg: float, weight_kg: float) -> float:
    """Dose for a body weight, in the unit of ``dose_per_kg`` without the /kg."""
    return dose_per_kg * weight_kg


def dose_per_kg(*, dose: float, weight_kg: float) -> float:
    """Dose per kilogram of body weight, in the unit of ``dose`` per kg."""
    return dose / weight_kg


def volume(*, dose_mg: float, concentration_mg_ml: float) -> float:
    """Volume in mL that holds a dose."""
    return dose_mg / concentration_mg_ml


def body_surface_area(*, height_cm: float, weight_kg: float) -> float:
    """Body surface area in m².

    Reference: Mosteller RD. Simplified calculation of body-surface area. N Engl J Med 1987;317:1098.
    """
    return math.sqrt(height_cm * weight_kg / 3600)


def anion_gap(*, sodium: float, chloride: float, bicarbonate: float) -> float:
    """Serum anion gap in mmol/L, without potassium.

    Reference: Emmett M, Narins RG. Clinical use of the anion gap. Medicine 1977;56:38-54.
    """
    return sodium - chloride - bicarbonate


def percent_change(*, before: float, after: float) -> float:
    """Signed change from ``before`` to ``after`` in per cent of ``before``."""
    return 100 * (after - before) / before


def ratio(*, numerator: float, denominator: float) -> float:
    """Quotient of two quantities in the same unit."""
    return numerator / denominator


def daily_total(*, terms: Sequence[Sequence[float]]) -> float:
    """Sum of products, for example ``[[8, 325], [3, 1000]]`` tablets times strength."""
    return math.fsum(math.prod(term) for term in terms)


def unit_conversion(*, value: float, factor: float) -> float:
    """A value in another unit."""
    return value * factor


def total(*, terms: Sequence[float]) -> float:
    """Sum of the points of a clinical score."""
    return math.fsum(terms)


CALCULATIONS: Mapping[str, Callable[..., float]] = {
    "creatinine_clearance": creatinine_clearance,
    "egfr_ckd_epi_2021": egfr_ckd_epi_2021,
    "creatinine_si": creatinine_si,
    "glucose_si": glucose_si,
    "weight_based_dose": weight_based_dose,
    "dose_per_kg": dose_per_kg,
    "volume": volume,
    "body_surface_area": body_surface_area,
    "anion_gap": anion_gap,
    "percent_change": percent_change,
    "ratio": ratio,
    "daily_total": daily_total,
    "unit_conversion": unit_conversion,
    "sum": total,
}


def compute(kind: str, inputs: Mapping[str, Any]) -> float:
    """The figure of a calculation kind.

    Raises ``ValueError`` for an unknown kind, missing or surplus inputs, or a value outside its domain.
    """
    if kind not in CALCULATIONS:
        raise ValueError(f"unknown kind {kind!r}; known: {', '.join(CALCULATIONS)}")
    function = CALCULATIONS[kind]
    wanted = set(inspect.signature(function).parameters)
    if set(inputs) != wanted:
        got = shown(", ".join(sorted(inputs))) or "none"
        raise ValueError(f"{kind} takes exactly {', '.join(sorted(wanted))}, got {got}")
    for name, value in inputs.items():
        _check_input(kind, name, value)
    try:
        result = function(**inputs)
    except (ArithmeticError, TypeError) as error:
        raise ValueError(f"{kind} cannot be computed from these inputs") from error
    if isinstance(result, complex) or not math.isfinite(result):
        raise ValueError(f"{kind} cannot be computed from these inputs")
    return result


def is_consistent(*, kind: str, computed: float, stated: float, decimals: int) -> bool:
    """Whether a printed figure is the computed one, rounded to ``decimals`` (-1 means tens).

    A percentage change may be printed without its sign ("fell by 52 %").
    """
    tolerance = 0.5 * 10.0**-decimals + 1e-9
    candidates = [computed, abs(computed)] if kind == "percent_change" else [computed]
    return any(abs(candidate - stated) <= tolerance for candidate in candidates)


def _check_input(kind: str, name: str, value: Any) -> None:
    if name == "sex":
        if value not in SEXES:
            raise ValueError(f"sex must be one of {', '.join(SEXES)}")
    elif name == "terms":
        _check_terms(kind, value)
    elif not _is_number(value):
        raise ValueError(f"{name} must be a number")
    elif value <= 0 and name not in _MAY_BE_ZERO_OR_LESS:
        raise ValueError(f"{name} must be greater than 0")
    elif name == "age_years" and value >= 130:
        raise ValueError("age_years must be below 130")


def _check_terms(kind: str, terms: Any) -> None:
    if not isinstance(terms, list | tuple) or not terms:
        raise ValueError("terms must be a list that is not empty")
    if _size(terms) > MOST_TERMS:
        raise ValueError(f"terms must hold at most {MOST_TERMS} numbers")
    numbers = terms
    if kind == "daily_total":
        if not all(isinstance(term, list | tuple) and term for term in terms):
            raise ValueError("terms must be a list of lists of numbers, for example [[8, 325], [3, 1000]]")
        numbers = [number for term in terms for number in term]
    if not all(_is_number(number) for number in numbers):
        raise ValueError("terms must hold numbers only")


def _size(terms: Sequence[Any]) -> int:
    return sum(max(1, len(term)) if isinstance(term, list | tuple) else 1 for term in terms)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
