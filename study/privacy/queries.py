"""Reads about erasure: what one would take and leave, who asked for it, whether it is done."""

from collections.abc import Iterable

from django.db.models import QuerySet

from study.participants.models import Participant, Person, Role
from study.participants.queries import participations_of
from study.privacy.inputs import (
    ALWAYS_KEPT,
    FROZEN_KEPT,
    IDENTITY,
    NAMES_KEPT,
    SEALED_KEPT,
    WITHDRAWN,
    ErasureStatement,
    StudyErasure,
)
from study.privacy.models import Erasure, ErasureRequest, Withdrawal
from study.protocol.models import Signature, Study
from study.protocol.vocabulary import Phase
from study.ratings.models import Assignment, Rating
from study.responses.models import Response

FROZEN = (Phase.LOCKED, Phase.UNBLINDED, Phase.REPORTED)


def erasure_statement(person: Person) -> ErasureStatement:
    """Return what an erasure of this person takes and leaves, as things stand now."""
    studies = tuple(_of_study(each) for each in participations_of(person))
    withdrawn = any(each.is_withdrawn and (each.answers or each.ratings) for each in studies)
    conditions = (
        (SEALED_KEPT, _has_sealed_answers(person)),
        (FROZEN_KEPT, any(not each.is_withdrawn for each in studies)),
        (NAMES_KEPT, Signature.objects.filter(person=person, study__phase__in=FROZEN).exists()),
    )
    kept = tuple(each for each, applies in conditions if applies)
    return ErasureStatement(IDENTITY + (WITHDRAWN if withdrawn else ()), ALWAYS_KEPT + kept, studies)


def _of_study(participant: Participant) -> StudyErasure:
    study = participant.study
    rated = Rating.objects.filter(assignment__rater=participant, erased_at=None)
    return StudyErasure(
        study=study.slug,
        role=participant.role,
        is_withdrawn=study.phase not in FROZEN,
        answers=Response.objects.filter(resident=participant, erased_at=None).count(),
        ratings=rated.values("assignment").distinct().count(),
    )


def _has_sealed_answers(person: Person) -> bool:
    sealed = Response.objects.filter(resident__person=person, study__phase__in=[Phase.SEALED, Phase.RATING])
    return sealed.exists()


def erasure_of(person: Person) -> Erasure | None:
    return Erasure.objects.filter(person=person).first()


def open_request(person: Person) -> ErasureRequest | None:
    """Return the person's request that nobody has carried out yet."""
    return ErasureRequest.objects.filter(person=person).order_by("id").first()


def open_requests(study: Study) -> list[ErasureRequest]:
    """Return the requests of the study's people that nobody has carried out yet, the oldest first."""
    people = study.participants.values("person_id")
    done = Erasure.objects.values("person_id")
    found = ErasureRequest.objects.filter(person__in=people).exclude(person__in=done)
    return list(found.select_related("person").order_by("id"))


def withdrawals(study: Study) -> QuerySet[Withdrawal]:
    return Withdrawal.objects.filter(study=study).select_related("participant").order_by("id")


def withdrawn_participants(study: Study, role: Role) -> frozenset[int]:
    """Return the ids of the participants of a role whose answers or ratings left the data."""
    found = withdrawals(study).filter(participant__role=role)
    return frozenset(found.values_list("participant_id", flat=True))


def withdrawal_counts(study: Study) -> dict[str, int]:
    """Return the tombstone of what left the data: people by role, and what they had given."""
    rows = list(withdrawals(study))
    return {
        "residents": sum(row.participant.role == Role.RESIDENT for row in rows),
        "answers": sum(row.answers for row in rows),
        "raters": sum(row.participant.role == Role.RATER for row in rows),
        "ratings": sum(row.ratings for row in rows),
    }


def running_studies_alone(person: Person) -> list[str]:
    """Return the studies that are not reported and have no other investigator."""
    own = participations_of(person).filter(role=Role.INVESTIGATOR).exclude(study__phase=Phase.REPORTED)
    return [each.study.slug for each in own if not _others(each).exists()]


def _others(participant: Participant) -> QuerySet[Participant]:
    people = participant.study.participants.filter(role=Role.INVESTIGATOR, person__is_active=True)
    return people.exclude(pk=participant.pk)


def studies_without(person: Person, investigator: Person) -> Iterable[str]:
    """Return the studies of the person in which the other one is no investigator."""
    mine = investigator.participations.filter(role=Role.INVESTIGATOR).values("study_id")
    others = participations_of(person).exclude(study__in=mine)
    return list(others.values_list("study__slug", flat=True))


def assignments_of(participant: Participant) -> QuerySet[Assignment]:
    rows = Assignment.objects.filter(rater=participant).select_related("item", "guess")
    return rows.prefetch_related("ratings__scores").order_by("position")
