"""The worker's loop: claim a row, ask the model outside any transaction, store once.

The same loop runs in `manage.py work`, in a Celery task for one row, and in tests.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from study.engines.base import (
    GenerationRequest,
    GenerationResult,
    InterruptionError,
    RejectionError,
)
from study.protocol.errors import StudyError
from study.responses.keeper import keeper, lease_seconds
from study.responses.models import Generation, ModelSetup
from study.responses.prompts import build_messages
from study.responses.services.batches import claim_mates
from study.responses.services.queue import (
    claim_next,
    claim_row,
    held_generation,
    reject,
    retreat,
    store_result,
    sweep,
)
from study.responses.services.setups import engine_for

Clock = Callable[[], datetime]
Answer = GenerationResult | Exception
logger = logging.getLogger(__name__)

INTERRUPTED: Final = "interrupted"


@dataclass
class Tally:
    """What a loop has done: draws with a final answer, draws that failed, tries that were interrupted."""

    finished: int = 0
    failed: int = 0
    interrupted: int = 0

    def count(self, outcome: str) -> None:
        self.finished += outcome == Generation.State.DONE
        self.failed += outcome == Generation.State.FAILED
        self.interrupted += outcome == INTERRUPTED


def worker_name() -> str:
    """Return who claims: host, process and thread."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"[:80]


def run_generation(generation_id: int, token: str, *, clock: Clock = timezone.now) -> str:
    """Ask the model for a claimed row and store what came back; return the row's new state.

    Returns "" when the lease is no longer held: then nothing was stored. Interruptions give the row back and
    return INTERRUPTED, refusals of the server fail it; neither raises.
    """
    row = held_generation(generation_id, token)
    if row is None:
        return ""
    with keeper.keeping(token):  # also while the storing waits for the study's lock
        (answer,) = _answers([row])
        return _settle(row, answer, clock)


def _answers(rows: Sequence[Generation]) -> Sequence[Answer]:
    """Ask for rows of one arm together; what went wrong stands in the answer's place."""
    try:
        setup, word_cap = rows[0].arm.model_setup, rows[0].study.word_cap
        engine = engine_for(setup, rows[0].study_vignette.version, word_cap=word_cap)
        requests = [request_for(row) for row in rows]
        return [engine.generate(requests[0])] if len(rows) == 1 else engine.generate_many(requests)
    except Exception as error:  # noqa: BLE001  settled row by row
        return [error for _ in rows]


def request_for(row: Generation) -> GenerationRequest:
    """Return what is asked for a row: its arm's prompt and sampling, its own seed."""
    setup, version = row.arm.model_setup, row.study_vignette.version
    messages = build_messages(
        scenario=version.scenario,
        question=version.question,
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
        return _settle_error(row, answer, clock)
    messages = [dict(message) for message in request_for(row).messages]
    try:
        return store_result(
            generation_id=row.pk, token=row.lease_token, result=answer, messages=messages, now=clock()
        )
    except Exception as error:  # noqa: BLE001  told apart and logged there
        return _settle_error(row, error, clock)


def _settle_error(row: Generation, error: Exception, clock: Clock) -> str:
    if isinstance(error, RejectionError | StudyError):
        reject(generation_id=row.pk, token=row.lease_token, problem=str(error), now=clock())
        return Generation.State.FAILED
    problem = str(error)
    if not isinstance(error, InterruptionError):
        # One row must never stop the queue: it goes back with its reason, and the log has the traceback.
        logger.error("generation %s broke", row.pk, exc_info=error)
        problem = f"unexpected error in the worker: {type(error).__name__}"
    retreat(generation_id=row.pk, token=row.lease_token, problem=problem, now=clock())
    return INTERRUPTED


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
    return [run_generation(row.pk, row.lease_token, clock=clock)]


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


def drain(*, until_idle: bool, poll_s: float, stop: threading.Event, clock: Clock = timezone.now) -> Tally:
    """Work through the queue until `stop` is set, or until nothing is due; return what was done.

    A row in hand is always finished first. `poll_s` is the pause in seconds while nothing is due.
    """
    tally = Tally()
    while not stop.is_set():
        sweep(now=clock())
        outcomes = run_next(clock=clock)
        if outcomes:
            for outcome in outcomes:
                tally.count(outcome)
        elif until_idle:
            break
        else:
            close_old_connections()
            stop.wait(poll_s)
    return tally
