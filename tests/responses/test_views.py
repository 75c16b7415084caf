from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from study.participants.models import Participant, Person, Role
from study.protocol.models import Study
from study.protocol.rubric import SECTIONS
from study.responses.models import ConflictingCopy, Draft, Response
from study.responses.queries import planned_for
from study.responses.services.closing import close_answering
from study.responses.services.drafts import save_draft
from tests.builders import NOW, participant
from tests.responses.conftest import answer, first_place, lead

SignIn = Callable[[Person], Client]


@pytest.fixture
def desk(client_of: SignIn, resident: Participant) -> Client:
    """A resident's browser."""
    return client_of(resident.person)


def _fields(text: str = "Hold it.", **fields: Any) -> dict[str, Any]:
    sections = dict.fromkeys(SECTIONS, "") | {"avoid": text}
    return {**sections, "resources": "", "version": "0", "tab": "ab12", "active_seconds": "12.5", **fields}


def test_the_list_shows_progress_and_links_to_what_is_open(desk: Client) -> None:
    page = desk.get("/studies/trial/answer/").content.decode()
    assert "0 of 2 submitted" in page
    assert page.count("data-open") == 2


def test_the_page_shows_case_and_question_and_nothing_hidden(desk: Client, resident: Participant) -> None:
    version = planned_for(resident)[0].planned.study_vignette.version
    shown = unescape(desk.get("/studies/trial/answer/1/").content.decode())
    assert version.question in shown
    assert version.scenario.split("\n")[0] in shown
    assert version.title not in shown
    assert not any(point.text in shown for point in version.key_points)


def test_submitting_leads_to_the_receipt_and_the_next_vignette(desk: Client) -> None:
    page = desk.post("/studies/trial/answer/1/", _fields(submit="1"), follow=True)
    assert Response.objects.get().receipt in page.content.decode()
    assert "/studies/trial/answer/2/" in page.content.decode()


def test_the_last_receipt_says_so(desk: Client) -> None:
    for position in (1, 2):
        page = desk.post(f"/studies/trial/answer/{position}/", _fields(submit="1"), follow=True)
    assert "That was the last one" in page.content.decode()


def test_the_receipts_page_lists_every_receipt(desk: Client) -> None:
    desk.post("/studies/trial/answer/1/", _fields(submit="1"))
    page = desk.get("/studies/trial/answer/receipts/")
    assert Response.objects.get().receipt in page.content.decode()


def test_a_draft_is_saved_by_a_button_and_comes_back(desk: Client) -> None:
    desk.post("/studies/trial/answer/1/", _fields("half a thought", save="1", resources="formulary"))
    page = desk.get("/studies/trial/answer/1/").content.decode()
    assert "half a thought" in page
    assert "formulary" in page


def test_an_over_long_answer_comes_back_whole_and_is_kept(desk: Client) -> None:
    page = desk.post("/studies/trial/answer/1/", _fields("word " * 251, submit="1"))
    assert page.status_code == 422
    assert page.content.decode().count("word ") > 250
    assert Draft.objects.exists()


def test_a_blank_answer_is_refused_with_everything_kept(desk: Client) -> None:
    page = desk.post("/studies/trial/answer/1/", _fields("", submit="1", resources="formulary"))
    assert page.status_code == 422
    assert "formulary" in page.content.decode()


def test_a_field_beyond_all_measure_is_refused(desk: Client) -> None:
    assert desk.post("/studies/trial/answer/1/", _fields("x" * 20_001, submit="1")).status_code == 422


def test_a_different_second_text_is_a_conflict(desk: Client) -> None:
    desk.post("/studies/trial/answer/1/", _fields(submit="1"))
    assert desk.post("/studies/trial/answer/1/", _fields("Other.", submit="1")).status_code == 409
    assert ConflictingCopy.objects.count() == 1


def test_a_double_click_is_one_answer(desk: Client) -> None:
    codes = [desk.post("/studies/trial/answer/1/", _fields(submit="1")).status_code for _ in range(2)]
    assert codes == [302, 302]
    assert Response.objects.count() == 1


def test_two_pages_that_disagree_show_both_texts(desk: Client) -> None:
    desk.post("/studies/trial/answer/1/", _fields("theirs", save="1"))
    page = desk.post("/studies/trial/answer/1/", _fields("mine", save="1", tab="cd34"))
    assert page.status_code == 409
    assert [text in page.content.decode() for text in ("theirs", "mine")] == [True, True]
    form = page.context["form"]
    again = {
        **_fields("both", save="1", tab="cd34"),
        "version": form["version"].value(),
        "rival_seen": "True",
    }
    assert desk.post("/studies/trial/answer/1/", again).status_code == 302
    assert Draft.objects.get().sections["avoid"] == "both"


def test_after_the_close_the_text_comes_back_with_the_reason(desk: Client, trial: Study) -> None:
    close_answering(study_id=trial.pk, person=lead(), reason="Term ends.", now=NOW)
    page = desk.post("/studies/trial/answer/1/", _fields("late words", submit="1"))
    assert page.status_code == 409
    assert "late words" in page.content.decode()
    assert not Response.objects.exists()


def test_autosave_tells_version_and_time(desk: Client) -> None:
    saved = desk.post("/studies/trial/answer/1/draft/", _fields("half")).json()
    assert (saved["version"], set(saved)) == (1, {"version", "saved_at"})


def test_autosave_of_a_stale_page_returns_both_texts(desk: Client) -> None:
    desk.post("/studies/trial/answer/1/draft/", _fields("theirs"))
    refusal = desk.post("/studies/trial/answer/1/draft/", _fields("mine", tab="cd34"))
    body = refusal.json()
    assert (refusal.status_code, body["code"], body["version"]) == (409, "draft_conflict", 1)
    assert (body["theirs"]["avoid"], body["mine"]["avoid"]) == ("theirs", "mine")


def test_autosave_without_a_session_says_so_in_json(client: Client, trial: Study) -> None:
    refusal = client.post("/studies/trial/answer/1/draft/", _fields(), headers={"accept": "application/json"})
    assert (refusal.status_code, refusal.json()["code"]) == (401, "signed_out")


@pytest.mark.parametrize("place", ["/studies/trial/answer/3/", "/studies/none/answer/1/"])
def test_places_that_are_not_ones_own_are_not_found(desk: Client, place: str) -> None:
    assert desk.get(place).status_code == 404
    assert desk.post(place, _fields(submit="1")).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["answer/", "answer/1/", "answer/receipts/", "models/", "answering/close/", "models/model-1/setup/"],
)
def test_other_roles_find_nothing(client_of: SignIn, trial: Study, path: str) -> None:
    rater = participant(trial, Role.RATER, "rater@example.org")
    assert client_of(rater.person).get(f"/studies/trial/{path}").status_code == 404


def test_without_consent_the_list_leads_to_the_consent_page(client_of: SignIn, trial: Study) -> None:
    silent = participant(trial, Role.RESIDENT, "silent@example.org", level="PGY1", agrees=False)
    page = client_of(silent.person).get("/studies/trial/answer/")
    assert page["Location"] == "/studies/trial/consent/"


def test_a_second_page_starts_from_the_stored_draft(desk: Client, resident: Participant) -> None:
    save_draft(planned_id=first_place(resident).pk, participant=resident, answer=answer("kept"), now=NOW)
    form = desk.get("/studies/trial/answer/1/").context["form"]
    assert (form["version"].value(), form["recommended_action"].value()) == (1, "kept")


def test_an_autosave_beyond_all_measure_is_refused_in_json(desk: Client) -> None:
    refusal = desk.post("/studies/trial/answer/1/draft/", _fields("x" * 20_001))
    assert (refusal.status_code, refusal.json()["code"]) == (422, "invalid")
