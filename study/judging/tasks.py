"""Celery's side of judging: one idempotent task per row, and the walk that finds what no bell announced."""

from datetime import datetime
from typing import Final

from celery import shared_task

from study.broker import messages_waiting
from study.judging.bell import TASK, ring_rows
from study.judging.models import Judgement
from study.judging.queries import due_judgements, last_finished, owed_judgements, waiting_since
from study.judging.worker import run_row
from study.patrol import Stand
from study.protocol.leases import sweep

RING_AT_MOST: Final = 1000


@shared_task(name=TASK, acks_late=True, ignore_result=True)
def judge(judgement_id: int) -> None:
    """Run one row if it is due and free; a doubled or late message finds nothing to do."""
    if run_row(judgement_id) == Judgement.State.QUEUED:
        ring_rows([judgement_id])


def walk(now: datetime) -> Stand:
    """Sweep, ring where due rows have no message, and say how the queue stands."""
    sweep(Judgement, now=now)
    due = list(due_judgements(now).values_list("pk", flat=True)[:RING_AT_MOST])
    if due and messages_waiting() == 0:
        ring_rows(due)
    owed = owed_judgements()
    running = owed.filter(state=Judgement.State.RUNNING).count()
    return Stand(len(due), running, waiting_since(owed), last_finished())
