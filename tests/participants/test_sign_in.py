"""What a password may be, and what signing in and out does to a session: most of it is the framework's."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from study.participants.services import accept_invitation
from study.protocol.errors import InvalidInput
from tests.accounts.people import LOGIN, is_signed_in, sign_in
from tests.builders import PASSWORD, draft_study, person
from tests.participants.test_views import invited

pytestmark = pytest.mark.django_db
SOMEONE = "someone@example.org"
CHANGE = "/account/password/change/"
COMMON = min(each for each in CommonPasswordValidator().passwords if len(each) >= 12)


@pytest.mark.parametrize(
    "password", ["only small letters", "90210 60614 94103 10001", "ÄÖÜ äöü ß €uro ☂", "long " * 25 + "end"]
)
def test_a_password_of_any_composition_and_length_is_taken_as_it_was_typed(password: str) -> None:
    token = invited(draft_study(vignettes=1))
    accept_invitation(token=token, password=password, name="", now=timezone.now())
    shorter, other_case = password[:-1], password.swapcase()
    tries = [is_signed_in(sign_in("new@example.org", each)) for each in (password, shorter)]
    assert tries == [True, False]
    assert other_case == password or not is_signed_in(sign_in("new@example.org", other_case))


def test_a_common_password_is_refused_although_it_is_long_enough() -> None:
    token = invited(draft_study(vignettes=1))
    with pytest.raises(InvalidInput) as refused:
        accept_invitation(token=token, password=COMMON, name="", now=timezone.now())
    assert "too common" in str(refused.value.details)


def test_a_password_does_not_age(monkeypatch: pytest.MonkeyPatch) -> None:
    person(SOMEONE)
    later = timezone.now() + timedelta(days=3653)
    monkeypatch.setattr(timezone, "now", lambda: later)
    client = sign_in(SOMEONE)
    assert client.get("/").status_code == 200


def test_a_password_is_changed_only_by_whoever_knows_it() -> None:
    client, chosen = sign_in(SOMEONE), "another horse entirely"
    client.post(CHANGE, {"oldpassword": "guess", "password1": chosen, "password2": chosen})
    assert not is_signed_in(sign_in(SOMEONE, chosen))
    client.post(CHANGE, {"oldpassword": PASSWORD, "password1": chosen, "password2": chosen})
    assert is_signed_in(sign_in(SOMEONE, chosen))


def inputs(html: str) -> Iterator[str]:
    return (each for each in re.findall(r"<input[^>]*>", html) if 'type="password"' in each)


@pytest.mark.parametrize("path", [LOGIN, CHANGE])
def test_a_password_is_masked_and_open_to_password_managers(path: str) -> None:
    client = Client() if path == LOGIN else sign_in(SOMEONE)
    fields = list(inputs(client.get(path).content.decode()))
    assert fields
    assert all(re.search(r'autocomplete="(?:current|new)-password"', each) for each in fields)


def test_signing_in_begins_another_session_with_a_long_random_name() -> None:
    client = Client()
    client.session.save()
    before = client.session.session_key
    sign_in(SOMEONE, client=client)
    assert re.fullmatch(r"[a-z0-9]{32}", str(client.session.session_key))
    assert client.session.session_key != before
    assert not Session.objects.filter(pk=before).exists()


def test_after_signing_out_the_old_cookie_opens_nothing() -> None:
    client, copy = sign_in(SOMEONE), Client()
    copy.cookies["sessionid"] = client.cookies["sessionid"].value
    assert copy.get("/").status_code == 200
    client.post("/account/logout/")
    assert copy.get("/").headers["Location"].startswith(LOGIN)


@pytest.mark.parametrize("path", [LOGIN, CHANGE, "/account/logout/", "/studies/new/"])
def test_a_form_that_is_not_the_sites_own_is_refused(path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person(SOMEONE))
    assert client.post(path, {"login": SOMEONE, "password": PASSWORD}).status_code == 403


@pytest.mark.parametrize(
    "page", ["https://elsewhere.example.org/", "//elsewhere.example.org/", "/\\elsewhere.example.org"]
)
def test_a_sign_in_leads_to_no_page_of_another_site(page: str) -> None:
    person(SOMEONE)
    form = {"login": SOMEONE, "password": PASSWORD, "next": page}
    answer = Client().post(f"{LOGIN}?next={page}", form)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_every_page_of_a_signed_in_person_offers_to_sign_out() -> None:
    client = sign_in(SOMEONE)
    pages = [client.get(path).content.decode() for path in ("/", CHANGE)]
    assert all('action="/account/logout/"' in page for page in pages)


def test_nothing_is_listed_or_echoed() -> None:
    assert Client().get("/static/").status_code == 404
    echoed = Client().trace("/account/login/", headers={"X-Secret": "echo me"})
    assert b"echo me" not in echoed.content
