import json
from collections.abc import Iterator

import pytest
import redis
from pytest_django.fixtures import Settings

from analysis.power.blocks import payloads, run_block
from analysis.power.design import Design
from study.protocol.simulation import SimulationError, Tally, _in_order
from study.protocol.tasks import simulate_block

ADDRESS = "simulation:test"


@pytest.fixture
def answers(redis_url: str, settings: Settings) -> Iterator[redis.Redis]:
    """A real Redis that keeps the answers."""
    settings.REDIS_URL = redis_url
    with redis.Redis.from_url(redis_url) as connection:
        connection.delete(ADDRESS)
        yield connection


def test_the_task_sends_the_tally_of_its_block(answers: redis.Redis) -> None:
    block = payloads(Design(studies=20))[0]
    simulate_block.apply(args=[block, ADDRESS, 7]).get()
    number, tally = json.loads(answers.lpop(ADDRESS))  # type: ignore[arg-type]
    assert number == 7
    assert tally == run_block(block)


def test_a_task_that_fails_tells_the_asker(answers: redis.Redis) -> None:
    assert simulate_block.apply(args=[{"design": {}}, ADDRESS, 3]).failed()
    assert json.loads(answers.lpop(ADDRESS)) == [3, None]  # type: ignore[arg-type]


def test_answers_that_nobody_collects_do_not_stay(answers: redis.Redis) -> None:
    simulate_block.apply(args=[{"design": {}}, ADDRESS, 3])
    assert 0 < int(answers.ttl(ADDRESS)) <= 3600  # type: ignore[arg-type]


def listening(*found: tuple[int, Tally | None]) -> Iterator[Tally]:
    heard = iter(found)
    return _in_order(lambda: next(heard), 3)


def test_answers_come_in_order_and_a_doubled_one_is_dropped() -> None:
    early = listening((1, {"a": 1}), (0, {"a": 0}), (0, {"a": 0}), (1, {"a": 1}), (2, {"a": 2}))
    assert [tally["a"] for tally in early] == [0, 1, 2]


def test_a_failed_block_ends_the_simulation_with_one_line() -> None:
    with pytest.raises(SimulationError, match="Block 1 failed; the log of its worker says why"):
        list(listening((0, {"a": 0}), (1, None)))
