import pytest
from django.core.management import CommandError, call_command

from study.participants.models import Person
from tests.builders import PASSWORD

pytestmark = pytest.mark.django_db


def test_the_first_person_can_sign_in_and_start_studies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EQUIPOISE_PASSWORD", PASSWORD)
    call_command("create_person", "First@Example.org", name="First")
    person = Person.objects.get(email="first@example.org")
    assert person.can_start_studies and not person.is_staff and person.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("email", "password", "word"),
    [("no address", PASSWORD, "valid email"), ("a@example.org", "short", "too short")],
)
def test_bad_input_creates_nobody(
    monkeypatch: pytest.MonkeyPatch, email: str, password: str, word: str
) -> None:
    monkeypatch.setenv("EQUIPOISE_PASSWORD", password)
    with pytest.raises(CommandError, match=word):
        call_command("create_person", email)
    assert not Person.objects.exists()


def test_an_address_with_an_account_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EQUIPOISE_PASSWORD", PASSWORD)
    call_command("create_person", "a@example.org")
    with pytest.raises(CommandError, match="has an account already"):
        call_command("create_person", "A@example.org")
