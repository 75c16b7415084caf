import json
import threading
import time
from dataclasses import replace

import pytest

from study.engines.base import (
    ENVIRONMENT_FIELDS,
    NOT_TOLD,
    EngineSettings,
    GenerationRequest,
    GenerationResult,
    InterruptionError,
    RejectionError,
)
from study.engines.openai_http import OpenAIHTTPEngine
from study.engines.sampling import complete_sampling
from tests.model_server import COMPLETE, ModelServer, Reply, completion
from tests.servers import free_port

REQUEST = GenerationRequest(
    messages=({"role": "user", "content": "?"},),
    sampling=complete_sampling({"temperature": 0.3}),
    seed=42,
    correlation_id="generation-5-1",
)


def _ask(url: str, timeout_s: float = 5.0, request: GenerationRequest = REQUEST) -> GenerationResult:
    facts = {"gpu": "4 × Big", "max_model_len": 8192}
    settings = EngineSettings(
        model="tiny", revision="abc", base_url=url, api_key="key", timeout_s=timeout_s, facts=facts
    )
    return OpenAIHTTPEngine(settings).generate(request)


def test_every_sampling_parameter_and_the_seed_go_over_the_wire(model_server: ModelServer) -> None:
    _ask(model_server.url)
    asked = model_server.asked[0]
    assert asked.items() >= dict(REQUEST.sampling).items()
    assert (asked["seed"], asked["model"], asked["n"], asked["stream"]) == (42, "tiny", 1, False)


def test_a_wished_form_of_the_answer_is_sent_only_where_there_is_one(model_server: ModelServer) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}
    _ask(model_server.url, request=replace(REQUEST, response_format=form))
    _ask(model_server.url)
    assert [asked.get("response_format", "not sent") for asked in model_server.asked] == [form, "not sent"]


def test_key_and_correlation_id_travel_as_headers(model_server: ModelServer) -> None:
    _ask(model_server.url)
    headers = model_server.headers[0]
    assert headers["Authorization"] == "Bearer key"
    assert headers["X-Request-Id"] == "generation-5-1"


def test_the_answer_comes_with_its_provenance(model_server: ModelServer) -> None:
    result = _ask(model_server.url)
    assert (result.content, result.model, result.revision) == (COMPLETE, "tiny-served", "abc")
    assert (result.engine_version, result.finish_reason, result.simulated) == ("0.33.0", "stop", False)
    assert (result.prompt_tokens, result.completion_tokens) == (11, 7)
    assert result.duration_s > 0


def test_the_raw_request_is_what_went_over_the_wire_without_the_key(model_server: ModelServer) -> None:
    raw = _ask(model_server.url).raw_request
    assert json.loads(raw["body"]) == model_server.asked[0]
    assert (raw["method"], raw["url"]) == ("POST", f"{model_server.url}/chat/completions")
    assert raw["headers"]["authorization"] == "(not kept)"
    assert raw["headers"]["x-request-id"] == "generation-5-1"


def test_the_environment_joins_what_the_server_tells_and_what_is_declared(model_server: ModelServer) -> None:
    told = _ask(model_server.url).environment
    assert (told["engine_version"], told["max_model_len"], told["gpu"]) == ("0.33.0", 4096, "4 × Big")
    assert told["told_by"] == {"engine_version": "server", "max_model_len": "server", "gpu": "declared"}
    assert told["contradictions"] == {"max_model_len": {"declared": 8192}}
    assert told["others"] == {"server": {"root": "/srv/models/tiny"}}


def test_what_nobody_told_is_recorded_as_not_told(model_server: ModelServer) -> None:
    told = _ask(model_server.url).environment
    silent = set(ENVIRONMENT_FIELDS) - set(told["told_by"])
    assert {told[name] for name in silent} == {NOT_TOLD}
    assert "weights_sha256" in silent


def test_many_requests_come_back_in_order_and_a_failure_stands_in_its_place(
    model_server: ModelServer,
) -> None:
    replies = [Reply(completion("a")), Reply("busy", 503), Reply(completion("c"))]
    model_server.replies = replies
    engine = OpenAIHTTPEngine(EngineSettings(model="tiny", base_url=model_server.url, timeout_s=5))
    first, second, third = engine.generate_many([REQUEST] * 3)
    assert isinstance(second, InterruptionError)
    assert [row.content for row in (first, third) if isinstance(row, GenerationResult)] == ["a", "c"]


def test_a_password_in_the_address_is_not_recorded(model_server: ModelServer) -> None:
    raw = _ask(model_server.url.replace("//", "//me:secret@")).raw_request
    assert "secret" not in json.dumps(raw)


def test_a_parameter_set_to_none_is_not_sent_and_the_record_says_so(model_server: ModelServer) -> None:
    request = GenerationRequest(REQUEST.messages, {"temperature": 0.3, "top_k": None}, 1, "x")
    result = _ask(model_server.url, request=request)
    assert "top_k" not in model_server.asked[0]
    assert result.sampling["top_k"] is None


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_reasoning_is_read_under_both_names(model_server: ModelServer, field: str) -> None:
    model_server.replies = [Reply(completion("Yes", **{field: "why"}))]
    assert _ask(model_server.url).reasoning == "why"


def test_a_cut_off_thought_has_no_content_and_the_reason_length(model_server: ModelServer) -> None:
    model_server.replies = [Reply(completion(None, finish_reason="length", reasoning="hm"))]
    result = _ask(model_server.url)
    assert (result.content, result.finish_reason, result.reasoning) == (None, "length", "hm")


@pytest.mark.parametrize("reason", ["abort", "error"])
def test_a_generation_that_the_server_broke_off_is_no_answer(model_server: ModelServer, reason: str) -> None:
    model_server.replies = [Reply(completion("## Assessment\nHalf a sen", finish_reason=reason))]
    with pytest.raises(InterruptionError, match="broke the generation off"):
        _ask(model_server.url)


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_overload_and_server_errors_may_be_tried_again(model_server: ModelServer, status: int) -> None:
    model_server.replies = [Reply({"error": {"message": "busy"}}, status)]
    with pytest.raises(InterruptionError, match=f"{status}: busy"):
        _ask(model_server.url)


@pytest.mark.parametrize("status", [400, 401, 404, 302])
def test_refusals_are_final_and_give_the_servers_reason(model_server: ModelServer, status: int) -> None:
    model_server.replies = [Reply({"error": {"message": "no such model"}}, status)]
    with pytest.raises(RejectionError, match=f"{status}: no such model"):
        _ask(model_server.url)


def test_a_server_that_takes_too_long_may_be_asked_again(model_server: ModelServer) -> None:
    model_server.replies = [Reply(completion("late"), delay_s=0.6)]
    with pytest.raises(InterruptionError, match="in time"):
        _ask(model_server.url, timeout_s=0.1)


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_server_that_sends_a_byte_now_and_then_holds_no_call_beyond_its_limit(
    model_server: ModelServer, part: str
) -> None:
    model_server.replies = [Reply("", endless=part)]
    started = time.monotonic()
    with pytest.raises(InterruptionError, match="in time"):
        _ask(model_server.url, timeout_s=0.4)
    assert time.monotonic() - started < 4


def test_what_the_server_tells_of_itself_is_not_waited_for_without_end(
    model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("study.engines.openai_http.FACTS_TIMEOUT_S", 0.2)
    model_server.replies = [Reply(completion(COMPLETE))]
    model_server.told = Reply("", endless="body")
    assert _ask(model_server.url).environment["engine_version"] == NOT_TOLD


def test_no_more_than_the_allowed_calls_wait_for_a_server_at_once(model_server: ModelServer) -> None:
    model_server.replies = [Reply(completion("x"), delay_s=0.1)]
    engine = OpenAIHTTPEngine(EngineSettings(model="tiny", base_url=model_server.url, timeout_s=5, at_once=2))
    threads = [threading.Thread(target=engine.generate, args=[REQUEST]) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(model_server.asked), model_server.most_at_once) == (6, 2)


def test_a_server_that_is_down_may_be_asked_again() -> None:
    with pytest.raises(InterruptionError, match="cannot be reached"):
        _ask(f"http://127.0.0.1:{free_port()}/v1")


@pytest.mark.parametrize(
    "body", ["<html>", "[]", '{"choices": []}', '{"choices": [{"message": {"content": 1}}]}']
)
def test_something_else_at_the_address_is_no_answer(model_server: ModelServer, body: str) -> None:
    model_server.replies = [Reply(body)]
    with pytest.raises(InterruptionError, match="no chat completion"):
        _ask(model_server.url)


def test_an_address_that_is_none_is_final() -> None:
    with pytest.raises(RejectionError, match="address is not valid"):
        _ask("http://127.0.0.1:notaport/v1")
