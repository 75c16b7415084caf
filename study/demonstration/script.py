"""What a demonstration consists of: who takes part, how able they are, and where the play stops."""

from dataclasses import dataclass, field
from typing import Final

PASSWORD: Final = "simulated-study-only"  # noqa: S105  printed by the demo for everybody to use
DOMAIN: Final = "example.org"


@dataclass(frozen=True)
class ScriptedModel:
    name: str
    label: str
    ability: float


@dataclass(frozen=True)
class JudgeManner:
    """A scripted judge: points added to every score, and the standard deviation of its noise in points."""

    name: str
    severity: float
    noise: float


@dataclass(frozen=True)
class Script:
    """One simulated study; abilities lie between 0 and 1, severities are points of the 1-5 scale.

    The models also answer the `variants`, which no rater rates; the second model is the baseline.
    """

    slug: str
    title: str
    seed: int
    models: tuple[ScriptedModel, ...] = (
        ScriptedModel("scripted-m1", "Scripted model M1", 0.88),
        ScriptedModel("scripted-m2", "Scripted model M2", 0.68),
    )
    level_abilities: dict[str, float] = field(default_factory=lambda: {"PGY1": 0.60, "PGY2": 0.68})
    vignettes: tuple[str, ...] = ()
    variants: tuple[str, ...] = ("paraphrase", "names", "adversarial")
    residents_per_level: int = 15
    vignettes_per_resident: int = 2
    severities: tuple[float, ...] = (-0.25, -0.05, 0.10, 0.20)
    judges: tuple[JudgeManner, ...] = ()
    spacing: int = 5
    guess_share: str = "0.25"
    idle_residents: int = 0
    ratings_per_rater: int | None = None
    stops_in: str = "reported"

    @property
    def residents(self) -> list[tuple[str, str]]:
        """Return (address, level) of each resident."""
        numbers = range(1, self.residents_per_level + 1)
        return [
            (f"{level.lower()}-{n:02}@{DOMAIN}", level) for level in self.level_abilities for n in numbers
        ]

    @property
    def baseline(self) -> str | None:
        return self.models[1].name if len(self.models) > 1 else None

    @property
    def raters(self) -> list[tuple[str, float]]:
        """Return (address, severity) of each rater."""
        return [(f"rater-{n}@{DOMAIN}", severity) for n, severity in enumerate(self.severities, start=1)]


LEAD: Final = f"investigator@{DOMAIN}"
SECOND: Final = f"second-investigator@{DOMAIN}"
CURATOR: Final = f"curator@{DOMAIN}"

COMPLETE: Final = Script(
    "demonstration",
    "Demonstration study, played to its report",
    seed=20260301,
    judges=(JudgeManner("scripted-close", 0.05, 0.5), JudgeManner("scripted-lenient", 0.7, 0.9)),
)
IN_ANSWERING: Final = Script(
    "open-answering",
    "Demonstration study, open for answers",
    seed=20260302,
    idle_residents=4,
    stops_in="answering",
)
IN_RATING: Final = Script(
    "open-rating",
    "Demonstration study, open for ratings",
    seed=20260303,
    ratings_per_rater=12,
    stops_in="rating",
)
