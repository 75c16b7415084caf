"""Celery as the worker runs it: the bell's application, its tasks, and what it looks after by itself."""

from typing import Any

from celery import signals
from django.db import close_old_connections
from kombu.transport import redis

from study.broker import QUEUE, app

app.autodiscover_tasks(["study"])
__all__ = ["app"]


class BellQoS(redis.QoS):
    """Acknowledge bells without ending the worker when Redis is gone.

    A bell that was heard and not answered is rung again by the patrol, so nothing has to be given back when a
    connection ends, and nothing is lost with an acknowledgement that comes after it.
    """

    restore_at_shutdown = False

    def ack(self, delivery_tag: str) -> None:
        if self.channel.connection is None:
            # kombu would fail with an AttributeError, which no part of the worker expects.
            raise ConnectionResetError("the connection on which this bell came has ended")
        super().ack(delivery_tag)


redis.Channel.QoS = BellQoS


@signals.celeryd_after_setup.connect
def refuse_wrong_settings(instance: Any, **_: Any) -> None:
    """End a worker that would lose or double work before it takes its first message: one line, status 1."""
    from study.responses.preflight import refusals, shape_of  # noqa: PLC0415  needs the app registry

    found = refusals(shape_of(instance))
    if found:
        raise SystemExit(f"The worker does not start: {'; '.join(found)}.")


@signals.task_prerun.connect
def close_stale_connections(sender: Any, **_: Any) -> None:
    """Close this thread's connection to the database if it is too old or broken; else the task uses it."""
    if not sender.request.is_eager:
        close_old_connections()


@signals.worker_ready.connect
def start_patrol(sender: Any, **_: Any) -> None:
    """Let this worker process look after the queues by itself, if it takes their rows at all."""
    from study.judging.tasks import walk as walk_judgements  # noqa: PLC0415  needs the app registry
    from study.patrol import Patrol  # noqa: PLC0415
    from study.responses.tasks import walk as walk_draws  # noqa: PLC0415

    if QUEUE not in sender.app.amqp.queues.consume_from:
        return
    patrol = Patrol(walk_draws, walk_judgements)
    patrol.start()
    signals.worker_shutting_down.connect(lambda **_: patrol.stop(), weak=False)
