"""A live worker keeps its rows however short the lease; a dead or endless one loses them."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from study.protocol.working import Keeper
from study.responses.models import Generation
from study.responses.services.queue import claim_next
from tests.responses.conftest import opened_study


def wait_for(is_so: Callable[[], bool]) -> None:
    limit = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < limit
        time.sleep(0.02)


@pytest.fixture
def row(template_db: None, settings: Settings) -> Iterator[Generation]:
    settings.QUEUE_LEASE_S = 0.4
    opened_study()
    claimed = claim_next(now=timezone.now(), worker="w", lease_seconds=0.4)
    assert claimed is not None
    yield claimed
    wait_for(lambda: not keeper_threads())  # before the database is put back


def until_of(row: Generation) -> timedelta:
    """Return by how much the row's lease has grown."""
    now = Generation.objects.get(pk=row.pk).lease_until
    assert now is not None
    assert row.lease_until is not None
    return now - row.lease_until


def keeper_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "keeper"]


def test_a_lease_is_extended_while_its_call_lasts(row: Generation) -> None:
    with Keeper(Generation).keeping(row.lease_token):
        wait_for(lambda: until_of(row) > timedelta(seconds=0.5))


def test_the_thread_ends_with_the_last_row_in_hand(row: Generation) -> None:
    keeper = Keeper(Generation)
    with keeper.keeping(row.lease_token), keeper.keeping("another"):
        assert len(keeper_threads()) == 1
    wait_for(lambda: not keeper_threads())


def test_a_lost_lease_is_not_taken_back(row: Generation) -> None:
    with Keeper(Generation).keeping("a token of old"):
        time.sleep(0.3)
    assert until_of(row) == timedelta()


def test_a_call_without_end_loses_its_lease(row: Generation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("study.protocol.working.longest_call_s", lambda: 0.0)
    with Keeper(Generation).keeping(row.lease_token):
        time.sleep(0.3)
    assert until_of(row) == timedelta()
