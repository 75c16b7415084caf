"""What administrators do to accounts: close, reopen, end sessions, let start studies. All is audited."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from study.participants.models import Person
from study.participants.second_factor import reset_second_factor
from study.participants.sessions import end_sessions
from study.protocol.errors import Conflict, InvalidInput, NotFound, NotPermitted
from study.protocol.transactions import one_act, record_event

LONGEST_REASON = 1000


@dataclass(frozen=True)
class Order:
    """Who wants it for which account, and why; `confirmation` is that account's address, typed again."""

    administrator: Person
    person_id: int
    reason: str
    confirmation: str


def close_account(order: Order, *, now: datetime) -> None:
    """Let the person in no more: no sign-in, no session, no token, until the account is reopened."""
    with _account_of(order) as person:
        if person.pk == order.administrator.pk:
            raise NotPermitted("You cannot close your own account. Ask another administrator.")
        _set(person, "is_active", to=False, otherwise="The account is closed already.")
        _record(order, "participants.close_account", now, sessions=end_sessions(person))


def reopen_account(order: Order, *, now: datetime) -> None:
    """Let the person sign in again, with the password and the tokens of before."""
    with _account_of(order) as person:
        _set(person, "is_active", to=True, otherwise="The account is open already.")
        _record(order, "participants.reopen_account", now)


def sign_out(order: Order, *, now: datetime) -> None:
    """Sign the person out everywhere."""
    with _account_of(order) as person:
        _record(order, "participants.end_sessions", now, sessions=end_sessions(person))


def grant_studies(order: Order, *, now: datetime) -> None:
    """Let the person start studies."""
    with _account_of(order) as person:
        if person.is_staff or person.is_superuser:
            raise NotPermitted("An administrator has no part in studies. Nothing was changed.")
        _set(person, "can_start_studies", to=True, otherwise="The person may start studies already.")
        _record(order, "participants.grant_studies", now)


def withdraw_studies(order: Order, *, now: datetime) -> None:
    """Let the person start no more studies; those that exist stay."""
    with _account_of(order) as person:
        _set(person, "can_start_studies", to=False, otherwise="The person may not start studies already.")
        _record(order, "participants.withdraw_studies", now)


def take_factor_away(order: Order, *, now: datetime) -> None:
    """Reset the second factor of somebody who has lost the device and the codes, and sign them out."""
    with _account_of(order) as person:
        if person.pk == order.administrator.pk:
            raise NotPermitted("You cannot reset your own second factor here. Ask another administrator.")
        reset_second_factor(person=person, by=order.administrator, reason=order.reason, now=now)


@contextmanager
def _account_of(order: Order) -> Iterator[Person]:
    """Open the act on the account under its row's lock, if there is a reason and the address is right."""
    with one_act():
        person = Person.objects.select_for_update(no_key=True).filter(pk=order.person_id).first()
        if not order.administrator.is_staff or person is None:
            raise NotFound
        if not order.reason.strip():
            raise InvalidInput("Give a reason: it is kept with the act. Nothing was changed.")
        if order.confirmation.strip().lower() != person.email:
            raise InvalidInput("This is not the address of the account. Nothing was changed.")
        yield person


def _set(person: Person, name: str, *, to: bool, otherwise: str) -> None:
    if getattr(person, name) == to:
        raise Conflict(f"{otherwise} Nothing was changed.")
    Person.objects.filter(pk=person.pk).update(**{name: to})


def _record(order: Order, action: str, now: datetime, **detail: int) -> None:
    told = {"person": order.person_id, **detail}
    reason = order.reason.strip()[:LONGEST_REASON]
    record_event(study=None, person=order.administrator, action=action, now=now, detail=told, reason=reason)
