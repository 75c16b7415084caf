"""A person asks for erasure; who leads the study or runs the site is told, and carries it out."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from study.participants.models import Participant, Role
from study.privacy.models import Erasure, ErasureRequest
from study.privacy.services import request_erasure
from study.protocol.models import Study
from tests.builders import NOW, PASSWORD, draft_study, members, participant, person
from tests.datasets.world import lead, second
from tests.locks.world import rated_study

pytestmark = pytest.mark.django_db


def first(study: Study, role: Role) -> Participant:
    return members(study, role)[0]


def test_the_command_tells_and_asks_before_it_erases() -> None:
    rated_study()
    out = StringIO()
    with pytest.raises(CommandError, match="another address"):
        call_command("erase_person", "rater-1@example.org", reason="r", confirm="x@y.org", stdout=out)
    assert not Erasure.objects.exists()
    call_command("erase_person", "rater-1@example.org", reason="r", confirm="rater-1@example.org", stdout=out)
    assert "kept: " in out.getvalue()
    assert Erasure.objects.get().person.email.endswith("@erased.invalid")


def test_the_command_passes_on_a_refusal() -> None:
    draft_study(vignettes=1)
    with pytest.raises(CommandError, match="second investigator"):
        call_command(
            "erase_person", "lead@example.org", reason="r", confirm="lead@example.org", stdout=StringIO()
        )


def test_a_request_is_shown_to_the_investigator_who_carries_it_out(client: Client) -> None:
    study = rated_study()
    member = first(study, Role.RATER)
    client.force_login(member.person)
    asked = {"reason": "I moved.", "confirmed": "on", "password": PASSWORD}
    assert client.post("/account/data/erasure/", asked).status_code == 302
    client.force_login(second())
    page = client.get("/studies/trial/erasures/").content.decode()
    assert "I moved." in page
    sent = {"person": member.person_id, "reason": "At request.", "confirmed": "on", "password": PASSWORD}
    assert client.post("/studies/trial/erasures/", sent).status_code == 302
    assert Erasure.objects.get().carried_out_by == second()
    assert ErasureRequest.objects.get().reason == ""


def test_nobody_is_erased_on_the_page_who_did_not_ask(client: Client) -> None:
    study = rated_study()
    client.force_login(lead())
    sent = {"person": first(study, Role.RATER).person_id, "reason": "Dull.", "confirmed": "on"}
    answer = client.post("/studies/trial/erasures/", {**sent, "password": PASSWORD})
    assert answer.status_code == 404
    assert not Erasure.objects.exists()


@pytest.mark.parametrize("role", [role for role in Role if role != Role.INVESTIGATOR])
def test_only_investigators_see_requests(client: Client, role: Role) -> None:
    study = rated_study()
    found = members(study, role) or [participant(study, role, "other@example.org")]
    client.force_login(found[0].person)
    assert client.get("/studies/trial/erasures/").status_code == 404


def test_a_request_needs_the_password_and_the_confirmation(client: Client) -> None:
    client.force_login(first(rated_study(), Role.RATER).person)
    for sent in ({"confirmed": "on", "password": "guess"}, {"password": PASSWORD}):
        answer = client.post("/account/data/erasure/", {"reason": "I moved.", **sent})
        assert answer.status_code == 422
        assert b"I moved." in answer.content
    assert not ErasureRequest.objects.exists()


def test_asking_twice_is_one_request() -> None:
    draft_study(vignettes=1)
    lead_person = person("lead@example.org")
    for _ in range(2):
        request_erasure(person=lead_person, password=PASSWORD, reason="", now=NOW)
    assert ErasureRequest.objects.count() == 1
