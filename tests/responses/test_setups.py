from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from study.engines.base import InterruptionError
from study.engines.openai_http import OpenAIHTTPEngine
from study.engines.profiles.loader import shipped_profile
from study.engines.sampling import SAMPLING
from study.protocol.errors import InvalidInput, NotFound, PhaseClosed
from study.protocol.models import AuditEvent, Study
from study.protocol.queries import model_arms, resident_arms
from study.responses.inputs import ModelSetupInput
from study.responses.models import ModelSetup
from study.responses.services.setups import configure_model, engine_for, settings_of
from study.responses.worker import run_next
from tests.builders import NOW, draft_study
from tests.responses.conftest import imported_study, lead, opened_study


def _configure(study: Study, **fields: Any) -> ModelSetup:
    arm = model_arms(study)[0]
    setup = ModelSetupInput(**{"engine": "openai", "model": "m", **fields})
    return configure_model(study_id=study.pk, person=lead(), arm_id=arm.pk, setup=setup, now=NOW)


def test_a_setup_names_every_sampling_parameter(db: None) -> None:
    setup = _configure(draft_study(), sampling={"temperature": 0.2})
    assert setup.sampling == {name: spec.kind(spec.default) for name, spec in SAMPLING.items()} | {
        "temperature": 0.2
    }
    assert AuditEvent.objects.filter(action="responses.configure_model").count() == 1


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"engine": "vllm", "model": "../etc"}, "model: inside the worker it is the name of a directory"),
        ({"profile": "magic"}, "profile: 'magic' is not known"),
        ({"profile": "safemed-r1"}, "prompt_version: the profile safemed-r1 asks with safemed-r1-1"),
        ({"engine": "magic"}, "'magic' is not known"),
        ({"model": " "}, "model: name the model"),
        ({"engine": "scripted"}, "ability: a scripted engine needs a number"),
        ({"engine": "scripted", "ability": 1.5}, "ability"),
        ({"draws": 0}, "draws: 1 to 20"),
        ({"max_attempts": 99}, "max_attempts: 1 to 10"),
        ({"prompt_version": "9"}, "prompt_version: known without a profile are"),
        ({"base_url": "http://127.0.0.1:22"}, "base_url: not one of the servers"),
        ({"sampling": {"heat": 1}}, "sampling.heat is not known"),
    ],
)
def test_every_fault_of_a_setup_is_named(db: None, fields: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        _configure(draft_study(), **fields)
    assert any(fault in detail for detail in refusal.value.details)


def test_a_real_study_has_no_scripted_model(db: None) -> None:
    with pytest.raises(InvalidInput) as refusal:
        _configure(draft_study(simulated=False), engine="scripted", ability=0.5)
    assert "simulated studies only" in refusal.value.details[0]


def test_a_residents_arm_is_not_found(db: None) -> None:
    study = draft_study()
    setup = ModelSetupInput(engine="openai", model="m")
    with pytest.raises(NotFound):
        configure_model(
            study_id=study.pk, person=lead(), arm_id=resident_arms(study)[0].pk, setup=setup, now=NOW
        )


def test_a_wrong_name_can_be_corrected_until_the_model_has_answered(db: None) -> None:
    study = opened_study()
    assert _configure(study, engine="scripted", model="right", ability=0.5).model == "right"
    while run_next():
        pass
    with pytest.raises(PhaseClosed, match="stays as it is"):
        _configure(study, engine="scripted", model="other", ability=0.5)


def test_the_number_of_draws_is_fixed_once_they_are_queued(db: None) -> None:
    with pytest.raises(PhaseClosed):
        _configure(opened_study(), engine="scripted", ability=0.5, draws=3)


def test_the_first_server_of_the_list_is_the_default(db: None, settings: Settings) -> None:
    settings.LLM_BASE_URL = "http://one/v1/, http://two/v1"
    study = draft_study()
    version = study.study_vignettes.all()[0].version
    urls = [settings_of(_configure(study, base_url=url)).base_url for url in ("", "http://two/v1")]
    assert urls == ["http://one/v1", "http://two/v1"]
    assert isinstance(engine_for(_configure(study), version, word_cap=250), OpenAIHTTPEngine)


def test_a_setup_from_a_profile_keeps_its_name_prompt_and_engine_options(db: None) -> None:
    profile = shipped_profile("safemed-r1")
    setup = _configure(draft_study(), profile=profile.name, prompt_version=profile.prompt_version)
    assert setup.profile == {
        "name": "safemed-r1",
        "version": "1",
        "sha256": profile.sha256,
        "family": "qwen3",
    }
    assert (setup.system_prompt, setup.serve) == (profile.system_prompt, profile.serve)


def test_a_worker_without_vllm_refuses_what_only_vllm_can_answer(db: None) -> None:
    study = draft_study()
    setup = _configure(study, engine="vllm")
    with pytest.raises(InvalidInput, match="vLLM is not installed in this worker"):
        engine_for(setup, study.study_vignettes.all()[0].version, word_cap=250)


def test_both_connectors_get_the_same_settings(db: None, settings: Settings, tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text('{"format": 1, "models": {"m": {"gpu": "4 × Big"}}}')
    settings.LLM_FACTS, settings.LLM_TENSOR_PARALLEL, settings.LLM_MODELS_DIR = str(facts), 2, "/models"
    setup = _configure(draft_study(), profile="plain-instruct", prompt_version="plain-instruct-1")
    given = settings_of(setup)
    assert (given.directory, given.serve["tensor_parallel_size"], given.facts) == (
        "/models/m",
        2,
        {"gpu": "4 × Big"},
    )


def test_facts_that_cannot_be_read_interrupt_and_fail_nothing(
    db: None, settings: Settings, tmp_path: Path
) -> None:
    settings.LLM_FACTS = str(tmp_path / "missing.json")
    with pytest.raises(InterruptionError, match="the declared facts cannot be read"):
        settings_of(_configure(draft_study()))


def test_imported_answers_have_no_engine(db: None) -> None:
    study = imported_study()
    setup = ModelSetup.objects.get(arm__study=study)
    with pytest.raises(InvalidInput, match="not asked"):
        engine_for(setup, study.study_vignettes.all()[0].version, word_cap=250)
