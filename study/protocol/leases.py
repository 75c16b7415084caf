"""Rows that are a queue: claimed by compare-and-set, lent under a lease, changed only with its token."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import QuerySet

from study.engines.text import clean_text

LEASE_LOST = "the worker stopped before it finished"


class LeasedRow(models.Model):
    """A job that is owed: the row is the queue.

    `due_at` moves with every retreat after an interruption, `queued_at` tells since when the job is owed.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    interruptions = models.PositiveSmallIntegerField(default=0)
    lease_token = models.CharField(max_length=32, blank=True, default="")
    lease_until = models.DateTimeField(null=True)
    queued_at = models.DateTimeField()
    due_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    worker = models.CharField(max_length=80, blank=True, default="")
    problem = models.TextField(blank=True, default="")

    class Meta:
        abstract = True


Row = TypeVar("Row", bound=LeasedRow)
STATE = LeasedRow.State
UNFINISHED = (STATE.QUEUED, STATE.RUNNING)


def claim_next(due: QuerySet[Row], *, now: datetime, worker: str, lease_seconds: float) -> Row | None:
    """Claim the first of the due rows as it is read, or return None. Two workers never get the same row."""
    if connection.features.has_select_for_update_skip_locked:
        due = due.select_for_update(skip_locked=True, no_key=True, of=("self",))
    elif not due.exists():  # an idle look must not take SQLite's write lock
        return None
    with transaction.atomic():
        row = due.first()
        return row if row and _is_won(row, now, worker, lease_seconds) else None


def claim_one(due: QuerySet[Row], pk: int, *, now: datetime, worker: str, lease_seconds: float) -> Row | None:
    """Claim this one row when it is among the due ones, or return None: a doubled message changes nothing."""
    row = due.filter(pk=pk).first()
    return row if row and _is_won(row, now, worker, lease_seconds) else None


def _is_won(row: LeasedRow, now: datetime, worker: str, lease_seconds: float) -> bool:
    """Lend the row if it is still as it was read: whoever gives a row back changes one of these fields."""
    as_read = {name: getattr(row, name) for name in ("pk", "state", "due_at", "attempts", "interruptions")}
    lent = {
        "state": STATE.RUNNING,
        "lease_token": secrets.token_hex(16),
        "lease_until": now + timedelta(seconds=lease_seconds),
        "worker": worker[:80],
    }
    won = type(row)._default_manager.filter(**as_read).update(**lent)
    for name, value in lent.items():
        setattr(row, name, value)
    return bool(won)


def held(model: type[Row], pk: int, token: str) -> QuerySet[Row]:
    """Return the row while this token holds its lease, else nothing."""
    rows = model._default_manager.filter(pk=pk, state=STATE.RUNNING, lease_token=token)
    return rows.exclude(lease_token="")


def retreat(model: type[Row], pk: int, token: str, *, problem: str, now: datetime) -> bool:
    """Give the row back after an interruption, due again after 2, 4, 8 … 60 seconds; never fail it.

    The longest retreat is a setting.
    """
    row = held(model, pk, token).first()
    return row is not None and bool(held(model, pk, token).update(**_given_back(row, problem, now)))


def _given_back(row: LeasedRow, problem: str, now: datetime) -> dict[str, Any]:
    interruptions = row.interruptions + 1
    wait = min(2 ** min(interruptions, 6), settings.QUEUE_LONGEST_RETREAT_S)
    return {
        "state": STATE.QUEUED,
        "lease_token": "",
        "lease_until": None,
        "interruptions": interruptions,
        "due_at": now + timedelta(seconds=wait),
        "problem": clean_text(problem),
    }


def extend_leases(model: type[Row], tokens: Collection[str], *, until: datetime) -> int:
    """Lend the rows that these tokens still hold until then, and return their number."""
    running = model._default_manager.filter(state=STATE.RUNNING, lease_token__in=tokens)
    return running.update(lease_until=until)


def sweep(model: type[Row], *, now: datetime) -> int:
    """Give back every row whose lease has run out (its worker died), and return their number."""
    expired = model._default_manager.filter(state=STATE.RUNNING, lease_until__lt=now)
    swept = 0
    for row in expired:
        rows = held(model, row.pk, row.lease_token).filter(lease_until__lt=now)
        swept += rows.update(**_given_back(row, LEASE_LOST, now))
    return swept


def reject(model: type[Row], pk: int, token: str, *, problem: str, now: datetime) -> bool:
    """Fail the row for good: the server refuses this request. An investigator may have it tried again."""
    return bool(held(model, pk, token).update(**failed(problem, now)))


def failed(problem: str, now: datetime) -> dict[str, Any]:
    """Return the fields of a row that failed for this reason."""
    return {
        "state": STATE.FAILED,
        "lease_token": "",
        "lease_until": None,
        "finished_at": now,
        "problem": clean_text(problem),
    }


def queued_again(now: datetime) -> dict[str, Any]:
    """Return the fields of a failed row that is to be tried again."""
    return {
        "state": STATE.QUEUED,
        "due_at": now,
        "queued_at": now,
        "finished_at": None,
        "problem": "",
        "worker": "",
    }
