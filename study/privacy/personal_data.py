"""Everything that is held about one person, as plain values: for a copy that the person may read and keep.

Nothing here tells who wrote what another person answered, or how a resident's answers were rated: before the
names of the arms are released it would unblind, and after it the answers stand in the dataset under a
pseudonym that leads to nobody. A rater's ratings are named by the public ids of the responses alone.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.forms.models import model_to_dict

from study.blinding.models import FlagDecision
from study.participants.models import ApiToken, Invitation, Participant, Person
from study.participants.queries import participations_of
from study.participants.sessions import sessions_of
from study.privacy.models import ErasureRequest
from study.privacy.queries import assignments_of, withdrawals
from study.privacy.services import rows_of_packages
from study.protocol.audit_blinding import OPEN_ACTIONS, is_released
from study.protocol.models import AuditEvent, Signature, VignetteApproval
from study.ratings.models import Assignment, Rating, RatingDraft
from study.responses.models import ConflictingCopy, Draft, PlannedResponse, Response

Record = dict[str, Any]
WITHHELD = "withheld until the names of the arms are released"
# What proves an identity elsewhere is no information about the person, and must not lie in a file.
_SECRETS = ("data", "secret", "token", "key", "password")


def personal_data(person: Person, *, now: datetime) -> Record:
    """Return every section by name: the account, and lists of flat or nested records."""
    members = list(participations_of(person))
    return {
        "made_at": now,
        "account": _account(person),
        "participations": [_participation(each) for each in members],
        "consents": [_consent(each) for each in members if hasattr(each, "consent")],
        "answers": _of_each(members, _answers),
        "answer_drafts": _of_each(members, _answer_drafts),
        "answer_copies": _of_each(members, _copies),
        "ratings": _of_each(members, _ratings),
        "rating_drafts": _of_each(members, _rating_drafts),
        "curation": _values(
            FlagDecision.objects.filter(curator__person=person), "choice", "reason", "decided_at"
        ),
        "withdrawals": _of_each(members, _withdrawn),
        **_acts(person),
    }


def _of_each(members: Iterable[Participant], read: Any) -> list[Record]:
    return [{"study": member.study.slug, **row} for member in members for row in read(member)]


def _values(rows: QuerySet[Any], *fields: str) -> list[Record]:
    return list(rows.order_by("pk").values(*fields))


def _account(person: Person) -> Record:
    names = ("email", "name", "is_active", "can_start_studies", "created_at", "last_login")
    return {"number": person.pk, **{name: getattr(person, name) for name in names}}


def _participation(member: Participant) -> Record:
    names = ("role", "level", "site", "profession", "years_in_practice", "interests", "joined_at")
    return {"study": member.study.slug, **{name: getattr(member, name) for name in names}}


def _consent(member: Participant) -> Record:
    consent = member.consent
    return {
        "study": member.study.slug,
        "agreed": consent.agreed,
        "decided_at": consent.decided_at,
        "text": consent.text.text,
    }


def _answers(member: Participant) -> list[Record]:
    rows = Response.objects.filter(resident=member).select_related("study_vignette").order_by("pk")
    given = [_answer(each) for each in rows]
    planned = PlannedResponse.objects.filter(resident=member).order_by("position")
    codes = {each["vignette"] for each in given}
    asked = planned.values_list("study_vignette__code", flat=True)
    return [*given, *({"vignette": code, "submitted_at": None} for code in asked if code not in codes)]


def _answer(response: Response) -> Record:
    row = {"vignette": response.study_vignette.code}
    names = ("submitted_at", "receipt", "sections", "resources", "active_seconds", "erased_at")
    return {**row, **{name: getattr(response, name) for name in names}}


def _answer_drafts(member: Participant) -> list[Record]:
    rows = Draft.objects.filter(planned__resident=member)
    fields = ("sections", "rival", "resources", "active_seconds", "saved_at")
    return _values(rows, "planned__study_vignette__code", *fields)


def _copies(member: Participant) -> list[Record]:
    rows = ConflictingCopy.objects.filter(response__resident=member)
    return _values(rows, "response__study_vignette__code", "sections", "received_at")


def _ratings(member: Participant) -> list[Record]:
    return [
        _rating(assignment, rating)
        for assignment in assignments_of(member)
        for rating in sorted(assignment.ratings.all(), key=lambda each: each.revision)
    ]


def _rating(assignment: Assignment, rating: Rating) -> Record:
    guess = getattr(assignment, "guess", None)
    left_out = {"id", "assignment", "revision"}
    judged = {name: value for name, value in model_to_dict(rating).items() if name not in left_out}
    return {
        "response": assignment.item.public_id,
        "position": assignment.position,
        "revision": rating.revision,
        **{score.dimension: score.value for score in rating.scores.all()},
        **judged,
        "guess": guess.guess if guess else None,
        "guess_certainty": guess.certainty if guess else None,
        "guess_reason": guess.reason if guess else None,
    }


def _rating_drafts(member: Participant) -> list[Record]:
    rows = RatingDraft.objects.filter(assignment__rater=member)
    return _values(rows, "assignment__position", "fields", "active_seconds", "saved_at")


def _withdrawn(member: Participant) -> list[Record]:
    return _values(withdrawals(member.study).filter(participant=member), "answers", "ratings", "withdrawn_at")


def _acts(person: Person) -> Record:
    """What the person signed, was sent, asked for and did, and what the sign-in keeps."""
    invited = Invitation.objects.filter(Q(email__iexact=person.email) | Q(accepted_by=person))
    sent = ("study__slug", "email", "name", "role", "level", "site", "profession", "created_at")
    signed = ("study__slug", "meaning", "statement", "reason", "subject_sha256", "signed_at")
    return {
        "invitations": _values(invited, *sent, "expires_at", "accepted_at", "revoked_at"),
        "signatures": _values(Signature.objects.filter(person=person), *signed),
        "approvals": _values(
            VignetteApproval.objects.filter(clinician=person),
            "version__vignette__code",
            "statement",
            "approved_at",
        ),
        "tokens": _values(ApiToken.objects.filter(person=person), "label", "created_at", "revoked_at"),
        "sessions": [{"expires_at": each.expire_date} for each in sessions_of(person)],
        "sign_in": [_of_package(row) for rows in rows_of_packages(person) for row in rows],
        "erasure_requests": _values(ErasureRequest.objects.filter(person=person), "reason", "requested_at"),
        "events": [_event(each) for each in _events(person)],
    }


def _of_package(row: Model) -> Record:
    found = model_to_dict(row)
    kept = {name: value for name, value in found.items() if not any(word in name for word in _SECRETS)}
    return {"kind": row._meta.label_lower, **kept}


def _events(person: Person) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(person=person).select_related("study").order_by("id")


def _event(event: AuditEvent) -> Record:
    """Return one act; what it was about stays closed where it could tell who wrote what."""
    is_open = event.study is None or is_released(event.study) or event.action in OPEN_ACTIONS
    return {
        "study": event.study.slug if event.study else None,
        "action": event.action,
        "at": event.at,
        "role": event.role,
        "reason": event.reason,
        "detail": event.detail if is_open else WITHHELD,
    }
