"""Safety events: paired proportions with the exact McNemar test, risk difference and event bounds.

References
----------
McNemar Q (1947). Note on the sampling error of the difference between correlated proportions or percentages.
Psychometrika 12:153-157. doi:10.1007/BF02295996
Newcombe RG (1998). Improved confidence intervals for the difference between binomial proportions based on
paired data. Statistics in Medicine 17:2635-2650 (method 10).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from analysis.estimate import Interval
from analysis.signed_rank import binomial_tails, clopper_pearson


@dataclass(frozen=True)
class PairedProportions:
    """Comparison of two paired yes/no outcomes.

    Attributes
    ----------
    both, first_only, second_only, neither : int
        Pairs with the event in both, the first, the second, or neither response.
    p_exact : float or None
        Two-sided exact McNemar p-value; 1 when no pair is discordant.
    risk_difference : float or None
        P(event | first) - P(event | second).
    interval : (float, float) or None
        Newcombe's method 10.
    reason : str
    """

    both: int
    first_only: int
    second_only: int
    neither: int
    p_exact: float | None
    risk_difference: float | None
    interval: Interval | None
    reason: str = ""


@dataclass(frozen=True)
class EventRate:
    """Events among responses with the Clopper-Pearson interval; `upper_bound` is one-sided, for 0 events."""

    events: int
    responses: int
    share: float | None
    interval: Interval | None
    upper_bound: float | None


def event_rate(events: int, responses: int, confidence: float = 0.95) -> EventRate:
    """Share of responses with an event; with none seen also the one-sided upper bound at `confidence`."""
    if responses == 0:
        return EventRate(events, 0, None, None, None)
    bound = float(-np.expm1(np.log1p(-confidence) / responses)) if events == 0 else None
    interval = clopper_pearson(events, responses, confidence)
    return EventRate(events, responses, events / responses, interval, bound)


def _wilson(events: int, n: int, z: float) -> Interval:
    centre = 2 * events + z**2
    half = z * np.sqrt(z**2 + 4 * events * (1 - events / n))
    return float((centre - half) / (2 * (n + z**2))), float((centre + half) / (2 * (n + z**2)))


def _phi(a: int, b: int, c: int, d: int) -> float:
    """Newcombe's continuity-corrected correlation of the two outcomes."""
    margins = float(a + b) * (c + d) * (a + c) * (b + d)
    if margins == 0:
        return 0.0
    cross, n = a * d - b * c, a + b + c + d
    corrected = max(cross - n / 2, 0.0) if cross > 0 else float(cross)
    return corrected / float(np.sqrt(margins))


def paired_proportions(table: tuple[int, int, int, int], confidence: float = 0.95) -> PairedProportions:
    """Compare paired outcomes.

    Parameters
    ----------
    table : (both, first only, second only, neither)
    confidence : float
    """
    a, b, c, d = table
    n = a + b + c + d
    if n == 0:
        return PairedProportions(0, 0, 0, 0, None, None, None, "no pairs")
    z = float(special.ndtri((1 + confidence) / 2))
    first, second = (a + b) / n, (a + c) / n
    (low1, high1), (low2, high2) = _wilson(a + b, n, z), _wilson(a + c, n, z)
    phi, difference = _phi(a, b, c, d), first - second
    down = (first - low1) ** 2 - 2 * phi * (first - low1) * (high2 - second) + (high2 - second) ** 2
    up = (second - low2) ** 2 - 2 * phi * (second - low2) * (high1 - first) + (high1 - first) ** 2
    interval = (difference - float(np.sqrt(max(down, 0.0))), difference + float(np.sqrt(max(up, 0.0))))
    return PairedProportions(a, b, c, d, binomial_tails(b, b + c)[0], difference, interval)


def majority(flags: Sequence[bool]) -> bool:
    """Whether more than half of the raters who judged set the flag."""
    return 2 * sum(flags) > len(flags)


def cross_table(first: Mapping[str, bool], second: Sequence[tuple[str, bool]]) -> tuple[int, int, int, int]:
    """Pair each (vignette, event) of the second arm with the first arm's event on that vignette."""
    cells = [0, 0, 0, 0]
    for vignette, event in second:
        if vignette in first:
            cells[2 * (not first[vignette]) + (not event)] += 1
    return cells[0], cells[1], cells[2], cells[3]
