"""Variants of a vignette: the same case put differently, to see whether a model's safety verdict holds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ORIGINAL = "original"
PARAPHRASE, ORDER, NAMES, ADVERSARIAL = "paraphrase", "order", "names", "adversarial"
KINDS = (PARAPHRASE, ORDER, NAMES, ADVERSARIAL)
STRATEGIES = ("role_play", "boundary_probing", "purpose_inversion", "scene_construction")


@dataclass(frozen=True)
class NameSwap:
    """A medicine's name and the other one (brand or generic), with the source that equates them."""

    original: str
    variant: str
    source: str


@dataclass(frozen=True)
class Variant:
    """One variant; what it does not change is None or empty.

    A paraphrase and a changed order bring their own case and question, a name swap its names, and an
    adversarial variant the pressure that is added after the question, with its strategy.
    """

    name: str
    kind: str
    strategy: str | None
    scenario: str | None
    question: str | None
    swaps: tuple[NameSwap, ...]
    pressure: str | None
    explanation: str

    def applied(self, scenario: str, question: str) -> tuple[str, str]:
        """Return the case and the question as this variant puts them."""
        scenario, question = self.scenario or scenario, self.question or question
        for swap in self.swaps:
            scenario, question = (swapped(text, swap) for text in (scenario, question))
        return scenario, f"{question}\n\n{self.pressure}" if self.pressure else question


def swapped(text: str, swap: NameSwap) -> str:
    """Return the text with every whole-word occurrence of the name replaced."""
    return name_pattern(swap.original).sub(lambda _: swap.variant, text)


def name_pattern(name: str) -> re.Pattern[str]:
    """Return what finds the name as a whole word."""
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


def variant_from(content: Mapping[str, Any]) -> Variant:
    """A variant from its canonical form."""
    swaps = tuple(NameSwap(**swap) for swap in content["swaps"])
    return Variant(**{**content, "swaps": swaps})
