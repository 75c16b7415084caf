"""Numbers and lists as a reader sees them, on the terminal and in the report."""

from collections.abc import Mapping
from typing import Any

from analysis.canonical import SMALLEST_P

NONE = "–"


def number(value: float | None, decimals: int = 3) -> str:
    """A number with fixed decimals, a dash if there is none; never a negative zero."""
    if value is None:
        return NONE
    text = f"{value:.{decimals}f}"
    return text[1:] if float(text) == 0 and text.startswith("-") else text


def p_short(p: float | None) -> str:
    """A p-value with two significant digits, never 0."""
    if p is None:
        return NONE
    return "<1e-16" if p < SMALLEST_P else f"{p:.2g}"


def interval(limits: Mapping[str, Any] | None, decimals: int = 3) -> str:
    """An interval in brackets, a dash if there is none."""
    if limits is None:
        return NONE
    return f"[{number(limits['low'], decimals)}, {number(limits['high'], decimals)}]"


def percent(share: float | None) -> str:
    """A share as a whole percentage."""
    return NONE if share is None else f"{100 * share:.0f} %"
