import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from study.participants.inputs import InvitationInput
from study.participants.models import Consent, Invitation, Participant, Role
from study.participants.services import invite_people
from study.protocol.models import Study
from tests.builders import PASSWORD, draft_study, participant, person

pytestmark = pytest.mark.django_db


def signed_in(email: str) -> Client:
    client = Client()
    client.force_login(person(email))
    return client


def without_csrf_token(html: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", html)


def invited(study: Study) -> str:
    row = InvitationInput("new@example.org", "New", "rater")
    lead = person("lead@example.org")
    return invite_people(study_id=study.pk, person=lead, rows=(row,), now=timezone.now())[0].token


@pytest.mark.parametrize("path", ["/", "/studies/new/", "/studies/trial/people/", "/studies/none/plan/"])
def test_a_page_without_a_sign_in_leads_to_it(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/account/login/?next=")


def test_nobody_can_sign_up(client: Client) -> None:
    assert client.get("/account/signup/").status_code in {302, 404}
    assert client.post("/account/signup/", {"email": "a@b.org", "password1": PASSWORD}).status_code in {
        302,
        404,
    }
    assert not type(person("x@example.org")).objects.filter(email="a@b.org").exists()


def test_a_person_signs_in_with_e_mail_and_password(client: Client) -> None:
    person("someone@example.org")
    response = client.post(
        "/account/login/", {"login": "Someone@example.org", "password": PASSWORD}, follow=True
    )
    assert response.redirect_chain[-1][0] == "/"
    assert "You have no role in a study yet" in response.content.decode()


def test_opening_an_invitation_uses_nothing_and_posting_it_does(client: Client) -> None:
    study = draft_study(vignettes=1)
    path = reverse("invitation", args=[invited(study)])
    assert client.get(path).status_code == client.get(path).status_code == 200
    assert client.post(path, {"name": "New", "password": PASSWORD}).status_code == 302
    assert Participant.objects.get(person__email="new@example.org").role == Role.RATER
    assert client.post(path, {"name": "New", "password": PASSWORD}).status_code == 410


def test_a_weak_password_keeps_the_page_and_the_invitation(client: Client) -> None:
    path = reverse("invitation", args=[invited(draft_study(vignettes=1))])
    response = client.post(path, {"name": "New", "password": "short"})
    assert response.status_code == 422
    assert "too short" in response.content.decode()
    assert Invitation.objects.get().accepted_at is None


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_unknown_invitation_is_gone(client: Client, method: str) -> None:
    response = getattr(client, method)("/invitation/unknown/")
    assert response.status_code == 410
    assert "not valid" in response.content.decode()


def test_a_rater_declares_interests_and_agrees() -> None:
    study = draft_study(vignettes=1)
    member = participant(study, Role.RATER, "rater@example.org", agrees=False)
    client = signed_in("rater@example.org")
    text = study.consent_texts.get(role="rater")
    data = {"text": text.pk, "decision": "agree", "interests": "None."}
    assert client.post("/studies/trial/consent/", data).status_code == 302
    member.refresh_from_db()
    assert (Consent.objects.get().agreed, member.interests) == (True, "None.")


def test_consent_without_a_decision_is_refused_and_asked_again() -> None:
    study = draft_study(vignettes=1)
    participant(study, Role.RATER, "rater@example.org", agrees=False)
    text = study.consent_texts.get(role="rater")
    assert (
        signed_in("rater@example.org").post("/studies/trial/consent/", {"text": text.pk}).status_code == 422
    )
    assert not Consent.objects.exists()


def test_a_pasted_list_is_checked_before_anybody_is_invited() -> None:
    draft_study(vignettes=1)
    client = signed_in("lead@example.org")
    bad = client.post("/studies/trial/people/", {"people": "x,y,z", "confirm": "1"})
    assert bad.status_code == 422 and "Line 1" in bad.content.decode() and "x,y,z" in bad.content.decode()
    good = {"people": "r@example.org,R,rater"}
    assert "Invite 1 person" in client.post("/studies/trial/people/", good).content.decode()
    assert not Invitation.objects.exists()
    sent = client.post("/studies/trial/people/", {**good, "confirm": "1"}).content.decode()
    assert "http://testserver/invitation/" in sent


def test_a_reloaded_page_of_invitations_withdraws_no_link() -> None:
    draft_study(vignettes=1)
    client = signed_in("lead@example.org")
    people = "r@example.org,R,rater"
    key = client.post("/studies/trial/people/", {"people": people}).context["form_key"]
    data = {"people": people, "confirm": "1", "form_key": key}
    assert client.post("/studies/trial/people/", data).status_code == 200
    repeated = client.post("/studies/trial/people/", data)
    assert repeated.status_code == 409 and "still hold" in repeated.content.decode()
    assert Invitation.objects.get().revoked_at is None


def test_a_stranger_and_a_missing_study_get_the_same_answer() -> None:
    draft_study(vignettes=1)
    client = signed_in("stranger@example.org")
    paths = ["/studies/trial/people/", "/studies/nothing/people/", "/no-such-page/"]
    answers = [client.get(path) for path in paths]
    assert {answer.status_code for answer in answers} == {404}
    assert len({without_csrf_token(answer.content.decode()) for answer in answers}) == 1


def test_an_investigator_locks_the_plan_on_its_page() -> None:
    study = draft_study(vignettes=1)
    client = signed_in("lead@example.org")
    assert client.post("/studies/trial/plan/lock/", {"password": PASSWORD}).status_code == 302
    assert study.signatures.get().meaning == "plan_lock"
    assert "was locked by" in client.get("/studies/trial/plan/").content.decode()


def test_a_bad_plan_keeps_the_typed_text_on_the_page() -> None:
    draft_study(vignettes=1)
    data = {"text": "version: 1\nmodles: [a]", "reason": "x"}
    response = signed_in("lead@example.org").post("/studies/trial/plan/", data)
    assert response.status_code == 422
    assert "modles: [a]" in response.content.decode() and "was not stored" in response.content.decode()


def test_a_curator_reads_and_approves_a_vignette() -> None:
    study = draft_study(vignettes=1)
    participant(study, Role.CURATOR, "curator@example.org")
    client = signed_in("curator@example.org")
    assert "Not clinically approved" in client.get("/studies/trial/protocol/approve/1/").content.decode()
    assert client.post("/studies/trial/protocol/approve/1/", {"statement": "Read."}).status_code == 302
    assert "Approved by curator" in client.get("/studies/trial/protocol/approve/1/").content.decode()
    assert client.get("/studies/trial/protocol/approve/9/").status_code == 404


def test_a_study_is_started_from_its_form_and_a_bad_model_line_is_named() -> None:
    draft_study(vignettes=1)
    client = signed_in("lead@example.org")
    fields = dict(client.get("/studies/new/").context["form"].initial)
    data = {"title": "T", "slug": "t", "raters_per_response": 4, "vignettes_per_resident": 2, "spacing": 5}
    data |= {"word_cap": 250, "margin": "0.5", "guess_share": "1", "simulated": "on", **fields}
    assert (
        "is not a short name" in client.post("/studies/new/", {**data, "models": "a b = X"}).content.decode()
    )
    response = client.post("/studies/new/", {**data, "models": "m-1 = Model one"})
    assert response.status_code == 302
    assert [arm.label for arm in Study.objects.get(slug="t").arms.all()][-1] == "Model one"


def test_every_page_carries_a_strict_content_policy_and_is_never_cached() -> None:
    draft_study(vignettes=1)
    headers = signed_in("lead@example.org").get("/studies/trial/people/").headers
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
