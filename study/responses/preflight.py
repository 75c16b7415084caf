"""What a Celery worker must be like before it takes a message; each refusal names the wrong setting."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, connection

from study.broker import QUEUE
from study.engines import vllm_process
from study.protocol.working import longest_call_s
from study.responses.health import owed_rows
from study.responses.models import ModelSetup

IN_PROCESS: Final = "vllm"
# Celery's own names of its pools are the modules'.
POOLS: Final = {"thread": "threads"}
ONE_PROCESS: Final = frozenset({"threads", "solo"})
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
    conf, pool = worker.app.conf, worker.pool_cls.__module__.rpartition(".")[2]
    return WorkerShape(
        pool=POOLS.get(pool, pool),
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
    lease, patrol, longest = settings.QUEUE_LEASE_S, settings.QUEUE_PATROL_S, longest_call_s()
    found = []
    if not shape.broker_url:
        found.append("REDIS_URL is not set: without Redis the worker is manage.py work")
    if shape.prefetch != 1:
        held_back = "a message that one worker holds back keeps another idle"
        found.append(f"--prefetch-multiplier is {shape.prefetch} and must be 1: {held_back}")
    if not shape.acks_late:
        found.append("task_acks_late is off: a worker that dies would take its draw's message with it")
    if shape.visibility_timeout_s <= longest:
        limit = f"the longest call to a model ({longest:g} s, from EQUIPOISE_LLM_TIMEOUT_S)"
        found.append(f"visibility_timeout is {shape.visibility_timeout_s:g} s, not longer than {limit}")
    if patrol > lease:
        found.append(f"EQUIPOISE_QUEUE_PATROL_S ({patrol:g}) is above EQUIPOISE_QUEUE_LEASE_S ({lease:g})")
    return found


def _of_database(shape: WorkerShape) -> list[str]:
    host = urlsplit(shape.broker_url).hostname or ""
    if connection.vendor == "sqlite" and host not in _LOCAL:
        unshared = "the SQLite file of this host is no queue for other hosts; use PostgreSQL"
        return [f"DATABASE_URL names no server, and REDIS_URL is on {host}: {unshared}"]
    try:
        owed_rows().exists()
    except DatabaseError as error:
        reason = str(error).strip().partition("\n")[0]
        return [f"DATABASE_URL: the queue cannot be read ({reason}); has manage.py migrate run?"]
    return []


def _of_engines(shape: WorkerShape) -> list[str]:
    try:
        owed = set(
            owed_rows().values_list("arm__model_setup__engine", "arm__model_setup__base_url").distinct()
        )
    except DatabaseError:
        return []  # said already
    found = []
    if (ModelSetup.Engine.OPENAI.value, "") in owed and not settings.LLM_BASE_URL.strip(" ,"):
        found.append("EQUIPOISE_LLM_BASE_URL is empty, and draws wait for an OpenAI-compatible server")
    is_asked_here = vllm_process.is_installed() and IN_PROCESS in {engine for engine, _ in owed}
    if is_asked_here and not (shape.pool in ONE_PROCESS and shape.concurrency == 1):
        needed = "draws wait for vLLM inside the worker, which needs --pool solo --concurrency 1"
        found.append(f"--pool is {shape.pool} and --concurrency {shape.concurrency}: {needed}")
    return found
