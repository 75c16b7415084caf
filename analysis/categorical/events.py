"""Yes/no events of responses: rates with their bounds, verdict of several raters, pairing of two arms.

References
----------
Clopper CJ, Pearson ES (1934). The use of confidence or fiducial limits illustrated in the case of the
binomial. Biometrika 26:404-413. doi:10.1093/biomet/26.4.404
Hanley JA, Lippman-Hand A (1983). If nothing goes wrong, is everything all right? JAMA 249:1743-1745.
doi:10.1001/jama.1983.03330370053031
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from statsmodels.stats.proportion import proportion_confint

from analysis.estimate import Interval


@dataclass(frozen=True)
class EventRate:
    """Events among responses.

    Attributes
    ----------
    events, responses : int
    share : float or None
    interval : (float, float) or None
        Clopper-Pearson interval of the share.
    upper_bound : float or None
        One-sided upper bound at the same confidence; for 0 events only.
    """

    events: int
    responses: int
    share: float | None
    interval: Interval | None
    upper_bound: float | None


def event_rate(events: int, responses: int, confidence: float = 0.95) -> EventRate:
    """Share of responses with an event; with none seen also the one-sided upper bound at `confidence`.

    Raises
    ------
    ValueError
        If there are more events than responses, or fewer than 0.
    """
    if not 0 <= events <= responses:
        raise ValueError("events are counted among the responses")
    if responses == 0:
        return EventRate(events, 0, None, None, None)
    bound = float(-np.expm1(np.log1p(-confidence) / responses)) if events == 0 else None
    low, high = proportion_confint(events, responses, alpha=1 - confidence, method="beta")
    return EventRate(events, responses, events / responses, (float(low), float(high)), bound)


def majority(flags: Sequence[bool]) -> bool:
    """Whether more than half of the raters who judged set the flag."""
    return 2 * sum(flags) > len(flags)


def cross_table(first: Mapping[str, bool], second: Sequence[tuple[str, bool]]) -> tuple[int, int, int, int]:
    """Pair each (vignette, event) of the second arm with the first arm's event on that vignette.

    Returns
    -------
    (both, first only, second only, neither)
    """
    cells = [0, 0, 0, 0]
    for vignette, event in second:
        if vignette in first:
            cells[2 * (not first[vignette]) + (not event)] += 1
    return cells[0], cells[1], cells[2], cells[3]
