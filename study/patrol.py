"""A timer inside the worker process: walks that give back expired leases and ring for rows without a bell."""

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error, close_old_connections, connections
from django.utils import timezone

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stand:
    """How one queue stands: rows due, rows in work, since when one is owed, when one was finished last."""

    due: int
    running: int
    waiting_since: datetime | None
    last_finished: datetime | None


Walk = Callable[[datetime], Stand]


class Patrol(threading.Thread):
    """Walks round the queues again and again; it needs no scheduler process.

    When rows wait, none is worked on and none was finished for too long, in any queue, it ends the process,
    for a supervisor to start it again.
    """

    def __init__(self, *walks: Walk) -> None:
        super().__init__(name="patrol", daemon=True)
        self._walks = walks
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
        """Go round once, and look whether this process still works."""
        stands = [walk(now) for walk in self._walks]
        if self.is_stuck(stands, now):
            logger.critical(
                "rows wait, none is worked on, and none was finished for too long: the worker ends"
            )
            os._exit(1)

    def is_stuck(self, stands: list[Stand], now: datetime) -> bool:
        """Whether rows wait, none finishes, and none is being worked on any more."""
        patience = timedelta(seconds=settings.QUEUE_STALL_S)
        is_idle = any(stand.due for stand in stands) and not any(stand.running for stand in stands)
        waiting = [stand.waiting_since for stand in stands if stand.waiting_since]
        finished = [stand.last_finished for stand in stands if stand.last_finished]
        latest = max([self.started, *finished, *([min(waiting)] if waiting else [])])
        return is_idle and now - latest >= patience
