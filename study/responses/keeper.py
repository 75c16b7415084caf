"""Extends the leases of the rows in hand: being short, they give a dead worker's rows back soon."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import Error, connections
from django.utils import timezone

from study.responses.services.queue import extend_leases

logger = logging.getLogger(__name__)

BEATS_PER_LEASE: Final = 4
CALL_MARGIN: Final = 1.5
CALL_EXTRA_S: Final = 60


def lease_seconds() -> float:
    """Return how long a row is lent at a time; while its call lasts, the lease is extended."""
    return float(settings.QUEUE_LEASE_S)


def longest_call_s() -> float:
    """Return after how many seconds a call is given up, whatever it does: no lease is extended beyond."""
    return float(CALL_MARGIN * settings.LLM_TIMEOUT_S + CALL_EXTRA_S)


class Keeper:
    """Extends the leases of this process in one thread, which lives only while a row is in hand."""

    def __init__(self) -> None:
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
            try:
                extend_leases(tokens, until=timezone.now() + timedelta(seconds=lease_seconds()))
            except Error:
                logger.warning("the leases of %s rows could not be extended", len(tokens))
            finally:
                connections.close_all()


keeper = Keeper()
