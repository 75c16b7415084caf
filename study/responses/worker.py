"""The worker's loop: claim a row, ask the model outside any transaction, store once.

The same loop runs in `manage.py work`, in a Celery task for one row, and in tests.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import close_old_connections
from django.utils import timezone

from study.protocol.errors import StudyError
from study.responses.engines.base import (
    GenerationRequest,
    GenerationResult,
    InterruptionError,
    RejectionError,
)
from study.responses.keeper import keeper, lease_seconds
from study.responses.models import Generation
from study.responses.prompts import build_messages
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
    try:
        with keeper.keeping(token):
            messages, result = _ask(row)
        return store_result(
            generation_id=generation_id, token=token, result=result, messages=messages, now=clock()
        )
    except InterruptionError as error:
        retreat(generation_id=generation_id, token=token, problem=str(error), now=clock())
        return INTERRUPTED
    except (RejectionError, StudyError) as error:
        reject(generation_id=generation_id, token=token, problem=str(error), now=clock())
        return Generation.State.FAILED
    except Exception as error:
        # One row must never stop the queue: it goes back with its reason, and the log has the traceback.
        logger.exception("generation %s broke", generation_id)
        problem = f"unexpected error in the worker: {type(error).__name__}"
        retreat(generation_id=generation_id, token=token, problem=problem, now=clock())
        return INTERRUPTED


def _ask(row: Generation) -> tuple[list[dict[str, str]], GenerationResult]:
    setup, version = row.arm.model_setup, row.study_vignette.version
    messages = build_messages(
        scenario=version.scenario,
        question=version.question,
        word_cap=row.study.word_cap,
        version=setup.prompt_version,
    )
    request = GenerationRequest(
        messages=tuple(messages),
        sampling=setup.sampling,
        seed=row.seed,
        correlation_id=f"generation-{row.pk}-{row.attempts + 1}",
    )
    return messages, engine_for(setup, version, word_cap=row.study.word_cap).generate(request)


def run_row(generation_id: int, *, clock: Clock = timezone.now) -> str:
    """Claim this one row and run it; return what became of it, or "" when it is not due or not free."""
    row = claim_row(
        generation_id=generation_id, now=clock(), worker=worker_name(), lease_seconds=lease_seconds()
    )
    return run_generation(row.pk, row.lease_token, clock=clock) if row else ""


def run_next(*, clock: Clock = timezone.now) -> str | None:
    """Claim the row that is due longest and run it; return what became of it, or None when none is due."""
    row = claim_next(now=clock(), worker=worker_name(), lease_seconds=lease_seconds())
    return run_generation(row.pk, row.lease_token, clock=clock) if row else None


def drain(*, until_idle: bool, poll_s: float, stop: threading.Event, clock: Clock = timezone.now) -> Tally:
    """Work through the queue until `stop` is set, or until nothing is due; return what was done.

    A row in hand is always finished first. `poll_s` is the pause in seconds while nothing is due.
    """
    tally = Tally()
    while not stop.is_set():
        sweep(now=clock())
        outcome = run_next(clock=clock)
        if outcome is not None:
            tally.count(outcome)
        elif until_idle:
            break
        else:
            close_old_connections()
            stop.wait(poll_s)
    return tally
