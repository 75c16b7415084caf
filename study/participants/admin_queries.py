"""Reads for the administrators of the installation: accounts, and of studies nothing but counts of roles."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Q, QuerySet

from study.participants.models import Participant, Person, Role
from study.protocol.audit_chain import INSTALLATION
from study.protocol.models import AuditEvent

EVENTS_SHOWN = 20


@dataclass(frozen=True)
class Account:
    """One person's account with the number of studies in each role: ("rater", 2)."""

    person: Person
    roles: list[tuple[str, int]] = field(default_factory=list)


def found_accounts(search: str, state: str) -> QuerySet[Person]:
    """Return the accounts whose address or name holds the text; `state` is "open", "closed" or empty."""
    people = Person.objects.order_by("email")
    if search:
        people = people.filter(Q(email__icontains=search) | Q(name__icontains=search))
    return people.filter(is_active=state == "open") if state else people


def with_roles(people: Iterable[Person]) -> list[Account]:
    listed = list(people)
    held = (
        Participant.objects.filter(person__in=listed).values("person", "role").annotate(studies=Count("id"))
    )
    roles: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for row in held.order_by("role"):
        roles[row["person"]].append((Role(row["role"]).label.lower(), row["studies"]))
    return [Account(person, roles.get(person.pk, [])) for person in listed]


def acts_on(person: Person) -> QuerySet[AuditEvent]:
    """Return what was done to the account, the newest first."""
    events = AuditEvent.objects.filter(chain=INSTALLATION, detail__person=person.pk)
    return events.select_related("person").order_by("-sequence")[:EVENTS_SHOWN]
