"""Every answer of a crawl: each address of the site map, each role, errors, downloads, static files."""

import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client, override_settings

from study.checks import production_is_guarded
from study.participants.models import Role
from study.participants.sessions import IDLE_S
from study.participants.tokens import create_token
from study.reports.services import run_analysis
from tests.accounts.headers import faults
from tests.accounts.people import set_up_app
from tests.builders import NOW, add_people, draft_study, participant, person
from tests.datasets.world import lead, lock, rated_study, unblind
from tests.noninterference.crawl import addresses
from tests.participants.test_views import signed_in

pytestmark = pytest.mark.django_db
LINK = re.compile(rb'(?:href|src)="(/[^"#]*)')
PRODUCTION = {
    "EQUIPOISE_ENV": "production",
    "SECRET_KEY": "x" * 64,
    "ALLOWED_HOSTS": "study.example.org,testserver",
    "DATABASE_URL": "postgres://user:password@127.0.0.1:5432/name",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
}
READ = """
import json, study.settings as s
names = [name for name in dir(s) if name.isupper()]
print(json.dumps({name: getattr(s, name) for name in names}, default=str))
"""
ROLES = {
    "lead@example.org": None,
    "pgy1-1@example.org": Role.RESIDENT,
    "rater-1@example.org": Role.RATER,
    "curator@example.org": Role.CURATOR,
    "custodian@example.org": Role.CUSTODIAN,
    "auditor@example.org": Role.AUDITOR,
    "stranger@example.org": None,
}


def read_settings(**environment: str) -> dict[str, Any]:
    """Return what the settings are under an environment, read by a process of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", READ],
        cwd=settings.BASE_DIR,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return read_settings(EQUIPOISE_VAR=str(tmp_path_factory.mktemp("var")), **PRODUCTION)


def guarded(production: dict[str, Any]) -> dict[str, Any]:
    """Return those settings of production that guard accounts and pages."""
    kinds = ("ALLOWED_HOSTS", "CACHES", "CONTENT_SECURITY", "CSRF_", "DEBUG", "MFA_WEBAUTHN", "PASSWORD_")
    kinds += ("PERMISSIONS_", "PRODUCTION", "SECURE_", "SESSION_")
    return {name: value for name, value in production.items() if name.startswith(kinds)}


def peopled() -> None:
    study = draft_study(vignettes=2)
    add_people(study)
    participant(study, Role.CUSTODIAN, "custodian@example.org")
    participant(study, Role.AUDITOR, "auditor@example.org")


def walk(client: Client, verbs: tuple[str, ...], **more: Any) -> Iterator[tuple[str, Any]]:
    """Ask for every address of the site map and for what the pages link to, with each verb."""
    asked = set(addresses("trial")) | {"/no/such/page/", "/api/v1/none"}
    waiting = sorted(asked)
    for address in waiting:
        for verb in verbs:
            response = client.generic(verb, address, **more)
            yield f"{verb} {address}", response
            links = LINK.findall(response.content) if not response.streaming else []
            new = {html.unescape(each.decode()) for each in links if b"/static/" not in each} - asked
            asked |= new
            waiting += sorted(new) if verb == "GET" else []


def complaints(client: Client, verbs: tuple[str, ...], **more: Any) -> list[str]:
    production = bool(more)
    return [
        f"{what}: {fault}"
        for what, response in walk(client, verbs, **more)
        for fault in faults(response, is_production=production)
    ]


@pytest.mark.parametrize("email", ROLES)
def test_every_answer_to_a_role_carries_the_headers_and_holds_nothing_inline_or_foreign(email: str) -> None:
    peopled()
    client = signed_in(email)
    client.raise_request_exception = False
    verbs = ("GET", "POST", "DELETE") if email.startswith("lead") else ("GET",)
    assert complaints(client, verbs) == []


def test_every_answer_to_nobody_carries_them_too() -> None:
    peopled()
    assert complaints(Client(raise_request_exception=False), ("GET", "POST", "OPTIONS")) == []


def test_a_finished_study_with_its_report_figures_and_files_carries_them_too() -> None:
    study = rated_study()
    lock(study)
    unblind(study)
    run_analysis(study_id=study.pk, person=lead(), now=NOW)
    client = Client()
    client.force_login(lead())
    token = create_token(person=lead(), label="crawl", now=NOW).text
    found = dict(walk(client, ("GET",), headers={"Authorization": f"Bearer {token}"}))
    assert [f"{what}: {fault}" for what, response in found.items() for fault in faults(response)] == []
    pages = [response for response in found.values() if response.status_code == 200]
    kinds = {response.headers["Content-Type"].split(";")[0] for response in pages}
    assert {"text/html", "image/svg+xml", "application/json", "application/zip"} <= kinds


def test_the_pages_of_the_second_factor_carry_them_too() -> None:
    client = signed_in("someone@example.org")
    set_up_app(client)
    pages = ("", "app/remove/", "codes/", "codes/new/", "codes/file/", "passkeys/", "passkeys/add/")
    found = [client.get(f"/account/second-factor/{page}") for page in pages]
    assert [each.status_code for each in found] == [200] * len(pages)
    assert [fault for each in found for fault in faults(each)] == []


def test_in_production_every_answer_has_hsts_and_every_cookie_the_host_prefix(
    production: dict[str, Any],
) -> None:
    peopled()
    with override_settings(**guarded(production)):
        client = Client(raise_request_exception=False)
        assert complaints(client, ("GET", "POST"), secure=True) == []
        client.force_login(person("rater-1@example.org"))
        assert complaints(client, ("GET",), secure=True) == []
        assert set(client.cookies) <= {"__Host-session", "__Host-csrf"}
        plain = Client().get("/account/login/")
        assert plain.headers["Location"] == "https://testserver/account/login/"
        assert [fault for fault in faults(plain) if "Cache-Control" not in fault] == []


@pytest.mark.parametrize("path", ["study/app.css", "study/answer.js", "study/icon.svg", "mfa/js/webauthn.js"])
def test_a_static_file_carries_the_headers_and_names_no_other_origin(path: str) -> None:
    response = Client().get(f"/static/{path}")
    assert response.status_code == 200
    assert list(faults(response, is_static=True)) == []


def test_no_style_sheet_or_script_of_the_site_names_another_origin() -> None:
    files = sorted(Path(str(finders.find("study"))).iterdir())
    named = re.compile(r"https?://(?!www\.w3\.org/)|url\(\s*[\"']?//|@import|\beval\(|innerHTML")
    assert [each.name for each in files if named.search(each.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Host": "elsewhere.example.org"}, 400), ({"Cookie": 'sessionid="\\000"'}, 400), ({}, 403)],
)
def test_early_errors_carry_the_headers(headers: dict[str, str], status: int) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/account/login/", {}, headers=headers)
    assert response.status_code == status
    assert list(faults(response)) == []


def test_a_broken_page_carries_the_headers_and_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("a secret of the server")

    monkeypatch.setattr("study.participants.views.participations_of", fails)
    client = signed_in("someone@example.org")
    client.raise_request_exception = False
    response = client.get("/")
    assert response.status_code == 500
    assert list(faults(response)) == []
    assert b"secret" not in response.content


def test_the_script_knows_the_servers_limit_of_idleness() -> None:
    page = signed_in("someone@example.org").get("/").content.decode()
    assert f'data-idle-s="{IDLE_S}"' in page


def test_production_as_it_is_set_is_guarded(production: dict[str, Any]) -> None:
    with override_settings(**guarded(production)):
        assert production_is_guarded() == []
        assert settings.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]
        assert settings.SESSION_COOKIE_AGE == 12 * 3600


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ({"ALLOWED_HOSTS": ["*"]}, "ALLOWED_HOSTS"),
        ({"CSRF_TRUSTED_ORIGINS": ["http://study.example.org"]}, "https"),
        ({"SECURE_SSL_REDIRECT": False}, "plain HTTP"),
        ({"SECURE_HSTS_SECONDS": 3600}, "HSTS"),
        ({"SESSION_COOKIE_SECURE": False}, "secure"),
        ({"SESSION_COOKIE_HTTPONLY": False}, "scripts"),
        ({"SESSION_COOKIE_NAME": "sessionid"}, "__Host-"),
        ({"CSRF_COOKIE_DOMAIN": ".example.org"}, "__Host-"),
        ({"PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"]}, "Argon2"),
        ({"CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}}, "processes"),
        ({"MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": True}, "origin"),
        ({"DEBUG": True}, "DEBUG"),
    ],
)
def test_production_refuses_to_start_without_a_guard(
    production: dict[str, Any], broken: dict[str, Any], sentence: str
) -> None:
    with override_settings(**guarded(production) | broken):
        (refusal,) = production_is_guarded()
    assert (refusal.id, sentence in refusal.msg) == ("study.E004", True)
