"""Any server that speaks OpenAI's chat completions, `vllm serve` first of all."""

import atexit
import os
import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

import httpx

from study.engines.base import (
    EngineSettings,
    GenerationRequest,
    GenerationResult,
    InterruptionError,
    OneByOne,
    RejectionError,
    environment_of,
)
from study.engines.deadlines import DeadlineTransport, ending_within

CONNECT_TIMEOUT_S: Final = 10.0
FACTS_TIMEOUT_S: Final = 5.0
# Shorter than any server of such a model takes to start: what one told cannot be said of its successor.
FACTS_AGE_S: Final = 20.0
# Below the five seconds after which such servers drop an idle connection, so that none is used as it goes.
KEEP_ALIVE_S: Final = 3.0
MAX_CONNECTIONS: Final = 256
_BIGGEST_COUNT: Final = 2**31 - 1
_TRANSIENT: Final = frozenset({408, 409, 425, 429})
# The server broke the generation off and says so with status 200: the text is a torso and no answer.
_BROKEN_OFF: Final = frozenset({"abort", "error"})
_SECRET_HEADERS: Final = frozenset({"authorization", "cookie"})

_lock = threading.Lock()
_facts_lock = threading.Lock()
_clients: dict[int, httpx.Client] = {}
_places: dict[tuple[int, str], threading.Semaphore] = {}
_facts: dict[tuple[str, str], tuple[float, dict[str, Any]]] = {}


def _client() -> httpx.Client:
    """Return this process's pooled client; a forked process gets one of its own."""
    with _lock:
        if os.getpid() not in _clients:
            limits = httpx.Limits(
                max_connections=MAX_CONNECTIONS,
                max_keepalive_connections=MAX_CONNECTIONS,
                keepalive_expiry=KEEP_ALIVE_S,
            )
            # The host's proxy variables stay out: vignettes and answers go to this one server, nowhere else.
            _clients[os.getpid()] = httpx.Client(trust_env=False, transport=DeadlineTransport(limits))
            atexit.register(_clients[os.getpid()].close)
        return _clients[os.getpid()]


def _place_at(server: str, at_once: int) -> AbstractContextManager[Any]:
    """Return one of this process's places at a server; whoever enters waits until one is free."""
    if not at_once:
        return nullcontext()
    with _lock:
        return _places.setdefault((os.getpid(), server), threading.Semaphore(at_once))


class OpenAIHTTPEngine(OneByOne):
    """Ask one model of one server; threads may share the engine.

    Every sampling parameter is sent: one that is not sent comes silently from the model's own configuration.
    `base_url` ends before `/chat/completions` (usually in `/v1`).
    """

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings
        self._base_url = settings.base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}
        connect = min(CONNECT_TIMEOUT_S, settings.timeout_s)
        self._timeout = httpx.Timeout(settings.timeout_s, connect=connect)

    def generate(self, request: GenerationRequest) -> GenerationResult:
        client = _client()
        wire = self._wire_request(client, request)
        try:
            response, duration_s = self._answer(client, wire)
            body = _whole_body(response)
        except InterruptionError:
            _facts.pop(self._served, None)
            raise
        told = self._server_facts(client)
        return _result(body, request, self.settings, wire, told, duration_s)

    @property
    def _served(self) -> tuple[str, str]:
        return self._base_url, self.settings.model

    def _wire_request(self, client: httpx.Client, request: GenerationRequest) -> httpx.Request:
        sampling = {name: value for name, value in request.sampling.items() if value is not None}
        payload = {
            "model": self.settings.model,
            "messages": [dict(message) for message in request.messages],
            "n": 1,
            "stream": False,
            "seed": request.seed,
            **sampling,
        }
        if request.response_format is not None:
            payload["response_format"] = dict(request.response_format)
        url = f"{self._base_url}/chat/completions"
        headers = {**self._headers, "X-Request-Id": request.correlation_id}
        try:
            return client.build_request("POST", url, json=payload, headers=headers, timeout=self._timeout)
        except httpx.InvalidURL as error:
            raise RejectionError(f"the model's address is not valid: {error}") from error

    def _answer(self, client: httpx.Client, wire: httpx.Request) -> tuple[httpx.Response, float]:
        """Return what the server answered, and after how many seconds; it never takes more than allowed."""
        try:
            with _place_at(self._base_url, self.settings.at_once), ending_within(self.settings.timeout_s):
                started = time.perf_counter()
                return client.send(wire), time.perf_counter() - started
        except httpx.TimeoutException as error:
            raise InterruptionError(
                f"the model's server did not answer in time ({type(error).__name__})"
            ) from error
        except httpx.UnsupportedProtocol as error:
            raise RejectionError(f"the model's address is not valid: {error}") from error
        except httpx.RequestError as error:
            raise InterruptionError(
                f"the model's server cannot be reached ({type(error).__name__})"
            ) from error

    def _server_facts(self, client: httpx.Client) -> dict[str, Any]:
        """Return what the server tells of itself: `/version` beside `/v1`, and its entry in `/v1/models`."""
        with _facts_lock:  # of many threads whose facts are too old, one asks
            known = _facts.get(self._served)
            if known is not None and time.monotonic() - known[0] < FACTS_AGE_S:
                return known[1]
            version = self._told(client, f"{self._base_url.removesuffix('/v1')}/version").get("version")
            facts = {"engine_version": version} if isinstance(version, str) else {}
            facts |= _model_facts(self._told(client, f"{self._base_url}/models"), self.settings.model)
            _facts[self._served] = time.monotonic(), facts
            return facts

    def _told(self, client: httpx.Client, url: str) -> dict[str, Any]:
        try:
            with ending_within(FACTS_TIMEOUT_S):
                body = client.get(url, headers=self._headers, timeout=FACTS_TIMEOUT_S).json()
        except (httpx.HTTPError, ValueError):
            return {}
        return body if isinstance(body, dict) else {}


def _model_facts(body: Mapping[str, Any], model: str) -> dict[str, Any]:
    entries = body.get("data")
    found = [
        entry
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict) and entry.get("id") == model
    ]
    kinds = {"max_model_len": int, "root": str, "owned_by": str}
    return {
        name: found[0][name] for name, kind in kinds.items() if found and isinstance(found[0].get(name), kind)
    }


def _reason(response: httpx.Response) -> str:
    """Return the server's own words, shortened: they tell the investigator what to change."""
    try:
        body = response.json()
    except ValueError:
        return response.text[:300]
    error = body.get("error", body) if isinstance(body, dict) else body
    return str(error.get("message", error) if isinstance(error, dict) else error)[:300]


def _whole_body(response: httpx.Response) -> dict[str, Any]:
    """Return the body of an answer that is one; any other status or end is an interruption or a refusal."""
    if response.status_code >= 500 or response.status_code in _TRANSIENT:
        raise InterruptionError(f"the model's server answered {response.status_code}: {_reason(response)}")
    if response.status_code != 200:
        raise RejectionError(f"the model's server refused with {response.status_code}: {_reason(response)}")
    body = _completion(response)
    if str(body["choices"][0].get("finish_reason")) in _BROKEN_OFF:
        raise InterruptionError("the model's server broke the generation off")
    return body


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


def _raw(wire: httpx.Request) -> dict[str, Any]:
    """Return what went over the wire; of the secret headers, that they were there."""
    headers = {
        name: "(not kept)" if name.lower() in _SECRET_HEADERS else value
        for name, value in wire.headers.items()
    }
    url = str(wire.url.copy_with(userinfo=b""))
    return {"method": wire.method, "url": url, "headers": headers, "body": wire.content.decode("utf-8")}


def _result(
    body: Mapping[str, Any],
    request: GenerationRequest,
    settings: EngineSettings,
    wire: httpx.Request,
    told: Mapping[str, Any],
    duration_s: float,
) -> GenerationResult:
    choice = body["choices"][0]
    message = choice["message"]
    tokens = body["usage"] if isinstance(body.get("usage"), dict) else {}
    environment = environment_of(server=told, declared=settings.facts)
    return GenerationResult(
        content=message.get("content"),
        reasoning=_reasoning(message),
        finish_reason=str(choice.get("finish_reason") or ""),
        engine="openai",
        engine_version=str(environment["engine_version"]),
        model=str(body.get("model") or settings.model),
        revision=settings.revision,
        simulated=False,
        sampling=dict(request.sampling),
        seed=request.seed,
        prompt_tokens=_count(tokens.get("prompt_tokens")),
        completion_tokens=_count(tokens.get("completion_tokens")),
        duration_s=duration_s,
        raw_request=_raw(wire),
        raw_response=dict(body),
        environment=environment,
    )


def _reasoning(message: Mapping[str, Any]) -> str:
    """Return the thoughts under the name that newer servers use, or the one of older ones."""
    return str(message.get("reasoning") or message.get("reasoning_content") or "")


def _count(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _BIGGEST_COUNT else None
