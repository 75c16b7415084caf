"""A small study in answering, and a model server on this machine."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from study.participants.models import Participant, Person, Role
from study.protocol.models import Study
from study.protocol.queries import model_arms
from study.protocol.rubric import SECTIONS
from study.responses.inputs import AnswerInput
from study.responses.models import ModelSetup, PlannedResponse
from study.responses.services.opening import open_answering
from tests.builders import NOW, add_people, draft_study, members, person
from tests.model_server import ModelServer


def lead() -> Person:
    return person("lead@example.org")


def opened_study(**design: Any) -> Study:
    """Return a simulated study with two residents per level, in answering."""
    study = draft_study(**design)
    add_people(study, raters=0)
    return open_answering(study_id=study.pk, person=lead(), now=NOW)


def asking_study(server: ModelServer, settings: Any, **setup: Any) -> Study:
    """Return a study in answering whose one model arm is asked over HTTP, with one vignette."""
    settings.LLM_BASE_URL, settings.LLM_TIMEOUT_S = server.url, 5.0
    study = draft_study(vignettes=1, models=1, vignettes_per_resident=1)
    add_people(study, raters=0)
    ModelSetup.objects.filter(arm__study=study).update(engine="openai", model="tiny", **setup)
    return open_answering(study_id=study.pk, person=lead(), now=NOW)


def imported_study() -> Study:
    """Return a study in answering with one model arm, two draws of which are imported per vignette."""
    study = draft_study(vignettes=2, models=1)
    add_people(study, raters=0)
    ModelSetup.objects.filter(arm__in=model_arms(study)).update(engine="imported", draws=2)
    return open_answering(study_id=study.pk, person=lead(), now=NOW)


def resident_of(study: Study) -> Participant:
    return members(study, Role.RESIDENT)[0]


def first_place(resident: Participant) -> PlannedResponse:
    return PlannedResponse.objects.filter(resident=resident).order_by("position")[0]


def answer(text: str = "Hold the dose.", **fields: Any) -> AnswerInput:
    """Return an answer that says `text` in its second section."""
    return AnswerInput(sections={**dict.fromkeys(SECTIONS, ""), "recommended_action": text}, **fields)


@pytest.fixture
def trial(db: None) -> Study:
    return opened_study()


@pytest.fixture
def resident(trial: Study) -> Participant:
    return resident_of(trial)


@pytest.fixture
def client_of(client: Client) -> Callable[[Person], Client]:
    def signed_in(someone: Person) -> Client:
        client.force_login(someone)
        return client

    return signed_in
