"""The curator's and the investigator's pages of sealing."""

import pytest
from django.test import Client
from django.urls import reverse

from study.blinding.models import BlindedItem, FlagDecision, ScanFlag, SealCandidate
from study.blinding.services import prepare_sealing
from study.participants.models import Participant, Role
from study.protocol.models import Study
from study.protocol.transactions import move_phase
from study.protocol.vocabulary import Phase
from study.responses.services.closing import close_answering
from tests.blinding.world import closed_study, lead, plain_texts
from tests.builders import NOW, draft_study, members, participant, person

pytestmark = pytest.mark.django_db
LEAK = "As an AI, I hold 5 <mg>."


def sign_in(client: Client, study: Study, role: Role) -> Participant:
    member = members(study, role)[0]
    client.force_login(member.person)
    return member


def prepared(text: str = LEAK) -> Study:
    study = closed_study(plain_texts() | {("model-1", 1): text})
    prepare_sealing(study_id=study.pk, person=lead(), now=NOW)
    return study


def test_the_curator_sees_the_span_in_its_text_and_no_author(client: Client) -> None:
    study = prepared()
    sign_in(client, study, Role.CURATOR)
    page = client.get(reverse("curate", args=[study.slug])).content.decode()
    assert "<mark>As an AI<span" in page
    assert "I hold 5 &lt;mg&gt;." in page
    assert not any(word in page for word in ("model-1", "Model 1", "PGY1", "pgy1-1"))


def test_a_decision_is_stored_and_its_effect_shown(client: Client) -> None:
    study = prepared()
    sign_in(client, study, Role.CURATOR)
    address = reverse("curate-decide", args=[study.slug, ScanFlag.objects.get().pk])
    page = client.post(address, {"choice": "cut", "reason": "author"}, follow=True).content.decode()
    assert FlagDecision.objects.get().choice == "cut"
    assert "<del>As an AI</del>" in page
    assert "I hold 5 &lt;mg&gt;.</p>" in page


def test_an_incomplete_decision_is_asked_again_with_what_was_typed(client: Client) -> None:
    study = prepared()
    sign_in(client, study, Role.CURATOR)
    address = reverse("curate-decide", args=[study.slug, ScanFlag.objects.get().pk])
    response = client.post(address, {"reason": "my reason"})
    assert response.status_code == 422
    assert 'value="my reason"' in response.content.decode()
    assert not FlagDecision.objects.exists()


def test_an_unknown_flag_is_not_found(client: Client) -> None:
    study = prepared()
    sign_in(client, study, Role.CURATOR)
    address = reverse("curate-decide", args=[study.slug, 999_999])
    assert client.post(address, {"choice": "cut", "reason": "author"}).status_code == 404


@pytest.mark.parametrize("role", [Role.INVESTIGATOR, Role.RATER, Role.RESIDENT])
def test_nobody_but_the_curator_curates(client: Client, role: Role) -> None:
    study = prepared()
    sign_in(client, study, role)
    address = reverse("curate-decide", args=[study.slug, ScanFlag.objects.get().pk])
    assert client.get(reverse("curate", args=[study.slug])).status_code == 404
    assert client.post(address, {"choice": "cut", "reason": "author"}).status_code == 404
    assert not FlagDecision.objects.exists()


@pytest.mark.parametrize(
    ("text", "sentence"), [("Hold it.", "flagged nothing"), (None, "No texts are prepared yet")]
)
def test_an_empty_list_says_what_comes_next(client: Client, text: str | None, sentence: str) -> None:
    study = prepared(text) if text else closed_study()
    sign_in(client, study, Role.CURATOR)
    assert sentence in client.get(reverse("curate", args=[study.slug])).content.decode()


def test_an_investigator_prepares_and_seals(client: Client) -> None:
    study = closed_study()
    sign_in(client, study, Role.INVESTIGATOR)
    page = client.post(reverse("seal-prepare", args=[study.slug]), follow=True).content.decode()
    assert "12 texts are prepared; 0 spans are flagged." in page
    assert "Nothing blocks it." in page
    page = client.post(
        reverse("seal-confirm", args=[study.slug]), {"confirm": "on"}, follow=True
    ).content.decode()
    assert "12 responses are sealed." in page
    assert BlindedItem.objects.count() == 12


def test_sealing_needs_the_confirmation(client: Client) -> None:
    study = prepared("Hold it.")
    sign_in(client, study, Role.INVESTIGATOR)
    response = client.post(reverse("seal-confirm", args=[study.slug]))
    assert response.status_code == 422
    assert not BlindedItem.objects.exists()


def test_the_seal_page_says_what_blocks_it_and_no_arm(client: Client) -> None:
    study = prepared()
    sign_in(client, study, Role.INVESTIGATOR)
    page = client.get(reverse("seal", args=[study.slug])).content.decode()
    assert "A curator still has to decide about 1 of 1 flagged spans." in page
    assert not any(word in page for word in ("Model 1", "PGY1", "machine"))
    refused = client.post(reverse("seal-confirm", args=[study.slug]), {"confirm": "on"})
    assert refused.status_code == 409
    assert "A curator still has to decide" in refused.content.decode()


def test_the_seal_page_goes_step_by_step(client: Client) -> None:
    study = draft_study()
    client.force_login(person("lead@example.org"))
    address = reverse("seal", args=[study.slug])
    assert "Sealing comes after answering" in client.get(address).content.decode()
    move_phase(study, Phase.ANSWERING)
    assert "Answering is still open" in client.get(address).content.decode()
    close_answering(study_id=study.pk, person=lead(), reason="over", now=NOW)
    assert "The texts are not prepared" in client.get(address).content.decode()


def test_exclusions_of_late_raters_are_derived_from_the_seal_page(client: Client) -> None:
    study = prepared("Hold it.")
    sign_in(client, study, Role.INVESTIGATOR)
    client.post(reverse("seal-confirm", args=[study.slug]), {"confirm": "on"})
    participant(study, Role.RATER, "late@example.org")
    assert "1 rater joined after sealing" in client.get(reverse("seal", args=[study.slug])).content.decode()
    page = client.post(reverse("seal-exclusions", args=[study.slug]), follow=True).content.decode()
    assert "Exclusions are derived for 1 rater." in page


def test_preparing_while_answering_is_open_is_refused(client: Client) -> None:
    study = draft_study()
    client.force_login(person("lead@example.org"))
    response = client.post(reverse("seal-prepare", args=[study.slug]))
    assert response.status_code == 409
    assert not SealCandidate.objects.exists()


@pytest.mark.parametrize("name", ["seal-prepare", "seal-confirm", "seal-exclusions"])
def test_a_curator_does_not_seal(client: Client, name: str) -> None:
    study = prepared("Hold it.")
    sign_in(client, study, Role.CURATOR)
    assert client.post(reverse(name, args=[study.slug]), {"confirm": "on"}).status_code == 404
    assert not BlindedItem.objects.exists()
