"""Reads about people."""

from django.db.models import QuerySet

from study.participants.models import ConsentText, Invitation, Participant, Person, Role
from study.protocol.models import Study


def current_consent_text(study: Study, role: Role) -> ConsentText | None:
    return study.consent_texts.filter(role=role).order_by("-version").first()


def participations_of(person: Person) -> QuerySet[Participant]:
    """Return the person's roles, the newest study first."""
    return person.participations.select_related("study", "consent").order_by("-study__created_at")


def people_of(study: Study) -> QuerySet[Participant]:
    return study.participants.select_related("person", "consent").order_by("role", "person__email")


def consented(study: Study, role: Role) -> QuerySet[Participant]:
    """Return the participants of a role who have agreed and still have an account, in order of joining."""
    agreed = study.participants.filter(role=role, consent__agreed=True, person__is_active=True)
    return agreed.order_by("id")


def open_invitations(study: Study) -> QuerySet[Invitation]:
    return study.invitations.filter(accepted_at__isnull=True, revoked_at__isnull=True).order_by(
        "role", "email"
    )


def invitation_by_hash(token_sha256: str) -> Invitation | None:
    """Return the invitation behind a token's hash, used or not: its page says what is wrong with it."""
    return Invitation.objects.select_related("study").filter(token_sha256=token_sha256).first()
