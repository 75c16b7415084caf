"""The bell tells Celery that rows wait. The rows are the queue: a lost or doubled bell changes nothing."""

import logging
from typing import Any

from django.conf import settings
from django.db import transaction
from kombu import Connection
from kombu.exceptions import OperationalError

from study.responses.models import Generation

logger = logging.getLogger(__name__)

TASK = "study.responses.generate"
QUEUE = "gpu"
CONNECT_S = 2


def ring(study_id: int) -> None:
    """After the commit, send one message per queued draw of the study; without Redis send nothing."""
    if settings.REDIS_URL:
        transaction.on_commit(lambda: ring_rows(_queued(study_id)))


def _queued(study_id: int) -> list[int]:
    queued = Generation.objects.filter(study_id=study_id, state=Generation.State.QUEUED)
    return list(queued.order_by("due_at", "pk").values_list("pk", flat=True))


def ring_rows(generation_ids: list[int]) -> int:
    """Send one message per row and return how many were sent; a broker that is down costs nothing but time.

    The workers look at the table themselves from time to time.
    """
    from study.celery import app  # noqa: PLC0415  web processes without Redis must not pay for Celery

    sent = 0
    connection = app.connection_for_write()
    try:
        with connection:
            _connect(connection)
            producer = app.amqp.Producer(connection, auto_declare=False)
            for generation_id in generation_ids:
                app.send_task(TASK, args=[generation_id], queue=QUEUE, producer=producer, retry=False)
                sent += 1
    except _broken(connection):
        logger.warning("the broker did not take %s messages", len(generation_ids) - sent)
    return sent


def messages_waiting() -> int | None:
    """Return how many messages wait for a worker, or None while the broker does not answer."""
    from study.celery import app  # noqa: PLC0415

    connection = app.connection_for_read()
    try:
        with connection:
            _connect(connection)
            channel: Any = connection.default_channel
            return int(channel.queue_declare(QUEUE, passive=True).message_count)
    except connection.channel_errors:
        return 0  # Redis forgets a list that has become empty
    except _broken(connection):
        logger.warning("the broker does not answer")
        return None


def _broken(connection: Connection) -> tuple[type[BaseException], ...]:
    return (OperationalError, *connection.connection_errors)


def _connect(connection: Connection) -> None:
    # A page waits for this: one quick try, and no hundred of them.
    connection.ensure_connection(max_retries=1, interval_start=0, timeout=CONNECT_S)
