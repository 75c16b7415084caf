"""The worker's loop: claim a row, ask the model outside any transaction, store once.

The same loop runs in `manage.py work`, in a Celery task for one row, and in tests.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from study.protocol.errors import StudyError
from study.responses.engines.base import (
    GenerationRequest,
    GenerationResult,
    InterruptionError,
    RejectionError,
)
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

LEASE_MARGIN: Final = 1.5
LEASE_EXTRA_S: Final = 60


def lease_seconds() -> float:
    """Return how long a row is lent: longer than the model's time-out, so that no live worker loses it."""
    return float(LEASE_MARGIN * settings.LLM_TIMEOUT_S + LEASE_EXTRA_S)


def worker_name() -> str:
    """Return who claims: host, process and thread."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"[:80]


def run_generation(generation_id: int, token: str, *, clock: Clock = timezone.now) -> str:
    """Ask the model for a claimed row and store what came back; return the row's new state.

    Returns "" when the lease is no longer held: then nothing was stored. Interruptions give the row back,
    refusals of the server fail it; neither raises.
    """
    row = held_generation(generation_id, token)
    if row is None:
        return ""
    try:
        messages, result = _ask(row)
        return store_result(
            generation_id=generation_id, token=token, result=result, messages=messages, now=clock()
        )
    except InterruptionError as error:
        retreat(generation_id=generation_id, token=token, problem=str(error), now=clock())
        return Generation.State.QUEUED
    except (RejectionError, StudyError) as error:
        reject(generation_id=generation_id, token=token, problem=str(error), now=clock())
        return Generation.State.FAILED
    except Exception as error:
        # One row must never stop the queue: it goes back with its reason, and the log has the traceback.
        logger.exception("generation %s broke", generation_id)
        problem = f"unexpected error in the worker: {type(error).__name__}"
        retreat(generation_id=generation_id, token=token, problem=problem, now=clock())
        return Generation.State.QUEUED


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
    """Claim this one row and run it; return its new state, or "" when it is not due or not free."""
    row = claim_row(
        generation_id=generation_id, now=clock(), worker=worker_name(), lease_seconds=lease_seconds()
    )
    return run_generation(row.pk, row.lease_token, clock=clock) if row else ""


def run_next(*, clock: Clock = timezone.now) -> bool:
    """Claim the row that is due longest and run it; return whether there was one."""
    row = claim_next(now=clock(), worker=worker_name(), lease_seconds=lease_seconds())
    if row is None:
        return False
    run_generation(row.pk, row.lease_token, clock=clock)
    return True


def drain(*, until_idle: bool, poll_s: float, stop: threading.Event, clock: Clock = timezone.now) -> int:
    """Work through the queue until `stop` is set, or until nothing is due; return how many rows were run.

    A row in hand is always finished first. `poll_s` is the pause in seconds while nothing is due.
    """
    done = 0
    while not stop.is_set():
        sweep(now=clock())
        if run_next(clock=clock):
            done += 1
        elif until_idle:
            break
        else:
            close_old_connections()
            stop.wait(poll_s)
    return done
