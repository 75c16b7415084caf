"""What a new study is made of."""

from dataclasses import dataclass, field
from decimal import Decimal

from study.protocol.vocabulary import ArmKind, Level


@dataclass(frozen=True)
class ArmInput:
    name: str
    label: str
    kind: ArmKind
    level: str = ""


def default_arms(models: list[tuple[str, str]]) -> tuple[ArmInput, ...]:
    """Return the two resident arms and one arm per (name, label) of `models`, the lead model first."""
    residents = tuple(
        ArmInput(level.value.lower(), f"{level.value} residents", ArmKind.RESIDENT, level.value)
        for level in Level
    )
    return residents + tuple(ArmInput(name, label, ArmKind.MODEL) for name, label in models)


@dataclass(frozen=True)
class StudyInput:
    """The design of one study; the defaults are those of the 30-vignette study."""

    slug: str
    title: str
    simulated: bool
    seed: int
    arms: tuple[ArmInput, ...]
    vignette_codes: tuple[str, ...] = field(default=())
    raters_per_response: int = 4
    vignettes_per_resident: int = 2
    spacing: int = 5
    word_cap: int = 250
    margin: Decimal = Decimal("0.50")
    guess_share: Decimal = Decimal("1.00")
    exclude_own_site: bool = False
