"""The study that the fuzzers knock at, and everybody who may knock."""

from dataclasses import dataclass

from django.test import Client

from study.participants.models import Participant, Person, Role
from study.participants.tokens import create_token
from study.protocol.models import Study
from tests.builders import NOW, draft_study, members, participant, person
from tests.datasets.world import lead

INSIDE, OUTSIDE = (
    "investigator",
    ("nobody", "garbage", "lost role", "foreign investigator", "rater elsewhere"),
)


@dataclass(frozen=True)
class Caller:
    """Somebody who calls the API: the headers sent, and whether the study is theirs."""

    name: str
    headers: dict[str, str]
    is_inside: bool = False


def callers(study: Study) -> list[Caller]:
    """One caller of each kind."""
    other = draft_study(slug="other", vignettes=1)
    foreign = participant(other, Role.INVESTIGATOR, "foreign@example.org").person
    rater = participant(other, Role.INVESTIGATOR, members(study, Role.RATER)[0].person.email).person
    lost = participant(other, Role.INVESTIGATOR, "lost@example.org")
    headers = [_bearer(each) for each in (lost.person, foreign, rater)]
    Participant.objects.filter(pk=lost.pk).delete()
    known = [{}, {"Authorization": "Bearer nonsense"}, *headers]
    strangers = [Caller(name, each) for name, each in zip(OUTSIDE, known, strict=True)]
    return [Caller(INSIDE, _bearer(lead()), is_inside=True), *strangers]


def _bearer(who: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {create_token(person=who, label='fuzz', now=NOW).text}"}


def clients(study: Study) -> dict[str, Client]:
    """A signed-in browser of each role, of a stranger, and one that nobody has signed in to."""
    found = {"nobody": Client(raise_request_exception=False)}
    people = {role: members(study, role)[0].person for role in Role if members(study, role)}
    people = {str(role): who for role, who in people.items()} | {"stranger": person("stranger@example.org")}
    for name, who in people.items():
        found[name] = Client(raise_request_exception=False)
        found[name].force_login(who)
    return found
