"""Administrators' pages: accounts, nothing of studies; every act has a reason, a confirmation, an event."""

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from study.participants.admin_services import (
    Order,
    close_account,
    grant_studies,
    reopen_account,
    sign_out,
    take_factor_away,
    withdraw_studies,
)
from study.participants.models import Person, Role
from study.participants.services import create_person, start_study
from study.participants.tokens import create_token
from study.protocol.audit_verify import verify
from study.protocol.errors import Conflict, InvalidInput, NotFound, NotPermitted, StudyError
from study.protocol.inputs import StudyInput, default_arms
from study.protocol.models import AuditEvent
from tests.access.visitors import session_of
from tests.builders import NOW, PASSWORD, draft_study, load_vignettes, participant, person

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.access.site_urls")]
Act = Callable[..., None]


def administrator() -> Person:
    found = Person.objects.filter(is_staff=True).first()
    email = "administrator@example.org"
    return found or create_person(email=email, password=PASSWORD, name="", administrator=True, now=NOW)


def order(account: Person, **more: object) -> Order:
    told = {"reason": "The device was lost.", "confirmation": account.email, **more}
    return Order(administrator(), account.pk, **told)  # type: ignore[arg-type]


def do(act: Act, account: Person, **more: object) -> Person:
    act(order(account, **more), now=timezone.now())
    return Person.objects.get(pk=account.pk)


@pytest.fixture
def client(client: Client, settings: object) -> Client:
    """An administrator's browser, whose session has shown a second factor."""
    client.cookies["sessionid"] = session_of(administrator())
    return client


def test_closing_an_account_ends_its_sessions_and_stops_its_tokens_and_reopening_lets_it_in_again() -> None:
    draft_study(vignettes=1)
    lead, browser = person("lead@example.org"), Client()
    browser.force_login(lead)
    headers = {"Authorization": f"Bearer {create_token(person=lead, label='laptop', now=NOW).text}"}
    assert browser.get("/studies/trial/").status_code == 200
    do(close_account, lead)
    assert browser.get("/studies/trial/").status_code == 302
    assert not browser.login(email=lead.email, password=PASSWORD)
    assert Client().get("/api/v1/worker-health", headers=headers).status_code == 401
    do(reopen_account, lead)
    assert browser.login(email=lead.email, password=PASSWORD)
    assert Client().get("/api/v1/worker-health", headers=headers).status_code == 200


def test_ending_all_sessions_signs_the_person_out_everywhere_and_nobody_else() -> None:
    browsers = {name: Client() for name in ("a", "b", "other")}
    for name, browser in browsers.items():
        browser.force_login(person("other@example.org" if name == "other" else "someone@example.org"))
    do(sign_out, person("someone@example.org"))
    assert [browser.get("/").status_code for browser in browsers.values()] == [302, 302, 200]
    assert AuditEvent.objects.get(action="participants.end_sessions").detail["sessions"] == 2


def test_who_was_granted_it_starts_studies_until_it_is_withdrawn() -> None:
    someone = do(grant_studies, person("someone@example.org"))
    codes = tuple(load_vignettes(1))
    arms = default_arms([("model-1", "Model")])
    design = StudyInput("own", "Own", arms=arms, vignette_codes=codes, simulated=True, seed=1)
    start_study(person=someone, design=design, now=NOW)
    someone = do(withdraw_studies, someone)
    with pytest.raises(NotPermitted):
        start_study(person=someone, design=design, now=NOW)


def test_a_lost_second_factor_is_reset() -> None:
    someone = person("someone@example.org")
    Authenticator.objects.create(user=someone, type=Authenticator.Type.TOTP, data={"secret": "x"})
    do(take_factor_away, someone)
    assert not Authenticator.objects.filter(user=someone).exists()


@pytest.mark.parametrize("act", [close_account, take_factor_away])
def test_an_administrator_cannot_lock_out_oneself(act: Act) -> None:
    with pytest.raises(NotPermitted):
        do(act, administrator())


def test_an_administrator_is_not_let_start_studies() -> None:
    with pytest.raises(NotPermitted):
        do(grant_studies, administrator())


@pytest.mark.parametrize(
    ("act", "more", "error"),
    [
        (close_account, {"reason": " "}, InvalidInput),
        (close_account, {"confirmation": "someone.else@example.org"}, InvalidInput),
        (reopen_account, {}, Conflict),
        (withdraw_studies, {}, Conflict),
    ],
)
def test_an_act_without_reason_confirmation_or_effect_changes_nothing(
    act: Act, more: dict[str, str], error: type[StudyError]
) -> None:
    someone = person("someone@example.org")
    with pytest.raises(error):
        do(act, someone, **more)
    assert Person.objects.get(pk=someone.pk).is_active
    assert not AuditEvent.objects.filter(reason="The device was lost.").exists()


def test_nobody_but_an_administrator_serves_such_an_order() -> None:
    someone = person("someone@example.org")
    with pytest.raises(NotFound):
        close_account(Order(someone, someone.pk, "Why not.", someone.email), now=NOW)


def test_every_act_stands_in_the_trail_of_the_installation_with_its_reason() -> None:
    someone, chief = person("someone@example.org"), administrator()
    before = verify(None).lines()
    do(close_account, do(grant_studies, do(sign_out, someone)))
    events = AuditEvent.objects.filter(study=None, detail__person=someone.pk, person=chief)
    assert {event.reason for event in events} == {"The device was lost."}
    assert [event.action.partition(".")[2] for event in events.order_by("sequence")] == [
        "end_sessions",
        "grant_studies",
        "close_account",
    ]
    assert verify(None).lines() == before


def test_the_list_finds_accounts_and_counts_roles_without_a_word_of_a_study(client: Client) -> None:
    study = draft_study(vignettes=1)
    participant(study, Role.RATER, "rater-1@example.org")
    shown = client.get("/administration/", {"search": "RATER-1"}).content.decode()
    assert "rater-1@example.org" in shown and "rater: 1" in shown
    assert "lead@example.org" not in shown.partition("<main")[2]
    everything = client.get("/administration/").content.decode()
    assert study.title not in everything and study.slug not in everything.partition("<main")[2]


def test_a_search_that_finds_nothing_or_cannot_be_read_says_so(client: Client) -> None:
    assert "No account matches" in client.get("/administration/", {"state": "closed"}).content.decode()
    assert client.get("/administration/", {"search": "a\0b"}).status_code == 422
    assert client.get("/administration/", {"state": "lost"}).status_code == 422


def test_an_account_is_closed_and_reopened_through_the_pages(client: Client) -> None:
    someone = person("someone@example.org")
    path = f"/administration/accounts/{someone.pk}/"
    form = {"reason": "Left the hospital.", "confirmation": "someone@example.org"}
    assert "Close the account" in client.get(path).content.decode()
    assert client.post(f"{path}close/", form).status_code == 302
    shown = client.get(path).content.decode()
    assert "Reopen the account" in shown and "Left the hospital." in shown
    assert client.post(f"{path}close/", form).status_code == 409
    assert client.post(f"{path}reopen/", form).status_code == 302


def test_a_wrong_confirmation_keeps_what_was_typed(client: Client) -> None:
    path = f"/administration/accounts/{person('someone@example.org').pk}/close/"
    answer = client.post(path, {"reason": "Left the hospital.", "confirmation": "else@example.org"})
    assert answer.status_code == 422
    assert "Left the hospital." in answer.content.decode()
    assert "not the address of the account" in answer.content.decode()


def test_an_unknown_act_or_account_is_not_found(client: Client) -> None:
    account = administrator().pk
    for path in (f"accounts/{account}/promote/", "accounts/999999/", "accounts/999999/close/"):
        assert client.get(f"/administration/{path}").status_code == 404


def test_the_start_page_leads_an_administrator_to_the_accounts(client: Client) -> None:
    assert 'href="/administration/"' in client.get("/").content.decode()


@pytest.mark.urls("study.urls")
def test_where_the_pages_are_off_the_start_page_says_so(client: Client) -> None:
    shown = client.get("/").content.decode()
    assert "switched off at this address" in shown and "/administration/" not in shown


def test_an_administrator_is_made_at_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EQUIPOISE_PASSWORD", PASSWORD)
    call_command("create_person", "chief@example.org", administrator=True)
    chief = Person.objects.get(email="chief@example.org")
    assert chief.is_staff and not chief.can_start_studies
    assert AuditEvent.objects.get(action="participants.create_person").detail["is_staff"] is True
