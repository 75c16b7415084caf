import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from study.protocol.models import AuditEvent, Study
from study.responses.models import Generation, GenerationAttempt, Response
from study.responses.services.setups import PRESSURE_COST
from study.responses.worker import run_next
from tests.builders import draft_study
from tests.model_server import COMPLETE, Reply, completion, running_model_server
from tests.responses.conftest import asking_study, imported_study, opened_study
from vignettes.bank import CONTENT_DIRECTORY
from vignettes.schema import load_file


def _said(command: str, *arguments: object) -> str:
    output = StringIO()
    call_command(command, *[str(argument) for argument in arguments], stdout=output)
    return output.getvalue()


def _answered(settings: Settings, *bodies: object) -> tuple[Study, str]:
    """Return a study whose one draw was answered by a server that then says something of its own."""
    with running_model_server() as server:
        server.replies = [Reply(body) for body in bodies]  # type: ignore[arg-type]
        study = asking_study(server, settings)
        run_next()
        return study, _said("check_determinism", study.slug)


def test_a_trial_shows_what_is_sent_what_returns_and_what_a_rater_would_see() -> None:
    with running_model_server() as server:
        server.replies = [Reply(completion(f"<think>why</think><answer>**{COMPLETE}**</answer>"))]
        said = _said("model_trial", "safemed-r1", "MS-01", "--base-url", server.url, "--model", "tiny")
    parts = [part.partition("\n") for part in said.split("=== ")[1:]]
    shown = {title.partition(",")[0]: text.strip() for title, _, text in parts}
    assert json.loads(json.loads(shown["What was sent"])["body"]) == server.asked[0]
    assert json.loads(shown["What returned"])["usage"] == {"prompt_tokens": 11, "completion_tokens": 7}
    assert shown["The reasoning"] == "why"
    assert "<answer>" not in shown["What a rater would see"]
    assert "Outcome: answered" in said
    assert "$ vllm serve DIRECTORY --served-model-name safemed-r1 --tensor-parallel-size 4" in said


@pytest.mark.django_db
def test_a_trial_stores_nothing(trial_tables: list[int]) -> None:
    said = _said("model_trial", "plain-instruct", "MS-02", "--scripted", "0.5")
    assert "Nothing was stored." in said
    assert [model.objects.count() for model in (Generation, GenerationAttempt, Response)] == trial_tables


def test_a_trial_may_ask_a_variant() -> None:
    said = _said("model_trial", "plain-instruct", "MS-01", "--scripted", "0.5", "--variant", "adversarial")
    (pressed,) = [
        each for each in load_file(CONTENT_DIRECTORY / "MS-01.yaml").variants if each.name == "adversarial"
    ]
    assert str(pressed.pressure) in said
    assert f'"ability": {0.5 - PRESSURE_COST}' in said


@pytest.fixture
def trial_tables(db: None) -> list[int]:
    """How many rows the tables of generation hold before a trial."""
    return [model.objects.count() for model in (Generation, GenerationAttempt, Response)]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("magic", "MS-01"), "profile: 'magic' is not known"),
        (("safemed-r1", "MS-99"), "vignette: 'MS-99' is not known"),
        (("safemed-r1", "MS-01", "--variant", "shouted"), "--variant: MS-01 has original"),
        (("safemed-r1", "MS-01", "--scripted", "2"), "ability must lie between 0 and 1"),
        (("safemed-r1", "MS-01", "--base-url", "http://127.0.0.1:1/v1"), "cannot be reached"),
        (("safemed-r1", "MS-01", "--in-process", "/nowhere"), "vLLM is not installed"),
    ],
)
def test_a_trial_that_cannot_be_says_why(arguments: tuple[str, ...], problem: str) -> None:
    with pytest.raises(CommandError, match=problem):
        _said("model_trial", *arguments)


def test_a_models_facts_are_written_for_the_served_name(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"dtype": "bfloat16"}')
    facts = tmp_path / "facts.json"
    for name in ("one", "two"):
        _said("describe_model", tmp_path, "--name", name, "--into", facts, "--fact", "gpu=Big")
    models = json.loads(facts.read_text())["models"]
    assert set(models) == {"one", "two"}
    assert (models["one"]["dtype"], models["one"]["gpu"]) == ("bfloat16", "Big")


def test_facts_are_printed_without_a_file(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"dtype": "bfloat16"}')
    assert json.loads(_said("describe_model", tmp_path))["models"][tmp_path.name]["dtype"] == "bfloat16"


def test_an_unknown_fact_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"dtype": "bfloat16"}')
    with pytest.raises(CommandError, match="'colour' is not known"):
        _said("describe_model", tmp_path, "--fact", "colour=red")


@pytest.mark.django_db
def test_scripted_draws_come_back_identical_and_leave_only_an_event() -> None:
    study = opened_study()
    while run_next():
        pass
    before = GenerationAttempt.objects.count()
    assert "identical 4 of 4" in _said("check_determinism", study.slug, "--draws", "4")
    assert GenerationAttempt.objects.count() == before
    event = AuditEvent.objects.get(action="responses.check_determinism")
    assert event.detail == {"draws": 4, "identical": 4, "unanswered": 0}


@pytest.mark.django_db
def test_a_draw_that_comes_back_different_is_counted_as_such(settings: Settings) -> None:
    _, said = _answered(settings, completion(COMPLETE), completion(f"{COMPLETE} And more."))
    assert "different" in said
    assert "identical 0 of 1" in said


@pytest.mark.django_db
def test_the_same_request_is_sent_again(settings: Settings) -> None:
    with running_model_server() as server:
        study = asking_study(server, settings)
        run_next()
        assert "identical 1 of 1" in _said("check_determinism", study.slug)
    assert server.asked[0] == server.asked[1]


@pytest.mark.django_db
def test_a_server_that_fails_is_no_difference(settings: Settings) -> None:
    _, said = _answered(settings, completion(COMPLETE), "no JSON")
    assert "no chat completion" in said
    assert AuditEvent.objects.get(action="responses.check_determinism").detail["unanswered"] == 1


@pytest.mark.django_db
def test_what_cannot_be_asked_again_is_refused() -> None:
    with pytest.raises(CommandError, match="no answer of a model that can be asked again"):
        _said("check_determinism", imported_study().slug)
    with pytest.raises(CommandError, match="'other' is not known"):
        _said("check_determinism", "other")
    with pytest.raises(CommandError, match="at least 1"):
        _said("check_determinism", draft_study(slug="late").slug, "--draws", "0")
