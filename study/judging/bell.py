"""The bell tells Celery that judgements wait. The rows are the queue: a lost bell changes nothing."""

from django.conf import settings
from django.db import transaction

from study.judging.models import Judgement

TASK = "study.judging.judge"


def ring(study_id: int) -> None:
    """After the commit, send one message per queued judgement of the study; without Redis send nothing."""
    if settings.REDIS_URL:
        transaction.on_commit(lambda: ring_rows(_queued(study_id)))


def _queued(study_id: int) -> list[int]:
    queued = Judgement.objects.filter(judge__study_id=study_id, state=Judgement.State.QUEUED)
    return list(queued.order_by("due_at", "pk").values_list("pk", flat=True))


def ring_rows(judgement_ids: list[int]) -> int:
    """Send one message per row and return how many were sent."""
    from study.broker import send_rows  # noqa: PLC0415  web processes without Redis must not pay for Celery

    return send_rows(TASK, judgement_ids)
