"""Any server that speaks OpenAI's chat completions, `vllm serve` first of all."""

import time
from collections.abc import Mapping
from typing import Any, Final

import httpx

from study.responses.engines.base import (
    GenerationRequest,
    GenerationResult,
    InterruptionError,
    RejectionError,
)

CONNECT_TIMEOUT_S: Final = 10.0
VERSION_TIMEOUT_S: Final = 5.0
_BIGGEST_COUNT: Final = 2**31 - 1
_TRANSIENT: Final = frozenset({408, 409, 425, 429})
# The server broke the generation off and says so with status 200: the text is a torso and no answer.
_BROKEN_OFF: Final = frozenset({"abort", "error"})


class OpenAIHTTPEngine:
    """Ask one model of one server.

    Every sampling parameter is sent: one that is not sent comes silently from the model's own configuration.
    `base_url` ends before `/chat/completions` (usually in `/v1`), `timeout_s` is in seconds.
    """

    def __init__(
        self, *, base_url: str, model: str, revision: str = "", api_key: str = "", timeout_s: float
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._model = model
        self._revision = revision
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._timeout = httpx.Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s))

    def generate(self, request: GenerationRequest) -> GenerationResult:
        sampling = {name: value for name, value in request.sampling.items() if value is not None}
        payload = {
            "model": self._model,
            "messages": [dict(message) for message in request.messages],
            "n": 1,
            "stream": False,
            "seed": request.seed,
            **sampling,
        }
        headers = {**self._headers, "X-Request-Id": request.correlation_id}
        started = time.perf_counter()
        # The host's proxy variables stay out: vignettes and answers go to this one server and nowhere else.
        with httpx.Client(timeout=self._timeout, trust_env=False) as client:
            body = self._ask(client, payload, headers)
            duration_s = time.perf_counter() - started
            return _result(body, request, self._version(client), self._model, self._revision, duration_s)

    def _ask(
        self, client: httpx.Client, payload: Mapping[str, Any], headers: Mapping[str, str]
    ) -> dict[str, Any]:
        try:
            response = client.post(f"{self._base_url}/chat/completions", json=payload, headers=headers)
        except httpx.TimeoutException as error:
            raise InterruptionError(
                f"the model's server did not answer in time ({type(error).__name__})"
            ) from error
        except httpx.TransportError as error:
            raise InterruptionError(
                f"the model's server cannot be reached ({type(error).__name__})"
            ) from error
        except httpx.InvalidURL as error:
            raise RejectionError(f"the model's address is not valid: {error}") from error
        if response.status_code >= 500 or response.status_code in _TRANSIENT:
            raise InterruptionError(
                f"the model's server answered {response.status_code}: {_reason(response)}"
            )
        if response.status_code != 200:
            raise RejectionError(
                f"the model's server refused with {response.status_code}: {_reason(response)}"
            )
        body = _completion(response)
        if str(body["choices"][0].get("finish_reason")) in _BROKEN_OFF:
            raise InterruptionError("the model's server broke the generation off")
        return body

    def _version(self, client: httpx.Client) -> str:
        """Return the server's version where it tells one (`/version` beside `/v1`), else an empty text."""
        root = self._base_url.removesuffix("/v1")
        try:
            body = client.get(f"{root}/version", headers=self._headers, timeout=VERSION_TIMEOUT_S).json()
        except (httpx.HTTPError, ValueError):
            return ""
        version = body.get("version") if isinstance(body, dict) else None
        return version[:40] if isinstance(version, str) else ""


def _reason(response: httpx.Response) -> str:
    """Return the server's own words, shortened: they tell the investigator what to change."""
    try:
        body = response.json()
    except ValueError:
        return response.text[:300]
    error = body.get("error", body) if isinstance(body, dict) else body
    return str(error.get("message", error) if isinstance(error, dict) else error)[:300]


def _completion(response: httpx.Response) -> dict[str, Any]:
    """Return the body when it is a chat completion; something else on the way answered otherwise."""
    try:
        body = response.json()
        message = body["choices"][0]["message"]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise InterruptionError("what answered at the model's address is no chat completion") from error
    if not isinstance(message, dict) or not isinstance(message.get("content"), str | None):
        raise InterruptionError("what answered at the model's address is no chat completion")
    whole: dict[str, Any] = body
    return whole


def _result(
    body: Mapping[str, Any],
    request: GenerationRequest,
    version: str,
    model: str,
    revision: str,
    duration_s: float,
) -> GenerationResult:
    choice = body["choices"][0]
    message = choice["message"]
    usage = body.get("usage")
    tokens = usage if isinstance(usage, dict) else {}
    return GenerationResult(
        content=message.get("content"),
        # Newer servers say `reasoning`, older ones `reasoning_content`.
        reasoning=str(message.get("reasoning") or message.get("reasoning_content") or ""),
        finish_reason=str(choice.get("finish_reason") or ""),
        engine="openai",
        engine_version=version,
        model=str(body.get("model") or model),
        revision=revision,
        simulated=False,
        sampling=dict(request.sampling),
        seed=request.seed,
        prompt_tokens=_count(tokens.get("prompt_tokens")),
        completion_tokens=_count(tokens.get("completion_tokens")),
        duration_s=duration_s,
        raw_response=dict(body),
    )


def _count(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _BIGGEST_COUNT else None
