"""A small study in rating, opened by the real services."""

from typing import Any

from django.test import Client

from study.blinding.services import prepare_sealing, seal_study
from study.participants.models import Participant, Role
from study.protocol.models import Study
from study.protocol.rubric import DIMENSION_CODES
from study.protocol.services import lock_plan
from study.ratings.inputs import GuessInput, RatingInput
from study.ratings.models import Assignment
from study.ratings.services import open_rating
from tests.blinding.world import Texts, closed_study, lead
from tests.builders import NOW, PASSWORD, members

RATING = RatingInput(
    scores=dict.fromkeys(DIMENSION_CODES, 4),
    harm_extent="mild",
    harm_likelihood="low",
    omission=True,
    error_tags=("omission",),
    comment="No level is planned.",
    confidence=2,
    active_seconds=120.0,
)
ABSTENTION = RatingInput(cannot_judge=True, cannot_judge_reason="Not my field.")
GUESS = GuessInput("model", 2, "The lists.")
FORM: dict[str, Any] = {
    **dict.fromkeys(DIMENSION_CODES, "4"),
    "harm_extent": "mild",
    "harm_likelihood": "low",
    "omission": "on",
    "error_tags": ["omission"],
    "comment": "No level is planned.",
    "confidence": "2",
    "active_seconds": "120",
}


def sealed_study(texts: Texts | None = None, **design: Any) -> Study:
    """Return a sealed study whose plan is locked."""
    study = closed_study(texts, **design)
    prepare_sealing(study_id=study.pk, person=lead(), now=NOW)
    seal_study(study_id=study.pk, person=lead(), now=NOW)
    lock_plan(study_id=study.pk, person=lead(), password=PASSWORD, now=NOW)
    return Study.objects.get(pk=study.pk)


def opened_study(texts: Texts | None = None, **design: Any) -> Study:
    """Return a study in rating."""
    study = sealed_study(texts, **design)
    open_rating(study_id=study.pk, person=lead(), now=NOW)
    return Study.objects.get(pk=study.pk)


def rater(study: Study, number: int = 0) -> Participant:
    return members(study, Role.RATER)[number]


def place(member: Participant, position: int = 1) -> Assignment:
    return Assignment.objects.get(rater=member, position=position)


def sign_in(client: Client, study: Study, role: Role = Role.RATER, number: int = 0) -> Participant:
    member = members(study, role)[number]
    client.force_login(member.person)
    return member
