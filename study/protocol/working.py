"""The worker's loop over queues of rows: claim, ask outside any transaction, store once; and its leases."""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import Error, close_old_connections, connections
from django.utils import timezone

from study.engines.base import InterruptionError, RejectionError
from study.protocol.errors import StudyError
from study.protocol.leases import STATE, LeasedRow, extend_leases, reject, retreat

Clock = Callable[[], datetime]
Turn = Callable[[], Sequence[str]]
logger = logging.getLogger(__name__)

INTERRUPTED: Final = "interrupted"
BEATS_PER_LEASE: Final = 4
# Before its own call a row may wait for the end of another one (EQUIPOISE_LLM_AT_ONCE).
CALL_MARGIN: Final = 2
CALL_EXTRA_S: Final = 60


@dataclass
class Tally:
    """What a loop has done: jobs with a final answer, jobs that failed, tries that were interrupted."""

    finished: int = 0
    failed: int = 0
    interrupted: int = 0

    def count(self, outcome: str) -> None:
        self.finished += outcome == STATE.DONE
        self.failed += outcome == STATE.FAILED
        self.interrupted += outcome == INTERRUPTED


def drain(turns: Sequence[Turn], *, until_idle: bool, poll_s: float, stop: threading.Event) -> Tally:
    """Take one turn at each queue until `stop` is set, or until nothing is due; return what was done.

    A turn sweeps its queue, works on what is due first, and returns what became of it: nothing when nothing
    was due. `poll_s` is the pause in seconds while that holds for all of them.
    """
    tally = Tally()
    while not stop.is_set():
        outcomes = [outcome for turn in turns for outcome in turn()]
        for outcome in outcomes:
            tally.count(outcome)
        if outcomes:
            continue
        if until_idle:
            break
        close_old_connections()
        stop.wait(poll_s)
    return tally


def worker_name() -> str:
    """Return who claims: host, process and thread."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"[:80]


def settle_error(row: LeasedRow, error: Exception, now: datetime) -> str:
    """Fail a row that the server refuses, give back any other; return what became of it."""
    what, pk, token = type(row), row.pk, row.lease_token
    if isinstance(error, RejectionError | StudyError):
        reject(what, pk, token, problem=str(error), now=now)
        return STATE.FAILED
    problem = str(error)
    if not isinstance(error, InterruptionError):
        # One row must never stop the queue: it goes back with its reason, and the log has the traceback.
        logger.error("%s %s broke", what.__name__.lower(), pk, exc_info=error)
        problem = f"unexpected error in the worker: {type(error).__name__}"
    retreat(what, pk, token, problem=problem, now=now)
    return INTERRUPTED


def lease_seconds() -> float:
    """Return how long a row is lent at a time; while its call lasts, the lease is extended."""
    return float(settings.QUEUE_LEASE_S)


def longest_call_s() -> float:
    """Return after how many seconds a row in hand is given up, whatever happens: no lease lasts longer."""
    return float(CALL_MARGIN * settings.LLM_TIMEOUT_S + CALL_EXTRA_S)


class Keeper:
    """Extends this process's leases on rows of one kind in one thread, which lives while a row is in hand.

    Being short, leases give a dead worker's rows back soon.
    """

    def __init__(self, model: type[LeasedRow]) -> None:
        self._model = model
        self._lock = threading.Lock()
        self._ends: dict[str, float] = {}
        self._over = threading.Event()

    @contextmanager
    def keeping(self, token: str) -> Iterator[None]:
        """Extend the lease with this token until the block ends, at most for the longest call."""
        with self._lock:
            if not self._ends:
                self._over = threading.Event()
                threading.Thread(target=self._beat, args=(self._over,), name="keeper", daemon=True).start()
            self._ends[token] = time.monotonic() + longest_call_s()
        try:
            yield
        finally:
            with self._lock:
                del self._ends[token]
                if not self._ends:
                    self._over.set()

    def _beat(self, over: threading.Event) -> None:
        while not over.wait(lease_seconds() / BEATS_PER_LEASE):
            with self._lock:
                tokens = [token for token, end in self._ends.items() if end > time.monotonic()]
            until = timezone.now() + timedelta(seconds=lease_seconds())
            try:
                extend_leases(self._model, tokens, until=until)
            except Error:
                logger.warning("the leases of %s rows could not be extended", len(tokens))
            finally:
                connections.close_all()
