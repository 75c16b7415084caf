"""Who asks: one browser or program per identity, each request undone when it is answered."""

import hashlib
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import urlencode

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import login
from django.db import connection, transaction
from django.http import HttpRequest, SimpleCookie
from django.test import Client
from django.utils import timezone

from study.participants.models import Person, Role
from tests.access.addresses import address_of, body_of
from tests.access.cells import MEMBERS, PERSONS, Cell
from tests.access.world import Trial
from tests.builders import PASSWORD
from tests.noninterference.allow_list import NOT_COMPARED, masked, masked_cookie


@dataclass(frozen=True)
class Answer:
    """What came back, the hash of its bytes with what may differ masked, and whether anything was written."""

    status: int
    headers: tuple[tuple[str, str], ...]
    sha256: str
    wrote: bool


class Visitors:
    """The identities of the table, signed in to the site of one trial."""

    def __init__(self, trial: Trial, other: Trial, outsider: Person) -> None:
        self.trial, self.other, self.outsider = trial, other, outsider
        self.client = Client(raise_request_exception=False)
        self.cookies = {name: session_of(self._person(name)) for name in PERSONS}
        self.newest = _newest()

    def _person(self, name: str) -> Person:
        if name == "administrator":
            return Person.objects.create_superuser("administrator@example.org", PASSWORD)
        if name == "outsider":
            return self.outsider
        if name == "rater":
            return self.trial.rater().person
        assert name in MEMBERS
        return self.trial.member(Role(name)).person

    def ask(self, cell: Cell) -> Answer:
        """Send the cell's request and undo whatever it did."""
        address = address_of(cell, self.trial, self.other)
        with transaction.atomic():
            response = self._send(cell, address)
            wrote = _newest() != self.newest
            transaction.set_rollback(True)
        return Answer(response.status_code, _headers(response, address), _digest(response, address), wrote)

    def _send(self, cell: Cell, address: str) -> Any:
        key = self.cookies.get(cell.identity)
        self.client.cookies = SimpleCookie({settings.SESSION_COOKIE_NAME: key} if key else {})
        more: dict[str, Any] = {"HTTP_ACCEPT": "*/*"}
        if cell.identity == "token":
            more["HTTP_AUTHORIZATION"] = f"Bearer {self.trial.secrets['investigator-1']}"
        if cell.verb in {"GET", "HEAD", "OPTIONS"}:
            return self.client.generic(cell.verb, address, **more)
        sent, kind = body_of(cell.url, self.trial)
        data = sent if isinstance(sent, bytes | str) else urlencode(sent, doseq=True)
        return self.client.generic(cell.verb, address, data, content_type=kind, **more)


def session_of(person: Person) -> str:
    """Return the key of a new session; an administrator has shown a second factor in it."""
    now = timezone.now().timestamp()
    # Typed again just now, so that no page asks for it once more.
    records = [{"method": "password", "at": now + 3600, "reauthenticated": True}]
    if person.is_staff:
        records.append({"method": "mfa", "at": now, "type": "totp"})
        Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "x"})
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore()
    login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = records
    request.session["account_authentication_methods_user"] = str(person.pk)
    request.session["started_at"] = request.session["active_at"] = now
    request.session.save()
    return str(request.session.session_key)


def _newest() -> Any:
    """Return the newest event and the newest change of a row: a request that wrote has moved one of them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT max(id) FROM study_auditevent), (SELECT max(id) FROM study_rowchange)")
        return cursor.fetchone()


def _headers(response: Any, address: str) -> tuple[tuple[str, str], ...]:
    """Return the headers; where the answer repeats the address that was asked for, that is masked."""
    told = [(name, value) for name, value in response.headers.items() if name not in NOT_COMPARED]
    cookies = [("Set-Cookie", masked_cookie(each.OutputString())) for each in response.cookies.values()]
    return tuple(sorted((name, value.replace(address, "ADDRESS")) for name, value in [*told, *cookies]))


def _digest(response: Any, address: str) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return hashlib.sha256(masked(content).replace(address.encode(), b"ADDRESS")).hexdigest()
