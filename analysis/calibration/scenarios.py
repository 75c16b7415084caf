"""The scenarios of the calibration: what varies, what stays, and how a scenario becomes a design."""

import dataclasses
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

from analysis.plan import DEFAULT_MARGIN
from analysis.power.design import CUT_POINTS, MEANS, Design, Deviations, with_difference
from analysis.power.scale import Scale

DEFAULT = "default"
EIGHT_RATERS = "8 raters"
SIXTY_VIGNETTES = "60 vignettes"
FIVE_RESIDENTS = "5 residents"
# Vignettes, residents per level, vignettes per resident, raters.
SIZES = {
    DEFAULT: (30, 15, 2, 4),
    EIGHT_RATERS: (30, 15, 2, 8),
    SIXTY_VIGNETTES: (60, 15, 4, 4),
    FIVE_RESIDENTS: (30, 5, 6, 4),
}
RATER_SOURCE = (0.0, 0.2, 0.4)
RESIDENT = (0.3, 0.6)
SCALES = tuple(MEANS)
MISSING = (0.0, 0.05)
NULLS = (0.0, -DEFAULT_MARGIN, DEFAULT_MARGIN)
SEED = 20_261


@dataclass(frozen=True)
class Scenario:
    """One cell of the calibration.

    Attributes
    ----------
    size : str
        A key of `SIZES`.
    rater_source, resident : float
        Standard deviations of the rater-by-source and the resident effects, latent points.
    scale : {"mid", "ceiling"}
    missing : float
        Share of scores missing at random.
    null : float
        True difference, points, at which the tests are made.
    """

    size: str
    rater_source: float
    resident: float
    scale: str
    missing: float
    null: float

    @property
    def name(self) -> str:
        """Identifier in the data file."""
        return (
            f"{self.size}, rater x source {self.rater_source:g}, resident {self.resident:g}, "
            f"{self.scale}, missing {self.missing:g}, null {self.null:+g}"
        )

    @property
    def design(self) -> Design:
        """The design with the true difference of the null on every dimension."""
        vignettes, residents, each, raters = SIZES[self.size]
        design = Design(
            vignettes=vignettes,
            residents_per_level=residents,
            vignettes_per_resident=each,
            models=1,
            raters=raters,
            raters_per_response=raters,
            deviations=Deviations(resident=self.resident, rater_source=self.rater_source),
            scale=Scale(MEANS[self.scale], CUT_POINTS),
            missing=self.missing,
            seed=SEED,
        )
        return with_difference(design, self.null)

    def mapping(self) -> dict[str, Any]:
        """Its fields in plain types."""
        return asdict(self)


def scenarios() -> Iterator[Scenario]:
    """Every scenario: the full factorial of the five factors within each size, the default size first."""
    for cell in product(SIZES, RATER_SOURCE, RESIDENT, SCALES, MISSING, NULLS):
        yield Scenario(*cell)


def place(scenario: Scenario) -> int:
    """Number of a scenario, which its random numbers start from."""
    factors = (tuple(SIZES), RATER_SOURCE, RESIDENT, SCALES, MISSING, NULLS)
    index = 0
    for values, value in zip(factors, dataclasses.astuple(scenario), strict=True):
        index = index * len(values) + values.index(value)
    return index
