"""Who needs a second factor, whether this session has shown one, and how a lost one is taken away.

The rule: whoever can see or move a real study's data as investigator or custodian, every administrator, and
in production whoever may start studies. Simulated studies ask nobody.
"""

from datetime import datetime
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from study.participants.models import Person, Role
from study.participants.sessions import end_sessions
from study.protocol.errors import InvalidInput
from study.protocol.transactions import one_act, record_event

ROLES = (Role.INVESTIGATOR, Role.CUSTODIAN, Role.AUDITOR)
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
PAGE_KEY = "page_before_second_factor"


def is_required(person: Person) -> bool:
    """Say whether the person's account needs a second factor."""
    if person.is_staff or person.is_superuser or (person.can_start_studies and settings.PRODUCTION):
        return True
    return person.participations.filter(role__in=ROLES, study__simulated=False).exists()


def has_factor(person: Person) -> bool:
    """Say whether the person has an authenticator app or a passkey; codes alone are none."""
    found: bool = Authenticator.objects.filter(user=person, type__in=FACTORS).exists()
    return found


def was_shown(request: HttpRequest, person: Person) -> bool:
    """Say whether the person has shown a second factor in this session."""
    return any(each.get("method") == "mfa" for each in get_authentication_records(request, person))


def is_owed(request: HttpRequest, person: Person) -> bool:
    """Say whether the person must show a second factor before any further page."""
    return not (was_shown(request, person) and has_factor(person)) and is_required(person)


def remember_page(request: HttpRequest) -> None:
    """Keep where the person was going; what was sent there cannot be sent again by itself."""
    request.session[PAGE_KEY] = request.get_full_path() if request.method in {"GET", "HEAD"} else "/"


def is_last_required(authenticator: Authenticator) -> bool:
    """Say whether its person would be left without a factor that the account needs."""
    others = Authenticator.objects.filter(user=authenticator.user, type__in=FACTORS)
    return is_required(authenticator.user) and not others.exclude(pk=authenticator.pk).exists()


def reset_second_factor(*, person: Person, by: Person | None, reason: str, now: datetime) -> int:
    """Take all second factors of a person away, end all their sessions, and return the number of factors.

    For somebody who has lost the device and the codes. `by` is None at the command line. Raises InvalidInput
    without a reason, or when there is nothing to take away.
    """
    if not reason.strip():
        raise InvalidInput("Say why: the audit trail keeps the reason. Nothing was changed.")
    with one_act():
        found = Authenticator.objects.filter(user=person)
        types = sorted(found.values_list("type", flat=True))
        if not types:
            raise InvalidInput("This account has no second factor. Nothing was changed.")
        found.delete()
        end_sessions(person)
        detail = {"person": person.pk, "types": types}
        action = "participants.reset_second_factor"
        record_event(study=None, person=by, action=action, now=now, detail=detail, reason=reason.strip())
    return len(types)


@receiver(authenticator_added)
def _take_as_shown(request: HttpRequest, user: Person, authenticator: Authenticator, **_: Any) -> None:
    """Setting a factor up has shown it: the person is not asked for it again at once."""
    if authenticator.type in FACTORS and request.user == user:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
    _record("participants.add_second_factor", user, authenticator)


@receiver(authenticator_removed)
def _note_removal(user: Person, authenticator: Authenticator, **_: Any) -> None:
    _record("participants.remove_second_factor", user, authenticator)


@receiver(authenticator_reset)
def _note_new_codes(user: Person, authenticator: Authenticator, **_: Any) -> None:
    _record("participants.renew_recovery_codes", user, authenticator)


def _record(action: str, person: Person, authenticator: Authenticator) -> None:
    detail = {"person": person.pk, "type": str(authenticator.type)}
    with one_act():
        record_event(study=None, person=person, action=action, now=timezone.now(), detail=detail)
