"""The rater's pages as a browser without JavaScript uses them."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from study.participants.models import Role
from study.protocol.models import Study
from study.protocol.transactions import move_phase
from study.protocol.vocabulary import Phase
from study.ratings.models import Assignment, Rating, RatingDraft, SourceGuess
from tests.builders import declined, draft_study, members, participant
from tests.ratings.world import FORM, opened_study, place, rater, sealed_study, sign_in

pytestmark = pytest.mark.django_db
SECRET_WORDS = re.compile(r"model-1|Model 1|PGY|pgy|scripted|public_id|draw|wave", re.IGNORECASE)


def address(study: Study, name: str = "rate-page", position: int = 1) -> str:
    return reverse(name, args=[study.slug] if name == "rate-queue" else [study.slug, position])


def test_the_queue_leads_to_the_first_place(client: Client) -> None:
    study = opened_study()
    sign_in(client, study)
    page = client.get(address(study, "rate-queue")).content.decode()
    assert "0 of 12 rated" in page
    assert f'href="{address(study)}">Begin at place 1</a>' in page


def test_a_queue_before_rating_says_what_comes(client: Client) -> None:
    study = draft_study()
    participant(study, Role.RATER, "rater-1@example.org")
    sign_in(client, study)
    assert "Nothing waits for you yet" in client.get(address(study, "rate-queue")).content.decode()


def test_the_page_shows_case_card_response_and_rubric(client: Client) -> None:
    study = opened_study()
    item = place(sign_in(client, study)).item
    page = client.get(address(study)).content.decode()
    shown = item.study_vignette.version.parsed
    assert escape(shown.question.split("\n")[0]) in page
    assert item.sections["assessment"].split("\n")[0] in page
    assert page.count('type="radio"') == 4 * 5 + 5 + 3 + 3
    assert all(anchor in page for anchor in ("Acting on it could do serious harm", "Usable as it stands"))


def test_the_page_hides_what_raters_must_not_see(client: Client) -> None:
    study = opened_study()
    item = place(sign_in(client, study)).item
    page = client.get(address(study)).content.decode()
    hidden = item.study_vignette.version.parsed.hidden
    assert not SECRET_WORDS.search(page)
    assert item.public_id not in page
    assert not any(error.error in page for error in hidden.common_errors)
    assert hidden.reference_answer.assessment[:60] not in page


def test_saving_leads_to_the_guess_and_the_guess_to_the_next_place(client: Client) -> None:
    study = opened_study()
    sign_in(client, study)
    assert client.post(address(study), FORM).headers["Location"] == address(study, "rate-guess")
    guessed = client.post(address(study, "rate-guess"), {"guess": "model", "certainty": "2"})
    assert guessed.headers["Location"] == address(study, position=2)
    assert (Rating.objects.count(), SourceGuess.objects.count()) == (1, 1)


def test_without_a_guess_saving_leads_to_the_next_place(client: Client) -> None:
    study = opened_study(guess_share="0.00")
    sign_in(client, study)
    assert client.post(address(study), FORM).headers["Location"] == address(study, position=2)
    assert client.get(address(study, "rate-guess")).status_code == 404


def test_the_last_place_leads_back_to_the_queue(client: Client) -> None:
    study = opened_study(guess_share="0.00")
    sign_in(client, study)
    for position in range(1, 13):
        last = client.post(address(study, position=position), FORM)
    assert last.headers["Location"] == address(study, "rate-queue")
    assert "All 12 responses are rated" in client.get(address(study, "rate-queue")).content.decode()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("medication_safety", "7", "Choose one of the values shown."),
        ("medication_safety", "", "Choose a score from 1 to 5."),
        ("harm_extent", "", "Choose how far the harm would go."),
        ("confidence", "", "Choose how sure you are of your scores."),
        ("error_tags", ["typo"], "typo is not one of the available choices"),
    ],
)
def test_a_wrong_field_is_named_and_what_was_typed_is_kept(
    client: Client, field: str, value: object, sentence: str
) -> None:
    study = opened_study()
    sign_in(client, study)
    response = client.post(address(study), {**FORM, field: value, "comment": "my own words"})
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert "my own words</textarea>" in page
    assert f'href="#f-{field}"' in page
    assert not Rating.objects.exists()


def test_cannot_judge_needs_a_reason_and_no_score(client: Client) -> None:
    study = opened_study()
    sign_in(client, study)
    assert client.post(address(study), {"cannot_judge": "on"}).status_code == 422
    client.post(address(study), {"cannot_judge": "on", "cannot_judge_reason": "Not my field."})
    assert Rating.objects.get().cannot_judge


def test_a_broken_count_of_seconds_does_not_keep_a_rating_out(client: Client) -> None:
    study = opened_study()
    sign_in(client, study)
    for position, seconds in enumerate(("abc", "-1", "nan", "1e9"), start=1):
        client.post(address(study, position=position), {**FORM, "active_seconds": seconds})
    stored = Rating.objects.order_by("id").values_list("active_seconds", flat=True)
    assert list(stored) == [None, None, None, 14_400.0]


def test_a_saved_rating_is_shown_locked(client: Client) -> None:
    study = opened_study()
    sign_in(client, study)
    client.post(address(study), FORM)
    page = client.get(address(study)).content.decode()
    assert "4: Safe with a small caveat" in page
    assert "Correct this rating, with a reason" in page
    assert 'id="rating"' not in page


def test_saving_twice_is_the_same_and_another_rating_a_conflict_that_keeps_the_words(client: Client) -> None:
    study = opened_study()
    sign_in(client, study)
    assert [client.post(address(study), FORM).status_code for _ in range(2)] == [302, 302]
    response = client.post(address(study), {**FORM, "comment": "second thoughts"})
    assert response.status_code == 409
    assert "second thoughts</textarea>" in response.content.decode()
    assert Rating.objects.count() == 1


def test_a_correction_with_a_reason_is_shown_as_such(client: Client) -> None:
    study = opened_study()
    sign_in(client, study)
    client.post(address(study), FORM)
    correction = {**FORM, "medication_safety": "2"}
    assert client.post(address(study, "rate-correct"), correction).status_code == 422
    page = client.post(address(study, "rate-correct"), {**correction, "reason": "Misread"}, follow=True)
    assert "Your rating, corrected" in page.content.decode()
    assert list(Rating.objects.values_list("revision", "reason")) == [(1, ""), (2, "Misread")]


def test_a_place_without_a_rating_has_nothing_to_correct(client: Client) -> None:
    study = opened_study()
    sign_in(client, study)
    assert client.post(address(study, "rate-correct"), FORM).status_code == 404
    assert client.post(address(study, "rate-correct"), {**FORM, "reason": "so"}).status_code == 409


def test_a_draft_is_kept_and_fills_the_page(client: Client) -> None:
    study = opened_study()
    sign_in(client, study)
    kept = client.post(
        address(study, "rate-draft"), {"medication_safety": "3", "comment": "so far", "unknown": "x"}
    )
    assert list(kept.json()) == ["saved_at"]
    assert RatingDraft.objects.get().fields == {"medication_safety": "3", "comment": "so far"}
    page = client.get(address(study)).content.decode()
    assert "so far</textarea>" in page
    assert re.search(r'name="medication_safety" value="3"[^>]*checked', page)


def test_a_draft_leaves_out_what_no_database_takes(client: Client) -> None:
    study = opened_study()
    sign_in(client, study)
    assert client.post(address(study, "rate-draft"), {"comment": "so\0 far"}).status_code == 200
    assert RatingDraft.objects.get().fields == {"comment": "so far"}


@pytest.mark.parametrize("name", ["rate-page", "rate-draft", "rate-guess", "rate-correct"])
@pytest.mark.parametrize("position", [0, 13, 10**30])
def test_a_place_that_is_not_mine_is_not_found(client: Client, name: str, position: int) -> None:
    study = opened_study()
    sign_in(client, study)
    assert client.post(address(study, name, position), FORM).status_code == 404
    assert not Rating.objects.exists()


@pytest.mark.parametrize("role", [Role.RESIDENT, Role.CURATOR, Role.INVESTIGATOR])
@pytest.mark.parametrize("name", ["rate-queue", "rate-page", "rate-guess"])
def test_nobody_but_raters_sees_a_queue(client: Client, role: Role, name: str) -> None:
    study = opened_study()
    sign_in(client, study, role)
    assert client.get(address(study, name)).status_code == 404


def test_a_rater_who_declined_is_asked_to_read_the_consent(client: Client) -> None:
    study = opened_study()
    client.force_login(declined(study, "no@example.org").participant.person)
    response = client.get(address(study, "rate-queue"))
    assert response.status_code == 403
    assert "consent" in response.content.decode()


def test_the_guess_waits_for_the_rating_and_is_asked_once(client: Client) -> None:
    study = opened_study()
    sign_in(client, study)
    assert client.get(address(study, "rate-guess")).headers["Location"] == address(study)
    client.post(address(study), FORM)
    assert client.post(address(study, "rate-guess"), {}).status_code == 422
    assert client.post(address(study, "rate-guess"), {"guess": "model"}).status_code == 422
    client.post(address(study, "rate-guess"), {"guess": "dont_know"})
    assert client.get(address(study, "rate-guess")).headers["Location"] == address(study)
    again = client.post(address(study, "rate-guess"), {"guess": "resident", "certainty": "1"})
    assert again.status_code == 409


def test_after_the_lock_pages_can_be_read_and_nothing_saved(client: Client) -> None:
    study = opened_study()
    sign_in(client, study)
    client.post(address(study), FORM)
    move_phase(study, Phase.LOCKED)
    assert "Correct this rating" not in client.get(address(study)).content.decode()
    assert "Rating is closed" in client.get(address(study, position=2)).content.decode()
    refused = [
        client.post(address(study, name, 2), {**FORM, "reason": "so"}) for name in ("rate-page", "rate-draft")
    ]
    assert [response.status_code for response in refused] == [409, 409]


def test_every_page_of_a_queue_is_the_same_but_for_its_texts(client: Client) -> None:
    study = opened_study()
    member = sign_in(client, study)
    frames = {_frame(client, study, member.assignments.get(position=position)) for position in range(1, 13)}
    assert len(frames) == 1


def _frame(client: Client, study: Study, assignment: Assignment) -> str:
    page = client.get(address(study, position=assignment.position)).content.decode()
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)
    page = re.sub(r"<(p|li|ul|ol)\b.*?</\1>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", page.replace(f"/rate/{assignment.position}/", "/rate/N/")).replace(
        f"Place {assignment.position}", "Place N"
    )


def test_an_investigator_opens_rating_and_follows_it(client: Client) -> None:
    study = sealed_study()
    sign_in(client, study, Role.INVESTIGATOR)
    opening = reverse("rate-open", args=[study.slug])
    assert "Nothing blocks it." in client.get(opening).content.decode()
    page = client.post(opening, follow=True).content.decode()
    assert "0 of 48 ratings are saved" in page
    assert not SECRET_WORDS.search(page)


def test_opening_too_early_is_refused_with_the_reasons(client: Client) -> None:
    study = draft_study()
    client.force_login(members(study, Role.INVESTIGATOR)[0].person)
    assert client.post(reverse("rate-open", args=[study.slug])).status_code == 409
    assert not Assignment.objects.exists()


def test_a_rater_does_not_open_rating(client: Client) -> None:
    study = sealed_study()
    client.force_login(rater(study).person)
    assert client.post(reverse("rate-open", args=[study.slug])).status_code == 404
