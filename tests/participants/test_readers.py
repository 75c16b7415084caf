"""Custodians and auditors: how they join, what they see, what is recorded of it, where links lead."""

import re

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from study.participants.inputs import InvitationInput
from study.participants.models import Consent, Participant, Role
from study.participants.services import accept_invitation, invite_people
from study.protocol.audit_verify import verify
from study.protocol.errors import PhaseClosed
from study.protocol.models import AuditEvent, Study
from tests.access.world import Trial, play_to
from tests.builders import PASSWORD, participant

pytestmark = pytest.mark.django_db
READERS = (Role.CUSTODIAN, Role.AUDITOR)
VIEWED = "participants.view_whole_trail"


@pytest.fixture
def trial() -> Trial:
    return Trial("trial", "")


def signed_in(trial: Trial, role: Role) -> Client:
    client = Client()
    client.force_login(trial.member(role).person)
    return client


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def joined(study: Study, email: str, role: Role) -> Participant:
    rows = (InvitationInput(email, "New", role),)
    lead = study.participants.filter(role=Role.INVESTIGATOR)[0].person
    sent = invite_people(study_id=study.pk, person=lead, rows=rows, now=timezone.now())
    return accept_invitation(token=sent[0].token, password=PASSWORD, name="", now=timezone.now())


@pytest.mark.parametrize("role", READERS)
def test_a_custodian_and_an_auditor_are_invited_and_asked_for_no_consent(trial: Trial, role: Role) -> None:
    play_to(trial, "draft")
    member = joined(trial.study, "new@example.org", role)
    client = Client()
    client.force_login(member.person)
    assert "consent" not in text_of(client, "/")
    assert client.get("/studies/trial/consent/").status_code == 404
    assert not Consent.objects.filter(participant=member).exists()


def test_an_investigator_invites_them_on_the_page_of_people(trial: Trial) -> None:
    play_to(trial, "draft")
    people = "eve@example.org, Eve, auditor\nmax@example.org, Max, custodian"
    client = signed_in(trial, Role.INVESTIGATOR)
    answer = client.post("/studies/trial/people/", {"people": people, "confirm": "1"})
    assert answer.status_code == 200
    assert "2 invitations made" in answer.content.decode()


def test_an_auditor_joins_in_any_phase_and_who_works_in_the_study_before_the_lock(trial: Trial) -> None:
    play_to(trial, "unblinded")
    assert joined(trial.study, "late-auditor@example.org", Role.AUDITOR).role == Role.AUDITOR
    with pytest.raises(PhaseClosed):
        joined(trial.study, "late-custodian@example.org", Role.CUSTODIAN)


@pytest.mark.parametrize("role", READERS)
def test_who_reads_unblinded_can_never_rate_in_the_same_study(trial: Trial, role: Role) -> None:
    play_to(trial, "draft")
    member = trial.member(role)
    with pytest.raises(IntegrityError), transaction.atomic():
        participant(trial.study, Role.RATER, member.person.email)
    with pytest.raises(IntegrityError), transaction.atomic():
        Participant.objects.filter(pk=member.pk).update(role=Role.RATER)


@pytest.mark.parametrize("role", READERS)
def test_before_unblinding_the_trail_tells_them_who_wrote_what(trial: Trial, role: Role) -> None:
    play_to(trial, "sealed")
    page = text_of(signed_in(trial, role), "/studies/trial/audit/?action=responses.submit")
    assert trial.member(Role.RESIDENT).person.email in page
    assert "This look at the trail was recorded" in page
    blinded = text_of(signed_in(trial, Role.INVESTIGATOR), "/studies/trial/audit/")
    assert "responses.submit" not in blinded


def test_each_early_look_at_the_whole_trail_leaves_one_event_that_a_blinded_person_sees_bare(
    trial: Trial,
) -> None:
    play_to(trial, "draft")
    auditor = signed_in(trial, Role.AUDITOR)
    for query in ("", "?table=study_sealkey&row=1"):
        auditor.get(f"/studies/trial/audit/{query}")
    events = AuditEvent.objects.filter(action=VIEWED).order_by("sequence")
    assert [event.detail["query"] for event in events] == ["", "table=study_sealkey&row=1"]
    assert {(event.person, event.role) for event in events} == {
        (trial.member(Role.AUDITOR).person, "auditor")
    }
    assert verify(trial.study).is_clean
    page = text_of(signed_in(trial, Role.INVESTIGATOR), f"/studies/trial/audit/?action={VIEWED}")
    assert page.count(f"<code>{VIEWED}</code>") == 2
    assert "sealkey" not in page


def test_after_unblinding_a_look_is_not_recorded_any_more(trial: Trial) -> None:
    play_to(trial, "unblinded")
    assert "was recorded" not in text_of(signed_in(trial, Role.AUDITOR), "/studies/trial/audit/")
    assert not AuditEvent.objects.filter(action=VIEWED).exists()


@pytest.mark.parametrize("state", ["draft", "answering", "closed", "rating", "unblinded"])
def test_the_board_and_the_start_page_lead_each_role_only_where_it_may_go(trial: Trial, state: str) -> None:
    play_to(trial, state)
    for role in (Role.INVESTIGATOR, *READERS):
        client = signed_in(trial, role)
        pages = text_of(client, "/") + text_of(client, "/studies/trial/").partition("<main")[2]
        links = set(re.findall(r'href="(/studies/[^"#?]+|/account/tokens/)"', pages))
        assert len(links) >= 4
        assert [link for link in links if client.get(link).status_code != 200] == []


@pytest.mark.parametrize("role", READERS)
def test_the_pages_of_a_reader_offer_no_form_that_would_be_refused(trial: Trial, role: Role) -> None:
    play_to(trial, "answering")
    client = signed_in(trial, role)
    for page in ("", "protocol/", "plan/", *(["models/"] if role == Role.CUSTODIAN else ["report/"])):
        shown = text_of(client, f"/studies/trial/{page}").partition("<main")[2]
        assert '<form method="post"' not in shown


def test_a_reader_who_sends_a_form_is_told_that_nothing_was_changed(trial: Trial) -> None:
    play_to(trial, "draft")
    answer = signed_in(trial, Role.AUDITOR).post("/studies/trial/plan/", {"text": "x", "reason": "y"})
    assert answer.status_code == 403
    assert "Your role reads this page and changes nothing here" in answer.content.decode()
    assert trial.study.plans.count() == 1
