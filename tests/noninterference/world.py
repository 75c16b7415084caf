"""A study in rating whose texts came through the real pipelines, and its twin with exchanged authors."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from study.blinding.key import SealKey
from study.blinding.models import ItemExclusion
from study.blinding.services import prepare_sealing, seal_study
from study.participants.models import Participant, Role
from study.participants.services import start_study
from study.protocol.inputs import StudyInput, default_arms
from study.protocol.models import Study
from study.protocol.queries import model_arms
from study.protocol.rubric import SECTIONS
from study.protocol.services import lock_plan
from study.ratings.services import open_rating
from study.responses.inputs import ModelSetupInput
from study.responses.models import PlannedResponse, Response
from study.responses.parsing import render_answer
from study.responses.services.closing import close_answering
from study.responses.services.opening import open_answering
from study.responses.services.setups import configure_model
from study.responses.worker import run_next
from tests.builders import NOW, PASSWORD, load_vignettes, members, participant, person
from tests.model_server import ModelServer, Reply, completion

# Nonsense words, so that one of them in a rater's bytes can have come from nowhere else.
MODELS = {"zorbaquil": "Vexaminth 7b", "plonterwix": "Grubothane mini"}
SERVED = {"zorbaquil": "served-quofendral", "plonterwix": "served-mibraxion"}
HOST = "wumbletronix"
RESIDENT_NAME, RESIDENT_HOST, RESIDENT_SITE = "drelvinosk", "hosp-yrrmgaard.example", "Kesterblonk Infirmary"
THOUGHT, RESOURCES = "tiffoblan reasoning", "the xamphoquet handbook"
CANARIES = (
    *MODELS,
    *(label.split()[0] for label in MODELS.values()),
    *SERVED.values(),
    HOST,
    RESIDENT_NAME,
    RESIDENT_HOST,
    *RESIDENT_SITE.split()[:1],
    THOUGHT.split(maxsplit=1)[0],
    RESOURCES.split()[1],
)
LEVELS = ("PGY1", "PGY2")
AUTHORS = (*LEVELS, *MODELS)
VIGNETTES, RATERS = 3, 3
SHARED_SITE = "General"
Place = tuple[str, int]
Texts = Mapping[Place, Mapping[str, str]]


def _sections(number: int, place: int) -> dict[str, str]:
    forms = [
        f"Hold dose {number}\u2014then give {10 * place} mg.\n- Look again\n- Tell the team",
        f"**Kidney function** has fallen; the dose of {10 * place} mg is too high for case {number}.",
        f"1. Stop the order.\n2. Give {10 * place} mg once\u2026\n\nThen re-check \u201cdose {number}\u201d.",
        f"Too much: {10 * place} mg. Case {number} needs less, and a level tomorrow.",
    ]
    texts = [forms[place - 1], "Pause it today.", "", f"Level at {place}0 h.", "Tell the ward."]
    return dict(zip(SECTIONS, texts, strict=True))


def own_texts() -> dict[Place, dict[str, str]]:
    """Return the five sections of every author and vignette, different in each place."""
    return {
        (author, number): _sections(number, place)
        for number in range(1, VIGNETTES + 1)
        for place, author in enumerate(AUTHORS, start=1)
    }


def even_texts() -> dict[Place, dict[str, str]]:
    """Return texts of one form and length for all authors."""
    return {(author, number): _sections(number, 1) for author, number in own_texts()}


@dataclass
class Clock:
    """A clock that moves with every look: two worlds never meet the same times."""

    step: timedelta
    now: datetime = NOW

    def __call__(self) -> datetime:
        self.now += self.step
        return self.now


@dataclass
class WritingServer(ModelServer):
    """A model server that answers each vignette with the text of the model that is asked."""

    texts: Texts = field(default_factory=dict)
    scenarios: Mapping[str, int] = field(default_factory=dict)

    def reply_to(self, asked: dict[str, Any]) -> Reply:
        author = next(name for name, served in SERVED.items() if served == asked["model"])
        question = asked["messages"][-1]["content"]
        number = next(number for scenario, number in self.scenarios.items() if scenario in question)
        text = f"<think>{THOUGHT}</think>{render_answer(self.texts[author, number])}"
        return Reply({**completion(text), "model": asked["model"]})


def lead() -> Any:
    return person("lead@example.org")


def _draft() -> Study:
    codes = load_vignettes(VIGNETTES)
    design = StudyInput(
        slug="trial",
        title="A trial",
        simulated=True,
        seed=7,
        arms=default_arms(list(MODELS.items())),
        vignette_codes=tuple(codes),
        raters_per_response=2,
        vignettes_per_resident=1,
        exclude_own_site=True,
    )
    investigator = person("lead@example.org", can_start_studies=True)
    return start_study(person=investigator, design=design, now=NOW)


def _people(study: Study) -> None:
    for level in LEVELS:
        for number in range(1, VIGNETTES + 1):
            email = f"{RESIDENT_NAME}-{level.lower()}-{number}@{RESIDENT_HOST}"
            member = participant(study, Role.RESIDENT, email, level=level)
            member.site = SHARED_SITE if (level, number) == ("PGY1", 1) else f"{RESIDENT_SITE} {number}"
            member.save()
    for number in range(1, RATERS + 1):
        member = participant(study, Role.RATER, f"rater-{number}@example.org")
        member.site = SHARED_SITE if number == RATERS else f"Clinic {number}"
        member.save()
    participant(study, Role.CURATOR, "curator@example.org")


def _set_up(study: Study, server: ModelServer, clock: Clock) -> None:
    for arm in model_arms(study):
        setup = ModelSetupInput(engine="openai", model=SERVED[arm.name], base_url=server.url)
        configure_model(study_id=study.pk, person=lead(), arm_id=arm.pk, setup=setup, now=clock())


def _write_residents(study: Study, texts: Texts) -> None:
    for planned in PlannedResponse.objects.filter(study=study).select_related("resident__person"):
        client = Client()
        client.force_login(planned.resident.person)
        place = (planned.resident.level, planned.study_vignette.position)
        page = reverse("answer-page", args=[study.slug, planned.position])
        more = {"version": "0", "active_seconds": "431.5", "resources": RESOURCES, "submit": "1"}
        sent = client.post(page, {**texts[place], **more})
        assert sent.status_code == 302, sent.content.decode()


def _write_models(clock: Clock) -> None:
    while run_next(clock=clock):
        pass


def build(server: WritingServer, texts: Texts, *, models_first: bool, step_s: int) -> Study:
    """Return a study in rating with these texts, each written by its author's own way.

    Who writes first, and how fast the clock runs, is the world's own: ids, times and latencies differ.
    """
    clock = Clock(timedelta(seconds=step_s))
    with _surroundings(server, clock):
        study = _draft()
        _people(study)
        _set_up(study, server, clock)
        open_answering(study_id=study.pk, person=lead(), now=clock())
        scenarios = {
            each.version.scenario: each.position for each in study.study_vignettes.select_related("version")
        }
        server.texts, server.scenarios = texts, scenarios
        writers = [lambda: _write_models(clock), lambda: _write_residents(study, texts)]
        for write in writers if models_first else reversed(writers):
            write()
        _seal_and_open(study, clock)
    assert Response.objects.filter(study=study).count() == len(AUTHORS) * VIGNETTES
    return Study.objects.get(pk=study.pk)


@contextmanager
def _surroundings(server: ModelServer, clock: Clock) -> Iterator[None]:
    with (
        patch.object(timezone, "now", clock),
        patch.object(socket, "gethostname", lambda: HOST),
        override_settings(LLM_BASE_URL=server.url, LLM_TIMEOUT_S=10.0),
    ):
        yield


def _seal_and_open(study: Study, clock: Clock) -> None:
    close_answering(study_id=study.pk, person=lead(), reason="the time is over", now=clock())
    prepare_sealing(study_id=study.pk, person=lead(), now=clock())
    seal_study(study_id=study.pk, person=lead(), now=clock())
    lock_plan(study_id=study.pk, person=lead(), password=PASSWORD, now=clock())
    open_rating(study_id=study.pk, person=lead(), now=clock())


def excluded_places(study: Study) -> set[Place]:
    """Return the places whose item some rater must not meet: exchanging their authors would change that."""
    excluded = ItemExclusion.objects.filter(item__study=study).values_list("item_id", flat=True)
    return {place for place, item in places_of(study).items() if item in set(excluded)}


def places_of(study: Study) -> dict[Place, int]:
    """Return (author, vignette number) -> item: the one place of these tests that uses the key."""

    keys = dict(SealKey.objects.filter(study_id=study.pk).values_list("response_id", "item_id"))
    responses = Response.objects.filter(pk__in=keys).select_related("resident", "model_arm", "study_vignette")
    return {
        (
            each.resident.level if each.resident else str(each.model_arm and each.model_arm.name),
            each.study_vignette.position,
        ): keys[each.pk]
        for each in responses
    }


def raters_of(study: Study) -> list[Participant]:
    return members(study, Role.RATER)
