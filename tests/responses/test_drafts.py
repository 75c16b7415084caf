from datetime import timedelta

import pytest

from study.participants.models import Participant
from study.protocol.errors import Conflict, NotFound, PhaseClosed
from study.protocol.models import AuditEvent, Study
from study.responses.models import Draft
from study.responses.services.closing import close_answering
from study.responses.services.drafts import DraftConflict, save_draft
from study.responses.services.submission import submit_answer
from tests.builders import NOW
from tests.responses.conftest import answer, first_place, lead


def _save(resident: Participant, text: str, **fields: object) -> Draft:
    return save_draft(
        planned_id=first_place(resident).pk, participant=resident, answer=answer(text, **fields), now=NOW
    )


def test_each_save_raises_the_version(resident: Participant) -> None:
    assert _save(resident, "one", version=0, tab="a").version == 1
    draft = _save(resident, "two", version=1, tab="a")
    assert (draft.version, draft.sections["recommended_action"]) == (2, "two")


def test_two_pages_that_disagree_keep_both_texts(resident: Participant) -> None:
    _save(resident, "theirs", version=0, tab="a")
    with pytest.raises(DraftConflict) as conflict:
        _save(resident, "mine", version=0, tab="b")
    draft = Draft.objects.get()
    assert (draft.sections["recommended_action"], draft.rival["recommended_action"]) == ("theirs", "mine")
    assert (conflict.value.version, conflict.value.mine["recommended_action"]) == (1, "mine")


def test_a_page_that_never_heard_of_its_own_save_is_no_conflict(resident: Participant) -> None:
    _save(resident, "one", version=0, tab="a")
    assert _save(resident, "one and two", version=0, tab="a").version == 2


def test_the_same_text_from_two_pages_is_no_conflict(resident: Participant) -> None:
    _save(resident, "same", version=0, tab="a")
    assert _save(resident, "same", version=0, tab="b").rival is None


def test_saving_again_after_both_were_shown_settles_it(resident: Participant) -> None:
    _save(resident, "theirs", version=0, tab="a")
    with pytest.raises(DraftConflict):
        _save(resident, "mine", version=0, tab="b")
    draft = _save(resident, "both", version=1, tab="b", rival_seen=True)
    assert (draft.sections["recommended_action"], draft.rival) == ("both", None)


def test_a_submission_that_another_page_contradicts_is_kept_beside_its_draft(resident: Participant) -> None:
    _save(resident, "theirs", version=0, tab="a")
    place, mine = first_place(resident), answer("mine", version=0, tab="b")
    with pytest.raises(DraftConflict):
        submit_answer(planned_id=place.pk, participant=resident, answer=mine, now=NOW)
    draft = Draft.objects.get()
    assert (draft.sections["recommended_action"], draft.rival["recommended_action"]) == ("theirs", "mine")


def test_an_autosave_that_did_not_show_the_other_text_keeps_it(resident: Participant) -> None:
    _save(resident, "theirs", version=0, tab="a")
    with pytest.raises(DraftConflict):
        _save(resident, "mine", version=0, tab="b")
    draft = _save(resident, "theirs and more", version=1, tab="a")
    assert draft.rival["recommended_action"] == "mine"


def test_active_time_never_runs_backwards(resident: Participant) -> None:
    _save(resident, "one", active_seconds=30.0)
    assert _save(resident, "two", active_seconds=4.0).active_seconds == 30.0


def test_a_foreign_list_is_not_found(resident: Participant, trial: Study) -> None:
    other = trial.participants.filter(role="resident").exclude(pk=resident.pk)[0]
    with pytest.raises(NotFound):
        save_draft(planned_id=first_place(resident).pk, participant=other, answer=answer(), now=NOW)


def test_drafts_end_with_the_close(resident: Participant, trial: Study) -> None:
    close_answering(study_id=trial.pk, person=lead(), reason="Term ends.", now=NOW)
    with pytest.raises(PhaseClosed, match="not stored"):
        _save(resident, "late")


def test_a_draft_after_submission_is_refused(resident: Participant) -> None:
    place = first_place(resident)
    submit_answer(planned_id=place.pk, participant=resident, answer=answer(), now=NOW)
    with pytest.raises(Conflict, match="submitted already"):
        _save(resident, "more")


def test_drafts_leave_no_audit_event(resident: Participant) -> None:
    before = AuditEvent.objects.count()
    _save(resident, "one")
    assert AuditEvent.objects.count() == before


def test_a_save_tells_its_moment(resident: Participant) -> None:
    later = NOW + timedelta(minutes=3)
    place = first_place(resident)
    _save(resident, "one")
    draft = save_draft(planned_id=place.pk, participant=resident, answer=answer("two"), now=later)
    assert draft.saved_at == later
