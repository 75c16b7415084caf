"""What is counted about one procedure over the simulated studies of one scenario."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.estimate import Array

ALPHA = 0.05
ONE_SIDED = ALPHA / 2
Tally = dict[str, float]


@dataclass(frozen=True)
class Outcomes:
    """One procedure on many studies; arrays of shape (studies,), NaN where not estimable.

    Attributes
    ----------
    two_sided : ndarray
        Two-sided p-value at the null.
    upper, lower : ndarray
        One-sided p-values against a larger and against a smaller true difference.
    low, high : ndarray or None
        Limits of the 95 % interval of the difference minus the null; None if the procedure has none.
    """

    two_sided: Array
    upper: Array
    lower: Array
    low: Array | None = None
    high: Array | None = None

    def tally(self) -> Tally:
        """Counts over the studies; a study that is not estimable neither rejects nor counts as covered."""
        counts = {
            "studies": float(len(self.two_sided)),
            "estimable": _count(np.isfinite(self.two_sided)),
            "two_sided": _count(self.two_sided <= ALPHA),
            "upper": _count(self.upper <= ONE_SIDED),
            "lower": _count(self.lower <= ONE_SIDED),
        }
        if self.low is not None and self.high is not None:
            counts["intervals"] = _count(np.isfinite(self.low) & np.isfinite(self.high))
            counts["covered"] = _count((self.low <= 0) & (self.high >= 0))
            counts["width"] = float(np.nansum(self.high - self.low))
        return counts


def _count(flags: NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(flags))


def from_tails(upper: Array, low: Array, high: Array) -> Outcomes:
    """Outcomes of a continuous test from its upper tail and its interval, both about the null."""
    return Outcomes(2 * np.minimum(upper, 1 - upper), upper, 1 - upper, low, high)


def numbered(name: str, outcomes: Outcomes) -> Tally:
    """The tally under keys ``name|what``."""
    return {f"{name}|{what}": value for what, value in outcomes.tally().items()}
