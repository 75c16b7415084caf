"""Read the reference cases and compare a result with them."""

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd

ROOT = Path(__file__).parent / "data"


def names(area: str) -> list[str]:
    """Cases of one area."""
    return sorted(path.stem for path in (ROOT / area).glob("*.json"))


def load(area: str, case: str) -> tuple[pd.DataFrame, dict[str, dict[str, Any]]]:
    """Input table and the results by key."""
    content = json.loads((ROOT / area / f"{case}.json").read_text(encoding="utf-8"))
    return pd.read_csv(ROOT / area / f"{case}.csv"), {r["key"]: r for r in content["results"]}


def agrees(got: Any, expected: dict[str, Any]) -> bool:
    """Whether a result lies within the tolerance of its reference, element by element."""
    return _close(got, expected["value"], expected["tol_abs"], expected["tol_rel"])


def _close(got: Any, value: Any, absolute: float, relative: float) -> bool:
    if isinstance(value, dict):
        return all(_close(got[key], entry, absolute, relative) for key, entry in value.items())
    if isinstance(value, list):
        return len(got) == len(value) and all(
            _close(g, v, absolute, relative) for g, v in zip(got, value, strict=True)
        )
    if value is None or got is None:
        return got is value
    return math.isclose(got, value, rel_tol=0.0, abs_tol=absolute + relative * abs(value))
