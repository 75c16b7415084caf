"""Limits of agreement as the reference cases name them."""

import re
from functools import cache, partial
from math import floor, log10
from typing import Any

import numpy as np

from analysis.agreement.bland_altman import BlandAltman, bland_altman, concordance_correlation
from tests.reference.adapters.registry import Answers
from tests.reference.cases import Case

REASONS: dict[str, str] = {}
LIMIT_KEY = re.compile(r"loa_(\d+(?:\.\d+)?)$")
PRINTED_LIMIT = re.compile(r"loa(?:_(\d+(?:\.\d+)?)sd)?$")
NORMAL = 1.96


def _measurements(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """The two columns in the order of the difference that the notes state, x - y by default."""
    table = case.table
    first, second = ("x", "y") if {"x", "y"} <= set(table.columns) else tuple(table.columns[-2:])
    if re.search(
        rf"difference\s*=\s*{re.escape(second)}\s*-\s*{re.escape(first)}", str(case.content.get("notes"))
    ):
        first, second = second, first
    return table[first].to_numpy(float), table[second].to_numpy(float)


def _pair(interval: tuple[float, float] | None) -> list[float | None]:
    return [None, None] if interval is None else list(interval)


def _multiple(text: str) -> float | None:
    """Standard deviations to a limit; 1.96 stands for the normal quantile."""
    return None if float(text) == NORMAL else float(text)


def _limits(found: BlandAltman) -> list[float | None]:
    return [None if limit is None else limit.value for limit in (found.lower, found.upper)]


def _bounds(found: BlandAltman) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for side, limit in (("lower", found.lower), ("upper", found.upper)):
        parts = {"ci95": "interval", "ci95_sqrt3": "interval_1986", "exact_ci95": "exact_interval"}
        for name, attribute in parts.items():
            answers[f"loa_{side}_{name}"] = _pair(getattr(limit, attribute, None))
        answers[f"loa_{side}"] = None if limit is None else limit.value
    return answers


def _proportional(found: BlandAltman) -> dict[str, Any]:
    line = found.proportional
    return {
        "proportional_bias.pearson": {"r": line.correlation, "p": line.p},
        "proportional_bias.regression": {
            "slope": line.slope,
            "intercept": line.intercept,
            "p": line.p,
            "ci95": _pair(line.interval),
        },
        "proportional_bias.slope": line.slope,
    }


def _published(record: dict[str, Any], found: BlandAltman) -> dict[str, Any]:
    """Printed limits rest on the printed mean and SD, whose last digit the tolerance of the record tells."""
    digits = floor(-log10(record["tol_abs"])) if record["tol_abs"] > 0 else 15
    bias, sd = round(float(found.bias or 0), digits), round(float(found.sd or 0), digits)
    answers: dict[str, Any] = {"n": found.n, "bias": bias, "sd": sd}
    for name in record["value"]:
        if limit := PRINTED_LIMIT.match(name):
            width = float(limit.group(1) or NORMAL) * sd
            answers[name] = [bias - width, bias + width]
    return answers


def answers(case: Case) -> Answers:
    """Every key of a case of two measurements."""
    x, y = _measurements(case)
    fit = cache(partial(bland_altman, x, y))
    lin = cache(partial(concordance_correlation, x, y))
    table: dict[str, Any] = {
        "n": lambda: fit().n,
        "bias": lambda: fit().bias,
        "sd": lambda: fit().sd,
        "bias_ci95": lambda: _pair(fit().interval),
        "lin_ccc": lambda: {"est": lin().estimate, "se": lin().se, "ci95": _pair(lin().interval)},
    }
    for key in _bounds(fit()):
        table[key] = partial(lambda k: _bounds(fit())[k], key)
    for key in _proportional(fit()):
        table[key] = partial(lambda k: _proportional(fit())[k], key)
    for key, record in case.expected.items():
        if found := LIMIT_KEY.match(key):
            table[key] = partial(
                lambda multiple: _limits(bland_altman(x, y, multiple=multiple)), _multiple(found.group(1))
            )
        elif key == "published":
            table[key] = partial(_published, record, fit())
    return table
