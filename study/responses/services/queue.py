"""The queue of draws: rows are claimed by compare-and-set, and stored only with the current lease."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from study.engines import vllm_process
from study.engines.base import GenerationResult
from study.participants.models import Person
from study.protocol import leases
from study.protocol.errors import PhaseClosed
from study.protocol.records import record_of
from study.protocol.transactions import lock_study, locked_study, one_act, record_event
from study.protocol.vocabulary import Phase
from study.responses.inputs import sections_sha256
from study.responses.models import AnsweringClosure, Generation, GenerationAttempt, ModelSetup, Response
from study.responses.outcomes import FINAL_AT_ONCE, ReadAnswer, read_answer
from study.responses.queries import is_accepting
from study.responses.services.opening import draw_seed
from study.responses.services.receipts import draw_source, make_receipt

STATE = Generation.State
# What generating and storing read beside the row itself.
NEEDED: Final = ("study", "arm__model_setup", "study_vignette__version")


def due_rows(now: datetime) -> QuerySet[Generation]:
    """Return the rows that may be claimed now, longest due first."""
    closed = AnsweringClosure.objects.values("study_id")
    rows = Generation.objects.filter(state=STATE.QUEUED, due_at__lte=now, study__phase=Phase.ANSWERING)
    return rows.exclude(study_id__in=closed).select_related(*NEEDED).order_by("due_at", "pk")


def askable_here(rows: QuerySet[Generation]) -> QuerySet[Generation]:
    """Leave out the rows of an engine that is not installed here: they wait for a worker that has it."""
    if vllm_process.is_installed():
        return rows
    return rows.filter(arm__model_setup__engine__in=set(ModelSetup.Engine) - {ModelSetup.Engine.VLLM})


def claim_next(*, now: datetime, worker: str, lease_seconds: float) -> Generation | None:
    """Claim the row that is due longest and can be asked here, or return None.

    Two workers never get the same row.
    """
    due = askable_here(due_rows(now))
    return leases.claim_next(due, now=now, worker=worker, lease_seconds=lease_seconds)


def claim_row(*, generation_id: int, now: datetime, worker: str, lease_seconds: float) -> Generation | None:
    """Claim this one row when it is due and can be asked here: a doubled message changes nothing."""
    due = askable_here(due_rows(now))
    return leases.claim_one(due, generation_id, now=now, worker=worker, lease_seconds=lease_seconds)


def held_generation(generation_id: int, token: str) -> Generation | None:
    """Return the row with all that generating and storing need while the lease is held, else None."""
    return leases.held(Generation, generation_id, token).select_related(*NEEDED).first()


def sweep(*, now: datetime) -> int:
    """Give back every row whose lease has run out (its worker died), and return their number."""
    return leases.sweep(Generation, now=now)


def store_result(
    *, row: Generation, result: GenerationResult, messages: Sequence[Mapping[str, str]], now: datetime
) -> str:
    """Store what came back and return the row's state, or "" when the lease or the phase is gone.

    `row` is as it was claimed. An answer that is empty, truncated, incomplete, of another language or with an
    open tag is asked again with the next seed until the setup's attempts are used up; then the last one is
    kept as it is. A refusal is an answer.
    """
    # Reading takes time, in a new process seconds: nobody waits for a lock meanwhile.
    answer = read_answer(result.content, result.reasoning, result.finish_reason)
    attempt = _attempt_of(row, result, messages, answer, now)
    is_final = answer.outcome in FINAL_AT_ONCE or attempt.number >= row.arm.model_setup.max_attempts
    try:
        with one_act():
            return _store(row, attempt, answer, is_final=is_final)
    except PhaseClosed:
        return ""


def _store(row: Generation, attempt: GenerationAttempt, answer: ReadAnswer, *, is_final: bool) -> str:
    """Write everything under the row's own lock; the study's is taken last and held for two statements.

    All answers of a study wait for that one lock. Nothing is seen before the commit, and sealing, which
    holds the lock, is either waited for, and found, or waits for this commit.
    """
    now, outcome = attempt.finished_at, attempt.outcome
    changes = _finished(now) if is_final else _asked_again(row, attempt)
    given_back = {"attempts": attempt.number, "lease_token": "", "lease_until": None}
    if not leases.held(Generation, row.pk, row.lease_token).update(**given_back, **changes):
        return ""
    attempt.save(force_insert=True)
    if is_final:
        store_draw(row, attempt, answer.sections, outcome, now)
    study = lock_study(row.study_id)
    if not is_accepting(study):
        raise PhaseClosed("Answering is closed.")
    detail = {"vignette": row.study_vignette.code, "outcome": outcome, "final": is_final}
    record_event(study=study, person=None, action="responses.generate", now=now, detail=detail)
    return str(changes["state"])


def _finished(now: datetime) -> dict[str, Any]:
    return {"state": STATE.DONE, "finished_at": now, "problem": ""}


def _asked_again(row: Generation, attempt: GenerationAttempt) -> dict[str, Any]:
    seed = draw_seed(
        row.study,
        row.arm.name,
        row.study_vignette.code,
        row.draw,
        attempt=attempt.number + 1,
        variant=row.variant,
    )
    problem = f"asked again: {attempt.outcome}"
    return {"state": STATE.QUEUED, "due_at": attempt.finished_at, "seed": seed, "problem": problem}


def _attempt_of(
    row: Generation,
    result: GenerationResult,
    messages: Sequence[Mapping[str, str]],
    answer: ReadAnswer,
    now: datetime,
) -> GenerationAttempt:
    setup = row.arm.model_setup
    told = record_of(result, messages=messages, profile=setup.profile, prompt_version=setup.prompt_version)
    return GenerationAttempt(
        generation=row,
        number=row.attempts + 1,
        reasoning=answer.reasoning,
        outcome=answer.outcome,
        finished_at=now,
        **told,
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
        queued = failed.update(**leases.queued_again(now))
        record_event(
            study=study, person=person, action="responses.retry_failed", now=now, detail={"draws": queued}
        )
    return queued
