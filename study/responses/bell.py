"""The bell tells Celery that rows wait. The rows are the queue: a lost or doubled bell changes nothing."""

from django.conf import settings
from django.db import transaction

from study.responses.models import Generation

TASK = "study.responses.generate"


def ring(study_id: int) -> None:
    """After the commit, send one message per queued draw of the study; without Redis send nothing."""
    if settings.REDIS_URL:
        transaction.on_commit(lambda: ring_rows(_queued(study_id)))


def _queued(study_id: int) -> list[int]:
    queued = Generation.objects.filter(study_id=study_id, state=Generation.State.QUEUED)
    return list(queued.order_by("due_at", "pk").values_list("pk", flat=True))


def ring_rows(generation_ids: list[int]) -> int:
    """Send one message per row and return how many were sent."""
    from study.broker import send_rows  # noqa: PLC0415  web processes without Redis must not pay for Celery

    return send_rows(TASK, generation_ids)
