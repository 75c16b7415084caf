"""The worker's turn at the queue of draws: claim a row, ask the model outside any transaction, store once.

The same turn runs in `manage.py work`, in a Celery task for one row, and in tests.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from study.engines.base import GenerationRequest, GenerationResult
from study.protocol.working import Clock, Keeper, lease_seconds, settle_error, worker_name
from study.responses.models import Generation, ModelSetup
from study.responses.prompts import build_messages
from study.responses.services.batches import claim_mates
from study.responses.services.queue import claim_next, claim_row, held_generation, store_result, sweep
from study.responses.services.setups import engine_for


@dataclass(frozen=True)
class Told:
    """What was asked for a row, and what came back."""

    request: GenerationRequest
    result: GenerationResult


Answer = Told | Exception

keeper = Keeper(Generation)


def run_generation(generation_id: int, token: str, *, clock: Clock = timezone.now) -> str:
    """Ask the model for a claimed row and store what came back; return the row's new state.

    Returns "" when the lease is no longer held: then nothing was stored. Interruptions give the row back and
    return INTERRUPTED, refusals of the server fail it; neither raises.
    """
    row = held_generation(generation_id, token)
    return _run_held(row, clock) if row else ""


def _run_held(row: Generation, clock: Clock) -> str:
    with keeper.keeping(row.lease_token):  # also while the storing waits for the study's lock
        (answer,) = _answers([row])
        return _settle(row, answer, clock)


def _answers(rows: Sequence[Generation]) -> Sequence[Answer]:
    """Ask for rows of one arm together; what went wrong stands in the answer's place."""
    try:
        setup, word_cap = rows[0].arm.model_setup, rows[0].study.word_cap
        version, variant = rows[0].study_vignette.version, rows[0].variant
        engine = engine_for(setup, version, word_cap=word_cap, variant=variant)
        requests = [request_for(row) for row in rows]
        results = [engine.generate(requests[0])] if len(rows) == 1 else engine.generate_many(requests)
        return [
            result if isinstance(result, Exception) else Told(request, result)
            for request, result in zip(requests, results, strict=True)
        ]
    except Exception as error:  # noqa: BLE001  settled row by row
        return [error for _ in rows]


def request_for(row: Generation) -> GenerationRequest:
    """Return what is asked for a row: its variant in its arm's prompt, with its sampling, its own seed."""
    setup, asked = row.arm.model_setup, row.study_vignette.version.as_asked(row.variant)
    messages = build_messages(
        scenario=asked.scenario,
        question=asked.question,
        word_cap=row.study.word_cap,
        version=setup.prompt_version,
        system=setup.system_prompt,
    )
    return GenerationRequest(
        messages=tuple(messages),
        sampling=setup.sampling,
        seed=row.seed,
        correlation_id=f"generation-{row.pk}-{row.attempts + 1}",
    )


def _settle(row: Generation, answer: Answer, clock: Clock) -> str:
    if isinstance(answer, Exception):
        return settle_error(row, answer, clock())
    try:
        return store_result(row=row, result=answer.result, messages=answer.request.messages, now=clock())
    except Exception as error:  # noqa: BLE001  told apart and logged there
        return settle_error(row, error, clock())


def run_batch(first: Generation, *, clock: Clock = timezone.now) -> list[str]:
    """Run a claimed row with other due rows of its arm; return what became of each, `first` first."""
    mates = claim_mates(
        first,
        now=clock(),
        worker=worker_name(),
        lease_seconds=lease_seconds(),
        limit=settings.LLM_BATCH - 1,
    )
    held = [held_generation(row.pk, row.lease_token) for row in (first, *mates)]
    rows = [row for row in held if row is not None]
    if not rows:
        return []
    with ExitStack() as leases:
        for row in rows:
            leases.enter_context(keeper.keeping(row.lease_token))
        answers = _answers(rows)
        return [_settle(row, answer, clock) for row, answer in zip(rows, answers, strict=True)]


def _run_claimed(row: Generation, clock: Clock) -> list[str]:
    if row.arm.model_setup.engine == ModelSetup.Engine.VLLM:
        return run_batch(row, clock=clock)
    return [_run_held(row, clock)]


def run_row(generation_id: int, *, clock: Clock = timezone.now) -> str:
    """Claim this one row and run it; return what became of it, or "" when it is not due or not free."""
    row = claim_row(
        generation_id=generation_id, now=clock(), worker=worker_name(), lease_seconds=lease_seconds()
    )
    return next(iter(_run_claimed(row, clock)), "") if row else ""


def run_next(*, clock: Clock = timezone.now) -> list[str]:
    """Claim the row that is due longest and run it; return what became of it, nothing when none is due.

    An engine inside this process is asked for the other due rows of that arm, too: one entry for each.
    """
    row = claim_next(now=clock(), worker=worker_name(), lease_seconds=lease_seconds())
    return _run_claimed(row, clock) if row else []


def take_turn(*, clock: Clock = timezone.now) -> list[str]:
    """Sweep, then run what is due longest; return what became of it, nothing when none is due."""
    sweep(now=clock())
    return run_next(clock=clock)
