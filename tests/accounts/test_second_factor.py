"""Who must show a second factor, how it is set up, shown, and reset."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client, override_settings
from django.utils import timezone

from study.participants.models import Role
from study.participants.second_factor import is_required, reset_second_factor
from study.protocol.errors import InvalidInput
from study.protocol.models import AuditEvent, Study
from tests.accounts.people import FACTOR, LOGIN, is_signed_in, set_up_app, sign_in
from tests.builders import NOW, PASSWORD, draft_study, participant, person

pytestmark = pytest.mark.django_db
LEAD = "lead@example.org"
BOARD = "/studies/trial/people/"


def real_study() -> Study:
    return draft_study(vignettes=1, simulated=False)


@pytest.mark.parametrize(
    ("role", "simulated", "needed"),
    [
        (Role.INVESTIGATOR, False, True),
        (Role.CUSTODIAN, False, True),
        (Role.INVESTIGATOR, True, False),
        (Role.CUSTODIAN, True, False),
        (Role.RESIDENT, False, False),
        (Role.RATER, False, False),
    ],
)
def test_the_rule_names_investigators_and_custodians_of_real_studies(
    role: Role, simulated: bool, needed: bool
) -> None:
    study = draft_study(vignettes=1, simulated=simulated)
    level = "PGY1" if role == Role.RESIDENT else ""
    assert is_required(participant(study, role, "someone@example.org", level=level).person) is needed


@pytest.mark.parametrize("flag", ["is_staff", "is_superuser"])
def test_the_rule_names_administrators(flag: str) -> None:
    assert is_required(person("admin@example.org", **{flag: True}))


@pytest.mark.parametrize("production", [True, False])
def test_in_production_the_rule_names_whoever_may_start_studies(production: bool) -> None:
    starter = person("starter@example.org", can_start_studies=True)
    with override_settings(PRODUCTION=production):
        assert is_required(starter) is production


@pytest.mark.parametrize("path", ["/", BOARD, "/studies/new/", "/account/tokens/", "/studies/none/plan/"])
def test_every_page_leads_an_investigator_without_a_factor_to_the_page_that_says_why(path: str) -> None:
    real_study()
    client = sign_in(LEAD)
    assert client.get(path).headers["Location"] == FACTOR
    assert "Set up a second factor to go on" in client.get(FACTOR).content.decode()


def test_a_post_without_the_factor_stores_nothing() -> None:
    study = real_study()
    client = sign_in(LEAD)
    assert client.post(BOARD, {"people": "a@b.org,A,rater", "confirm": "1"}).headers["Location"] == FACTOR
    assert not study.invitations.exists()


def test_a_script_is_told_that_a_factor_is_needed() -> None:
    real_study()
    response = sign_in(LEAD).get(BOARD, headers={"Accept": "application/json"})
    assert (response.status_code, response.json()["code"]) == (403, "second_factor")


def test_a_simulated_study_asks_for_no_second_factor() -> None:
    draft_study(vignettes=1)
    assert sign_in(LEAD).get(BOARD).status_code == 200


def test_a_new_session_asks_for_the_code_before_anybody_is_signed_in() -> None:
    real_study()
    app = set_up_app(sign_in(LEAD))
    client = sign_in(LEAD)
    assert not is_signed_in(client)
    assert client.get(BOARD).headers["Location"].startswith(LOGIN)
    client.post(f"{FACTOR}sign-in/", {"code": app.code(steps=1)})
    assert client.get(BOARD).status_code == 200


def test_a_code_works_once() -> None:
    app = set_up_app(sign_in("someone@example.org"))
    code = app.code(steps=1)
    first, second = sign_in("someone@example.org"), sign_in("someone@example.org")
    for client in (first, second):
        answer = client.post(f"{FACTOR}sign-in/", {"code": code})
    assert (is_signed_in(first), is_signed_in(second)) == (True, False)
    assert "was used already" in answer.content.decode()


def test_a_recovery_code_works_once_in_place_of_the_app() -> None:
    owner = sign_in("someone@example.org")
    set_up_app(owner)
    code = re.search(r"<code>(\d{8})</code>", owner.get(f"{FACTOR}codes/").content.decode())
    assert code is not None
    first, second = sign_in("someone@example.org"), sign_in("someone@example.org")
    for client in (first, second):
        client.post(f"{FACTOR}sign-in/", {"code": code[1]})
    assert (is_signed_in(first), is_signed_in(second)) == (True, False)


def test_six_wrong_codes_close_the_door_to_the_right_one() -> None:
    app = set_up_app(sign_in("someone@example.org"))
    client = sign_in("someone@example.org")
    for _ in range(6):
        client.post(f"{FACTOR}sign-in/", {"code": "000000"})
    page = client.post(f"{FACTOR}sign-in/", {"code": app.code(steps=1)})
    assert "Wait five minutes" in page.content.decode()
    assert not is_signed_in(client)


def test_a_session_from_before_the_factor_must_show_it_too() -> None:
    real_study()
    old, new = sign_in(LEAD), sign_in(LEAD)
    app = set_up_app(new)
    assert old.get(BOARD).headers["Location"] == FACTOR
    assert "Show your second factor to go on" in old.get(FACTOR).content.decode()
    old.post(f"{FACTOR}confirm/?next={FACTOR}", {"code": app.code(steps=1), "next": FACTOR})
    assert old.get(FACTOR).headers["Location"] == BOARD


def test_the_only_factor_that_an_account_needs_cannot_be_removed() -> None:
    real_study()
    client = sign_in(LEAD)
    set_up_app(client)
    page = client.post(f"{FACTOR}app/remove/")
    assert "Add another first" in page.content.decode()
    assert Authenticator.objects.filter(type="totp").exists()


def test_a_factor_that_nothing_asks_for_can_be_removed_by_its_owner() -> None:
    client = sign_in("someone@example.org")
    set_up_app(client)
    client.post(f"{FACTOR}app/remove/")
    assert not Authenticator.objects.exists()


def test_a_factor_is_changed_only_after_the_password_was_typed_again() -> None:
    client = sign_in("someone@example.org")
    for page in ("app/", "passkeys/add/"):
        assert client.get(f"{FACTOR}{page}").headers["Location"].startswith("/account/reauthenticate/")


def test_a_copy_of_the_database_shows_no_secret_of_a_factor() -> None:
    app = set_up_app(sign_in("someone@example.org"))
    assert all(app.secret not in str(each.data) for each in Authenticator.objects.all())


def test_a_former_secret_key_still_reads_the_factors() -> None:
    with override_settings(SECRET_KEY="former"):
        app = set_up_app(sign_in("someone@example.org"))
    with override_settings(SECRET_KEY="present", SECRET_KEY_FALLBACKS=["former"]):
        client = sign_in("someone@example.org")
        client.post(f"{FACTOR}sign-in/", {"code": app.code(steps=1)})
        assert is_signed_in(client)


def test_a_reset_takes_every_factor_ends_every_session_and_is_recorded_with_its_reason() -> None:
    owner, admin = person("someone@example.org"), person("admin@example.org", is_superuser=True)
    client, other = sign_in(owner.email), sign_in("another@example.org")
    set_up_app(client)
    reset_second_factor(person=owner, by=admin, reason="Telephone lost.", now=timezone.now())
    assert not Authenticator.objects.exists()
    assert client.get("/").headers["Location"].startswith(LOGIN)
    assert other.get("/").status_code == 200
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.person, event.reason) == (
        "participants.reset_second_factor",
        admin,
        "Telephone lost.",
    )


@pytest.mark.parametrize(("reason", "message"), [("  ", "Say why"), ("Lost.", "no second factor")])
def test_a_reset_needs_a_reason_and_a_factor(reason: str, message: str) -> None:
    owner = person("someone@example.org")
    with pytest.raises(InvalidInput, match=message):
        reset_second_factor(person=owner, by=None, reason=reason, now=NOW)


def test_the_sign_in_page_takes_no_password_of_a_person_with_a_factor_alone() -> None:
    set_up_app(sign_in("someone@example.org"))
    client = Client()
    answer = client.post(LOGIN, {"login": "someone@example.org", "password": PASSWORD})
    assert answer.headers["Location"] == f"{FACTOR}sign-in/"
    assert client.get("/").status_code == 302
