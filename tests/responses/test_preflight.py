"""A worker with wrong settings does not start and says which one is wrong."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from study.protocol.models import Study
from study.responses.models import ModelSetup
from study.responses.preflight import WorkerShape, refusals
from tests.model_server import ModelServer
from tests.responses.conftest import asking_study
from tests.responses.faults.processes import ROOT, database_url

GOOD = WorkerShape(
    pool="threads",
    concurrency=32,
    prefetch=1,
    acks_late=True,
    visibility_timeout_s=1320,
    broker_url="redis://127.0.0.1:6379/0",
    queues=frozenset({"gpu"}),
)


def start(environment: Mapping[str, str], *options: str) -> "subprocess.CompletedProcess[str]":
    """Start a real Celery worker that is expected to end by itself."""
    command = [sys.executable, "-m", "celery", "-A", "study", "worker", "-Q", "gpu", "-P", "threads"]
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [*command, *options],
        cwd=ROOT,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_worker_as_deployed_may_start(trial: Study) -> None:
    assert refusals(GOOD) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"prefetch": 4}, "--prefetch-multiplier is 4"),
        ({"prefetch": 0}, "--prefetch-multiplier is 0"),
        ({"acks_late": False}, "task_acks_late is off"),
        ({"visibility_timeout_s": 1260}, "visibility_timeout is 1260 s, not longer than the longest call"),
        ({"broker_url": ""}, "REDIS_URL is not set"),
    ],
)
def test_a_wrong_option_is_named(trial: Study, change: dict[str, Any], named: str) -> None:
    (refusal,) = refusals(replace(GOOD, **change))
    assert named in refusal


@pytest.mark.sqlite
def test_a_redis_that_other_hosts_reach_needs_a_database_that_they_reach(trial: Study) -> None:
    (refusal,) = refusals(replace(GOOD, broker_url="redis://broker.internal:6379/0"))
    assert refusal.startswith("DATABASE_URL names no server, and REDIS_URL is on broker.internal")


def test_a_patrol_rarer_than_the_leases_is_named(trial: Study, settings: Settings) -> None:
    settings.QUEUE_PATROL_S = 61
    assert "EQUIPOISE_QUEUE_PATROL_S (61)" in refusals(GOOD)[0]


def test_draws_for_a_server_need_its_address(db: None, settings: Settings, model_server: ModelServer) -> None:
    asking_study(model_server, settings)
    settings.LLM_TIMEOUT_S = 600.0
    assert refusals(GOOD) == []
    settings.LLM_BASE_URL = ""
    assert refusals(GOOD)[0].startswith("EQUIPOISE_LLM_BASE_URL is empty")


@pytest.mark.parametrize(("pool", "concurrency"), [("prefork", 1), ("threads", 2)])
def test_vllm_inside_the_worker_needs_one_process_and_one_thread(
    trial: Study, monkeypatch: pytest.MonkeyPatch, pool: str, concurrency: int
) -> None:
    monkeypatch.setattr("study.engines.vllm_process.is_installed", lambda: True)
    ModelSetup.objects.filter(arm__name="model-1").update(engine="vllm", ability=None)
    assert refusals(replace(GOOD, pool="solo", concurrency=1)) == []
    (refusal,) = refusals(replace(GOOD, pool=pool, concurrency=concurrency))
    assert refusal.startswith(f"--pool is {pool} and --concurrency {concurrency}")


def test_a_worker_without_vllm_leaves_its_draws_to_another_and_may_start(trial: Study) -> None:
    ModelSetup.objects.filter(arm__name="model-1").update(engine="vllm", ability=None)
    assert refusals(GOOD) == []


def test_a_worker_that_takes_no_draws_is_not_asked(trial: Study) -> None:
    assert refusals(replace(GOOD, prefetch=4, queues=frozenset({"power"}))) == []


def test_a_real_worker_with_a_wrong_option_ends_with_one_clear_line(
    template_db: None, redis_url: str, tmp_path: Path
) -> None:
    environment = {"EQUIPOISE_VAR": str(tmp_path), "REDIS_URL": redis_url, "DATABASE_URL": database_url()}
    ended = start(environment, "--prefetch-multiplier", "4")
    assert (ended.returncode, "Traceback" in ended.stderr) == (1, False)
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("The worker does not start: --prefetch-multiplier is 4 and must be 1")


def test_a_real_worker_without_a_migrated_database_ends_with_one_clear_line(
    redis_url: str, tmp_path: Path
) -> None:
    ended = start({"EQUIPOISE_VAR": str(tmp_path), "REDIS_URL": redis_url})
    assert (ended.returncode, "Traceback" in ended.stderr) == (1, False)
    assert "has manage.py migrate run?" in ended.stderr.strip().splitlines()[-1]
