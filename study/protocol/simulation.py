"""Blocks of work through the queue and their answers back: messages by Celery, answers by a list in Redis.

The queue may deliver a message twice, so the answers carry their number and a second one is dropped.
"""

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final

import redis
from celery import Celery
from django.conf import settings

TASK: Final = "study.protocol.simulate_block"
LOOK_EVERY_S: Final = 15
ANSWERS_LIVE_S: Final = 3600

Tally = dict[str, float]


class SimulationError(RuntimeError):
    """The blocks cannot be worked on; the message is one line for the person who asked."""


def answer(address: str, number: int, tally: Tally | None) -> None:
    """Put the answer to one block on the list of its asker; None says that the block failed."""
    with redis.Redis.from_url(settings.REDIS_URL) as connection:
        connection.rpush(address, json.dumps([number, tally]))
        connection.expire(address, ANSWERS_LIVE_S)


def spread(app: Celery, payloads: Sequence[dict[str, Any]], queue: str) -> Iterator[Tally]:
    """Send every payload to the queue and yield the tallies in the order of the payloads.

    Raises
    ------
    SimulationError
        If there is no Redis, no worker reads the queue, or a block failed.
    """
    if not settings.REDIS_URL:
        raise SimulationError("There is no Redis: set REDIS_URL, or leave out --workers celery.")
    _require_reader(app, queue)
    address = f"simulation:{uuid.uuid4()}"
    for number, payload in enumerate(payloads):
        app.send_task(TASK, args=[payload, address, number], queue=queue)
    with redis.Redis.from_url(settings.REDIS_URL) as connection:
        try:
            listen = partial(_next, connection, address, lambda: _require_reader(app, queue))
            yield from _in_order(listen, len(payloads))
        finally:
            connection.delete(address)


def _require_reader(app: Celery, queue: str) -> None:
    readers = app.control.inspect(timeout=2).active_queues() or {}
    if not any(entry["name"] == queue for entries in readers.values() for entry in entries):
        raise SimulationError(f"No worker reads the queue: celery -A study worker -Q {queue}")


def _in_order(listen: Callable[[], tuple[int, Tally | None]], count: int) -> Iterator[Tally]:
    early: dict[int, Tally] = {}
    for wanted in range(count):
        while wanted not in early:
            number, tally = listen()
            if tally is None:
                raise SimulationError(f"Block {number} failed; the log of its worker says why.")
            if number >= wanted:
                early[number] = tally
        yield early.pop(wanted)


def _next(connection: redis.Redis, address: str, look: Callable[[], None]) -> tuple[int, Tally | None]:
    """The next answer; while none comes, look now and then whether a worker is still there."""
    while True:
        found: Any = connection.blpop([address], timeout=LOOK_EVERY_S)
        if found:
            number, tally = json.loads(found[1])
            return int(number), tally
        look()
