"""The queue of draws: rows are claimed by compare-and-set, and stored only with the current lease."""

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from study.engines.base import GenerationResult
from study.engines.text import clean_text
from study.participants.models import Person
from study.protocol.errors import PhaseClosed
from study.protocol.models import Study
from study.protocol.transactions import locked_study, record_event
from study.protocol.vocabulary import Phase
from study.responses.inputs import sections_sha256
from study.responses.models import AnsweringClosure, Generation, GenerationAttempt, Response
from study.responses.outcomes import FINAL_AT_ONCE, ReadAnswer, read_answer
from study.responses.prompts import prompt_sha256
from study.responses.provenance import provenance_of
from study.responses.queries import is_accepting
from study.responses.services.opening import draw_seed
from study.responses.services.receipts import draw_source, make_receipt

STATE = Generation.State


def due_rows(now: datetime) -> QuerySet[Generation]:
    """Return the rows that may be claimed now, longest due first."""
    closed = AnsweringClosure.objects.values("study_id")
    rows = Generation.objects.filter(state=STATE.QUEUED, due_at__lte=now, study__phase=Phase.ANSWERING)
    return rows.exclude(study_id__in=closed).order_by("due_at", "pk")


def claim_next(*, now: datetime, worker: str, lease_seconds: float) -> Generation | None:
    """Claim the row that is due longest, or return None. Two workers never get the same row."""
    if not due_rows(now).exists():  # an idle look must not take SQLite's write lock
        return None
    with transaction.atomic():
        rows = due_rows(now)
        if connection.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True, no_key=True, of=("self",))
        candidate = rows.values_list("pk", flat=True).first()
        return _claim(candidate, now, worker, lease_seconds) if candidate else None


def claim_row(*, generation_id: int, now: datetime, worker: str, lease_seconds: float) -> Generation | None:
    """Claim this one row when it is due, or return None: a doubled message changes nothing."""
    if not due_rows(now).filter(pk=generation_id).exists():
        return None
    return _claim(generation_id, now, worker, lease_seconds)


def _claim(generation_id: int, now: datetime, worker: str, lease_seconds: float) -> Generation | None:
    rows = Generation.objects.filter(pk=generation_id, state=STATE.QUEUED, due_at__lte=now)
    token = secrets.token_hex(16)
    won = rows.update(
        state=STATE.RUNNING,
        lease_token=token,
        lease_until=now + timedelta(seconds=lease_seconds),
        worker=worker[:80],
    )
    claimed = Generation.objects.select_related("arm__model_setup")
    return claimed.get(pk=generation_id, lease_token=token) if won else None


def _held(generation_id: int, token: str) -> QuerySet[Generation]:
    return Generation.objects.filter(pk=generation_id, state=STATE.RUNNING, lease_token=token).exclude(
        lease_token=""
    )


def held_generation(generation_id: int, token: str) -> Generation | None:
    """Return the row with all that generating needs while the lease is held, else None."""
    related = ("study", "arm__model_setup", "study_vignette__version")
    return _held(generation_id, token).select_related(*related).first()


def retreat(*, generation_id: int, token: str, problem: str, now: datetime) -> bool:
    """Give the row back after an interruption, due again after 2, 4, 8 … 60 seconds; never fail it.

    The longest retreat is a setting.
    """
    row = _held(generation_id, token).first()
    if row is None:
        return False
    return bool(_held(generation_id, token).update(**_given_back(row, problem, now)))


def _given_back(row: Generation, problem: str, now: datetime) -> dict[str, Any]:
    interruptions = row.interruptions + 1
    wait = min(2 ** min(interruptions, 6), settings.QUEUE_LONGEST_RETREAT_S)
    return {
        "state": STATE.QUEUED,
        "lease_token": "",
        "lease_until": None,
        "interruptions": interruptions,
        "due_at": now + timedelta(seconds=wait),
        "problem": clean_text(problem),
    }


def extend_leases(tokens: Collection[str], *, until: datetime) -> int:
    """Lend the rows that these tokens still hold until then, and return their number."""
    return Generation.objects.filter(state=STATE.RUNNING, lease_token__in=tokens).update(lease_until=until)


def sweep(*, now: datetime) -> int:
    """Give back every row whose lease has run out (its worker died), and return their number."""
    expired = Generation.objects.filter(state=STATE.RUNNING, lease_until__lt=now)
    swept = 0
    for row in expired:
        held = _held(row.pk, row.lease_token).filter(lease_until__lt=now)
        swept += held.update(**_given_back(row, "the worker stopped before it finished", now))
    return swept


def reject(*, generation_id: int, token: str, problem: str, now: datetime) -> bool:
    """Fail the row for good: the server refuses this request. An investigator may have it tried again."""
    return bool(
        _held(generation_id, token).update(
            state=STATE.FAILED,
            lease_token="",
            lease_until=None,
            finished_at=now,
            problem=clean_text(problem),
        )
    )


def store_result(
    *,
    generation_id: int,
    token: str,
    result: GenerationResult,
    messages: list[dict[str, str]],
    now: datetime,
) -> str:
    """Store what came back and return the row's state, or "" when the lease or the phase is gone.

    An answer that is empty, truncated, incomplete, of another language or with an open tag is asked again
    with the next seed until the setup's attempts are used up; then the last one is kept as it is. A refusal
    is an answer.
    """
    study_id = _held(generation_id, token).values_list("study_id", flat=True).first()
    if study_id is None:
        return ""
    # Reading takes time, in a new process seconds: nobody waits for the study's lock meanwhile.
    answer = read_answer(result.content, result.reasoning, result.finish_reason)
    with locked_study(study_id) as study:
        # The row's own lock: without it a sweep may take the lease between this look and the commit.
        held = _held(generation_id, token).select_for_update(no_key=True, of=("self",))
        row = held.select_related("arm__model_setup", "study_vignette").first()
        if row is None or not is_accepting(study):
            return ""
        return _store(study, row, result, answer, messages, now)


def _store(
    study: Study,
    row: Generation,
    result: GenerationResult,
    answer: ReadAnswer,
    messages: list[dict[str, str]],
    now: datetime,
) -> str:
    outcome = answer.outcome
    attempt = _record_attempt(row, result, messages, answer, now)
    is_final = outcome in FINAL_AT_ONCE or attempt.number >= row.arm.model_setup.max_attempts
    changes: dict[str, Any] = {"attempts": attempt.number, "lease_token": "", "lease_until": None}
    if is_final:
        store_draw(row, attempt, answer.sections, outcome, now)
        changes |= {"state": STATE.DONE, "finished_at": now, "problem": ""}
    else:
        seed = draw_seed(
            study,
            row.arm.name,
            row.study_vignette.code,
            row.draw,
            attempt=attempt.number + 1,
            variant=row.variant,
        )
        changes |= {"state": STATE.QUEUED, "due_at": now, "seed": seed, "problem": f"asked again: {outcome}"}
    Generation.objects.filter(pk=row.pk, lease_token=row.lease_token).update(**changes)
    detail = {"vignette": row.study_vignette.code, "outcome": outcome, "final": is_final}
    record_event(study=study, person=None, action="responses.generate", now=now, detail=detail)
    return str(changes["state"])


def _record_attempt(
    row: Generation,
    result: GenerationResult,
    messages: list[dict[str, str]],
    answer: ReadAnswer,
    now: datetime,
) -> GenerationAttempt:
    return GenerationAttempt.objects.create(
        generation=row,
        number=row.attempts + 1,
        prompt_sha256=prompt_sha256(messages),
        messages=messages,
        reasoning=answer.reasoning,
        outcome=answer.outcome,
        finished_at=now,
        **provenance_of(result, row.arm.model_setup),
    )


def store_draw(
    row: Generation, attempt: GenerationAttempt, sections: Mapping[str, str], outcome: str, now: datetime
) -> Response:
    """Insert the response of a draw; its provenance is the attempt."""
    digest = sections_sha256(sections)
    return Response.objects.create(
        study_id=row.study_id,
        study_vignette_id=row.study_vignette_id,
        model_arm_id=row.arm_id,
        attempt=attempt,
        variant=row.variant,
        draw=row.draw,
        status=outcome,
        sections=dict(sections),
        text_sha256=digest,
        receipt=make_receipt(text_sha256=digest, source=draw_source(row.pk)),
        submitted_at=now,
    )


def retry_failed(*, study_id: int, person: Person, now: datetime) -> int:
    """Queue every failed draw again and return their number; only while answers are accepted."""
    with locked_study(study_id, Phase.ANSWERING) as study:
        if not is_accepting(study):
            raise PhaseClosed("Answering is closed for this study: nothing was queued again.")
        failed = Generation.objects.filter(study=study, state=STATE.FAILED)
        queued = failed.update(
            state=STATE.QUEUED, due_at=now, queued_at=now, finished_at=None, problem="", worker=""
        )
        record_event(
            study=study, person=person, action="responses.retry_failed", now=now, detail={"draws": queued}
        )
    return queued
