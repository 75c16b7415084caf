import json
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from study.protocol.leases import reject, retreat
from study.protocol.models import AuditEvent, Study
from study.protocol.working import INTERRUPTED, Tally, drain
from study.responses.models import Generation, GenerationAttempt, Response
from study.responses.services.queue import claim_next, claim_row, retry_failed, sweep
from study.responses.services.receipts import verify_receipt
from study.responses.worker import run_generation, run_next, run_row, take_turn
from tests.builders import NOW
from tests.model_server import COMPLETE, ModelServer, Reply, completion
from tests.responses.conftest import asking_study, lead, opened_study


def _drain(clock: datetime = NOW) -> Tally:
    return drain([lambda: take_turn(clock=lambda: clock)], until_idle=True, poll_s=0, stop=threading.Event())


class StopsAtTheFirstPause(threading.Event):
    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        return super().wait(timeout)


def _only() -> Generation:
    return Generation.objects.get()


def test_the_queue_is_worked_through_to_the_end(trial: Study) -> None:
    assert _drain() == Tally(finished=6)
    assert Response.objects.filter(study=trial, model_arm__isnull=False, status="answered").count() == 6
    assert AuditEvent.objects.filter(action="responses.generate").count() == 6


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fault", ['"logprobs": NaN', '"usage": {"prompt_tokens": 99999999999}', '"x": "\\u0000"']
)
def test_an_answer_with_values_that_no_database_takes_is_stored(
    model_server: ModelServer, settings: Settings, fault: str
) -> None:
    body = json.dumps(completion(COMPLETE))[:-1]
    model_server.replies = [Reply(f"{body}, {fault}}}")]
    asking_study(model_server, settings)
    assert _drain() == Tally(finished=1)
    assert _only().state == Generation.State.DONE


def test_a_result_that_cannot_be_stored_goes_back_and_does_not_stop_the_queue(
    trial: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("study.responses.services.queue.draw_source", lambda _: 1 / 0)
    assert _drain() == Tally(interrupted=6)
    assert set(Generation.objects.values_list("state", flat=True)) == {Generation.State.QUEUED}
    assert not GenerationAttempt.objects.exists()


def test_a_response_carries_its_whole_provenance(trial: Study) -> None:
    _drain()
    attempt = GenerationAttempt.objects.first()
    assert attempt is not None
    assert (attempt.engine, attempt.simulated, attempt.prompt_version) == ("scripted", True, "1")
    assert attempt.messages[-1]["content"].startswith("Case")
    assert len(attempt.prompt_sha256) == 64


def test_a_draws_receipt_can_be_worked_out_again(trial: Study) -> None:
    run_next()
    assert verify_receipt(Response.objects.get())


def test_the_same_study_gets_the_same_answers_again(trial: Study) -> None:
    row = Generation.objects.order_by("pk")[0]
    run_row(row.pk)
    assert Response.objects.get().sections["assessment"]
    assert GenerationAttempt.objects.get().seed == row.seed


def test_a_claimed_row_is_nobody_elses(trial: Study) -> None:
    claimed = [claim_next(now=NOW, worker="w", lease_seconds=60) for _ in range(7)]
    assert len({row.pk for row in claimed if row}) == 6
    assert claimed[6] is None


def test_a_draw_costs_few_statements_and_fewer_of_them_while_others_wait_for_the_study(
    template_db: None,
) -> None:
    opened_study()
    first, second = Generation.objects.order_by("pk")[:2]
    run_row(first.pk)
    with CaptureQueriesContext(connection) as seen:
        assert run_row(second.pk) == "done"
    statements = [query["sql"] for query in seen]
    locked = next(n for n, sql in enumerate(statements) if sql.startswith('SELECT "study_study"'))
    assert len(statements) <= 14
    assert len(statements) - locked <= 7


def test_a_row_that_was_given_back_meanwhile_is_not_claimed_as_it_was_read(trial: Study) -> None:
    row = Generation.objects.order_by("pk")[0]

    def interrupt(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE") and not begun:
            begun.append(sql)
            other = claim_row(generation_id=row.pk, now=NOW, worker="other", lease_seconds=60)
            assert other is not None
            retreat(Generation, row.pk, other.lease_token, problem="x", now=NOW - timedelta(days=1))
        return execute(sql, *rest)

    begun: list[str] = []
    with connection.execute_wrapper(interrupt):
        assert claim_row(generation_id=row.pk, now=NOW, worker="late", lease_seconds=60) is None
    assert Generation.objects.get(pk=row.pk).state == "queued"


def test_a_doubled_message_changes_nothing(trial: Study) -> None:
    row = Generation.objects.order_by("pk")[0]
    assert run_row(row.pk) == "done"
    assert run_row(row.pk) == ""
    assert Response.objects.count() == 1


def test_a_stale_token_stores_nothing(trial: Study) -> None:
    row = claim_next(now=NOW, worker="slow", lease_seconds=60)
    assert row is not None
    later = NOW + timedelta(minutes=5)
    assert sweep(now=later) == 1
    again = claim_row(
        generation_id=row.pk, now=later + timedelta(minutes=1), worker="quick", lease_seconds=60
    )
    assert again is not None
    assert run_generation(row.pk, row.lease_token) == ""
    assert run_generation(row.pk, again.lease_token) == "done"
    assert Response.objects.count() == 1


def test_a_lease_that_has_not_run_out_is_left_alone(trial: Study) -> None:
    claim_next(now=NOW, worker="w", lease_seconds=60)
    assert sweep(now=NOW + timedelta(seconds=59)) == 0


def test_an_engine_that_is_down_sends_the_row_back_again_and_again(
    db: None, settings: Settings, model_server: ModelServer
) -> None:
    asking_study(model_server, settings)
    model_server.replies = [Reply("busy", 503)]
    clock, waits = NOW, []
    for _ in range(8):
        assert run_row(_only().pk, clock=lambda now=clock: now) == INTERRUPTED
        waits.append((_only().due_at - clock).total_seconds())
        clock = _only().due_at
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]
    assert (_only().interruptions, _only().attempts, "503: busy" in _only().problem) == (8, 0, True)


def test_a_row_that_waits_is_not_due(db: None, settings: Settings, model_server: ModelServer) -> None:
    asking_study(model_server, settings)
    model_server.replies = [Reply("busy", 503)]
    assert _drain() == Tally(interrupted=1)
    assert run_row(_only().pk, clock=lambda: NOW) == ""


def test_a_refused_request_fails_with_its_reason_and_can_be_tried_again(
    db: None, settings: Settings, model_server: ModelServer
) -> None:
    study = asking_study(model_server, settings)
    model_server.replies = [Reply({"message": "no such model"}, 404), Reply(completion(COMPLETE))]
    _drain()
    assert (_only().state, "404: no such model" in _only().problem) == ("failed", True)
    assert retry_failed(study_id=study.pk, person=lead(), now=NOW) == 1
    _drain()
    assert (_only().state, Response.objects.get().status) == ("done", "answered")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (completion(""), "empty"),
        (completion(None, finish_reason="length", reasoning="hm"), "truncated"),
        (completion("## Assessment\nA", finish_reason="length"), "truncated"),
        (completion("Stop warfarin and check the INR every day."), "unparsed"),
        (completion("Warfarin absetzen und den INR jeden Tag kontrollieren."), "language"),
        (completion("<think>I never end this thought"), "unclosed"),
    ],
)
def test_an_unusable_answer_is_asked_again_and_the_last_one_kept(
    db: None, settings: Settings, model_server: ModelServer, body: dict[str, object], status: str
) -> None:
    asking_study(model_server, settings, max_attempts=3)
    model_server.replies = [Reply(body)]
    _drain()
    attempts = list(GenerationAttempt.objects.order_by("number"))
    assert [attempt.outcome for attempt in attempts] == [status] * 3
    assert len({attempt.seed for attempt in attempts}) == 3
    response = Response.objects.get()
    assert (response.status, response.attempt, _only().state) == (status, attempts[2], "done")


def test_a_good_answer_after_a_bad_one_counts(
    db: None, settings: Settings, model_server: ModelServer
) -> None:
    asking_study(model_server, settings)
    model_server.replies = [Reply(completion("")), Reply(completion(f"<think>why</think>{COMPLETE}"))]
    _drain()
    response = Response.objects.get()
    assert response.attempt is not None
    assert (response.status, response.attempt.number, response.attempt.reasoning) == ("answered", 2, "why")
    assert model_server.asked[0]["seed"] != model_server.asked[1]["seed"]


def test_a_refusal_is_kept_whole_and_not_asked_again(
    db: None, settings: Settings, model_server: ModelServer
) -> None:
    asking_study(model_server, settings, max_attempts=3)
    model_server.replies = [Reply(completion("I would rather not.\x00"))]
    _drain()
    response = Response.objects.get()
    assert (response.status, response.sections["assessment"]) == ("refused", "I would rather not.")
    assert GenerationAttempt.objects.count() == 1


def test_a_row_that_breaks_the_worker_goes_back_and_does_not_stop_the_queue(
    trial: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("study.responses.worker.build_messages", lambda **_: 1 / 0)
    assert _drain() == Tally(interrupted=6)
    rows = Generation.objects.filter(state="queued", problem__contains="ZeroDivisionError")
    assert rows.count() == 6


def test_a_lost_lease_can_neither_retreat_nor_fail_the_row(trial: Study) -> None:
    row = claim_next(now=NOW, worker="w", lease_seconds=60)
    assert row is not None
    assert not retreat(Generation, row.pk, "other", problem="x", now=NOW)
    assert not reject(Generation, row.pk, "other", problem="x", now=NOW)
    row.refresh_from_db()
    assert row.state == "running"


def test_the_loop_waits_for_new_rows_until_it_is_told_to_stop(template_db: None) -> None:
    opened_study()
    tally = drain([take_turn], until_idle=False, poll_s=0.02, stop=StopsAtTheFirstPause())
    assert tally == Tally(finished=6)


def test_a_response_without_an_attempt_has_no_valid_receipt(trial: Study) -> None:
    assert not verify_receipt(Response(study=trial, model_arm=trial.arms.filter(kind="model")[0]))
