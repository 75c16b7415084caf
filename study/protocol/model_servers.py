"""The model servers that this installation may ask, as its operator set them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from study.engines.base import EngineSettings, InterruptionError, RejectionError
from study.engines.description import FactsError, read_facts


def allowed_base_urls() -> list[str]:
    """Return the model servers that this installation may ask, the default first (comma-separated setting).

    Who may set up a model may not choose the address: the server would ask any machine of its own network.
    """
    return [url.strip().rstrip("/") for url in settings.LLM_BASE_URL.split(",") if url.strip()]


def engine_settings(*, model: str, revision: str, base_url: str, serve: Mapping[str, Any]) -> EngineSettings:
    """Return what both connectors to a real model are given; the operator's settings come in here.

    An empty `base_url` means the default server. Raises RejectionError for a server that the operator does
    not allow (any more), whatever a row says, and InterruptionError while the facts cannot be read.
    """
    if base_url and base_url not in allowed_base_urls():
        raise RejectionError("the model's server is not one that this installation may ask")
    options = dict(serve)
    if settings.LLM_TENSOR_PARALLEL:
        options["tensor_parallel_size"] = settings.LLM_TENSOR_PARALLEL
    return EngineSettings(
        model=model,
        revision=revision,
        base_url=base_url or allowed_base_urls()[0],
        api_key=settings.LLM_API_KEY,
        timeout_s=settings.LLM_TIMEOUT_S,
        at_once=settings.LLM_AT_ONCE,
        directory=str(Path(settings.LLM_MODELS_DIR) / model),
        serve=options,
        facts=declared_facts(model),
    )


def declared_facts(model: str) -> dict[str, Any]:
    """Return what the operator declared of a served model, nothing without a file of facts.

    Raises InterruptionError while the file is not right: what is asked waits for it and does not fail.
    """
    if not settings.LLM_FACTS:
        return {}
    try:
        return read_facts(Path(settings.LLM_FACTS), model)
    except FactsError as error:
        raise InterruptionError(f"the declared facts cannot be read: {error}") from error
