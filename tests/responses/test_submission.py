import pytest

from study.participants.models import Participant
from study.protocol.errors import Conflict, InvalidInput, NotFound, PhaseClosed
from study.protocol.models import AuditEvent, Study
from study.responses.inputs import AnswerInput
from study.responses.models import ConflictingCopy, Draft, Response
from study.responses.services.closing import close_answering
from study.responses.services.drafts import DraftConflict, save_draft
from study.responses.services.receipts import verify_receipt
from study.responses.services.submission import submit_answer
from tests.builders import NOW
from tests.responses.conftest import answer, first_place, lead, opened_study, resident_of


def _submit(resident: Participant, given: AnswerInput) -> Response:
    return submit_answer(planned_id=first_place(resident).pk, participant=resident, answer=given, now=NOW)


def test_an_answer_is_stored_once_with_a_receipt(resident: Participant) -> None:
    response = _submit(resident, answer("Hold\r\nit. ", active_seconds=61.5, resources="none"))
    assert response.sections["recommended_action"] == "Hold\nit."
    assert (response.active_seconds, response.resources, len(response.receipt)) == (61.5, "none", 8)
    assert AuditEvent.objects.filter(action="responses.submit").count() == 1


def test_the_receipt_can_be_worked_out_again_from_the_stored_text(resident: Participant) -> None:
    response = _submit(resident, answer())
    assert verify_receipt(Response.objects.get())
    response.receipt = "AAAAAAAA"
    assert not verify_receipt(response)


def test_submission_takes_the_draft_away(resident: Participant) -> None:
    save_draft(planned_id=first_place(resident).pk, participant=resident, answer=answer("half"), now=NOW)
    _submit(resident, answer("whole"))
    assert not Draft.objects.exists()


def test_the_same_text_again_gives_the_same_receipt(resident: Participant) -> None:
    first, second = (_submit(resident, answer("Hold it.")) for _ in range(2))
    assert (first.pk, first.receipt) == (second.pk, second.receipt)
    assert Response.objects.count() == 1


def test_a_different_second_text_is_refused_and_both_are_kept(resident: Participant) -> None:
    _submit(resident, answer("Hold it."))
    for _ in range(2):
        with pytest.raises(Conflict, match="kept beside it"):
            _submit(resident, answer("Give it."))
    assert Response.objects.get().sections["recommended_action"] == "Hold it."
    assert ConflictingCopy.objects.get().sections["recommended_action"] == "Give it."


def test_the_same_text_after_the_close_still_gives_its_receipt(resident: Participant, trial: Study) -> None:
    first = _submit(resident, answer())
    close_answering(study_id=trial.pk, person=lead(), reason="Term ends.", now=NOW)
    assert _submit(resident, answer()).receipt == first.receipt


def test_an_over_long_answer_is_kept_as_a_draft(resident: Participant) -> None:
    with pytest.raises(InvalidInput, match="251 words and may have 250"):
        _submit(resident, answer("word " * 251))
    assert not Response.objects.exists()
    assert len(Draft.objects.get().sections["recommended_action"].split()) == 251


def test_exactly_the_word_cap_is_accepted(resident: Participant) -> None:
    assert _submit(resident, answer("word " * 250)).pk


def test_a_blank_answer_is_refused(resident: Participant) -> None:
    with pytest.raises(InvalidInput, match="no text yet"):
        _submit(resident, answer(" \r\n"))
    assert not Response.objects.exists()


def test_nothing_is_accepted_after_the_close(resident: Participant, trial: Study) -> None:
    close_answering(study_id=trial.pk, person=lead(), reason="Term ends.", now=NOW)
    with pytest.raises(PhaseClosed, match="not accepted"):
        _submit(resident, answer())
    assert not Response.objects.exists()


def test_a_foreign_list_is_not_found(resident: Participant) -> None:
    stranger = resident_of(opened_study(slug="other"))
    with pytest.raises(NotFound):
        submit_answer(planned_id=first_place(resident).pk, participant=stranger, answer=answer(), now=NOW)


def test_another_pages_draft_is_not_thrown_away_by_a_submission(resident: Participant) -> None:
    planned_id = first_place(resident).pk
    save_draft(planned_id=planned_id, participant=resident, answer=answer("other", tab="a"), now=NOW)
    with pytest.raises(DraftConflict):
        _submit(resident, answer("mine", version=0, tab="b"))
    assert Draft.objects.get().sections["recommended_action"] == "other"


def test_a_failure_half_way_leaves_nothing(resident: Participant, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("study.responses.services.submission.record_event", broken)
    with pytest.raises(RuntimeError):
        _submit(resident, answer())
    assert not Response.objects.exists()
