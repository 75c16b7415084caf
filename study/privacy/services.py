"""Writes of privacy: a request, the withdrawal of a participant's data, the erasure of a person."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model, Q, QuerySet

from study.blinding.services import forget_withdrawn_texts
from study.participants.models import ApiToken, Invitation, Participant, Person, Role
from study.participants.sessions import end_sessions
from study.privacy.models import Erasure, ErasureRequest, Withdrawal
from study.privacy.queries import (
    FROZEN,
    erasure_of,
    erasure_statement,
    open_request,
    running_studies_alone,
    studies_without,
)
from study.protocol.attempts import require_password
from study.protocol.audit_context import without_values
from study.protocol.audit_erasure import erase_history
from study.protocol.errors import Conflict, InvalidInput, NotPermitted, PreconditionMissing
from study.protocol.models import Study
from study.protocol.transactions import locked_study, one_act, record_event
from study.ratings.withdrawal import withdraw_ratings
from study.responses.services.withdrawal import withdraw_answers

# A top-level domain that can never exist (RFC 2606).
ERASED_ADDRESS = "erased-{}@erased.invalid"


def request_erasure(*, person: Person, password: str, reason: str, now: datetime) -> ErasureRequest:
    """Record that a person asks for erasure, with the password shown again; asking twice changes nothing."""
    with one_act():
        require_password(person, password, outcome="Nothing was asked for.")
        known = open_request(Person.objects.select_for_update(no_key=True).get(pk=person.pk))
        if known is not None:
            return known
        request = ErasureRequest.objects.create(person=person, reason=reason.strip(), requested_at=now)
        detail = {"request": request.pk}
        record_event(study=None, person=person, action="privacy.request_erasure", now=now, detail=detail)
    return request


def record_export(*, person: Person, by: Person | None, now: datetime) -> None:
    """Record that everything held about a person was handed out: to themselves, or by who runs the site."""
    with one_act():
        detail = {"person": person.pk}
        record_event(study=None, person=by, action="privacy.export_person", now=now, detail=detail)


def record_own_export(*, person: Person, password: str, now: datetime) -> None:
    """Record that a person is handed the own copy, with the password shown again."""
    with one_act():
        require_password(person, password, outcome="Nothing was handed out.")
        record_export(person=person, by=person, now=now)


def erase_person(*, person_id: int, by: Person | None, reason: str, now: datetime) -> Erasure:
    """Withdraw what is not frozen, erase who the person is, and return the record of it; all or nothing.

    Each withdrawal has its event in the chain of its study, the erasure its own in the installation's.
    Raises Conflict when it was done before; PreconditionMissing for an administrator and for the only
    investigator of a study that is not reported; NotPermitted for an investigator who does not answer for all
    studies of the person; InvalidInput without a reason.
    """
    with transaction.atomic():
        person = Person.objects.select_for_update(no_key=True).get(pk=person_id)
        _require_erasable(person, by, reason)
        # No study may be frozen between what is said here and what is done below.
        list(Study.objects.select_for_update(no_key=True).filter(participants__person=person).order_by("pk"))
        statement = erasure_statement(person).as_json()
        for participant in person.participations.order_by("study_id"):
            _withdraw(participant, by, now)
        with one_act():
            _erase_identity(person, now)
            erasure = Erasure.objects.create(
                person=person, carried_out_by=by, reason=reason.strip(), statement=statement, erased_at=now
            )
            detail: dict[str, Any] = {"person": person.pk, "statement": statement}
            action = "privacy.erase_person"
            record_event(study=None, person=by, action=action, now=now, detail=detail, reason=reason.strip())
    return erasure


def carry_out_erasure(*, person_id: int, by: Person, password: str, reason: str, now: datetime) -> Erasure:
    """Erase a person as `erase_person` does, with the password of who carries it out shown again."""
    with one_act():
        require_password(by, password, outcome="Nothing was erased.")
    return erase_person(person_id=person_id, by=by, reason=reason, now=now)


def _require_erasable(person: Person, by: Person | None, reason: str) -> None:
    if erasure_of(person) is not None:
        raise Conflict("This person was erased before. Nothing was changed.")
    if not reason.strip():
        raise InvalidInput("An erasure needs a reason, such as the person's request. Nothing was erased.")
    if person.is_staff or person.is_superuser:
        raise PreconditionMissing("Take the administrator's rights away first. Nothing was erased.")
    alone = running_studies_alone(person)
    if alone:
        raise PreconditionMissing(
            "Nobody else leads these studies. Invite a second investigator first. Nothing was erased.",
            details=alone,
        )
    if by is not None and (by == person or list(studies_without(person, by))):
        raise NotPermitted(
            "This person takes part in studies that are not yours: ask who runs this installation. Nothing "
            "was erased."
        )


def _withdraw(participant: Participant, by: Person | None, now: datetime) -> None:
    """Take what one participant gave out of a study whose data are not frozen; elsewhere nothing happens."""
    with transaction.atomic(), locked_study(participant.study_id) as study:
        if study.phase in FROZEN or participant.role not in {Role.RESIDENT, Role.RATER}:
            return
        answers = withdraw_answers(participant=participant, now=now)
        ratings = withdraw_ratings(participant=participant, now=now)
        forget_withdrawn_texts(study)
        Withdrawal.objects.create(
            study=study, participant=participant, answers=answers, ratings=ratings, withdrawn_at=now
        )
        detail = {"participant": participant.pk, "answers": answers, "ratings": ratings}
        record_event(study=study, person=by, action="privacy.withdraw_data", now=now, detail=detail)


def _erase_identity(person: Person, now: datetime) -> None:
    roles = Participant.objects.filter(person=person)
    invitations = Invitation.objects.filter(Q(email__iexact=person.email) | Q(accepted_by=person))
    requests = ErasureRequest.objects.filter(person=person)
    tokens = ApiToken.objects.filter(person=person)
    found = (roles, invitations, requests, tokens)
    rows = {each.model: list(each.values_list("pk", flat=True)) for each in found}
    address = ERASED_ADDRESS.format(person.pk)
    with without_values():
        tokens.delete()
        requests.update(reason="")
        roles.update(site="", interests="")
        invitations.filter(accepted_at=None, revoked_at=None).update(revoked_at=now)
        Invitation.objects.filter(pk__in=rows[Invitation]).update(email=address, name="", site="")
        _erase_account(person, address)
    for model, ids in rows.items():
        erase_history(table=model._meta.db_table, row_ids=ids, now=now)
    erase_history(table=Person._meta.db_table, row_ids=[person.pk], now=now)


def _erase_account(person: Person, address: str) -> None:
    person.email, person.name, person.last_login = address, "", None
    person.is_active = person.can_start_studies = False
    person.set_unusable_password()
    person.save()
    person.groups.clear()
    person.user_permissions.clear()
    for rows in rows_of_packages(person):
        rows.delete()
    end_sessions(person)


def rows_of_packages(person: Person) -> Iterable[QuerySet[Model]]:
    """Return what other packages hold about an account, such as second factors."""
    for relation in Person._meta.related_objects:
        model = relation.related_model
        if model._meta.app_label != "study" and not relation.many_to_many:
            yield model._default_manager.filter(**{relation.field.name: person})
