"""Celery's side of the queue: one idempotent task per row, and a patrol that finds what no bell announced."""

import logging
import os
import threading
from datetime import datetime, timedelta
from typing import Final

from celery import shared_task
from django.conf import settings
from django.db import Error, close_old_connections, connections
from django.utils import timezone

from study.responses.bell import TASK, messages_waiting, ring_rows
from study.responses.health import worker_health
from study.responses.models import Generation
from study.responses.services.queue import due_rows, sweep
from study.responses.worker import run_row

logger = logging.getLogger(__name__)

RING_AT_MOST: Final = 1000


@shared_task(name=TASK, acks_late=True, ignore_result=True)
def generate(generation_id: int) -> None:
    """Run one row if it is due and free; a doubled or late message finds nothing to do."""
    if run_row(generation_id) == Generation.State.QUEUED:
        ring_rows([generation_id])


class Patrol(threading.Thread):
    """A timer inside the worker process: gives back expired leases and rings for due rows without a message.

    It needs no scheduler process. When rows wait, none is worked on and none was finished for too long, it
    ends the process, for a supervisor to start it again.
    """

    def __init__(self) -> None:
        super().__init__(name="patrol", daemon=True)
        self._stop_event = threading.Event()
        self.started = timezone.now()

    def stop(self) -> None:
        self._stop_event.set()

    def run(self) -> None:
        while not self._stop_event.wait(settings.QUEUE_PATROL_S):
            close_old_connections()
            try:
                self.walk(timezone.now())
            except Error:
                logger.exception("the patrol could not read the queue")
        connections.close_all()

    def walk(self, now: datetime) -> None:
        """Go round once: sweep, ring, and look whether this process still works.

        An empty queue beside due rows has lost its messages, or never had them: only then is there a ring, so
        that messages that nobody takes do not pile up.
        """
        sweep(now=now)
        due = list(due_rows(now).values_list("pk", flat=True)[:RING_AT_MOST])
        if due and messages_waiting() == 0:
            ring_rows(due)
        if due and self.is_stuck(now):
            logger.critical(
                "rows wait, none is worked on, and none was finished for too long: the worker ends"
            )
            os._exit(1)

    def is_stuck(self, now: datetime) -> bool:
        """Whether rows wait, none finishes, and none is being worked on any more."""
        patience = timedelta(seconds=settings.QUEUE_STALL_S)
        health = worker_health(now)
        return health.is_stalled and health.due > 0 and health.running == 0 and now - self.started > patience
