"""The design of a simulated study: sizes, variance components, scale, effects and margins.

All standard deviations are on the latent scale, in points: a latent value is turned into a score by the
cut points. True differences are in points of the scores, after rounding.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass

from analysis.plan import Plan, default_plan
from analysis.power.scale import Scale
from analysis.schema import DIMENSIONS, LEVELS

MEANS = {"mid": 3.0, "ceiling": 4.2}
CUT_POINTS = (1.5, 2.5, 3.5, 4.5)
MID = Scale(MEANS["mid"], CUT_POINTS)
CURVE_STUDIES = 1_000


@dataclass(frozen=True)
class Deviations:
    """Standard deviations of the random effects, latent points.

    `rater_source` is each rater's own leaning for a source; `Design.source` says what a source is. Models
    have no resident effect: they are fixed.
    """

    vignette: float = 0.5
    response: float = 0.5
    resident: float = 0.3
    rater: float = 0.4
    rater_source: float = 0.2
    residual: float = 0.7


@dataclass(frozen=True)
class Curve:
    """Values along which power is drawn, one axis at a time; an empty axis is left out."""

    raters: tuple[int, ...] = ()
    vignettes: tuple[int, ...] = ()
    true_difference: tuple[float, ...] = ()
    studies: int = CURVE_STUDIES


@dataclass(frozen=True)
class Design:
    """A study to simulate.

    Attributes
    ----------
    vignettes, residents_per_level, vignettes_per_resident, models, raters : int
        Residents of a level take the vignettes in turn until each has answered its number.
    raters_per_response : int
        Raters who score a response; fewer than `raters` is an incomplete design, in which the raters take
        the vignettes in turn.
    deviations : Deviations
    source : {"kind", "arm"}
        Whether a rater leans towards residents or models as such, or towards each arm on its own.
    correlation : float
        Correlation between the dimensions of every random effect, 0 to 1.
    scale : Scale
    differences : mapping of str to mapping of str to float
        True mean of model minus resident, by dimension and level, points; the same for every model.
    missing : float
        Share of the scores that are missing at random.
    margins : mapping of str to float
    equivalence_alpha : float
    studies, seed : int
    curve : Curve
    """

    vignettes: int = 30
    residents_per_level: int = 15
    vignettes_per_resident: int = 2
    models: int = 2
    raters: int = 4
    raters_per_response: int = 4
    deviations: Deviations = Deviations()
    source: str = "kind"
    correlation: float = 0.0
    scale: Scale = MID
    differences: Mapping[str, Mapping[str, float]] = dataclasses.field(
        default_factory=lambda: constant_differences(0.0)
    )
    missing: float = 0.0
    margins: Mapping[str, float] = dataclasses.field(default_factory=lambda: dict.fromkeys(DIMENSIONS, 0.5))
    equivalence_alpha: float = 0.025
    studies: int = 1_000
    seed: int = 20_260
    curve: Curve = Curve()

    @property
    def model_deviation(self) -> float:
        """Standard deviation of one latent value of a model."""
        d = self.deviations
        return math.hypot(d.vignette, d.response, d.rater, d.rater_source, d.residual)

    @property
    def resident_deviation(self) -> float:
        """Standard deviation of one latent value of a resident."""
        return math.hypot(self.model_deviation, self.deviations.resident)

    @property
    def slots(self) -> int:
        """Responses of one level."""
        return self.residents_per_level * self.vignettes_per_resident

    @property
    def complete(self) -> bool:
        """Whether every study has equal blocks without a missing score, so that one formula serves all."""
        return self.missing == 0 and self.raters_per_response == self.raters and self.slots == self.vignettes

    def plan(self) -> Plan:
        """The default plan with this design's models and margins."""
        names = [f"model-{i + 1}" for i in range(self.models)]
        return dataclasses.replace(
            default_plan(names, simulated=True),
            margins=dict(self.margins),
            equivalence_alpha=self.equivalence_alpha,
        )


def constant_differences(value: float) -> dict[str, dict[str, float]]:
    """The same true difference on every dimension and level."""
    return {dimension: dict.fromkeys(LEVELS, value) for dimension in DIMENSIONS}


def with_difference(design: Design, value: float) -> Design:
    """The design with one true difference everywhere."""
    return dataclasses.replace(design, differences=constant_differences(value))


def resized(design: Design, *, raters: int | None = None, vignettes: int | None = None) -> Design:
    """The design with other numbers of raters or vignettes; residents stay and answer their share.

    Raises
    ------
    ValueError
        If the residents cannot share that number of vignettes equally.
    """
    size = design.vignettes if vignettes is None else vignettes
    answers = design.slots * size
    each, rest = divmod(answers, design.vignettes * design.residents_per_level)
    if rest:
        raise ValueError(f"{design.residents_per_level} residents cannot share {size} vignettes equally")
    count = design.raters if raters is None else raters
    judged = count if design.raters_per_response == design.raters else min(design.raters_per_response, count)
    return dataclasses.replace(
        design, vignettes=size, vignettes_per_resident=each, raters=count, raters_per_response=judged
    )
