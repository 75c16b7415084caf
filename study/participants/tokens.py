"""Tokens by which an investigator's programs sign in; only the hash of a token is stored."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from study.participants.models import ApiToken, Person, Role
from study.participants.services import hash_token
from study.protocol.errors import InvalidInput, NotFound, NotPermitted
from study.protocol.transactions import one_act, record_event

KEYWORD = "Bearer"


@dataclass(frozen=True)
class NewToken:
    """A stored token with its text, which exists only here and in its owner's hands."""

    stored: ApiToken
    text: str


class ApiTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`; revoked, unknown and inactive people's tokens are the same 401."""

    def authenticate(self, request: Request) -> tuple[Person, ApiToken] | None:
        words = request.headers.get("Authorization", "").split()
        if not words or words[0].lower() != KEYWORD.lower():
            return None
        token = open_tokens().filter(token_sha256=hash_token(words[-1])).first() if len(words) == 2 else None
        if token is None:
            raise AuthenticationFailed("The token is not valid. Make a new one on your page of tokens.")
        return token.person, token

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002  the framework's signature
        """Return the challenge that turns a refusal into 401."""
        return f'{KEYWORD} realm="api"'


def open_tokens() -> QuerySet[ApiToken]:
    return ApiToken.objects.select_related("person").filter(revoked_at__isnull=True, person__is_active=True)


def tokens_of(person: Person) -> QuerySet[ApiToken]:
    """Return the person's usable tokens, the newest first."""
    return open_tokens().filter(person=person).order_by("-id")


def is_investigator(person: Any) -> bool:
    """Say whether the person is an investigator of any study."""
    return isinstance(person, Person) and person.participations.filter(role=Role.INVESTIGATOR).exists()


def require_investigator(person: Person) -> None:
    if not is_investigator(person):
        raise NotPermitted("This is for the investigators of a study. Nothing was changed.")


def create_token(*, person: Person, label: str, now: datetime) -> NewToken:
    """Make a token of 256 random bits; the text is returned once and never stored."""
    require_investigator(person)
    if not label.strip() or len(label.strip()) > 60:
        raise InvalidInput("Give the token a name of at most 60 characters, so that you can tell it later.")
    text = secrets.token_urlsafe(32)
    with one_act():
        stored = ApiToken.objects.create(
            person=person, label=label.strip(), token_sha256=hash_token(text), created_at=now
        )
        detail = {"token": stored.pk, "label": stored.label}
        record_event(study=None, person=person, action="participants.create_token", now=now, detail=detail)
    return NewToken(stored, text)


def revoke_token(*, person: Person, token_id: int, now: datetime) -> None:
    """Make one of the person's own tokens unusable."""
    with one_act():
        own = ApiToken.objects.filter(pk=token_id, person=person, revoked_at__isnull=True)
        if own.update(revoked_at=now) != 1:
            raise NotFound
        detail = {"token": token_id}
        record_event(study=None, person=person, action="participants.revoke_token", now=now, detail=detail)
