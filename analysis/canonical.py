"""Results as text that is the same byte for byte on every run: JSON and CSV."""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

DIGITS = 9
SMALLEST_P = 1e-16


def plain(value: Any) -> Any:
    """A value as plain JSON types, numbers rounded to 9 significant digits and negative zero made zero.

    Raises
    ------
    ValueError
        For a number that is not finite, which a result never holds: what is not estimable is None.
    TypeError
        For a type that has no JSON form.
    """
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("a result holds a number that is not finite")
        return float(f"{value:.{DIGITS}g}") + 0.0
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    raise TypeError(f"{type(value).__name__} has no JSON form")


def to_json(value: Any) -> str:
    """Canonical JSON: sorted keys, two spaces, UTF-8 text, final line feed."""
    return json.dumps(plain(value), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def p_text(p: float | None) -> str:
    """A p-value in words for people: three significant digits, never 0."""
    if p is None:
        return "not estimable"
    return "<1e-16" if p < SMALLEST_P else f"{p:.3g}"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return f"{plain(value):.{DIGITS}g}"
    return str(value)


def to_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Rows as CSV text with LF line ends; None becomes an empty cell."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    return stream.getvalue()
