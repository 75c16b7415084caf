"""What every engine takes and gives. Engines know only the wire: no database, no study, no Django."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class GenerationRequest:
    """One question to a model: exactly what goes over the wire."""

    messages: tuple[Mapping[str, str], ...]
    sampling: Mapping[str, Any]
    seed: int
    correlation_id: str


@dataclass(frozen=True)
class GenerationResult:
    """One answer of a model with its provenance.

    `content` is the text as it came (None when the model was cut off while it thought), `reasoning` the
    server's own field for thoughts; `sampling` and `seed` are what was sent; `duration_s` is in seconds.
    """

    content: str | None
    reasoning: str
    finish_reason: str
    engine: str
    engine_version: str
    model: str
    revision: str
    simulated: bool
    sampling: Mapping[str, Any]
    seed: int | None
    prompt_tokens: int | None
    completion_tokens: int | None
    duration_s: float
    raw_response: Mapping[str, Any] | None


class EngineError(Exception):
    """The engine gave no answer."""


class InterruptionError(EngineError):
    """The way to the model failed (time-out, connection, server error): the same request may succeed."""


class RejectionError(EngineError):
    """The server refuses this request (unknown model, bad key, too long): repeating it is of no use."""


class Engine(Protocol):
    """Generate one answer, or raise InterruptionError or RejectionError."""

    def generate(self, request: GenerationRequest) -> GenerationResult: ...
