"""From latent normal values to scores, and from a true difference in points to the latent means behind it."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from analysis.schema import LEVELS

if TYPE_CHECKING:
    from analysis.power.design import Design

# Beyond this many points from the cut points every score is the lowest or the highest.
FAR = 12.0


class OutOfReachError(ValueError):
    """No latent mean gives that difference on a scale that ends."""


@dataclass(frozen=True)
class Scale:
    """Latent mean of the residents of the first level, and the cut points between neighbouring scores."""

    mean: float
    cut_points: tuple[float, ...]

    def expected(self, mean: float, deviation: float) -> float:
        """Mean score of a normal latent value: 1 + sum over the cut points of P(latent > cut)."""
        distance = mean - np.asarray(self.cut_points)
        above = special.ndtr(distance / deviation) if deviation > 0 else (distance > 0).astype(float)
        return 1.0 + float(above.sum())

    def latent(self, expected: float, deviation: float) -> float:
        """The latent mean whose mean score is `expected`.

        Raises
        ------
        OutOfReachError
            If no latent mean gives that mean score.
        """
        low, high = self.cut_points[0] - FAR, self.cut_points[-1] + FAR
        bounds = self.expected(low, deviation), self.expected(high, deviation)
        if not (bounds[0] < expected < bounds[1] and deviation > 0):
            raise OutOfReachError(f"a mean score of {expected:.3g} is out of reach on this scale")
        found = optimize.brentq(lambda mean: self.expected(mean, deviation) - expected, low, high, xtol=1e-12)
        return float(found)

    def scores(self, latent: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scores of latent values: 1 and one more for each cut point below the value."""
        result = np.ones_like(latent)
        for cut in self.cut_points:
            result += latent > np.float32(cut)
        return result


def latent_means(design: "Design", dimension: str) -> tuple[float, dict[str, float]]:
    """Latent mean of the models, and of the residents by level, that give the design's true differences.

    The residents of the first level are at the scale's mean; the models' mean follows from the difference
    to them, and the mean of the second level from its difference to the models. Rounding and the ends of
    the scale act on the mean score, so the means are found on the score's own scale.

    Raises
    ------
    OutOfReachError
        If the scale has no room for a difference.
    """
    scale, wanted = design.scale, design.differences[dimension]
    model_sd, resident_sd = design.model_deviation, design.resident_deviation
    first, *others = LEVELS
    points = scale.expected(scale.mean, resident_sd) + wanted[first]
    residents = {first: scale.mean}
    for level in others:
        same = math.isclose(wanted[level], wanted[first])
        residents[level] = scale.mean if same else scale.latent(points - wanted[level], resident_sd)
    return scale.latent(points, model_sd), residents
