"""Writes about people: starting a study, invitations, consent."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from study.participants.consent import consent_text
from study.participants.inputs import InvitationInput
from study.participants.models import Consent, ConsentText, Invitation, Participant, Person, Role
from study.participants.queries import current_consent_text
from study.protocol.errors import Conflict, Expired, InvalidInput, NotFound, NotPermitted
from study.protocol.inputs import StudyInput
from study.protocol.models import Study
from study.protocol.services import create_study
from study.protocol.transactions import locked_study, one_act, record_event
from study.protocol.vocabulary import Phase

INVITATION_DAYS = 14
OPEN_FOR_PEOPLE = (Phase.DRAFT, Phase.ANSWERING, Phase.SEALED, Phase.RATING)
LONGEST_QUERY = 500


@dataclass(frozen=True)
class SentInvitation:
    """An invitation with its token, which exists only here and in the invited person's hands."""

    invitation: Invitation
    token: str


def hash_token(token: str) -> str:
    """Return the SHA-256 (hex) under which a token of 256 random bits is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def create_person(
    *, email: str, password: str, name: str, administrator: bool = False, now: datetime
) -> Person:
    """Create the account of somebody who may start studies, or of an administrator, who may not.

    Everybody else is invited.
    """
    with one_act():
        kind = {"is_staff": True, "is_superuser": True} if administrator else {"can_start_studies": True}
        person = Person.objects.create_user(email, password, name=name, **kind)
        detail = {"person": person.pk, **kind}
        record_event(study=None, person=None, action="participants.create_person", now=now, detail=detail)
    return person


def require_starter(person: Person) -> None:
    if not person.can_start_studies or person.is_staff or person.is_superuser:
        raise NotPermitted("Your account may not start studies. Ask the person who runs this installation.")


def start_study(*, person: Person, design: StudyInput, now: datetime) -> Study:
    """Create a study with its consent texts; the person becomes its first investigator."""
    require_starter(person)
    with one_act():
        study = create_study(design=design, now=now)
        Participant.objects.create(study=study, person=person, role=Role.INVESTIGATOR, joined_at=now)
        for role in (Role.RESIDENT, Role.RATER):
            text = consent_text(study, role)
            digest = hashlib.sha256(text.encode()).hexdigest()
            ConsentText.objects.create(study=study, role=role, text=text, sha256=digest)
        detail = {"slug": study.slug, "seed": study.seed, "simulated": study.simulated}
        record_event(study=study, person=person, action="protocol.create_study", now=now, detail=detail)
    return study


def invite_people(
    *, study_id: int, person: Person, rows: tuple[InvitationInput, ...], now: datetime
) -> list[SentInvitation]:
    """Invite each row's person; all or nothing. An open invitation to the same address is revoked first."""
    with locked_study(study_id, *_phases_for({row.role for row in rows})) as study:
        taken = Participant.objects.filter(study=study, person__email__in=[row.email for row in rows])
        emails = sorted(taken.values_list("person__email", flat=True))
        if emails:
            raise Conflict(
                "Nobody was invited. These people have a role in this study already.", details=emails
            )
        _revoke_open(study, [row.email for row in rows], now)
        sent = [_create_invitation(study, person, row, now) for row in rows]
        detail = {"invitations": [item.invitation.pk for item in sent], "roles": [row.role for row in rows]}
        record_event(study=study, person=person, action="participants.invite", now=now, detail=detail)
    return sent


def _phases_for(roles: set[str]) -> tuple[Phase, ...]:
    """Return the phases in which people of these roles may join: an auditor often comes after the work."""
    return tuple(Phase) if roles == {Role.AUDITOR} else OPEN_FOR_PEOPLE


def _revoke_open(study: Study, emails: list[str], now: datetime) -> None:
    Invitation.objects.filter(
        study=study, email__in=emails, accepted_at__isnull=True, revoked_at__isnull=True
    ).update(revoked_at=now)


def _create_invitation(study: Study, person: Person, row: InvitationInput, now: datetime) -> SentInvitation:
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        study=study,
        email=row.email,
        name=row.name,
        role=row.role,
        level=row.level,
        site=row.site,
        profession=row.profession,
        token_sha256=hash_token(token),
        invited_by=person,
        created_at=now,
        expires_at=now + timedelta(days=INVITATION_DAYS),
    )
    return SentInvitation(invitation, token)


def revoke_invitation(*, study_id: int, person: Person, invitation_id: int, now: datetime) -> None:
    """Make an open invitation unusable."""
    with locked_study(study_id) as study:
        open_invitations = Invitation.objects.filter(accepted_at__isnull=True, revoked_at__isnull=True)
        if open_invitations.filter(pk=invitation_id, study=study).update(revoked_at=now) != 1:
            raise NotFound("This invitation is not open any more. Nothing was changed.")
        detail = {"invitation": invitation_id}
        record_event(
            study=study, person=person, action="participants.revoke_invitation", now=now, detail=detail
        )


def accept_invitation(*, token: str, password: str, name: str, now: datetime) -> Participant:
    """Consume the token, once: create or reuse the account of that address and give it the role.

    Raises Expired when the token is unknown, used, revoked or too old; InvalidInput for a weak or, for an
    existing account, a wrong password. A refused attempt leaves the invitation usable.
    """
    found = Invitation.objects.filter(token_sha256=hash_token(token)).first()
    if found is None:
        raise Expired("This invitation is not valid. Ask the person who invited you for a new one.")
    with locked_study(found.study_id, *_phases_for({found.role})) as study:
        invitation = Invitation.objects.select_for_update(no_key=True).get(pk=found.pk)
        _require_usable(invitation, now)
        person = _account_for(invitation, password, name)
        participant = Participant.objects.create(
            study=study,
            person=person,
            role=invitation.role,
            level=invitation.level,
            site=invitation.site,
            profession=invitation.profession,
            joined_at=now,
        )
        Invitation.objects.filter(pk=invitation.pk).update(accepted_at=now, accepted_by=person)
        detail = {"invitation": invitation.pk, "role": invitation.role}
        record_event(
            study=study, person=person, action="participants.accept_invitation", now=now, detail=detail
        )
    return participant


def _require_usable(invitation: Invitation, now: datetime) -> None:
    reasons = [
        (invitation.accepted_at is not None, "was used already. Sign in with your e-mail address instead."),
        (invitation.revoked_at is not None, "was withdrawn. Ask the person who invited you for a new one."),
        (invitation.expires_at <= now, "has expired. Ask the person who invited you for a new one."),
    ]
    for applies, sentence in reasons:
        if applies:
            raise Expired(f"This invitation {sentence}")


def _account_for(invitation: Invitation, password: str, name: str) -> Person:
    person = Person.objects.filter(email=invitation.email).first()
    if person is None:
        return _new_account(invitation, password, name)
    if not person.is_active or not person.check_password(password):
        raise InvalidInput(
            "You have an account already. Type its password to accept. The invitation is still valid."
        )
    if person.is_staff or person.is_superuser:
        raise NotPermitted("An administrator's account cannot take a role in a study. Use another address.")
    if Participant.objects.filter(study=invitation.study, person=person).exists():
        raise Conflict("You have a role in this study already.")
    return person


def _new_account(invitation: Invitation, password: str, name: str) -> Person:
    draft = Person(email=invitation.email, name=name or invitation.name)
    try:
        validate_password(password, draft)
    except ValidationError as error:
        raise InvalidInput("Please choose another password.", details=list(error.messages)) from error
    try:
        with transaction.atomic():
            return Person.objects.create_user(invitation.email, password, name=draft.name)
    except IntegrityError as error:  # the same person accepts for another study at this moment
        raise Conflict(
            "An account of this address was made at this moment. Open the invitation again and type its "
            "password. The invitation is still valid."
        ) from error


def decide_consent(
    *, participant: Participant, agreed: bool, text_id: int, interests: str = "", now: datetime
) -> Consent:
    """Store the decision about the text shown. A decline is final; agreeing twice changes nothing."""
    with locked_study(participant.study_id, *OPEN_FOR_PEOPLE) as study:
        existing = Consent.objects.filter(participant=participant).first()
        if existing is not None:
            if existing.agreed == agreed:
                return existing
            raise Conflict("You have decided before. Write to the study team if that was a mistake.")
        text = current_consent_text(study, Role(participant.role))
        if text is None or text.pk != text_id:
            raise Conflict("The text has changed since you opened the page. Please read it again.")
        consent = Consent.objects.create(participant=participant, text=text, agreed=agreed, decided_at=now)
        Participant.objects.filter(pk=participant.pk).update(interests=interests.strip())
        detail = {"participant": participant.pk, "agreed": agreed, "text": text.sha256}
        record_event(
            study=study, person=participant.person, action="participants.consent", now=now, detail=detail
        )
    return consent


def record_view_of_trail(*, participant: Participant, query: str, now: datetime) -> None:
    """Leave an event of a look at the whole trail before the arms are released, with what was asked for."""
    with locked_study(participant.study_id) as study:
        record_event(
            study=study,
            person=participant.person,
            action="participants.view_whole_trail",
            now=now,
            detail={"query": query[:LONGEST_QUERY]},
        )
