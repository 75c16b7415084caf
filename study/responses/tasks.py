"""Celery's side of the queue: one idempotent task per row, and a patrol that finds what no bell announced."""

import logging
import os
import threading
from datetime import datetime, timedelta
from typing import Final

from celery import shared_task
from django.db import Error, close_old_connections, connections
from django.utils import timezone

from study.responses.bell import TASK, ring_rows
from study.responses.models import Generation
from study.responses.queries import worker_health
from study.responses.services.queue import due_rows, sweep
from study.responses.worker import lease_seconds, run_row

logger = logging.getLogger(__name__)

PATROL_S: Final = 5.0
PATIENCE: Final = timedelta(seconds=20)
RING_AGAIN: Final = timedelta(minutes=10)


@shared_task(name=TASK, acks_late=True, ignore_result=True)
def generate(generation_id: int) -> None:
    """Run one row if it is due and free; a doubled or late message finds nothing to do."""
    if run_row(generation_id) == Generation.State.QUEUED:
        ring_rows(list(due_rows(timezone.now()).filter(pk=generation_id).values_list("pk", flat=True)))


class Patrol(threading.Thread):
    """A timer inside the worker process: gives back expired leases and rings for due rows without a message.

    It needs no scheduler process. When the queue stands still and this process has claimed nothing for longer
    than any call to a model may take, it ends the process, for a supervisor to start it again.
    """

    def __init__(self) -> None:
        super().__init__(name="patrol", daemon=True)
        self._stop_event = threading.Event()
        self._rung: dict[int, datetime] = {}
        self.started = timezone.now()

    def stop(self) -> None:
        self._stop_event.set()

    def run(self) -> None:
        while not self._stop_event.wait(PATROL_S):
            close_old_connections()
            try:
                self.walk(timezone.now())
            except Error:
                logger.exception("the patrol could not read the queue")
        connections.close_all()

    def walk(self, now: datetime) -> None:
        """Go round once: sweep, ring, and look whether this process still works."""
        sweep(now=now)
        silent = [row_id for row_id, due_at in self._due(now) if self._is_silent(row_id, due_at, now)]
        if silent:
            ring_rows(silent)
            self._rung |= dict.fromkeys(silent, now)
        if self.is_stuck(now):
            logger.critical("rows wait, and nothing was finished or claimed for too long: the worker ends")
            os._exit(1)

    def is_stuck(self, now: datetime) -> bool:
        """Whether rows wait, none finishes, and none is being worked on any more."""
        limit = timedelta(seconds=lease_seconds())
        health = worker_health(now)
        return health.is_stalled and health.due > 0 and health.running == 0 and now - self.started > limit

    @staticmethod
    def _due(now: datetime) -> list[tuple[int, datetime]]:
        return list(due_rows(now).values_list("pk", "due_at"))

    def _is_silent(self, row_id: int, due_at: datetime, now: datetime) -> bool:
        """Whether no message can be on its way: none was sent since the row became due, or long ago."""
        rung = self._rung.get(row_id)
        if rung is None:
            return now - due_at >= PATIENCE
        return rung < due_at or now - rung >= RING_AGAIN
