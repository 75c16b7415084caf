"""What only one connector shows, and what two of them show together."""

from collections.abc import Callable

import pytest

from tests.vllm.campaign import VIGNETTES, Run, message_of


@pytest.mark.parametrize("run", ["server-parser"], indirect=True)
def test_a_parser_files_an_answer_without_a_thought_as_thought_and_it_is_stored_as_empty(run: Run) -> None:
    assert {*run.responses("plain").values_list("status", flat=True)} == {"empty"}
    for attempt in run.attempts("plain"):
        assert message_of(attempt)["content"] is None
        assert attempt.reasoning.startswith("## Assessment")


@pytest.mark.parametrize("run", ["server", "process"], indirect=True)
def test_a_model_of_random_weights_says_something_else_with_every_seed(run: Run) -> None:
    said = set(run.attempts("dreams").values_list("raw_text", flat=True))
    assert len(said) == VIGNETTES


@pytest.mark.parametrize("run", ["process"], indirect=True)
def test_a_worker_with_the_engine_inside_asks_whole_batches_of_one_model(run: Run) -> None:
    batches = {(attempt.model, attempt.raw_response["batch"]) for attempt in run.attempts()}
    assert {("script", 16), ("dream", 16)} <= batches
    assert max(size for _, size in batches) == 16


def test_both_connectors_give_the_same_answers_to_the_same_seeds(run_of: Callable[[str], Run]) -> None:
    server, process = (
        {attempt.seed: attempt.raw_text for attempt in run_of(connector).attempts()}
        for connector in ("server", "process")
    )
    assert server == process
