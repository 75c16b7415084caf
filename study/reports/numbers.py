"""Numbers as a reader sees them: a true minus sign, fixed decimals, a dash for what is not there."""

from collections.abc import Mapping, Sequence
from typing import Any

MINUS = "\N{MINUS SIGN}"
NONE = "–"


def number(value: float | None, digits: int = 2) -> str:
    """Return a number with fixed decimals; a dash when there is none."""
    if value is None:
        return NONE
    text = f"{value:.{digits}f}"
    return text.replace("-", MINUS) if float(text) else f"{0:.{digits}f}"


def span(limits: Mapping[str, Any] | Sequence[float] | None, digits: int = 2) -> str:
    """Return an interval as [low, high]; a dash when there is none."""
    if limits is None:
        return NONE
    low, high = (limits["low"], limits["high"]) if isinstance(limits, Mapping) else limits
    return f"[{number(low, digits)}, {number(high, digits)}]"


def percent(share: float | None) -> str:
    return NONE if share is None else f"{100 * share:.0f} %"


def p_value(value: float | None) -> str:
    """Return a p-value with three digits, never 0."""
    if value is None:
        return NONE
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def joined(codes: Sequence[str]) -> str:
    return "+".join(codes)
