"""Answers for tables of paired yes/no outcomes."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from analysis.categorical.mcnemar import (
    IntervalMethod,
    conditional_odds_ratio,
    mcnemar_test,
    risk_difference,
)
from tests.reference.adapters.shapes import in_the_form_of
from tests.reference.cases import Case

REASONS: dict[str, str] = {}
PUBLISHED = "published."
METHODS: dict[str, IntervalMethod] = {
    "wald": "wald",
    "bonett_price": "bonett-price",
    "newcombe10": "newcombe",
    "newcombe": "newcombe",
}
TESTS = {
    "exact.p": "p_exact",
    "midp.p": "p_mid",
    "midp.p_doubling": "p_mid_doubled",
    "exact.p_greater_b": "p_first_more",
    "exact.p_less_b": "p_second_more",
    "asymptotic.chi2": "chi2",
    "asymptotic.p": "p_asymptotic",
    "asymptotic_cc.chi2": "chi2_corrected",
    "asymptotic_cc.p": "p_corrected",
}


def table_of(case: Case) -> tuple[int, int, int, int]:
    """The counts a, b, c, d of the only row."""
    row = case.table.iloc[0]
    return int(row["a"]), int(row["b"]), int(row["c"]), int(row["d"])


def _answer(table: tuple[int, int, int, int], key: str) -> Callable[[], Any] | None:
    if key in TESTS:
        return lambda: getattr(mcnemar_test(table), TESTS[key])
    if key == "odds_ratio.conditional":
        return lambda: conditional_odds_ratio(table).estimate
    if key == "risk_difference":
        return lambda: risk_difference(table).estimate
    found = re.fullmatch(r"(odds_ratio|risk_difference)\.(?:(\w+)_)?ci(\d+)(?:_exact)?", key)
    if found is None:
        return None
    confidence = int(found[3]) / 100
    if found[1] == "odds_ratio":
        return lambda: conditional_odds_ratio(table, confidence).interval
    method = METHODS.get(found[2] or "")
    return None if method is None else lambda: risk_difference(table, method, confidence).interval


def answers(case: Case) -> dict[str, Callable[[], Any]]:
    """A thunk per key of the case that has a method."""
    table = table_of(case)
    found: dict[str, Callable[[], Any]] = {}
    for key, record in case.expected.items():
        answer = _answer(table, key.removeprefix(PUBLISHED))
        if answer is not None:
            found[key] = partial(_shaped, record, answer)
    return found


def _shaped(record: dict[str, Any], answer: Callable[[], Any]) -> Any:
    return in_the_form_of(record, answer())
