"""An invitation's token: 256 random bits, stored as a hash, used by a POST, once, and revocable."""

import base64
import re

import pytest
from django.test import Client

from study.participants.models import Invitation, Participant, Person
from study.participants.services import hash_token, revoke_invitation
from tests.builders import NOW, PASSWORD, draft_study, person
from tests.participants.test_views import invited

pytestmark = pytest.mark.django_db


def test_a_token_holds_256_bits_and_no_two_are_alike() -> None:
    tokens = {invited(draft_study(slug=f"trial-{number}", vignettes=1)) for number in range(5)}
    assert len(tokens) == 5
    assert {len(base64.urlsafe_b64decode(f"{token}=")) * 8 for token in tokens} == {256}


def test_no_column_of_an_invitation_holds_its_token() -> None:
    token = invited(draft_study(vignettes=1))
    row = Invitation.objects.values().get()
    assert not [name for name, value in row.items() if token in str(value)]
    assert row["token_sha256"] == hash_token(token)


@pytest.mark.parametrize("verb", ["get", "head", "options"])
def test_looking_at_an_invitation_does_not_use_it(verb: str) -> None:
    token = invited(draft_study(vignettes=1))
    getattr(Client(), verb)(f"/invitation/{token}/")
    assert not Person.objects.filter(email="new@example.org").exists()
    assert Client().post(f"/invitation/{token}/", {"password": PASSWORD}).status_code == 302


def test_a_post_uses_an_invitation_once() -> None:
    path = f"/invitation/{invited(draft_study(vignettes=1))}/"
    assert Client().post(path, {"password": PASSWORD}).status_code == 302
    assert Client().post(path, {"password": PASSWORD}).status_code == 410
    assert Participant.objects.filter(person__email="new@example.org").count() == 1


def test_a_revoked_invitation_is_refused_and_says_so() -> None:
    study = draft_study(vignettes=1)
    path = f"/invitation/{invited(study)}/"
    lead = person("lead@example.org")
    revoke_invitation(study_id=study.pk, person=lead, invitation_id=Invitation.objects.get().pk, now=NOW)
    assert "was withdrawn" in Client().post(path, {"password": PASSWORD}).content.decode()
    assert not Person.objects.filter(email="new@example.org").exists()


def test_an_accepted_invitation_signs_nobody_in() -> None:
    client = Client()
    client.post(f"/invitation/{invited(draft_study(vignettes=1))}/", {"password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_a_form_without_its_key_uses_no_invitation() -> None:
    client = Client(enforce_csrf_checks=True)
    path = f"/invitation/{invited(draft_study(vignettes=1))}/"
    assert client.post(path, {"password": PASSWORD}).status_code == 403
    page = client.get(path).content.decode()
    key = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert key is not None
    assert client.post(path, {"password": PASSWORD, "csrfmiddlewaretoken": key[1]}).status_code == 302
