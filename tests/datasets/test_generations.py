import json
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from study.blinding.key import StudySecret
from study.datasets.documents import arms_text
from study.datasets.generations import attempt_entry, distinct_facts
from study.datasets.inputs import Pseudonyms
from study.engines.base import ENVIRONMENT_FIELDS, NOT_TOLD
from study.protocol.models import Study
from study.protocol.records import NO_PROFILE
from study.responses.models import GenerationAttempt
from study.responses.worker import run_next
from tests.model_server import COMPLETE, Reply, completion, running_model_server
from tests.responses.conftest import asking_study

pytestmark = pytest.mark.django_db


def _asked(settings: Settings, body: dict[str, Any] | None = None) -> Study:
    with running_model_server() as server:
        server.replies = [Reply(body or completion(COMPLETE))]
        study = asking_study(server, settings)
        while run_next():
            pass
    return study


def _told(study: Study) -> dict[str, Any]:
    """Return what arms.json tells of the study's one model."""
    StudySecret.objects.create(study_id=study.pk, secret="5" * 64)
    arms = {arm.pk: arm.name for arm in study.arms.all()}
    names = Pseudonyms(arms=arms, authors={}, raters={})
    entry: dict[str, Any] = json.loads(arms_text(study, names))["arms"]["model-1"]["provenance"]
    return entry


def test_the_arms_tell_the_environment_and_the_profile_of_every_attempt(settings: Settings) -> None:
    told = _told(_asked(settings))
    (recorded,) = told["recorded"]
    assert set(ENVIRONMENT_FIELDS) < set(recorded["environment"])
    assert recorded["environment"]["engine_version"] == "0.33.0"
    assert recorded["profile"] == told["profile"] == NO_PROFILE


def test_the_arms_tell_what_was_sent_without_the_vignettes_text(settings: Settings) -> None:
    study = _asked(settings)
    (attempt,) = _told(study)["attempts"]
    body = attempt["request"]["body"]
    assert (body["seed"], "messages" in body) == (attempt["seed"], False)
    assert (attempt["vignette"], attempt["draw"], attempt["attempt"]) == ("MS-01", 1, 1)
    assert attempt["prompt_sha256"] == GenerationAttempt.objects.get().prompt_sha256


def test_what_was_not_told_says_so(settings: Settings) -> None:
    study = _asked(settings, completion(COMPLETE) | {"usage": None})
    (attempt,) = _told(study)["attempts"]
    assert attempt["prompt_tokens"] == attempt["completion_tokens"] == NOT_TOLD


def test_equal_attempts_are_told_once_and_in_a_stable_order(settings: Settings) -> None:
    _asked(settings, completion(""))
    attempts = list(GenerationAttempt.objects.all())
    assert len(attempts) == 3
    assert len(distinct_facts(attempts)) == 1
    assert [attempt_entry(attempt)["attempt"] for attempt in attempts] == [1, 2, 3]
