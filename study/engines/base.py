"""What every engine takes and gives. Engines know only the wire: no database, no study, no Django."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

NOT_TOLD: Final = "not told"
# What an answer depends on beside the request. Hashes are SHA-256 in hexadecimal digits.
ENVIRONMENT_FIELDS: Final = (
    "weights_revision",
    "weights_sha256",
    "tokenizer_sha256",
    "chat_template_sha256",
    "generation_config_sha256",
    "dtype",
    "quantisation",
    "engine_version",
    "tensor_parallel_size",
    "max_model_len",
    "reasoning_parser",
    "batch_invariant",
    "gpu",
    "driver",
)


@dataclass(frozen=True)
class EngineSettings:
    """How one model is reached, the same for both connectors to a real model.

    `model` is the served name and `revision` that of the weights; `base_url`, `api_key`, `timeout_s` (seconds
    for one whole call) and `at_once` (calls of this process at the same time; 0: any number) belong to a
    server, `directory` (of the model's files) and `serve` (the engine's options by the names of `vllm serve`)
    to the engine inside the worker. `facts` are environment fields that the operator declared.
    """

    model: str
    revision: str = ""
    base_url: str = ""
    api_key: str = field(default="", repr=False)
    timeout_s: float = 600.0
    at_once: int = 0
    directory: str = ""
    serve: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class GenerationRequest:
    """One question to a model: exactly what goes over the wire.

    `response_format` is the form that the answer must have, as chat completions take it ({"type":
    "json_schema", "json_schema": {"name": ..., "schema": ...}}); None leaves it free.
    """

    messages: tuple[Mapping[str, str], ...]
    sampling: Mapping[str, Any]
    seed: int
    correlation_id: str
    response_format: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class GenerationResult:
    """One answer of a model with its provenance.

    `content` is the text as it came (None when the model was cut off while it thought), `reasoning` the
    server's own field for thoughts; `sampling` and `seed` are what was sent; `duration_s` is in seconds.
    `raw_request` is what was sent, without the key, `environment` what `environment_of` returns.
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
    raw_request: Mapping[str, Any]
    raw_response: Mapping[str, Any] | None
    environment: Mapping[str, Any]


class EngineError(Exception):
    """The engine gave no answer."""


class InterruptionError(EngineError):
    """The way to the model failed (time-out, connection, server error): the same request may succeed."""


class RejectionError(EngineError):
    """The server refuses this request (unknown model, bad key, too long): repeating it is of no use."""


class Engine(Protocol):
    """Generate answers; one that did not come is an InterruptionError or a RejectionError.

    `generate` raises it, `generate_many` returns it in the answer's place.
    """

    def generate(self, request: GenerationRequest) -> GenerationResult: ...

    def generate_many(
        self, requests: Sequence[GenerationRequest]
    ) -> Sequence[GenerationResult | EngineError]: ...


class OneByOne:
    """`generate_many` of an engine whose answers do not gain from a common batch."""

    def generate(self, request: GenerationRequest) -> GenerationResult:
        raise NotImplementedError

    def generate_many(self, requests: Sequence[GenerationRequest]) -> list[GenerationResult | EngineError]:
        return list(self._each(requests))

    def _each(self, requests: Sequence[GenerationRequest]) -> Iterator[GenerationResult | EngineError]:
        for request in requests:
            try:
                yield self.generate(request)
            except EngineError as error:
                yield error


def environment_of(**told: Mapping[str, Any]) -> dict[str, Any]:
    """Return every environment field with what was told; the source named first wins.

    `told` maps a source ("engine", "server", "declared") to its fields. "told_by" names the source of each
    field, "contradictions" what a later source said otherwise, "others" what has no field of its own.
    """
    environment: dict[str, Any] = dict.fromkeys(ENVIRONMENT_FIELDS, NOT_TOLD)
    told_by: dict[str, str] = {}
    contradictions: dict[str, dict[str, Any]] = {}
    others: dict[str, dict[str, Any]] = {}
    for source, facts in told.items():
        for name, value in facts.items():
            if value is None or value in ("", NOT_TOLD):
                continue
            if name not in ENVIRONMENT_FIELDS:
                others.setdefault(source, {})[name] = value
            elif name not in told_by:
                environment[name], told_by[name] = value, source
            elif value != environment[name]:
                contradictions.setdefault(name, {})[source] = value
    return environment | {"told_by": told_by, "contradictions": contradictions, "others": others}
