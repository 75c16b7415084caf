import pytest
from pytest_django.fixtures import Settings

from study.engines.base import ENVIRONMENT_FIELDS, NOT_TOLD
from study.engines.profiles.loader import shipped_profile
from study.protocol.models import Study
from study.responses.models import Generation, GenerationAttempt, ModelSetup, Response
from study.responses.services.batches import claim_mates
from study.responses.services.opening import open_answering
from study.responses.services.queue import claim_next
from study.responses.worker import run_batch, run_next, run_row
from tests.builders import NOW, add_people, draft_study
from tests.model_server import COMPLETE, ModelServer, Reply, completion
from tests.responses.conftest import lead


@pytest.fixture
def study(db: None, settings: Settings, model_server: ModelServer) -> Study:
    """A study in answering with two model arms on one server, two vignettes and two draws each."""
    settings.LLM_BASE_URL, settings.LLM_TIMEOUT_S = model_server.url, 5.0
    drafted = draft_study(vignettes=2, models=2, vignettes_per_resident=2)
    add_people(drafted, raters=0)
    ModelSetup.objects.filter(arm__study=drafted).update(engine="openai", model="tiny", draws=2)
    return open_answering(study_id=drafted.pk, person=lead(), now=NOW)


def _claimed() -> Generation:
    row = claim_next(now=NOW, worker="w", lease_seconds=60)
    assert row is not None
    return row


def test_a_batch_is_of_one_arm_and_no_longer_than_its_limit(study: Study) -> None:
    first = _claimed()
    mates = claim_mates(first, now=NOW, worker="w", lease_seconds=60, limit=2)
    assert {row.arm_id for row in mates} == {first.arm_id}
    assert (len(mates), Generation.objects.filter(state="running").count()) == (2, 3)
    assert len(claim_mates(first, now=NOW, worker="w", lease_seconds=60, limit=9)) == 1


def test_every_row_of_a_batch_is_stored_with_its_own_seed(study: Study) -> None:
    assert run_batch(_claimed()) == ["done"] * 4
    seeds = set(GenerationAttempt.objects.values_list("seed", flat=True))
    assert (Response.objects.filter(model_arm__isnull=False).count(), len(seeds)) == (4, 4)
    assert not Generation.objects.filter(state="running").exists()


def test_what_goes_wrong_in_a_batch_stays_with_its_row(study: Study, model_server: ModelServer) -> None:
    good = Reply(completion(COMPLETE))
    model_server.replies = [good, Reply("busy", 503), Reply({"message": "too long"}, 400), good]
    assert run_batch(_claimed()) == ["done", "interrupted", "failed", "done"]
    assert Generation.objects.get(interruptions=1).state == "queued"


def test_a_batch_whose_lease_is_lost_asks_nothing(study: Study, model_server: ModelServer) -> None:
    first = _claimed()
    Generation.objects.filter(arm=first.arm_id).update(state="queued", lease_token="", due_at=NOW)
    Generation.objects.exclude(arm=first.arm_id).delete()
    Generation.objects.update(state="done")
    assert run_batch(first) == []
    assert not model_server.asked


def test_rows_of_an_engine_that_is_not_installed_here_wait_for_a_worker_that_has_it(study: Study) -> None:
    ModelSetup.objects.filter(arm__name="model-1").update(engine="vllm")
    waiting = Generation.objects.filter(arm__name="model-1")
    assert run_row(waiting[0].pk) == ""
    assert [run_next() for _ in range(5)] == [["done"]] * 4 + [[]]
    assert set(waiting.values_list("state", "interruptions", "problem")) == {("queued", 0, "")}


def test_a_worker_that_has_the_engine_takes_its_rows(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("study.engines.vllm_process.is_installed", lambda: True)
    ModelSetup.objects.update(engine="vllm")
    assert _claimed().arm.model_setup.engine == "vllm"


def test_the_profiles_own_prompt_is_asked_and_its_identity_recorded(
    study: Study, model_server: ModelServer
) -> None:
    profile = shipped_profile("safemed-r1")
    ModelSetup.objects.update(profile=profile.identity(), system_prompt=profile.system_prompt)
    run_next()
    assert model_server.asked[0]["messages"][0]["content"] == profile.system_prompt
    assert GenerationAttempt.objects.get().profile == profile.identity()


def test_no_field_of_the_provenance_is_empty(study: Study) -> None:
    run_next()
    attempt = GenerationAttempt.objects.get()
    empty = [field.name for field in attempt._meta.fields if getattr(attempt, field.name) in (None, "", {})]
    assert empty == ["reasoning"]
    assert all(attempt.environment[name] for name in ENVIRONMENT_FIELDS)
    assert attempt.environment["weights_sha256"] == NOT_TOLD
