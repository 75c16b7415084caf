"""Whatever fails on the way, 300 planned draws end as 300 stored responses: PostgreSQL, real processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from study.responses.models import Generation
from tests.responses.faults.campaign import CEILING_S, OWED, WIRE_FAULTS, Stage, asked_study, stage
from tests.responses.faults.processes import database_url, until

pytestmark = pytest.mark.postgresql


@pytest.fixture
def faulty(template_db: None, tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path, database_url(), "faults", faults=WIRE_FAULTS, times=150) as ready:
        yield ready


def test_every_fault_in_one_run_leaves_each_draw_stored_once(faulty: Stage) -> None:
    faulty.send(times=3)
    faulty.after(30)
    faulty.workers[0].restart()
    faulty.after(80)
    faulty.model.kill()
    until(faulty.interrupted, limit_s=CEILING_S)
    faulty.model.start()
    faulty.after(140)
    faulty.redis.flushall()
    faulty.after(170)
    faulty.cut_off()
    faulty.after(200)
    faulty.broker.restart()
    seconds = faulty.drained()
    assert faulty.left().is_whole, f"{faulty.left()} after {seconds:.0f} s"


@pytest.fixture
def calm(template_db: None, tmp_path: Path) -> Iterator[Stage]:
    settings = {"EQUIPOISE_QUEUE_STALL_S": "10"}
    with stage(tmp_path, database_url(), "calm", settings=settings) as ready:
        yield ready


def test_two_workers_share_the_draws_without_double_work_and_end_when_nothing_reaches_them(
    calm: Stage,
) -> None:
    calm.drained()
    left = calm.left()
    processes = {name.split(":")[1] for name in Generation.objects.values_list("worker", flat=True)}
    assert (left.is_whole, left.attempts, left.interruptions, len(processes)) == (True, OWED, 0, 2)
    calm.broker.kill()
    asked_study("unheard")
    statuses = [worker.ended(limit_s=CEILING_S) for worker in calm.workers]
    assert statuses == [1, 1]
