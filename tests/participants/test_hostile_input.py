"""Texts that a database refuses, or that no person would send: a clear refusal, on both databases."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from study.participants.inputs import InvitationInput, parse_invitations
from study.participants.models import Invitation, Role
from study.participants.services import invite_people
from study.protocol.models import AnalysisPlan, Study, VignetteApproval
from tests.builders import PASSWORD, draft_study, participant, person
from tests.participants.test_views import invited, signed_in

pytestmark = pytest.mark.django_db

STUDY_FORM = {
    "title": "Another",
    "slug": "another",
    "models": "m-1 = Model",
    "raters_per_response": "4",
    "vignettes_per_resident": "1",
    "spacing": "5",
    "word_cap": "250",
    "margin": "0.5",
    "guess_share": "1",
    "seed": "5",
    "simulated": "on",
}


@pytest.mark.parametrize(
    "line",
    [
        f"a@b.org,{'n' * 121},rater",
        f"{'a' * 250}@b.org,n,rater",
        f"a@b.org,n,rater,,{'s' * 81}",
        "x" * 200_000,
    ],
)
def test_an_invitation_that_does_not_fit_is_a_problem_of_its_line(line: str) -> None:
    found = parse_invitations(line)
    assert not found.rows
    assert found.problems[0].startswith("Line 1: ")


@pytest.mark.parametrize(
    "fault", [{"slug": "new"}, {"models": f"m = {'x' * 81}"}, {"models": f"{'m' * 41} = x"}]
)
def test_a_study_that_does_not_fit_is_refused_on_its_page(fault: dict[str, str]) -> None:
    draft_study(vignettes=1)
    response = signed_in("lead@example.org").post("/studies/new/", {**STUDY_FORM, **fault})
    assert response.status_code == 422
    assert Study.objects.count() == 1


@pytest.mark.parametrize(
    "text", ["a: 2024-13-45", "a: 0x_", f"a: {'9' * 5000}", "[" * 3000, f"alpha: {'9' * 400}"]
)
def test_a_plan_that_cannot_be_read_is_refused_on_its_page(text: str) -> None:
    draft_study(vignettes=1)
    response = signed_in("lead@example.org").post("/studies/trial/plan/", {"text": text, "reason": "r"})
    assert response.status_code == 422
    assert AnalysisPlan.objects.count() == 1


def test_a_plan_with_a_number_out_of_range_is_refused_on_its_page() -> None:
    draft_study(vignettes=1)
    text = AnalysisPlan.objects.get().text.replace("alpha: 0.025\n", f"alpha: {'9' * 400}\n", 1)
    response = signed_in("lead@example.org").post("/studies/trial/plan/", {"text": text, "reason": "r"})
    assert response.status_code == 422


def test_an_approval_with_a_character_that_no_database_takes_is_refused() -> None:
    participant(draft_study(vignettes=1), Role.CURATOR, "curator@example.org")
    page = signed_in("curator@example.org")
    response = page.post("/studies/trial/protocol/approve/1/", {"statement": "a\0b"})
    assert response.status_code == 400
    assert not VignetteApproval.objects.exists()


def test_a_cookie_with_a_character_that_no_database_takes_is_refused(client: Client) -> None:
    assert client.get("/", headers={"cookie": 'sessionid="\\000abcdefghijk"'}).status_code == 400


def test_an_expired_invitation_says_so_when_it_is_opened(client: Client) -> None:
    path = f"/invitation/{invited(draft_study(vignettes=1))}/"
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    response = client.get(path)
    assert response.status_code == 410
    assert "has expired" in response.content.decode()


def test_a_closed_account_is_told_so_and_not_signed_in(client: Client) -> None:
    someone = person("someone@example.org", is_active=False)
    response = client.post("/account/login/", {"login": someone.email, "password": PASSWORD})
    assert response.status_code == 403
    assert "_auth_user_id" not in client.session


def test_a_forgotten_password_answers_the_same_for_every_address(client: Client) -> None:
    person("someone@example.org")
    known, unknown = (
        client.post("/account/password/reset/", {"email": email})
        for email in ("someone@example.org", "nobody@example.org")
    )
    assert (known.status_code, known.headers["Location"]) == (
        unknown.status_code,
        unknown.headers["Location"],
    )
    assert [message.to for message in mail.outbox] == [["someone@example.org"]]


def test_a_password_with_outer_blanks_signs_as_it_signs_in() -> None:
    draft_study(vignettes=1)
    lead = person("lead@example.org")
    lead.set_password(f" {PASSWORD} ")
    lead.save()
    page = signed_in("lead@example.org")
    assert page.post("/studies/trial/plan/lock/", {"password": f" {PASSWORD} "}).status_code == 302


def test_an_invitation_is_no_way_to_try_passwords_of_an_account(client: Client) -> None:
    study, lead = draft_study(vignettes=1), person("lead@example.org")
    row = InvitationInput("known@example.org", "Known", "rater")
    sent = invite_people(study_id=study.pk, person=lead, rows=(row,), now=timezone.now())
    path = f"/invitation/{sent[0].token}/"
    person("known@example.org")
    for number in range(7):
        page = client.post(path, {"password": f"not the right one {number}"})
    assert page.status_code == 422
    assert "Too many attempts" in page.content.decode()
    assert client.post(path, {"password": PASSWORD}).status_code == 422
