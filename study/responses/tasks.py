"""Celery's side of the queue: one idempotent task per row, and the walk that finds what no bell announced."""

from datetime import datetime
from typing import Final

from celery import shared_task
from django.db.models import Min

from study.broker import messages_waiting
from study.patrol import Stand
from study.responses.bell import TASK, ring_rows
from study.responses.health import last_finished, owed_rows
from study.responses.models import Generation
from study.responses.services.queue import askable_here, due_rows, sweep
from study.responses.worker import run_row

RING_AT_MOST: Final = 1000


@shared_task(name=TASK, acks_late=True, ignore_result=True)
def generate(generation_id: int) -> None:
    """Run one row if it is due and free; a doubled or late message finds nothing to do."""
    if run_row(generation_id) == Generation.State.QUEUED:
        ring_rows([generation_id])


def walk(now: datetime) -> Stand:
    """Sweep, ring, and say how the queue stands, both for the rows that can be asked here.

    An empty queue beside due rows has lost its messages, or never had them: only then is there a ring, so
    that messages that nobody takes do not pile up.
    """
    sweep(now=now)
    due = list(askable_here(due_rows(now)).values_list("pk", flat=True)[:RING_AT_MOST])
    if due and messages_waiting() == 0:
        ring_rows(due)
    owed = askable_here(owed_rows())
    running = owed.filter(state=Generation.State.RUNNING).count()
    since = owed.aggregate(since=Min("queued_at"))["since"]
    return Stand(len(due), running, since, last_finished())
