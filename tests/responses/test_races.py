"""Two connections at once, on both databases."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from study.participants.models import Role
from study.protocol.errors import Conflict, PhaseClosed
from study.protocol.models import Study
from study.protocol.transactions import record_event
from study.responses.models import (
    AnsweringClosure,
    Draft,
    Generation,
    GenerationAttempt,
    PlannedResponse,
    Response,
)
from study.responses.services.closing import close_answering
from study.responses.services.drafts import DraftConflict, save_draft
from study.responses.services.opening import ensure_planned
from study.responses.services.queue import claim_next, claim_row, sweep
from study.responses.services.submission import submit_answer
from study.responses.worker import run_generation
from tests.builders import NOW, members, participant
from tests.responses.conftest import answer, first_place, lead, opened_study, resident_of


def _together(*acts: Callable[[], Any]) -> list[Any]:
    """Run the acts at the same moment, each on its own connection; return results or exceptions in order."""
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number: int) -> None:
        try:
            barrier.wait()
            results[number] = acts[number]()
        except Exception as error:  # noqa: BLE001  what came out is what the test looks at
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def _submit(study: Study, text: str = "Hold it.", number: int = 0) -> Callable[[], Response]:
    resident = members(study, Role.RESIDENT)[number]
    place = first_place(resident)
    return lambda: submit_answer(planned_id=place.pk, participant=resident, answer=answer(text), now=NOW)


def _draft(study: Study, text: str, tab: str) -> Callable[[], Draft]:
    resident = resident_of(study)
    place = first_place(resident)
    given = answer(text, version=0, tab=tab)
    return lambda: save_draft(planned_id=place.pk, participant=resident, answer=given, now=NOW)


def _close(study: Study) -> Callable[[], AnsweringClosure]:
    person = lead()
    return lambda: close_answering(study_id=study.pk, person=person, reason="Term ends.", now=NOW)


@pytest.mark.parametrize("turn", range(4))
def test_an_answer_while_answering_closes_is_counted_or_refused_and_never_lost(
    template_db: None, turn: int
) -> None:
    study = opened_study()
    submitted, closed = _together(_submit(study), _close(study))
    stored, owed = Response.objects.count(), sum(closed.open_list["resident_vignettes"].values())
    assert isinstance(submitted, Response if stored else PhaseClosed)
    assert stored + owed == 8


def test_the_same_answer_sent_twice_at_once_is_stored_once(template_db: None) -> None:
    study = opened_study()
    results = _together(*[_submit(study)] * 4)
    assert len({response.receipt for response in results}) == 1
    assert Response.objects.count() == 1


def test_answers_of_different_people_at_once_are_all_stored(template_db: None) -> None:
    study = opened_study()
    results = _together(*[_submit(study, number=number) for number in range(4)])
    assert all(isinstance(result, Response) for result in results)


def test_two_workers_never_get_the_same_row(template_db: None) -> None:
    opened_study()
    results = _together(*[lambda: claim_next(now=NOW, worker="w", lease_seconds=60)] * 8)
    claimed = [row.pk for row in results if row is not None]
    assert len(claimed) == len(set(claimed)) == 6


def test_of_two_workers_at_one_row_only_the_one_with_the_current_lease_stores(template_db: None) -> None:
    opened_study()
    slow = claim_next(now=NOW, worker="slow", lease_seconds=60)
    assert slow is not None
    later = NOW + timedelta(minutes=5)
    assert sweep(now=later) == 1
    quick = claim_row(generation_id=slow.pk, now=later + timedelta(minutes=1), worker="q", lease_seconds=60)
    assert quick is not None
    acts = [lambda row=row: run_generation(row.pk, row.lease_token) for row in (slow, quick)]
    assert _together(*acts) == ["", "done"]
    assert Response.objects.count() == GenerationAttempt.objects.count() == 1


def test_a_sweep_cannot_take_a_lease_while_its_result_is_being_stored(
    template_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened_study()
    row = claim_next(now=NOW, worker="slow", lease_seconds=60)
    assert row is not None
    late = NOW + timedelta(minutes=5)
    stored, swept = _held_in(
        monkeypatch,
        "queue",
        lambda: run_generation(row.pk, row.lease_token),
        lambda: sweep(now=late),
    )
    assert (stored, swept) == ("done", 0)
    assert Generation.objects.get(pk=row.pk).state == Generation.State.DONE


def test_two_first_drafts_at_once_keep_both_texts(template_db: None) -> None:
    study = opened_study()
    results = _together(_draft(study, "one", "a"), _draft(study, "two", "b"))
    draft = Draft.objects.get()
    assert sum(isinstance(result, DraftConflict) for result in results) == 1
    kept = {draft.sections["recommended_action"], draft.rival["recommended_action"]}
    assert kept == {"one", "two"}


def _held_in(
    monkeypatch: pytest.MonkeyPatch, module: str, holder: Callable[[], Any], other: Callable[[], Any]
) -> tuple[Any, Any]:
    """Run `holder` to the end of its transaction, start `other`, and only then let `holder` commit."""
    reached, other_begun = threading.Event(), threading.Event()

    def slow(**event: Any) -> Any:
        reached.set()
        other_begun.wait(5)
        time.sleep(0.5)  # `other` now waits for the study's lock
        return record_event(**event)

    def late() -> Any:
        reached.wait(5)
        other_begun.set()
        return other()

    monkeypatch.setattr(f"study.responses.services.{module}.record_event", slow)
    held, waited = _together(holder, late)
    return held, waited


def test_an_answer_that_comes_while_the_close_commits_is_refused(
    template_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = opened_study()
    _, submitted = _held_in(monkeypatch, "closing", _close(study), _submit(study))
    assert isinstance(submitted, PhaseClosed)
    assert not Response.objects.exists()


def test_a_close_that_comes_while_an_answer_commits_counts_it(
    template_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = opened_study()
    submitted, closed = _held_in(monkeypatch, "submission", _submit(study), _close(study))
    assert isinstance(submitted, Response)
    assert sum(closed.open_list["resident_vignettes"].values()) == 7


def test_a_result_that_comes_while_the_close_commits_is_not_stored(
    template_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = opened_study()
    row = claim_next(now=NOW, worker="w", lease_seconds=60)
    assert row is not None
    _, state = _held_in(
        monkeypatch, "closing", _close(study), lambda: run_generation(row.pk, row.lease_token)
    )
    assert state == ""
    assert not Response.objects.exists()
    assert not GenerationAttempt.objects.exists()


def test_a_draft_that_comes_while_an_answer_commits_is_refused_and_leaves_none(
    template_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = opened_study()
    _draft(study, "one", "a")()
    _, drafted = _held_in(monkeypatch, "submission", _submit(study, "one"), _draft(study, "two", "a"))
    assert isinstance(drafted, Conflict)
    assert not Draft.objects.exists()


def test_a_late_residents_two_clicks_plan_one_list(template_db: None) -> None:
    late = participant(opened_study(), Role.RESIDENT, "late@example.org", level="PGY1")
    _together(*[lambda: ensure_planned(participant=late, now=NOW)] * 4)
    assert PlannedResponse.objects.filter(resident=late).count() == 2
