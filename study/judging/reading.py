"""What a judge's reply says: scores in strict JSON, or one of the named outcomes. Pure functions.

Nothing is repaired: the reply is kept as it came, and the outcome stands beside it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from study.engines.base import GenerationResult
from study.engines.reasoning import split_reasoning
from study.engines.refusal import declines
from study.engines.text import clean_text
from study.judging.prompts import RATIONALE, SCALE
from study.protocol.rubric import DIMENSION_CODES

SCORED: Final = "scored"
REFUSED: Final = "refused"
UNPARSED: Final = "unparsed"
TRUNCATED: Final = "truncated"
EMPTY: Final = "empty"

_CUT_OFF: Final = "length"
_FILTERED: Final = "content_filter"


@dataclass(frozen=True)
class Reply:
    """One reply of a judge; `scores` holds all dimensions when the outcome is scored, else none."""

    outcome: str
    reasoning: str
    rationale: str = ""
    scores: Mapping[str, int] = field(default_factory=dict)


def read_reply(result: GenerationResult) -> Reply:
    """Read what came back; a reply that was cut off is truncated, whatever its beginning says."""
    text, reasoning = _split(result)
    judged = strict_judgement(text)
    if result.finish_reason == _CUT_OFF:
        return Reply(TRUNCATED, reasoning)
    if judged is None or result.finish_reason == _FILTERED:
        return Reply(_without_scores(result, text), reasoning)
    rationale = clean_text(judged[RATIONALE])
    return Reply(SCORED, reasoning, rationale, {code: judged[code] for code in DIMENSION_CODES})


def _without_scores(result: GenerationResult, text: str) -> str:
    is_refused = result.finish_reason == _FILTERED or _told_refusal(result.raw_response) or declines(text)
    if is_refused:
        return REFUSED
    return UNPARSED if text else EMPTY


def _split(result: GenerationResult) -> tuple[str, str]:
    content = result.content or ""
    if strict_judgement(content) is not None:
        # A rationale may quote the very tags that elsewhere divide thought from answer.
        return content, clean_text(result.reasoning)
    return split_reasoning(content, result.reasoning)


def _told_refusal(body: Any) -> str:
    """Return the words of the field in which some servers put a refusal."""
    try:
        refusal = body["choices"][0]["message"]["refusal"]
    except (KeyError, IndexError, TypeError):
        return ""
    return refusal if isinstance(refusal, str) else ""


def strict_judgement(text: str) -> dict[str, Any] | None:
    """Return the judgement in a text that is exactly one JSON object of the schema, else None.

    No key twice, none missing and none more; each score a whole number from 1 to 5, and neither 4.0 nor true.
    """
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or set(value) != {RATIONALE, *DIMENSION_CODES}:
        return None
    is_scored = all(type(value[code]) is int and value[code] in SCALE for code in DIMENSION_CODES)
    return value if is_scored and isinstance(value[RATIONALE], str) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
