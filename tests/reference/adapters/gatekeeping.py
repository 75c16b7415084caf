"""Families in order and graphs; the truncation fraction stands in the key, alpha in the call."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from analysis.multiplicity.gatekeeping import parallel, serial
from analysis.multiplicity.graphs import GraphTest, graph_test
from tests.reference.cases import Case

REASONS: dict[str, str] = {}
NUMBER = r"(\d*\.?\d+)"
PARALLEL = re.compile(rf"parallel_(truncated_)?([a-z]+)(?:_{NUMBER})?_(no_)?independence")
SERIAL = re.compile(r"serial_([a-z_]+)")
DEFAULT_ALPHA = 0.05


def _families(case: Case) -> list[list[float]]:
    return [group["p"].to_list() for _, group in case.table.groupby("family", sort=False)]


def _parallel(case: Case, key: str) -> list[float]:
    named = PARALLEL.fullmatch(key)
    assert named
    final = re.search(r"'(\w+)' final", case.expected[key]["call"])
    result = parallel(
        _families(case),
        named[2],
        float(named[3] or 0.5),
        final=final[1].lower() if final else "holm",
        independence=not named[4],
    )
    return _in_row_order(case, result.flat)


def _in_row_order(case: Case, flat: Any) -> list[float]:
    """Values by family back in the order of the table's rows."""
    codes = case.table["family"].factorize()[0]
    values = [0.0] * len(flat)
    for value, row in zip(flat, sorted(range(len(codes)), key=lambda i: codes[i]), strict=True):
        values[row] = float(value)
    return values


def _alpha(case: Case) -> float:
    if "alpha" in case.params:
        return float(case.params["alpha"])
    calls = " ".join(record["call"] or "" for record in case.expected.values())
    stated = re.search(rf"alpha\s*=\s*{NUMBER}", calls)
    return float(stated[1]) if stated else DEFAULT_ALPHA


def _graph(case: Case) -> Callable[[], GraphTest]:
    @cache
    def tested() -> GraphTest:
        table = case.table
        return graph_test(table["p"], table["weight"], case.other_table("transitions"), _alpha(case))

    return tested


def answers(case: Case) -> dict[str, Callable[[], Any]]:
    """Thunks by key, from the families or from the weights and transitions."""
    graph = _graph(case)
    found: dict[str, Callable[[], Any]] = {
        "graph.adjusted_p": lambda: list(graph().adjusted),
        "graph.rejected": lambda: list(graph().rejected),
        "graph.n_rejected": lambda: int(graph().rejected.sum()),
    }
    for key in case.expected:
        one_by_one = SERIAL.fullmatch(key)
        if one_by_one:
            method = one_by_one[1].replace("_", "-").lower()
            found[key] = lambda m=method: _in_row_order(case, serial(_families(case), m).flat)
        elif PARALLEL.fullmatch(key):
            found[key] = lambda key=key: _parallel(case, key)
    return found
