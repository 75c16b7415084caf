from datetime import timedelta

import pytest

from study.participants.inputs import InvitationInput, parse_invitations
from study.participants.models import Consent, Invitation, Participant, Person, Role
from study.participants.services import (
    SentInvitation,
    accept_invitation,
    decide_consent,
    hash_token,
    invite_people,
    revoke_invitation,
    start_study,
)
from study.protocol.errors import Conflict, Expired, InvalidInput, NotPermitted, StudyError
from study.protocol.inputs import StudyInput, default_arms
from study.protocol.models import Study
from tests.builders import NOW, PASSWORD, declined, draft_study, participant, person

pytestmark = pytest.mark.django_db
ROW = InvitationInput("New@Example.org".lower(), "New", "resident", "PGY1")


def invite(study: Study, row: InvitationInput = ROW) -> SentInvitation:
    return invite_people(study_id=study.pk, person=person("lead@example.org"), rows=(row,), now=NOW)[0]


def accept(token: str, *, password: str = PASSWORD, days: int = 0) -> Participant:
    return accept_invitation(token=token, password=password, name="", now=NOW + timedelta(days=days))


def test_only_the_hash_of_a_token_is_stored() -> None:
    sent = invite(draft_study(vignettes=1))
    assert sent.invitation.token_sha256 == hash_token(sent.token)
    assert len(sent.token) >= 43


def test_an_accepted_invitation_makes_the_account_and_the_role() -> None:
    member = accept(invite(draft_study(vignettes=1)).token)
    assert (member.person.email, member.role, member.level) == ("new@example.org", "resident", "PGY1")
    assert member.person.check_password(PASSWORD)


def test_a_token_works_once() -> None:
    token = invite(draft_study(vignettes=1)).token
    accept(token)
    with pytest.raises(Expired, match="used already"):
        accept(token)
    assert Participant.objects.filter(role=Role.RESIDENT).count() == 1


def test_an_expired_invitation_is_refused() -> None:
    token = invite(draft_study(vignettes=1)).token
    with pytest.raises(Expired, match="has expired"):
        accept(token, days=15)
    assert not Person.objects.filter(email="new@example.org").exists()


def test_a_withdrawn_invitation_is_refused() -> None:
    study = draft_study(vignettes=1)
    sent = invite(study)
    lead = person("lead@example.org")
    revoke_invitation(study_id=study.pk, person=lead, invitation_id=sent.invitation.pk, now=NOW)
    with pytest.raises(Expired, match="withdrawn"):
        accept(sent.token)


def test_a_second_invitation_to_the_same_address_withdraws_the_first() -> None:
    study = draft_study(vignettes=1)
    first, second = invite(study), invite(study)
    with pytest.raises(Expired):
        accept(first.token)
    assert accept(second.token).role == Role.RESIDENT


def test_a_weak_password_is_refused_and_the_invitation_stays_usable() -> None:
    token = invite(draft_study(vignettes=1)).token
    with pytest.raises(InvalidInput) as caught:
        accept(token, password="short")
    assert caught.value.details
    assert accept(token).role == Role.RESIDENT


def test_an_existing_account_needs_its_own_password_to_accept() -> None:
    study = draft_study(vignettes=1)
    person("new@example.org")
    token = invite(study).token
    with pytest.raises(InvalidInput, match="account already"):
        accept(token, password="another long password")
    assert accept(token).person == person("new@example.org")


def test_nobody_with_a_role_is_invited_again() -> None:
    study = draft_study(vignettes=1)
    participant(study, Role.RATER, "new@example.org")
    with pytest.raises(Conflict) as caught:
        invite(study)
    assert caught.value.details == ["new@example.org"]
    assert not Invitation.objects.exists()


def test_an_unknown_token_says_nothing_about_others() -> None:
    with pytest.raises(Expired, match="not valid"):
        accept("nonsense")


def test_consent_is_one_decision_and_a_decline_is_final() -> None:
    study = draft_study(vignettes=1)
    consent = declined(study, "no@example.org")
    with pytest.raises(Conflict, match="decided before"):
        decide_consent(participant=consent.participant, agreed=True, text_id=consent.text_id, now=NOW)
    assert Consent.objects.get().agreed is False


def test_consent_to_a_text_that_is_not_the_current_one_is_refused() -> None:
    study = draft_study(vignettes=1)
    member = participant(study, Role.RATER, "new@example.org", agrees=False)
    with pytest.raises(Conflict, match="text has changed"):
        decide_consent(participant=member, agreed=True, text_id=0, now=NOW)


def test_a_study_is_started_only_by_those_who_may() -> None:
    design = StudyInput(slug="x", title="X", simulated=True, seed=1, arms=default_arms([("m", "M")]))
    with pytest.raises(NotPermitted):
        start_study(person=person("anyone@example.org"), design=design, now=NOW)


def test_an_unknown_vignette_stops_the_start_of_a_study() -> None:
    lead = person("lead@example.org", can_start_studies=True)
    arms = default_arms([("m", "M")])
    design = StudyInput(slug="x", title="X", simulated=True, seed=1, arms=arms, vignette_codes=("MS-99",))
    with pytest.raises(StudyError, match="MS-99"):
        start_study(person=lead, design=design, now=NOW)
    assert not Study.objects.exists()


def test_a_pasted_list_names_every_problem_by_its_line() -> None:
    text = "email,name,role,level\nA@x.org, A, resident, pgy-1\nb, B, rater\na@x.org,A,rater\nc@x.org,C,boss"
    parsed = parse_invitations(text)
    assert [(row.email, row.level) for row in parsed.rows] == [("a@x.org", "PGY1")]
    assert [problem[:7] for problem in parsed.problems] == ["Line 3:", "Line 4:", "Line 5:"]


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("a@x.org,A,resident", "needs the level"),
        ("a@x.org,A,rater,PGY1", "has no level"),
        ("a@x.org,A,rater,,,wizard", "wizard"),
        ("a@x.org,A,rater,,,nurse,more", "7 columns"),
    ],
)
def test_a_row_that_cannot_be_invited_says_why(line: str, word: str) -> None:
    assert word in parse_invitations(line).problems[0]
