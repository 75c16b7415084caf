import logging
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import redis
from django.db import OperationalError
from pytest_django.fixtures import Settings

from study.celery import app
from study.patrol import Patrol
from study.protocol.models import Study
from study.responses.bell import ring, ring_rows
from study.responses.models import Generation, ModelSetup, Response
from study.responses.services.queue import claim_next
from study.responses.tasks import generate, walk
from tests.builders import NOW
from tests.model_server import ModelServer, Reply, completion
from tests.responses.conftest import asking_study, opened_study
from tests.servers import free_port


@pytest.fixture
def broker(redis_url: str, settings: Settings) -> Iterator[redis.Redis]:
    """A real Redis that takes the messages; nobody reads them."""
    before, settings.REDIS_URL = app.conf.broker_url, redis_url
    app.conf.broker_url = redis_url
    with redis.Redis.from_url(redis_url) as connection:
        connection.flushall()
        yield connection
    app.conf.broker_url = before


def wait_for(is_so: Callable[[], bool]) -> None:
    limit = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < limit
        time.sleep(0.02)


def test_the_task_runs_its_row_once(trial: Study) -> None:
    row = Generation.objects.order_by("pk")[0]
    for _ in range(2):
        generate.apply(args=[row.pk]).get()
    assert Response.objects.count() == 1


def test_a_task_for_a_row_that_is_gone_does_nothing(db: None) -> None:
    assert generate.apply(args=[404]).get() is None


def test_the_bell_sends_one_message_per_queued_row(
    trial: Study, broker: redis.Redis, django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        ring(trial.pk)
        assert broker.llen("gpu") == 0
    assert broker.llen("gpu") == 6


def test_without_redis_nothing_is_sent(
    trial: Study, settings: Settings, django_capture_on_commit_callbacks: object
) -> None:
    settings.REDIS_URL = ""
    with django_capture_on_commit_callbacks() as callbacks:  # type: ignore[operator]
        ring(trial.pk)
    assert not callbacks


def test_a_broker_that_is_down_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    before, app.conf.broker_url = app.conf.broker_url, f"redis://127.0.0.1:{free_port()}/0"
    with caplog.at_level(logging.WARNING):
        assert ring_rows([1, 2]) == 0
    app.conf.broker_url = before
    assert "did not take 2 messages" in caplog.text


def test_the_patrol_rings_for_due_rows_while_no_message_waits(trial: Study, broker: redis.Redis) -> None:
    patrol = Patrol(walk)
    lengths = []
    for _ in range(3):
        patrol.walk(NOW + timedelta(seconds=5))
        lengths.append(broker.llen("gpu"))
    assert lengths == [6, 6, 6]


def test_the_patrol_rings_anew_when_the_broker_has_forgotten_everything(
    trial: Study, broker: redis.Redis
) -> None:
    patrol = Patrol(walk)
    patrol.walk(NOW + timedelta(seconds=5))
    broker.flushall()
    patrol.walk(NOW + timedelta(seconds=6))
    assert broker.llen("gpu") == 6


def test_the_patrol_waits_for_a_broker_that_is_away(trial: Study, caplog: pytest.LogCaptureFixture) -> None:
    before, app.conf.broker_url = app.conf.broker_url, f"redis://127.0.0.1:{free_port()}/0"
    Patrol(walk).walk(NOW + timedelta(seconds=5))
    app.conf.broker_url = before
    assert "the broker does not answer" in caplog.text


def test_the_patrol_of_a_worker_without_vllm_leaves_the_rows_of_vllm_alone(
    trial: Study, broker: redis.Redis
) -> None:
    ModelSetup.objects.filter(arm__name="model-1").update(engine="vllm", ability=None)
    assert walk(NOW + timedelta(seconds=5)).due == 3
    assert broker.llen("gpu") == 3
    Generation.objects.exclude(arm__name="model-1").update(state="done")
    late = NOW + timedelta(days=1)
    assert not Patrol(walk).is_stuck([walk(late)], late)


def test_the_patrol_gives_back_rows_of_dead_workers(trial: Study, broker: redis.Redis) -> None:
    claim_next(now=NOW, worker="dead", lease_seconds=60)
    Patrol(walk).walk(NOW + timedelta(seconds=61))
    assert Generation.objects.filter(state="queued", interruptions=1).count() == 1


def test_a_worker_that_stands_still_too_long_knows_it(trial: Study) -> None:
    patrol = Patrol(walk)
    patrol.started = NOW
    soon, late = NOW + timedelta(minutes=9), NOW + timedelta(seconds=601)
    assert not patrol.is_stuck([walk(soon)], soon)
    assert patrol.is_stuck([walk(late)], late)
    claim_next(now=late, worker="alive", lease_seconds=60)
    assert not patrol.is_stuck([walk(late)], late)


def test_an_answer_that_has_to_be_asked_again_rings_for_itself(
    db: None, settings: Settings, broker: redis.Redis, model_server: ModelServer
) -> None:
    asking_study(model_server, settings)
    model_server.replies = [Reply(completion(""))]
    generate.apply(args=[Generation.objects.get().pk]).get()
    assert broker.llen("gpu") == 1


def test_the_patrol_walks_until_it_is_stopped(
    template_db: None, settings: Settings, broker: redis.Redis
) -> None:
    opened_study()
    claim_next(now=NOW, worker="dead", lease_seconds=60)
    settings.QUEUE_PATROL_S = 0.02
    patrol = Patrol(walk)
    patrol.start()
    wait_for(lambda: Generation.objects.filter(interruptions=1).exists())
    patrol.stop()
    patrol.join(5)
    assert not patrol.is_alive()


def test_a_database_that_is_away_does_not_end_the_patrol(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: Patrol, now: object) -> None:
        patrol.stop()
        raise OperationalError("gone")

    settings.QUEUE_PATROL_S = 0.01
    monkeypatch.setattr(Patrol, "walk", broken)
    patrol = Patrol()
    patrol.run()
    assert "could not read the queue" in caplog.text
