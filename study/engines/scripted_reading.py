"""How a script reads a response: its words against the key points of the card. Pure functions."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

MET_SHARE: Final = 0.85
SUPPORTED_SHARE: Final = 0.6
SHORTEST_STATEMENT: Final = 5

_WORD: Final = re.compile(r"[a-z0-9µ]+(?:[.,][0-9]+)?")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?;])\s+|\n+")


@dataclass(frozen=True)
class ShownPoint:
    """A key point as it stands on the card."""

    text: str
    critical: bool


@dataclass(frozen=True)
class Reading:
    """What a careful reader finds: shares of key points met (weighted, critical), unsupported statements."""

    covered: float
    critical_covered: float
    unsupported: int


def read_response(points: Sequence[ShownPoint], response: str) -> Reading:
    """Compare a response with the key-point card by its words."""
    found = _words(response)
    known: set[str] = set().union(*(_words(point.text) for point in points))
    met = [len(_words(point.text) & found) >= MET_SHARE * len(_words(point.text)) for point in points]
    weights = [2 if point.critical else 1 for point in points]
    critical = [is_met for point, is_met in zip(points, met, strict=True) if point.critical]
    statements = [_words(sentence) for sentence in _SENTENCE_END.split(response)]
    unsupported = sum(
        len(words) >= SHORTEST_STATEMENT and len(words & known) < SUPPORTED_SHARE * len(words)
        for words in statements
    )
    covered = sum(weight for weight, is_met in zip(weights, met, strict=True) if is_met) / sum(weights)
    return Reading(covered, sum(critical) / len(critical) if critical else covered, unsupported)


def scores_of(reading: Reading, *, severity: float, noise: float, rng: np.random.Generator) -> dict[str, int]:
    """Turn a reading into scores 1-5; `severity` in points (negative is strict), `noise` an SD."""
    errors = min(reading.unsupported, 3)
    latent = {
        "medical_correctness": 1.4 + 3.4 * reading.covered - 0.45 * errors,
        "medication_safety": 1.4 + 3.4 * reading.critical_covered - 0.60 * errors,
        "guideline_consistency": 1.5 + 3.2 * reading.covered - 0.35 * errors,
        "clinical_usefulness": 1.7 + 3.0 * reading.covered - 0.35 * errors,
    }
    shared = rng.normal(0, 0.6 * noise)  # one impression of the text colours all four scores
    return {
        dimension: int(np.clip(round(value + severity + shared + rng.normal(0, 0.8 * noise)), 1, 5))
        for dimension, value in latent.items()
    }


def _words(text: str) -> set[str]:
    return {word for word in _WORD.findall(text.lower()) if len(word) > 2 or word.isdigit()}
