"""What follows a factor's setting up, with commits as on a real site."""

import re

from django.test import Client

from study.protocol.models import AuditEvent
from tests.accounts.people import FACTOR, set_up_app, sign_in
from tests.builders import draft_study

LEAD = "lead@example.org"
BOARD = "/studies/trial/people/"


def test_setting_an_app_up_leads_back_to_the_page_that_was_opened(template_db: None) -> None:
    draft_study(vignettes=1, simulated=False)
    client = sign_in(LEAD)
    client.get(BOARD)
    set_up_app(client)
    assert "recovery codes" in client.get(f"{FACTOR}codes/").content.decode()
    assert client.get(FACTOR).headers["Location"] == BOARD
    assert client.get(BOARD).status_code == 200


def test_adding_and_removing_a_factor_are_in_the_audit_trail(template_db: None) -> None:
    client = sign_in("someone@example.org")
    set_up_app(client)
    client.post(f"{FACTOR}codes/new/")
    client.post(f"{FACTOR}app/remove/")
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {f"participants.{each}" for each in ("add_second_factor", "remove_second_factor")} <= actions
    assert "participants.renew_recovery_codes" in actions


def test_an_api_token_is_a_credential_of_its_own_but_made_behind_the_factor(template_db: None) -> None:
    draft_study(vignettes=1, simulated=False)
    client = sign_in(LEAD)
    assert client.post("/account/tokens/", {"label": "script"}).headers["Location"] == FACTOR
    set_up_app(client)
    page = client.post("/account/tokens/", {"label": "script"}).content.decode()
    token = re.search(r"<code[^>]*>([\w-]{43})</code>", page)
    assert token is not None
    answer = Client().get("/api/v1/studies/trial/progress", headers={"Authorization": f"Bearer {token[1]}"})
    assert answer.status_code == 200
