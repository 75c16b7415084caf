"""Strata of medication safety that the default plan analyses alone. Pure."""

from collections.abc import Callable, Mapping
from typing import Final

from vignettes.structure import Strata, VignetteContent

TRANSITIONS: Final = frozenset({"reconciliation", "discharge"})
MANY_MEDICINES: Final = frozenset(
    {
        "anticholinergic_burden",
        "drug_drug_interaction",
        "geriatric_beers",
        "prescribing_cascade",
        "therapeutic_duplication",
    }
)
# The three domains of the WHO challenge "Medication Without Harm" (2017).
_RULES: Final[dict[str, Callable[[Strata], bool]]] = {
    "high-risk medicines": lambda strata: bool(strata.apinch),
    "polypharmacy": lambda strata: not MANY_MEDICINES.isdisjoint(strata.hazards),
    "transitions of care": lambda strata: not TRANSITIONS.isdisjoint(strata.process_steps),
}


def strata_of(contents: Mapping[str, VignetteContent]) -> dict[str, list[str]]:
    """Return the vignette codes of each stratum; one that is empty or holds every vignette tells nothing."""
    found = {
        name: sorted(code for code, content in contents.items() if holds(content.strata))
        for name, holds in _RULES.items()
    }
    return {name: codes for name, codes in found.items() if 0 < len(codes) < len(contents)}
