"""How a model's answer came out: an answer, or one of the events that the protocol names. Pure functions.

None of them is repaired: the text is kept as it came, and the outcome stands beside it.
"""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from study.engines.reasoning import has_open_tag, split_reasoning
from study.engines.refusal import declines
from study.protocol.rubric import SECTIONS
from study.responses.inputs import is_blank
from study.responses.parsing import parse_answer

ANSWERED: Final = "answered"
EMPTY: Final = "empty"
TRUNCATED: Final = "truncated"
UNCLOSED: Final = "unclosed"
REFUSED: Final = "refused"
WRONG_LANGUAGE: Final = "language"
UNPARSED: Final = "unparsed"
# A refusal is not asked again: asking until a model complies would flatter it (docs/adr/0008).
FINAL_AT_ONCE: Final = frozenset({ANSWERED, REFUSED})

CUT_OFF: Final = "length"
LANGUAGE: Final = "en"
# Shorter texts hold too little to tell a language from: drug names and doses are the same in many.
MIN_LETTERS: Final = 40
MIN_CERTAINTY: Final = 0.9
# A text of another script is short in letters and long in meaning.
MAX_FOREIGN_SHARE: Final = 0.3
_loading: Final = threading.Lock()
_FOREIGN: Final = re.compile("[^\\u0000-\\u024f]")


@dataclass(frozen=True)
class ReadAnswer:
    """A model's text as the residents' five sections, its reasoning apart, and how it came out."""

    sections: Mapping[str, str]
    reasoning: str
    outcome: str


def read_answer(content: str | None, reasoning: str, finish_reason: str) -> ReadAnswer:
    """Read what a model returned; `reasoning` is the server's own field, empty without a parser."""
    text, thoughts = split_reasoning(content, reasoning)
    sections = parse_answer(text)
    return ReadAnswer(sections, thoughts, _outcome(content, sections, finish_reason))


def _outcome(content: str | None, sections: Mapping[str, str], finish_reason: str) -> str:
    # Truncated before unclosed: a cut-off thought is always open, too.
    if finish_reason != CUT_OFF and has_open_tag(content):
        return UNCLOSED
    return sections_outcome(sections, finish_reason)


def sections_outcome(sections: Mapping[str, str], finish_reason: str) -> str:
    """Return how five sections came out; truncated before empty, so that a cut-off thought is not "empty"."""
    rules = (
        (TRUNCATED, finish_reason == CUT_OFF),
        (EMPTY, is_blank(sections)),
        (REFUSED, is_refusal(sections)),
        (WRONG_LANGUAGE, not is_in_language("\n".join(sections.values()))),
        (UNPARSED, not all(sections.get(code) for code in SECTIONS)),
    )
    return next((outcome for outcome, holds in rules if holds), ANSWERED)


def is_refusal(sections: Mapping[str, str]) -> bool:
    """Whether a short text with at most one section filled says that nothing will be said.

    A whole answer that declines one act ("I would not restart it") fills its sections and is no refusal.
    """
    filled = [text for text in sections.values() if text.strip()]
    return len(filled) == 1 and declines(filled[0])


def is_in_language(text: str) -> bool:
    """Whether a text is in the study's language, or too short to tell."""
    letters = "".join(filter(str.isalpha, text))
    if len(_FOREIGN.findall(letters)) > MAX_FOREIGN_SHARE * len(letters):
        return False
    if len(letters) < MIN_LETTERS:
        return True
    with _loading:  # a worker's threads begin together, and the model takes seconds to load
        identifier = _identifier()
    language, certainty = identifier.classify(text)
    return bool(language == LANGUAGE or certainty < MIN_CERTAINTY)


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
