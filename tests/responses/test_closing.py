import pytest

from study.participants.models import Participant
from study.protocol.errors import InvalidInput, PhaseClosed
from study.protocol.models import Study
from study.responses.models import AnsweringClosure, Generation
from study.responses.queries import open_answers, planned_for
from study.responses.services.closing import close_answering
from study.responses.services.queue import claim_next, retry_failed
from study.responses.services.submission import submit_answer
from study.responses.worker import run_generation, run_next
from tests.builders import NOW
from tests.responses.conftest import answer, first_place, lead


def _close(study: Study, reason: str = "Term ends.") -> AnsweringClosure:
    return close_answering(study_id=study.pk, person=lead(), reason=reason, now=NOW)


def test_the_list_counts_people_and_vignettes_and_names_nobody(trial: Study, resident: Participant) -> None:
    submit_answer(planned_id=first_place(resident).pk, participant=resident, answer=answer(), now=NOW)
    owed = open_answers(trial)
    assert (owed.residents, sum(owed.resident_vignettes.values())) == (4, 7)
    assert owed.model_vignettes == {"MS-01": 2, "MS-02": 2, "MS-03": 2}


def test_closing_with_open_answers_needs_a_reason(trial: Study) -> None:
    with pytest.raises(InvalidInput, match="14 answers are still open"):
        _close(trial, reason="  ")
    assert not AnsweringClosure.objects.exists()


def test_the_closure_keeps_list_and_reason(trial: Study) -> None:
    closure = _close(trial)
    assert (closure.reason, closure.person) == ("Term ends.", lead())
    assert closure.open_list["resident_vignettes"] == open_answers(trial).resident_vignettes


def test_unfinished_draws_fail_with_the_reason(trial: Study) -> None:
    run_next()
    claim_next(now=NOW, worker="w", lease_seconds=60)
    _close(trial)
    problems = Generation.objects.filter(state="failed").values_list("problem", flat=True)
    assert list(problems) == ["answering was closed"] * 5


def test_a_worker_that_was_at_it_stores_nothing(trial: Study) -> None:
    row = claim_next(now=NOW, worker="w", lease_seconds=60)
    assert row is not None
    _close(trial)
    assert run_generation(row.pk, row.lease_token) == ""
    assert not row.records.exists()


def test_closing_twice_is_refused(trial: Study) -> None:
    _close(trial)
    with pytest.raises(PhaseClosed, match="closed already"):
        _close(trial)


def test_nothing_is_queued_again_after_the_close(trial: Study) -> None:
    _close(trial)
    with pytest.raises(PhaseClosed):
        retry_failed(study_id=trial.pk, person=lead(), now=NOW)


def test_a_complete_study_closes_without_a_reason(trial: Study) -> None:
    for resident in trial.participants.filter(role="resident"):
        for place in _places(resident):
            submit_answer(planned_id=place, participant=resident, answer=answer(), now=NOW)
    while run_next():
        pass
    assert _close(trial, reason="").open_list["residents"] == 0


def _places(resident: Participant) -> list[int]:
    return [place.planned.pk for place in planned_for(resident)]
