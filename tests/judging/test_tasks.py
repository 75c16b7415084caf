"""Judging on Celery's side: a doubled message changes nothing, and a lost one is found."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from pytest_django.fixtures import Settings

from study.broker import app
from study.judging.bell import ring
from study.judging.models import Judgement, JudgementAttempt
from study.judging.services.queue import claim_next
from study.judging.tasks import judge, walk
from study.patrol import Patrol, Stand
from tests.builders import NOW
from tests.judging.world import asking, only, said, small_study, started
from tests.model_server import ModelServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def broker(redis_url: str, settings: Settings) -> Iterator[redis.Redis]:
    """A real Redis that takes the messages; nobody reads them."""
    before, settings.REDIS_URL = app.conf.broker_url, redis_url
    app.conf.broker_url = redis_url
    with redis.Redis.from_url(redis_url) as connection:
        connection.flushall()
        yield connection
    app.conf.broker_url = before


def test_the_task_judges_its_row_once() -> None:
    started(small_study())
    for _ in range(2):
        judge.apply(args=[only().pk]).get()
    assert JudgementAttempt.objects.count() == 1


def test_a_task_for_a_row_that_is_gone_does_nothing() -> None:
    assert judge.apply(args=[404]).get() is None


def test_the_bell_rings_after_the_commit_once_per_queued_row(
    broker: redis.Redis, django_capture_on_commit_callbacks: object
) -> None:
    made = started(small_study())
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        ring(made.study_id)
        assert broker.llen("gpu") == 0
    assert broker.llen("gpu") == 4


def test_without_redis_nothing_is_sent(
    settings: Settings, django_capture_on_commit_callbacks: object
) -> None:
    settings.REDIS_URL = ""
    with django_capture_on_commit_callbacks() as callbacks:  # type: ignore[operator]
        ring(1)
    assert not callbacks


def test_a_reply_that_has_to_be_asked_again_rings_for_itself(
    settings: Settings, broker: redis.Redis, model_server: ModelServer
) -> None:
    asking(model_server, settings, said(""))
    judge.apply(args=[only().pk]).get()
    assert broker.llen("gpu") == 1


def test_the_walk_gives_back_rows_of_dead_workers_and_rings_while_no_message_waits(
    broker: redis.Redis,
) -> None:
    started(small_study())
    claim_next(now=NOW, worker="dead", lease_seconds=60)
    for _ in range(2):
        stand = walk(NOW + timedelta(minutes=2))
    assert Judgement.objects.filter(state="queued", interruptions=1).count() == 1
    assert (stand.due, stand.running, stand.waiting_since, broker.llen("gpu")) == (3, 0, NOW, 3)


def test_a_worker_that_is_busy_with_another_queue_is_not_stuck() -> None:
    patrol, late = Patrol(), NOW + timedelta(hours=1)
    patrol.started = NOW
    waiting, idle = Stand(4, 0, NOW, None), Stand(0, 0, None, None)
    assert patrol.is_stuck([waiting, idle], late)
    assert not patrol.is_stuck([waiting, Stand(0, 1, NOW, None)], late)
    assert not patrol.is_stuck([waiting, Stand(0, 0, None, late - timedelta(seconds=5))], late)
    assert not patrol.is_stuck([idle, idle], late)
