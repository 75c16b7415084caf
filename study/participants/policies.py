"""Who may do what: one helper fetches and authorises; unknown and foreign are the same 404."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.urls import resolve, reverse

from study.participants.models import Participant, Person, Role
from study.protocol.errors import NotFound, NotPermitted

View = Callable[..., HttpResponse]
READING = frozenset({"GET", "HEAD"})
# Who is studied or gives judgements, and so is asked for consent.
CONSENTING = (Role.RESIDENT, Role.RATER)


class ParticipantRequest(HttpRequest):
    """A request of a signed-in participant of the study that its URL names.

    `may_act` tells the page whether to offer its forms: false for a role that only reads it.
    """

    participant: Participant
    may_act: bool


@dataclass(frozen=True)
class Access:
    """The roles that may do all that a view offers, and those that may only read it."""

    acts: tuple[Role, ...]
    reads: tuple[Role, ...]


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
    if participant.role in CONSENTING and not has_agreed(participant):
        raise NotPermitted("Please read the consent page first and agree to it. Nothing was changed.")


def role_required(*acts: Role, reads: tuple[Role, ...] = ()) -> Callable[[View], View]:
    """Give the view `request.participant`, or answer 404; `slug` is the first URL argument.

    A role of `acts` may send whatever the view takes; one of `reads` gets 403 for all but GET and HEAD.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponse:
            participant = participant_of(cast(Person, request.user), slug, *acts, *reads)
            request_with_role = cast(ParticipantRequest, request)
            request_with_role.participant = participant
            request_with_role.may_act = participant.role in acts
            if not request_with_role.may_act and request.method not in READING:
                raise NotPermitted("Your role reads this page and changes nothing here. Nothing was changed.")
            return view(request_with_role, *args, **kwargs)

        guarded.access = Access(acts, reads)  # type: ignore[attr-defined]  # for links and for the test of every URL
        return guarded

    return decorate


def access_to(name: str, slug: str) -> Access:
    """Return who may do what at a page of a study, by the name of its URL."""
    access = resolve(reverse(name, args=[slug])).func.access  # type: ignore[attr-defined]
    return cast(Access, access)


def may_open(role: Role, name: str, slug: str) -> bool:
    access = access_to(name, slug)
    return role in access.acts or role in access.reads


def administrator_required(view: View) -> View:
    """Let administrators of the installation in; everybody else gets the 404 of a page that is not there."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not cast(Person, request.user).is_staff:
            raise NotFound
        return view(request, *args, **kwargs)

    return guarded
