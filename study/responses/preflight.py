"""What a Celery worker must be like before it takes a message; each refusal is one line that names a setting."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, connection

from study.responses.bell import QUEUE
from study.responses.health import owed_rows
from study.responses.keeper import longest_call_s
from study.responses.models import ModelSetup

IN_PROCESS: Final = "vllm"
THREADED: Final = frozenset({"threads", "solo"})
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1", ""})


@dataclass(frozen=True)
class WorkerShape:
    """How a Celery worker was started: by its options and by the application's configuration."""

    pool: str
    concurrency: int
    prefetch: int
    acks_late: bool
    visibility_timeout_s: float
    broker_url: str
    queues: frozenset[str]


def shape_of(worker: Any) -> WorkerShape:
    """Read the shape off Celery's worker object."""
    conf = worker.app.conf
    return WorkerShape(
        pool=worker.pool_cls.__module__.rpartition(".")[2].replace("thread", "threads").replace("threadss", "threads"),
        concurrency=int(worker.concurrency or 1),
        prefetch=int(worker.prefetch_multiplier),
        acks_late=bool(conf.task_acks_late),
        visibility_timeout_s=float((conf.broker_transport_options or {}).get("visibility_timeout", 3600)),
        broker_url=str(conf.broker_url or ""),
        queues=frozenset(worker.app.amqp.queues.consume_from),
    )


def refusals(shape: WorkerShape) -> list[str]:
    """Return why a worker of this shape must not start; an empty list means that it may."""
    if QUEUE not in shape.queues:
        return []  # this worker never takes a draw
    return [*_of_delivery(shape), *_of_database(shape), *_of_engines(shape)]


def _of_delivery(shape: WorkerShape) -> list[str]:
    rules = [
        (bool(shape.broker_url), "REDIS_URL is not set: without Redis the worker is `manage.py work`"),
        (
            shape.prefetch == 1,
            f"--prefetch-multiplier is {shape.prefetch}, not 1: the rows are the queue, and a message held back "
            "keeps another worker idle",
        ),
        (
            shape.acks_late,
            "task_acks_late is off: a worker that dies would take the message of its draw with it",
        ),
        (
            shape.visibility_timeout_s > longest_call_s(),
            f"visibility_timeout is {shape.visibility_timeout_s:g} s, not longer than the longest call to a "
            f"model ({longest_call_s():g} s, from EQUIPOISE_LLM_TIMEOUT_S): messages would be delivered twice",
        ),
        (
            settings.QUEUE_PATROL_S <= settings.QUEUE_LEASE_S,
            f"EQUIPOISE_QUEUE_PATROL_S ({settings.QUEUE_PATROL_S:g}) is longer than EQUIPOISE_QUEUE_LEASE_S "
            f"({settings.QUEUE_LEASE_S:g}): the rows of a dead worker would wait for nothing",
        ),
    ]
    return [message for is_kept, message in rules if not is_kept]


def _of_database(shape: WorkerShape) -> list[str]:
    host = urlsplit(shape.broker_url).hostname or ""
    if connection.vendor == "sqlite" and host not in _LOCAL:
        return [
            f"DATABASE_URL is not set, and Redis is on {host}: other hosts cannot reach this machine's SQLite "
            "file, and every host would work on rows of its own; use PostgreSQL"
        ]
    try:
        owed_rows().exists()
    except DatabaseError as error:
        reason = str(error).strip().partition("\n")[0]
        return [f"DATABASE_URL: the queue's tables cannot be read ({reason}); run manage.py migrate"]
    return []


def _of_engines(shape: WorkerShape) -> list[str]:
    try:
        owed = set(owed_rows().values_list("arm__model_setup__engine", "arm__model_setup__base_url").distinct())
    except DatabaseError:
        return []  # said already
    found = []
    if (ModelSetup.Engine.OPENAI.value, "") in owed and not settings.LLM_BASE_URL.strip(" ,"):
        found.append("EQUIPOISE_LLM_BASE_URL is empty, and draws wait for an OpenAI-compatible server")
    in_process = IN_PROCESS in {engine for engine, _ in owed}
    if in_process and not (shape.pool in THREADED and shape.concurrency == 1):
        found.append(
            f"--pool is {shape.pool} with --concurrency {shape.concurrency}, and draws wait for vLLM inside the "
            "worker: it needs one engine in one process, --pool solo"
        )
    return found
