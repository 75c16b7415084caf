"""Who may do what: one helper fetches and authorises; unknown and foreign are the same 404."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse

from study.participants.models import Participant, Person, Role
from study.protocol.errors import NotFound, NotPermitted


class ParticipantRequest(HttpRequest):
    """A request of a signed-in participant of the study that its URL names."""

    participant: Participant


def participant_of(person: Person, slug: str, *roles: Role) -> Participant:
    """Return the person's one participation in the study, in one of `roles`.

    A stranger to the study gets NotFound, whether the study exists or not; a participant in another role
    gets the same, so that no URL tells what the other roles see.
    """
    participant = (
        Participant.objects.select_related("study", "person", "consent")
        .filter(study__slug=slug, person=person, person__is_active=True)
        .first()
    )
    if participant is None or (roles and participant.role not in roles):
        raise NotFound
    return participant


def has_agreed(participant: Participant) -> bool:
    consent = getattr(participant, "consent", None)
    return bool(consent and consent.agreed)


def require_consent(participant: Participant) -> None:
    """Refuse residents and raters who have not agreed to the study's consent text."""
    if participant.role in {Role.RESIDENT, Role.RATER} and not has_agreed(participant):
        raise NotPermitted("Please read the consent page first and agree to it. Nothing was changed.")


def role_required(*roles: Role) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Give the view `request.participant`, or answer 404; `slug` is the first URL argument."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponse:
            participant = participant_of(cast(Person, request.user), slug, *roles)
            request_with_role = cast(ParticipantRequest, request)
            request_with_role.participant = participant
            return view(request_with_role, *args, **kwargs)

        return guarded

    return decorate
