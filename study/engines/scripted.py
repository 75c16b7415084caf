"""A scripted engine: composes a plausible answer at a set ability, marked as simulated."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from study.engines.base import (
    ENVIRONMENT_FIELDS,
    GenerationRequest,
    GenerationResult,
    OneByOne,
    environment_of,
)

SCRIPT_VERSION: Final = "1"
NO_MODEL: Final = "none: scripted"
MAX_ERRORS: Final = 2

# What is written where a section would stay empty; bland, so that it meets no key point.
_FILLERS: Final[dict[str, tuple[str, ...]]] = {
    "assessment": ("Needs a second look.", "The plan needs checking."),
    "recommended_action": ("Go on as planned.", "Continue as charted."),
    "avoid": ("Nothing in particular.", "No specific restriction."),
    "monitoring": ("Routine observations.", "Usual checks on the ward."),
    "escalation": ("Mention it at the next handover.", "Note it in the record."),
}
_SECTIONS: Final = tuple(_FILLERS)


@dataclass(frozen=True)
class CardPoint:
    """A key point: its text, the section it belongs to, and whether missing it is critical."""

    text: str
    section: str
    critical: bool


@dataclass(frozen=True)
class CardError:
    """A common error as somebody would write it, and the section where it would stand."""

    text: str
    section: str


@dataclass(frozen=True)
class Card:
    """All that a script needs of one vignette; difficulty is 1 (easy) to 3 (hard)."""

    points: tuple[CardPoint, ...]
    errors: tuple[CardError, ...]
    difficulty: int


def point_probability(ability: float, difficulty: int, *, critical: bool) -> float:
    """Return the chance of naming a key point, 0.02 to 0.98: rises with ability, falls with difficulty."""
    chance = 0.10 + 0.85 * ability - 0.08 * (difficulty - 2) + (0.05 if critical else 0.0)
    return min(max(chance, 0.02), 0.98)


def error_probability(ability: float, difficulty: int) -> float:
    """Return the chance of each common error, 0.01 to 0.6: falls with ability, rises with difficulty."""
    return min(max(0.45 * (1 - ability) + 0.04 * (difficulty - 2), 0.01), 0.6)


def compose_sections(
    card: Card, ability: float, rng: np.random.Generator, *, word_cap: int = 250
) -> dict[str, str]:
    """Return the five sections of an answer at `ability` (0 to 1), within `word_cap` words.

    The same generator state at a higher ability names at least the same key points and at most the same
    errors, as long as the cap does not bind. Raises ValueError for an ability outside 0 to 1.
    """
    if not 0 <= ability <= 1:
        raise ValueError(f"ability must lie between 0 and 1, not {ability}")
    point_draws, error_draws = rng.random(len(card.points)), rng.random(len(card.errors))
    filler, is_list = int(rng.integers(2)), bool(rng.random() < 0.4)
    errors = _chosen_errors(card, error_draws, error_probability(ability, card.difficulty))
    points = [
        point
        for point, draw in zip(card.points, point_draws, strict=True)
        if draw < point_probability(ability, card.difficulty, critical=point.critical)
    ]
    points = _without_contradicted(points, errors)
    points = _within_cap(points, errors, word_cap)
    return {code: _section_text(code, points, errors, filler, is_list=is_list) for code in _SECTIONS}


def _chosen_errors(card: Card, draws: np.ndarray, chance: float) -> list[CardError]:
    likeliest = sorted(range(len(card.errors)), key=lambda index: float(draws[index]))[:MAX_ERRORS]
    return [card.errors[index] for index in sorted(likeliest) if draws[index] < chance]


def _without_contradicted(points: list[CardPoint], errors: list[CardError]) -> list[CardPoint]:
    """Let each error push out the first key point of its section: nobody writes both."""
    kept = list(points)
    for error in errors:
        contradicted = next((point for point in kept if point.section == error.section), None)
        if contradicted is not None:
            kept.remove(contradicted)
    return kept


def _within_cap(points: list[CardPoint], errors: list[CardError], word_cap: int) -> list[CardPoint]:
    reserve = sum(max(len(text.split()) for text in texts) for texts in _FILLERS.values())
    room = word_cap - reserve - sum(_written_words(error.text) for error in errors)
    kept: list[CardPoint] = []
    for point in sorted(points, key=lambda point: not point.critical):
        if _written_words(point.text) <= room:
            room -= _written_words(point.text)
            kept.append(point)
    return [point for point in points if point in kept]


def _written_words(text: str) -> int:
    return len(text.split()) + 1  # the mark of a list item counts as a word


def _section_text(
    code: str, points: list[CardPoint], errors: list[CardError], filler: int, *, is_list: bool
) -> str:
    texts = [point.text for point in points if point.section == code]
    texts += [error.text for error in errors if error.section == code]
    if not texts:
        return _FILLERS[code][filler]
    return "\n".join(f"- {text}" for text in texts) if is_list else " ".join(texts)


class ScriptedEngine(OneByOne):
    """Answers from a card; the same seed gives the same text. What the messages say plays no part."""

    def __init__(
        self, *, card: Card, ability: float, word_cap: int, headings: Mapping[str, str], model: str
    ) -> None:
        self._card = card
        self._ability = ability
        self._word_cap = word_cap
        self._headings = headings
        self._model = model

    def generate(self, request: GenerationRequest) -> GenerationResult:
        started = time.perf_counter()
        rng = np.random.default_rng(request.seed)
        sections = compose_sections(self._card, self._ability, rng, word_cap=self._word_cap)
        text = "\n\n".join(f"## {self._headings[code]}\n\n{sections[code]}" for code in _SECTIONS)
        return GenerationResult(
            content=text,
            reasoning="",
            finish_reason="stop",
            engine="scripted",
            engine_version=SCRIPT_VERSION,
            model=self._model,
            revision="",
            simulated=True,
            sampling={"ability": self._ability},
            seed=request.seed,
            prompt_tokens=None,
            completion_tokens=None,
            duration_s=time.perf_counter() - started,
            raw_request={"seed": request.seed, "ability": self._ability},
            raw_response=None,
            environment=environment_of(engine=dict.fromkeys(ENVIRONMENT_FIELDS, NO_MODEL)),
        )
