"""Adjusted p-values of one family, keys by the name of the procedure."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from analysis.multiplicity.adjust import adjust, fixed_sequence
from analysis.multiplicity.graphs import fallback
from tests.reference.cases import Case

REASONS: dict[str, str] = {}
METHODS = {
    "bonferroni": "bonferroni",
    "holm": "holm",
    "hochberg": "hochberg",
    "hommel": "hommel",
    "BH": "bh",
    "fdr": "bh",
    "BY": "by",
    "sidak": "sidak",
    "holm_sidak": "holm-sidak",
}


def _fallback(case: Case, p: np.ndarray) -> list[float]:
    given = case.params.get("weights", case.table.get("weight"))
    weights = np.full(len(p), 1 / len(p)) if given is None else np.asarray(given, float)
    return fallback(p, weights).adjusted.tolist()


def _rejected(case: Case, key: str, p: np.ndarray) -> int | dict[str, int]:
    digits = re.search(r"_q(\d+)$", key)
    alpha = float(f"0.{digits[1]}") if digits else 0.05
    value = case.expected[key]["value"]
    methods = list(value) if isinstance(value, dict) else ["BH"]
    counts = {name: int((adjust(p, METHODS[name]).adjusted <= alpha).sum()) for name in methods}
    return counts if isinstance(value, dict) else counts["BH"]


def answers(case: Case) -> dict[str, Callable[[], Any]]:
    """Thunks by key, from the column of p-values."""
    p = case.table["p"].to_numpy(float)
    found: dict[str, Callable[[], Any]] = {
        key: lambda method=method: adjust(p, method).adjusted.tolist() for key, method in METHODS.items()
    }
    found["fixed_sequence"] = lambda: list(fixed_sequence(p).adjusted)
    for key in case.expected:
        if key.startswith("fallback"):
            found[key] = lambda equal="equal" in key: (
                fallback(p, np.full(len(p), 1 / len(p))).adjusted.tolist() if equal else _fallback(case, p)
            )
        if "n_rejected" in key:
            found[key] = lambda key=key: _rejected(case, key, p)
    return found
