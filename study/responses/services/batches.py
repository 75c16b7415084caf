"""Claiming several rows of one arm, for an engine that answers whole batches."""

from datetime import datetime

from study.responses.models import Generation
from study.responses.services.queue import claim_row, due_rows


def claim_mates(
    first: Generation, *, now: datetime, worker: str, lease_seconds: float, limit: int
) -> list[Generation]:
    """Claim up to `limit` more due rows of the arm of a claimed row, and return those that were won."""
    due = due_rows(now).filter(arm_id=first.arm_id).values_list("pk", flat=True)[:limit]
    claimed = [
        claim_row(generation_id=pk, now=now, worker=worker, lease_seconds=lease_seconds) for pk in list(due)
    ]
    return [row for row in claimed if row is not None]
