"""How long a sign-in lasts, and what ends it at once."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from study.participants.models import Person
from study.participants.sessions import end_sessions
from tests.accounts.people import LOGIN, set_up_app, sign_in
from tests.builders import PASSWORD, person

pytestmark = pytest.mark.django_db
SOMEONE = "someone@example.org"


class Clock:
    """The site's clock, moved by hand."""

    def __init__(self) -> None:
        self.time = datetime.fromisoformat("2026-04-01T08:00:00+00:00")

    def now(self) -> datetime:
        return self.time

    def pass_minutes(self, minutes: float) -> None:
        self.time += timedelta(minutes=minutes)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    moved = Clock()
    monkeypatch.setattr(timezone, "now", moved.now)
    return moved


def leads_to_sign_in(client: Client) -> bool:
    return client.get("/").headers.get("Location", "").startswith(LOGIN)


def test_a_session_ends_after_thirty_minutes_without_a_request(clock: Clock) -> None:
    client = sign_in(SOMEONE)
    client.get("/")
    clock.pass_minutes(29)
    assert not leads_to_sign_in(client)
    clock.pass_minutes(30)
    assert leads_to_sign_in(client)


def test_a_session_ends_after_twelve_hours_however_busy(clock: Clock) -> None:
    client = sign_in(SOMEONE)
    client.get("/")
    for _ in range(28):
        clock.pass_minutes(25)
        assert not leads_to_sign_in(client)
    clock.pass_minutes(20)
    assert leads_to_sign_in(client)


def test_an_ended_session_is_deleted_on_the_server(clock: Clock) -> None:
    client = sign_in(SOMEONE)
    client.get("/")
    name = client.session.session_key
    clock.pass_minutes(31)
    client.get("/")
    assert not Session.objects.filter(pk=name).exists()


def test_whoever_was_signed_out_is_told_why_and_that_the_text_is_kept(clock: Clock) -> None:
    client = sign_in(SOMEONE)
    client.get("/")
    clock.pass_minutes(31)
    assert "is kept" in client.get("/", follow=True).content.decode()


def test_a_script_is_told_that_the_session_has_ended(clock: Clock) -> None:
    client = sign_in(SOMEONE)
    client.get("/")
    clock.pass_minutes(31)
    answer = client.post("/studies/trial/answer/1/draft/", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")


def test_a_session_is_written_at_most_once_a_minute(clock: Clock) -> None:
    client = sign_in(SOMEONE)
    client.get("/")
    clock.pass_minutes(0.9)
    assert "sessionid" not in client.get("/").cookies
    clock.pass_minutes(0.2)
    assert "sessionid" in client.get("/").cookies


def test_the_cookie_ends_with_the_browser() -> None:
    client = Client()
    person(SOMEONE)
    answer = client.post(LOGIN, {"login": SOMEONE, "password": PASSWORD})
    assert (answer.cookies["sessionid"]["max-age"], answer.cookies["sessionid"]["expires"]) == ("", "")


def test_a_changed_password_ends_every_other_session_and_not_the_own() -> None:
    here, there = sign_in(SOMEONE), sign_in(SOMEONE)
    chosen = "another horse entirely"
    here.post(
        "/account/password/change/",
        dict.fromkeys(("password1", "password2"), chosen) | {"oldpassword": PASSWORD},
    )
    assert (leads_to_sign_in(here), leads_to_sign_in(there)) == (False, True)


def test_a_password_set_by_anybody_else_ends_every_session() -> None:
    client = sign_in(SOMEONE)
    someone = Person.objects.get(email=SOMEONE)
    someone.set_password("another horse entirely")
    someone.save()
    assert leads_to_sign_in(client)


def test_a_deactivated_persons_session_ends_with_the_next_request() -> None:
    client = sign_in(SOMEONE)
    Person.objects.filter(email=SOMEONE).update(is_active=False)
    assert leads_to_sign_in(client)


def test_ending_a_persons_sessions_leaves_those_of_others() -> None:
    first, second, other = sign_in(SOMEONE), sign_in(SOMEONE), sign_in("another@example.org")
    assert end_sessions(Person.objects.get(email=SOMEONE)) == 2
    assert [leads_to_sign_in(each) for each in (first, second, other)] == [True, True, False]


def test_signing_out_clears_what_the_browser_kept() -> None:
    answer = sign_in(SOMEONE).post("/account/logout/")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "Clear-Site-Data" not in Client().get(LOGIN).headers


def test_the_command_resets_a_factor_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    client = sign_in(SOMEONE)
    set_up_app(client)
    call_command("reset_second_factor", SOMEONE, reason="Telephone lost.")
    assert "all sessions ended" in capsys.readouterr().out
    assert leads_to_sign_in(client)


@pytest.mark.parametrize(
    ("email", "message"), [("nobody@example.org", "No account"), (SOMEONE, "no second factor")]
)
def test_the_command_says_what_it_cannot_do(email: str, message: str) -> None:
    person(SOMEONE)
    with pytest.raises(CommandError, match=message):
        call_command("reset_second_factor", email, reason="Lost.")
