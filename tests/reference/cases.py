"""Read reference cases and compare a result with them."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

ROOT = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Case:
    """One folder entry: input tables and the expected results by key."""

    path: Path
    content: dict[str, Any]

    @property
    def area(self) -> str:
        """Family of methods, as the case itself names it."""
        return str(self.content.get("area") or self.path.parent.name)

    @property
    def name(self) -> str:
        """Identifier within the area."""
        return self.path.stem

    @property
    def params(self) -> dict[str, Any]:
        """Margins and other settings of the case; empty where it has none."""
        return self.content.get("params") or {}

    @cached_property
    def expected(self) -> dict[str, dict[str, Any]]:
        """Result records by key."""
        return {record["key"]: record for record in self.content["results"]}

    @cached_property
    def table(self) -> pd.DataFrame:
        """The input table."""
        return pd.read_csv(self.path.with_suffix(".csv"))

    def other_table(self, suffix: str) -> pd.DataFrame:
        """A further input table, such as the transitions of a graph."""
        return pd.read_csv(self.path.with_name(f"{self.name}_{suffix}.csv"))


def read_cases(folder: Path) -> Iterator[Case]:
    """All cases below a folder, by area and name."""
    for path in sorted(Path(folder).rglob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and "results" in content:
            yield Case(path, content)


def names(area: str) -> list[str]:
    """The project's own cases of one area."""
    return sorted(path.stem for path in (ROOT / area).glob("*.json"))


def load_case(area: str, name: str) -> Case:
    """One of the project's own cases."""
    path = ROOT / area / f"{name}.json"
    return Case(path, json.loads(path.read_text(encoding="utf-8")))


def load(area: str, name: str) -> tuple[pd.DataFrame, dict[str, dict[str, Any]]]:
    """Input table and the results by key of one of the project's own cases."""
    case = load_case(area, name)
    return case.table, case.expected


def agrees(got: Any, expected: dict[str, Any]) -> bool:
    """Whether a result lies within the tolerance of its reference, element by element.

    A null in the reference is met by None or NaN only; a list of one element by its element.
    """
    return _close(got, expected["value"], expected["tol_abs"], expected["tol_rel"])


def _close(got: Any, value: Any, absolute: float, relative: float) -> bool:
    if isinstance(value, dict):
        return isinstance(got, dict) and all(
            key in got and _close(got[key], entry, absolute, relative) for key, entry in value.items()
        )
    if isinstance(value, list):
        items = list(got) if hasattr(got, "__iter__") and not isinstance(got, str | dict) else [got]
        return len(items) == len(value) and all(
            _close(g, v, absolute, relative) for g, v in zip(items, value, strict=True)
        )
    if hasattr(got, "__len__") and not isinstance(got, str | dict) and len(got) == 1:
        got = got[0]
    return _scalar_close(got, value, absolute, relative)


def _scalar_close(got: Any, value: Any, absolute: float, relative: float) -> bool:
    if isinstance(value, bool):
        return got is not None and bool(got) == value
    if isinstance(value, str) and value not in ("Infinity", "-Infinity"):
        return bool(got == value)
    wanted = math.nan if value is None else float(value)
    found = math.nan if got is None else float(got)
    if math.isnan(wanted) or math.isnan(found):
        return math.isnan(wanted) and math.isnan(found)
    if math.isinf(wanted) or math.isinf(found):
        return wanted == found
    return abs(found - wanted) <= absolute + relative * abs(wanted)
