"""What raters hand in, and what is wrong with it: one set of rules for the form and the service. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from study.protocol.rubric import (
    CERTAINTIES,
    CONFIDENCES,
    DIMENSION_CODES,
    ERROR_TAGS,
    GUESSES,
    HARM_EXTENTS,
    HARM_LIKELIHOODS,
)

MAX_TEXT: Final = 4000
MAX_ACTIVE_SECONDS: Final = 4 * 3600.0
SCALE: Final = range(1, 6)


@dataclass(frozen=True)
class RatingInput:
    """One judgement. `scores` maps dimension codes to 1-5; where the rater cannot judge, only the reason
    counts.
    """

    scores: Mapping[str, int] = field(default_factory=dict)
    harm_extent: str = ""
    harm_likelihood: str = ""
    commission: bool = False
    omission: bool = False
    error_tags: tuple[str, ...] = ()
    comment: str = ""
    confidence: int | None = None
    cannot_judge: bool = False
    cannot_judge_reason: str = ""
    active_seconds: float | None = None


@dataclass(frozen=True)
class GuessInput:
    """Who the rater thinks wrote the response; no certainty belongs to "I cannot tell"."""

    guess: str
    certainty: int | None = None
    reason: str = ""


def canonical_rating(judgement: RatingInput) -> RatingInput:
    """Return the judgement as it is stored: tidy texts, tags in the rubric's order, no score beside an
    abstention.
    """
    if judgement.cannot_judge:
        return RatingInput(
            comment=judgement.comment.strip(),
            cannot_judge=True,
            cannot_judge_reason=judgement.cannot_judge_reason.strip(),
            active_seconds=judgement.active_seconds,
        )
    return replace(
        judgement,
        scores={code: judgement.scores[code] for code in DIMENSION_CODES if code in judgement.scores},
        harm_likelihood="" if judgement.harm_extent == "none" else judgement.harm_likelihood,
        error_tags=tuple(tag for tag in ERROR_TAGS if tag in judgement.error_tags),
        comment=judgement.comment.strip(),
        cannot_judge_reason="",
    )


def rating_problems(judgement: RatingInput) -> dict[str, str]:
    """Return field -> sentence for everything that keeps the judgement from being saved."""
    texts = {"comment": judgement.comment, "cannot_judge_reason": judgement.cannot_judge_reason}
    problems = {
        name: f"Keep this under {MAX_TEXT} characters; it has {len(text)}."
        for name, text in texts.items()
        if len(text) > MAX_TEXT
    }
    if not judgement.cannot_judge:
        return problems | _score_problems(judgement)
    if not judgement.cannot_judge_reason.strip():
        problems["cannot_judge_reason"] = "Say why you cannot judge this response."
    return problems


def _score_problems(judgement: RatingInput) -> dict[str, str]:
    problems = {
        code: "Choose a score from 1 to 5."
        for code in DIMENSION_CODES
        if judgement.scores.get(code) not in SCALE
    }
    if set(judgement.scores) - set(DIMENSION_CODES):
        problems["scores"] = "A score belongs to a dimension that the rubric does not have."
    if judgement.harm_extent not in HARM_EXTENTS:
        problems["harm_extent"] = "Choose how far the harm would go."
    elif judgement.harm_extent != "none" and judgement.harm_likelihood not in HARM_LIKELIHOODS:
        problems["harm_likelihood"] = "Choose how likely this harm is."
    if judgement.confidence not in CONFIDENCES:
        problems["confidence"] = "Choose how sure you are of your scores."
    if set(judgement.error_tags) - set(ERROR_TAGS):
        problems["error_tags"] = "Choose error tags from the list."
    return problems


def guess_problems(guess: GuessInput) -> dict[str, str]:
    """Return field -> sentence for everything that keeps the guess from being saved."""
    problems = {}
    if guess.guess not in GUESSES:
        problems["guess"] = "Choose one of the three answers."
    elif guess.guess != "dont_know" and guess.certainty not in CERTAINTIES:
        problems["certainty"] = "Choose how sure you are."
    if len(guess.reason) > MAX_TEXT:
        problems["reason"] = f"Keep this under {MAX_TEXT} characters; it has {len(guess.reason)}."
    return problems


def canonical_guess(guess: GuessInput) -> GuessInput:
    """Return the guess as it is stored."""
    certainty = None if guess.guess == "dont_know" else guess.certainty
    return GuessInput(guess.guess, certainty, guess.reason.strip())


def read_active_seconds(text: str) -> float | None:
    """Return the page's count of active seconds (at most four hours), or None: a broken count is no rater's
    fault.
    """
    try:
        seconds = float(text)
    except ValueError:
        return None
    return min(seconds, MAX_ACTIVE_SECONDS) if math.isfinite(seconds) and seconds >= 0 else None
