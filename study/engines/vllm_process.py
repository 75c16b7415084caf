"""vLLM inside this process: one engine, whole batches; for one box without a server of its own."""

import atexit
import gc
import importlib.util
import logging
import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from study.engines.base import (
    EngineError,
    EngineSettings,
    GenerationRequest,
    GenerationResult,
    InterruptionError,
    RejectionError,
    environment_of,
)
from study.engines.description import FactsError, describe_directory, describe_host

logger = logging.getLogger(__name__)

# Of a server alone: an engine inside the process has no address, no name and no parser.
SERVER_ONLY: Final = frozenset({"reasoning_parser"})
PARSER: Final = "none: the tags stay in the text"


@dataclass
class _Loaded:
    """The engine of this process, what it was loaded with, and what it tells of itself."""

    key: tuple[str, str]
    llm: Any
    facts: dict[str, Any]


# An engine takes the whole GPU and serves one thread: one per process, asked under its lock.
_lock = threading.RLock()
_loaded: list[_Loaded] = []


@cache
def is_installed() -> bool:
    """Return whether vLLM could be imported here, without importing it: that takes half a minute."""
    return importlib.util.find_spec("vllm") is not None


def close() -> None:
    """Release the engine of this process, after the batch in hand; the next request loads it anew."""
    with _lock:
        while _loaded:
            _shut_down(_loaded.pop().llm)
        gc.collect()


def _shut_down(llm: Any) -> None:
    try:
        llm.llm_engine.engine_core.shutdown()
    except Exception:
        logger.exception("vLLM did not shut down in order")


class VLLMProcessEngine:
    """Ask a model whose engine runs in this process, loaded from `settings.directory` at the first request.

    `LLM.chat` applies no reasoning parser: thoughts stay in the text between their tags.
    """

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings

    def generate(self, request: GenerationRequest) -> GenerationResult:
        (result,) = self.generate_many([request])
        if isinstance(result, EngineError):
            raise result
        return result

    def generate_many(self, requests: Sequence[GenerationRequest]) -> list[GenerationResult | EngineError]:
        """Generate a whole batch; each request has its own seed and sampling."""
        with _lock:
            try:
                loaded = _engine(self.settings)
            except EngineError as error:
                return [error for _ in requests]
            return self._chat(loaded, requests)

    def _chat(
        self, loaded: _Loaded, requests: Sequence[GenerationRequest]
    ) -> list[GenerationResult | EngineError]:
        started = time.perf_counter()
        try:
            parameters = [_parameters(loaded.llm, request) for request in requests]
            outputs = loaded.llm.chat(
                [[dict(message) for message in request.messages] for request in requests],
                sampling_params=parameters,
                use_tqdm=False,
            )
        except _refusals() as error:
            # One request that the engine refuses (too long) must not take the batch with it.
            if len(requests) > 1:
                return [result for request in requests for result in self._chat(loaded, [request])]
            return [RejectionError(f"the engine refused: {str(error)[:300]}")]
        except Exception as error:
            logger.exception("the engine broke")
            close()
            problem = f"the engine broke: {type(error).__name__}: {str(error)[:200]}"
            return [InterruptionError(problem) for _ in requests]
        duration_s = time.perf_counter() - started
        return [
            _result(self.settings, loaded, request, chosen, output, len(requests), duration_s)
            for request, chosen, output in zip(requests, parameters, outputs, strict=True)
        ]


def _engine(settings: EngineSettings) -> _Loaded:
    """Return the engine of these settings; another one that this process holds is released first."""
    key = (settings.directory, repr(sorted(settings.serve.items())))
    if _loaded and _loaded[0].key == key:
        return _loaded[0]
    close()
    _loaded.append(_load(settings, key))
    return _loaded[0]


def _load(settings: EngineSettings, key: tuple[str, str]) -> _Loaded:
    if not is_installed():
        raise RejectionError("vLLM is not installed in this worker's environment")
    try:
        described = describe_directory(Path(settings.directory))
    except FactsError as error:
        raise RejectionError(str(error)) from error
    options = {name: value for name, value in settings.serve.items() if name not in SERVER_ONLY}
    # The package's default would send every start of an engine to its makers.
    os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    try:
        from vllm import LLM

        llm = LLM(model=settings.directory, **options)
    except Exception as error:
        logger.exception("the engine could not be loaded")
        problem = f"the engine could not be loaded: {type(error).__name__}: {str(error)[:200]}"
        raise InterruptionError(problem) from error
    atexit.register(close)
    return _Loaded(key, llm, described | _told_by_engine(llm) | _told_by_host())


def _told_by_engine(llm: Any) -> dict[str, Any]:
    import vllm

    configuration = llm.llm_engine.vllm_config
    model = configuration.model_config
    return {
        "engine_version": str(vllm.__version__),
        "dtype": str(model.dtype).removeprefix("torch."),
        "quantisation": model.quantization or "none",
        "max_model_len": int(model.max_model_len),
        "tensor_parallel_size": int(configuration.parallel_config.tensor_parallel_size),
        "batch_invariant": bool(vllm.envs.VLLM_BATCH_INVARIANT),
        "reasoning_parser": PARSER,
    }


def _told_by_host() -> dict[str, str]:
    from vllm.platforms import current_platform

    host = describe_host()
    if not host and current_platform.is_cpu():
        return {"gpu": "none: CPU", "driver": "none: CPU"}
    return host


def _refusals() -> tuple[type[Exception], ...]:
    """Return what vLLM raises for a request that it will not take."""
    from vllm import exceptions

    return ValueError, exceptions.VLLMClientError


def _parameters(llm: Any, request: GenerationRequest) -> Any:
    """Return vLLM's parameters; one that is deliberately not sent is the model's own, as on a server."""
    from vllm import SamplingParams

    own = llm.get_default_sampling_params()
    chosen = {
        name: getattr(own, name) if value is None else value for name, value in request.sampling.items()
    }
    return SamplingParams(n=1, seed=request.seed, structured_outputs=_structure(request), **chosen)


def _structure(request: GenerationRequest) -> Any:
    """Return vLLM's own parameter for a wished form of the answer; it takes JSON by a schema."""
    form = request.response_format
    if form is None:
        return None
    from vllm.sampling_params import StructuredOutputsParams

    if form.get("type") != "json_schema":
        raise ValueError(f"response_format: the type {form.get('type')!r} is not known; json_schema is")
    return StructuredOutputsParams(json=dict(form["json_schema"]["schema"]))


def _result(
    settings: EngineSettings,
    loaded: _Loaded,
    request: GenerationRequest,
    chosen: Any,
    output: Any,
    batch: int,
    duration_s: float,
) -> GenerationResult:
    answer = output.outputs[0]
    environment = environment_of(engine=loaded.facts, declared=settings.facts)
    return GenerationResult(
        content=answer.text,
        reasoning="",
        finish_reason=str(answer.finish_reason or ""),
        engine="vllm",
        engine_version=str(environment["engine_version"]),
        model=settings.model,
        revision=settings.revision,
        simulated=False,
        sampling=dict(request.sampling),
        seed=request.seed,
        prompt_tokens=len(output.prompt_token_ids or []),
        completion_tokens=len(answer.token_ids),
        duration_s=duration_s,
        raw_request=_raw_request(settings, request, chosen),
        raw_response=_raw_response(output, answer, batch),
        environment=environment,
    )


def _raw_request(settings: EngineSettings, request: GenerationRequest, chosen: Any) -> Mapping[str, Any]:
    return {
        "call": "LLM.chat",
        "model": settings.directory,
        "options": dict(settings.serve),
        "messages": [dict(message) for message in request.messages],
        "sampling_params": {name: getattr(chosen, name) for name in ("n", "seed", *request.sampling)},
        "response_format": request.response_format,
        "request_id": request.correlation_id,
    }


def _raw_response(output: Any, answer: Any, batch: int) -> dict[str, Any]:
    return {
        "request_id": str(output.request_id),
        "prompt": output.prompt,
        "text": answer.text,
        "token_ids": list(answer.token_ids),
        "finish_reason": answer.finish_reason,
        "stop_reason": answer.stop_reason,
        "num_cached_tokens": output.num_cached_tokens,
        "batch": batch,
    }
