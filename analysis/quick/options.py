"""What a person may say about a file of ratings, and the settings that follow from it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

ROLES = ("vignette", "responder", "arm", "rater", "dimension", "score")
LABEL_ROLES = ROLES[:-1]
VIGNETTE_NAMES = ("vignette", "item")
DEFAULT_SCALE = (1.0, 5.0)
MARGIN_SHARE = 1 / 8
CONFIDENCE = 0.95
# Two one-sided tests at .025, so that the word follows from the one 95 % interval.
EQUIVALENCE_ALPHA = 0.025
MINIMUM_RATERS = 3
MINIMUM_RATERS_PER_RESPONSE = 2
MINIMUM_RESPONDERS = 5
MINIMUM_BLOCKS = 5
MINIMUM_DRAWS = 99
# Fewer matched vignettes than this share are no longer the vignettes that were answered.
MATCHED_SHARE = 0.5
MARGIN_NOTE = "set by the program, not justified by anyone"


class RatingsError(ValueError):
    """A file or an option that cannot be used; the message is one line for the person who gave it."""


@dataclass(frozen=True)
class Options:
    """Options of one quick analysis.

    Attributes
    ----------
    columns : mapping of role to str
        Column of the file for each role that does not have its default name.
    scale : (float, float)
        Lowest and highest possible score.
    given_margin : float or None
        Margin in points of the scale, None for the program's.
    occasion : str
        Column that tells repeated ratings of one cell apart; empty if there is none.
    paired : bool
        Whether a score already is a difference, to be tested against 0.
    fixed_responders : bool
        Whether claims are about the responders of the file themselves, not about responders like them.
    lead, reference : str
        Arm that is always the first side, and arm that is always the second; empty if not named.
    seed, draws : int
        Of the resampling.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    scale: tuple[float, float] = DEFAULT_SCALE
    given_margin: float | None = None
    occasion: str = ""
    paired: bool = False
    fixed_responders: bool = False
    lead: str = ""
    reference: str = ""
    seed: int = 20260
    draws: int = 9999

    def __post_init__(self) -> None:
        """Refuse settings that contradict each other."""
        low, high = self.scale
        if not (low < high and math.isfinite(high - low)):
            raise RatingsError(f"--scale {low:g} {high:g}: LOW must be below HIGH")
        if self.draws < MINIMUM_DRAWS:
            raise RatingsError(f"--draws {self.draws}: at least {MINIMUM_DRAWS} are needed")
        if self.seed < 0:
            raise RatingsError(f"--seed {self.seed}: must not be negative")
        if self.paired and not low < 0 < high:
            raise RatingsError(
                f"--paired-scores needs a scale of differences around 0, not {low:g} to {high:g}: "
                "give it with --scale LOW HIGH"
            )
        if self.given_margin is not None and not 0 < self.given_margin < high - low:
            raise RatingsError(f"--margin {self.given_margin:g}: must be above 0 and within the scale")
        if self.lead and self.lead == self.reference:
            raise RatingsError("--lead and --reference name the same arm")

    @property
    def score_range(self) -> float:
        """Width of the scale of one score; differences span twice the scale that they come from."""
        low, high = self.scale
        return (high - low) / 2 if self.paired else high - low

    @property
    def margin(self) -> float:
        """The margin, points: as given, or an eighth of the scale of one score (.5 on 1 to 5)."""
        return MARGIN_SHARE * self.score_range if self.given_margin is None else self.given_margin
