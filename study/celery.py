"""Celery: the bell of the generation queue. The rows in the database are the queue itself."""

import os
from typing import Any

from celery import Celery, signals
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "study.settings")

app = Celery("study")
app.set_default()
# A message that is longer in work than the visibility time-out is delivered a second time: it must be longer
# than the longest task, which is one call to a model.
app.conf.update(
    broker_url=settings.REDIS_URL or None,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": int(1.5 * settings.LLM_TIMEOUT_S) + 120,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 5,
    },
    task_default_queue="gpu",
    task_acks_late=True,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    timezone="UTC",
    enable_utc=True,
)
app.autodiscover_tasks(["study"])


@signals.celeryd_after_setup.connect
def refuse_wrong_settings(instance: Any, **_: Any) -> None:
    """End a worker that would lose or double work before it takes its first message: one line, status 1."""
    from study.responses.preflight import refusals, shape_of  # noqa: PLC0415  needs the app registry

    found = refusals(shape_of(instance))
    if found:
        raise SystemExit(f"The worker does not start: {'; '.join(found)}.")


@signals.worker_ready.connect
def start_patrol(sender: Any, **_: Any) -> None:
    """Let this worker process look after the queue by itself, if it takes draws at all."""
    from study.responses.bell import QUEUE  # noqa: PLC0415  needs the app registry
    from study.responses.tasks import Patrol  # noqa: PLC0415

    if QUEUE not in sender.app.amqp.queues.consume_from:
        return
    patrol = Patrol()
    patrol.start()
    signals.worker_shutting_down.connect(lambda **_: patrol.stop(), weak=False)
