"""What is recorded of one answer of a model: what went over the wire, with what, and what came back."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import models

from study.engines.base import NOT_TOLD, GenerationResult
from study.engines.text import canonical_json, clean_json, clean_text

NO_PROFILE: Final = {"name": "none", "version": "none", "sha256": "none", "family": "unknown"}


class RecordedAnswer(models.Model):
    """What went over the wire and what came back, once per model answer; never changed."""

    number = models.PositiveSmallIntegerField()
    engine = models.CharField(max_length=40)
    engine_version = models.CharField(max_length=40, blank=True, default="")
    model = models.CharField(max_length=120)
    revision = models.CharField(max_length=80, blank=True, default="")
    simulated = models.BooleanField()
    profile = models.JSONField()
    prompt_version = models.CharField(max_length=20)
    prompt_sha256 = models.CharField(max_length=64)
    messages = models.JSONField()
    sampling = models.JSONField()
    seed = models.BigIntegerField(null=True)
    finish_reason = models.CharField(max_length=40, blank=True, default="")
    prompt_tokens = models.PositiveIntegerField(null=True)
    completion_tokens = models.PositiveIntegerField(null=True)
    duration_s = models.FloatField(null=True)
    raw_text = models.TextField(blank=True, default="")
    reasoning = models.TextField(blank=True, default="")
    raw_request = models.JSONField()
    raw_response = models.JSONField(null=True)
    environment = models.JSONField()
    finished_at = models.DateTimeField()

    class Meta:
        abstract = True


def record_of(
    result: GenerationResult,
    *,
    messages: Sequence[Mapping[str, str]],
    profile: Mapping[str, str],
    prompt_version: str,
) -> dict[str, Any]:
    """Return the fields of a recorded answer that its engine, its prompt and its profile tell."""
    return {
        "engine": result.engine,
        "engine_version": told(result.engine_version, 40),
        "model": told(result.model, 120),
        "revision": told(result.revision, 80),
        "simulated": result.simulated,
        "profile": profile or NO_PROFILE,
        "prompt_version": prompt_version,
        "prompt_sha256": messages_sha256(messages),
        "messages": [dict(message) for message in messages],
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


def messages_sha256(messages: Sequence[Mapping[str, str]]) -> str:
    """Return the SHA-256 (64 hexadecimal digits) of the messages' canonical JSON."""
    return hashlib.sha256(canonical_json([dict(message) for message in messages]).encode("utf-8")).hexdigest()
