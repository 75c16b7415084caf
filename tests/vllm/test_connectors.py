"""Each connector to a real vLLM, through real Celery and Redis: every test runs once per connector."""

import json
from typing import Any

from study.engines.base import ENVIRONMENT_FIELDS, NOT_TOLD
from study.engines.sampling import SAMPLING
from study.responses.models import Generation
from study.responses.parsing import parse_answer
from tests.vllm.campaign import VIGNETTES, Run, manage, message_of
from tests.vllm.processes import KEY
from tests.vllm.tiny_models import ANSWER, THOUGHT


def test_every_draw_is_stored_exactly_once(run: Run) -> None:
    owed = VIGNETTES * len(run.arms)
    assert (run.responses().count(), run.duplicates) == (owed, 0)
    rows = Generation.objects.filter(study=run.study)
    assert set(rows.values_list("state", "interruptions")) == {("done", 0)}


def test_a_worker_that_is_told_to_end_finishes_what_it_has_in_hand(run: Run) -> None:
    assert (run.statuses, run.left_running) == ([0, 0], 0)


def test_every_field_of_the_environment_is_told(run: Run) -> None:
    environments = [attempt.environment for attempt in run.attempts()]
    untold = {name for told in environments for name in ENVIRONMENT_FIELDS if told[name] == NOT_TOLD}
    assert untold == set()
    assert not any(told["contradictions"] for told in environments)
    versions = {told["engine_version"] for told in environments}
    assert versions == set(run.attempts().values_list("engine_version", flat=True)) == {"0.32.0"}


def test_no_field_of_an_attempt_is_empty(run: Run) -> None:
    may_be_empty = {"reasoning", "raw_text"}  # the model said nothing, or only thought
    for attempt in run.attempts():
        fields = {field.name: getattr(attempt, field.name) for field in attempt._meta.fields}
        empty = {name for name, value in fields.items() if value in (None, "", {}, NOT_TOLD)}
        assert empty <= may_be_empty
        assert set(attempt.sampling) == set(SAMPLING)
        assert attempt.duration_s > 0


def test_the_request_and_the_response_are_kept_whole_and_the_key_is_not(run: Run) -> None:
    for attempt in run.attempts("thinks"):
        request, response = json.dumps(attempt.raw_request), json.dumps(attempt.raw_response)
        assert attempt.messages[1]["content"][:60] in _texts(attempt.raw_request)
        assert str(attempt.seed) in request
        assert THOUGHT in response
        assert KEY not in request + response + json.dumps(attempt.environment)


def test_each_attempt_is_asked_with_a_seed_of_its_own(run: Run) -> None:
    seeds = list(run.attempts().values_list("seed", flat=True))
    assert len(set(seeds)) == len(seeds)


def test_an_answer_fills_the_residents_form_and_its_thought_stands_apart(run: Run) -> None:
    for response in run.responses("thinks").select_related("attempt"):
        assert (response.status, response.sections) == ("answered", parse_answer(ANSWER))
        assert response.attempt.reasoning == THOUGHT
    has_parser = run.place.connector == "server-parser"
    for attempt in run.attempts("thinks"):
        assert ("<think>" in attempt.raw_text) is not has_parser
        assert not has_parser or message_of(attempt)["reasoning"] == THOUGHT


def test_an_answer_that_is_cut_off_in_its_thought_is_truncated_and_not_empty(run: Run) -> None:
    assert {*run.responses("cut").values_list("status", flat=True)} == {"truncated"}
    for attempt in run.attempts("cut"):
        assert (attempt.finish_reason, attempt.completion_tokens) == ("length", 24)
        assert attempt.reasoning
        assert THOUGHT.startswith(attempt.reasoning)
        assert run.place.connector != "server-parser" or message_of(attempt)["content"] is None


def test_a_model_that_says_nothing_is_asked_again_and_then_recorded_as_empty(run: Run) -> None:
    assert {*run.responses("silent").values_list("status", flat=True)} == {"empty"}
    tried = run.attempts("silent").values_list("number", "outcome", "finish_reason")
    assert sorted(tried) == [(1, "empty", "stop")] * VIGNETTES + [(2, "empty", "stop")] * VIGNETTES


def test_a_request_beyond_the_context_fails_with_the_engines_own_words(run: Run) -> None:
    row = Generation.objects.get(study=run.refused)
    assert (row.state, row.attempts) == ("failed", 0)
    assert "maximum context length is 4096 tokens" in row.problem


def test_draws_that_are_asked_again_come_back_identical(run: Run) -> None:
    said = manage(run.place, "check_determinism", run.study.slug, "--draws", "24").splitlines()
    assert said[-1] == "identical 24 of 24"
    assert not [line for line in said if "another environment" in line]


def _texts(request: dict[str, Any]) -> str:
    """Return what a request asked, as text: over HTTP the body is JSON."""
    body = json.loads(request["body"]) if "body" in request else request
    return "\n".join(message["content"] for message in body["messages"])
