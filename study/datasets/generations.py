"""The provenance of models' answers as arms.json tells it, which is sealed until unblinding."""

import json
from collections.abc import Iterable
from typing import Any, Final

from study.engines.base import NOT_TOLD
from study.engines.text import canonical_json
from study.responses.models import GenerationAttempt

_FACTS: Final = (
    "engine",
    "engine_version",
    "model",
    "revision",
    "simulated",
    "profile",
    "prompt_version",
    "environment",
)
_MEASURED: Final = (
    "seed",
    "sampling",
    "prompt_sha256",
    "prompt_tokens",
    "completion_tokens",
    "duration_s",
    "finish_reason",
    "outcome",
)


def distinct_facts(attempts: Iterable[GenerationAttempt]) -> list[dict[str, Any]]:
    """Return what the attempts were made with, each combination once, in a stable order."""
    texts = {canonical_json({name: getattr(attempt, name) for name in _FACTS}) for attempt in attempts}
    return [json.loads(text) for text in sorted(texts)]


def attempt_entry(attempt: GenerationAttempt) -> dict[str, Any]:
    """Return one attempt: its place, what was measured, and the request without the vignette's text.

    The text of a vignette stands in its own table; here its messages' hash stands for it.
    """
    generation = attempt.generation
    measured = {name: getattr(attempt, name) for name in _MEASURED}
    return {
        "vignette": generation.study_vignette.code,
        "variant": generation.variant,
        "draw": generation.draw,
        "attempt": attempt.number,
        "finished_at": attempt.finished_at.isoformat(),
        "request": _without_messages(attempt.raw_request),
        **{name: NOT_TOLD if value is None else value for name, value in measured.items()},
    }


def _without_messages(request: Any) -> Any:
    if not isinstance(request, dict):
        return request
    kept = {name: value for name, value in request.items() if name not in {"messages", "body"}}
    if isinstance(request.get("body"), str):
        body = json.loads(request["body"])
        kept["body"] = {name: value for name, value in body.items() if name != "messages"}
    return kept
