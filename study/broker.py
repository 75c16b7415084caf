"""The Celery application as the bell uses it: no stage is known here, so every stage may ring.

The rows in the database are the queue itself: a lost or doubled message changes nothing.
"""

import logging
import os
import sys
from collections.abc import Sequence
from typing import Any, Final

from celery import Celery
from django.conf import settings
from kombu import Connection
from kombu.exceptions import OperationalError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "study.settings")

logger = logging.getLogger(__name__)

QUEUE: Final = "gpu"
CONNECT_S: Final = 2

app = Celery("study")
app.set_default()
# A message that is longer in work than the visibility time-out is delivered a second time: it must be longer
# than the longest task, which waits for one call to a model and then makes one.
app.conf.update(
    broker_url=settings.REDIS_URL or None,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": int(2 * settings.LLM_TIMEOUT_S) + 120,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 5,
    },
    task_default_queue=QUEUE,
    task_acks_late=True,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    timezone="UTC",
    enable_utc=True,
    # Celery would close the database's connection before and after every task; close_stale_connections looks
    # after it instead.
    CELERY_DB_REUSE_MAX=sys.maxsize,
)


def send_rows(task: str, row_ids: Sequence[int]) -> int:
    """Send one message per row and return how many were sent; a broker that is down costs nothing but time.

    The workers look at the tables themselves from time to time.
    """
    sent = 0
    connection = app.connection_for_write()
    try:
        with connection:
            _connect(connection)
            producer = app.amqp.Producer(connection, auto_declare=False)
            for row_id in row_ids:
                app.send_task(task, args=[row_id], queue=QUEUE, producer=producer, retry=False)
                sent += 1
    except _broken(connection):
        logger.warning("the broker did not take %s messages", len(row_ids) - sent)
    return sent


def messages_waiting() -> int | None:
    """Return how many messages wait for a worker, or None while the broker does not answer."""
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
