"""Wrong passwords are few per account, wherever they come from; a shared address is not shut out."""

import subprocess
import sys
from datetime import timedelta
from functools import partial

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from study.participants import accounts
from study.participants.shared_cache import SharedCache, SharedValue
from study.protocol.errors import TooManyAttempts, WrongPassword
from study.protocol.models import Signature
from study.protocol.services import lock_plan
from tests.accounts.people import LOGIN, is_signed_in, sign_in
from tests.builders import NOW, PASSWORD, draft_study, person
from tests.participants.test_views import signed_in
from tests.responses.test_races import _together

SOMEONE = "someone@example.org"
ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}
# Another process of the site: it takes the environment's database, which is the test's own here.
TRY = """
import django; django.setup()
from django.conf import settings
from django.db import connection
settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = {database!r}
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
from django.test import Client
client = Client()
answer = client.post({path!r}, {{"login": {email!r}, "password": {password!r}}})
print(answer.status_code, "Wait five minutes" in answer.content.decode(), "_auth_user_id" in client.session)
"""


def in_another_process(password: str) -> str:
    """Try to sign in by a process of its own; return its status, whether it was throttled, and in."""
    database = str(connection.settings_dict["NAME"])
    code = TRY.format(database=database, path=LOGIN, email=SOMEONE, password=password)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.django_db
def test_two_hundred_people_of_one_address_who_each_mistype_once_are_all_let_in_within_a_minute() -> None:
    entered = 0
    for number in range(200):
        client = sign_in(f"person-{number}@example.org", "a slip of the hand")
        entered += is_signed_in(sign_in(f"person-{number}@example.org", client=client))
    assert entered == 200


@pytest.mark.django_db
def test_the_seventh_attempt_on_an_account_is_refused_with_the_right_password_and_from_elsewhere() -> None:
    for number in range(6):
        sign_in(SOMEONE, f"wrong {number}")
    assert not is_signed_in(sign_in(SOMEONE))
    assert not is_signed_in(sign_in(SOMEONE, **ELSEWHERE))


@pytest.mark.django_db
def test_a_throttled_account_shuts_nobody_else_of_its_address_out() -> None:
    for number in range(310):
        Client().post(LOGIN, {"login": SOMEONE, "password": f"wrong {number}"})
    assert is_signed_in(sign_in("another@example.org"))


@pytest.mark.django_db
def test_guessing_at_many_accounts_from_one_network_is_stopped_for_a_minute_and_from_there_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    monkeypatch.setattr(accounts, "NETWORK_FAILURES", 20)
    for number in range(20):
        Client().post(LOGIN, {"login": f"guess-{number}@example.org", "password": "wrong"})
    answer = Client().post(LOGIN, {"login": "guess@example.org", "password": "wrong"})
    assert "from this network" in answer.content.decode()
    assert is_signed_in(sign_in(SOMEONE, **ELSEWHERE))
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(minutes=1))
    assert is_signed_in(sign_in(SOMEONE))


@pytest.mark.django_db
def test_a_throttled_account_keeps_the_session_that_it_has() -> None:
    client = sign_in(SOMEONE)
    for number in range(7):
        sign_in(SOMEONE, f"wrong {number}")
    assert client.get("/").status_code == 200


@pytest.mark.django_db
def test_a_new_password_by_mail_lets_a_throttled_person_in_at_once() -> None:
    for number in range(7):
        sign_in(SOMEONE, f"wrong {number}")
    client, chosen = Client(), "another horse entirely"
    client.post("/account/password/reset/", {"email": SOMEONE})
    link = next(word for word in str(mail.outbox[0].body).split() if "/reset/key/" in word)
    form = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": chosen, "password2": chosen})
    assert is_signed_in(sign_in(SOMEONE, chosen))


@pytest.mark.django_db
def test_the_hosts_name_and_capital_letters_give_no_further_attempts() -> None:
    for host, email in zip(("testserver", "localhost") * 3, (SOMEONE, SOMEONE.upper()) * 3, strict=True):
        Client().post(LOGIN, {"login": email, "password": "wrong"}, headers={"Host": host})
    assert not is_signed_in(sign_in(SOMEONE))


def test_attempts_are_counted_over_all_processes(template_db: None) -> None:
    person(SOMEONE)
    for number in range(5):
        sign_in(SOMEONE, f"wrong {number}")
    assert in_another_process("wrong") == "200 False False"
    assert in_another_process(PASSWORD) == "200 True False"
    assert not is_signed_in(sign_in(SOMEONE))


def test_six_wrong_passwords_stop_a_person_from_signing_and_the_refused_act_does_not_undo_the_count(
    template_db: None,
) -> None:
    study = draft_study(vignettes=1)
    sign = partial(lock_plan, study_id=study.pk, person=person("lead@example.org"), now=NOW)
    for _ in range(6):
        with pytest.raises(WrongPassword):
            sign(password="wrong")
    with pytest.raises(TooManyAttempts, match=r"Nothing was signed\. Wait five minutes"):
        sign(password=PASSWORD)
    assert not Signature.objects.exists()


@pytest.mark.django_db
def test_a_right_signature_after_a_slip_is_taken_and_another_person_is_not_concerned() -> None:
    study = draft_study(vignettes=1)
    page = signed_in("lead@example.org")
    for _ in range(5):
        page.post("/studies/trial/plan/lock/", {"password": "wrong"})
    assert page.post("/studies/trial/plan/lock/", {"password": PASSWORD}).status_code == 302
    assert Signature.objects.filter(study=study).count() == 1


def test_a_lock_of_the_shared_cache_is_taken_by_one_of_many(template_db: None) -> None:
    results = _together(*[partial(cache.add, "lock", value=True, timeout=10)] * 4)
    assert sorted(results) == [False, False, False, True]


@pytest.mark.django_db
def test_a_shared_value_ends_by_itself_and_is_swept() -> None:
    shared = SharedCache("", {})
    shared.set("short", [1.5], timeout=-1)
    assert (shared.get("short"), shared.get("short", "nothing")) == (None, "nothing")
    assert shared.add("short", "again", timeout=60)
    shared.set("other", 1, timeout=-1)
    shared.add("third", 1)
    assert SharedValue.objects.count() == 2


@pytest.mark.django_db
def test_the_shared_cache_names_no_person_and_no_network() -> None:
    sign_in(SOMEONE, "wrong")
    stored = str(list(SharedValue.objects.values_list()))
    assert "example.org" not in stored
    assert "127.0.0.1" not in stored
