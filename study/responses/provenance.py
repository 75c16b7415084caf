"""What is recorded of one generation beside its answer; what nobody told is recorded as not told."""

from typing import Any, Final

from study.engines.base import NOT_TOLD, GenerationResult, environment_of
from study.engines.text import clean_json, clean_text
from study.responses.models import ModelSetup

NO_PROFILE: Final = {"name": "none", "version": "none", "sha256": "none", "family": "unknown"}


def provenance_of(result: GenerationResult, setup: ModelSetup) -> dict[str, Any]:
    """Return the fields of an attempt that its engine and its setup tell."""
    return {
        "engine": result.engine,
        "engine_version": told(result.engine_version, 40),
        "model": told(result.model, 120),
        "revision": told(result.revision, 80),
        "simulated": result.simulated,
        "profile": setup.profile or NO_PROFILE,
        "prompt_version": setup.prompt_version,
        "sampling": dict(result.sampling),
        "seed": result.seed,
        "finish_reason": told(result.finish_reason, 40),
        "prompt_tokens": result.prompt_tokens,
        "completion_tokens": result.completion_tokens,
        "duration_s": result.duration_s,
        "raw_text": clean_json(result.content or ""),
        "raw_request": clean_json(result.raw_request),
        "raw_response": clean_json(result.raw_response),
        "environment": clean_json(result.environment),
    }


def told(text: str, longest: int) -> str:
    """Return a text as it is recorded: cleaned, cut to its column, or the words for nothing."""
    return clean_text(text)[:longest] or NOT_TOLD


def untold() -> dict[str, Any]:
    """Return the fields of an attempt that an answer made elsewhere does not bring along."""
    return {"profile": NO_PROFILE, "raw_request": NOT_TOLD, "environment": environment_of()}
