"""What the worker adds to a model server's own time: ``python -m bench.generation [ROUNDS] [CASE ...]``.

Each line asks the same 300 questions of the same cheap local server (bench.latency_server), by a bare
asynchronous client and by Celery workers that claim, ask and store, in turns; the times are medians over the
rounds. It needs PostgreSQL and Redis, which are started for it.
"""

import asyncio
import contextlib
import math
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import httpx

from bench.processor import postgresql_seconds, processor_seconds
from tests.servers import free_port, postgresql

if TYPE_CHECKING:
    from tests.responses.faults.campaign import Stage
    from tests.responses.faults.processes import Process


@dataclass(frozen=True)
class Case:
    """A server that takes `latency_s` for every answer of about `words` words, and who asks it.

    Each of `workers` processes awaits `awaited` answers at once and has `threads` threads: those above
    `awaited` store and claim meanwhile.
    """

    latency_s: float
    words: int
    workers: int
    awaited: int
    threads: int

    @property
    def at_once(self) -> int:
        return self.workers * self.awaited

    def ideal_s(self, draws: int) -> float:
        """Return the seconds without any overhead: full rounds of simultaneous answers."""
        return math.ceil(draws / self.at_once) * self.latency_s


@dataclass(frozen=True)
class Cost:
    """Seconds of one pass over all draws, and of the processors: of the workers and of PostgreSQL."""

    wall_s: float
    worker_s: float = 0.0
    database_s: float = 0.0


DRAWS = 300
AS_DEPLOYED = {"LLM_TIMEOUT_S": "600", "QUEUE_LEASE_S": "60", "QUEUE_PATROL_S": "5"}
CASES = (
    Case(0.2, 25, 1, 8, 8),
    Case(0.2, 25, 1, 8, 16),
    Case(0.2, 25, 1, 32, 40),
    Case(2.0, 500, 1, 32, 32),
    Case(2.0, 500, 1, 32, 40),
    Case(2.0, 500, 2, 16, 20),
)


async def _bare(url: str, bodies: list[dict[str, Any]], at_once: int) -> float:
    limits = httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once)
    gate = asyncio.Semaphore(at_once)
    async with httpx.AsyncClient(timeout=60, limits=limits, trust_env=False) as client:

        async def ask(body: dict[str, Any]) -> None:
            async with gate:
                (await client.post(f"{url}/chat/completions", json=body)).raise_for_status()

        started = time.perf_counter()
        await asyncio.gather(*(ask(body) for body in bodies))
        return time.perf_counter() - started


def _bodies(on: "Stage") -> list[dict[str, Any]]:
    from study.responses.models import Generation  # noqa: PLC0415  needs Django set up
    from study.responses.worker import request_for  # noqa: PLC0415

    related = ("study", "arm__model_setup", "study_vignette__version")
    requests = [
        request_for(row) for row in Generation.objects.filter(study=on.study).select_related(*related)
    ]
    return [
        {"model": "tiny", "messages": list(asked.messages), "seed": asked.seed, **asked.sampling}
        for asked in requests
    ]


def _server(home: Path, case: Case) -> "Process":
    from tests.responses.faults.processes import Process, answers  # noqa: PLC0415

    port = free_port()
    words = [sys.executable, "-m", "bench.latency_server", str(port), str(case.latency_s), str(case.words)]
    return Process(
        "model",
        words,
        home,
        lambda _: answers(f"http://127.0.0.1:{port}/"),
        {**os.environ, "PORT": str(port)},
    )


@contextlib.contextmanager
def _warm(case: Case, slug: str, database_url: str) -> Iterator["Stage"]:
    """Start server and workers and let them answer one study, so that nothing is loaded while it is timed."""
    from tests.responses.faults.campaign import stage  # noqa: PLC0415

    deployed = {**AS_DEPLOYED, "LLM_AT_ONCE": str(case.awaited)}
    settings = {f"EQUIPOISE_{name}": value for name, value in deployed.items()}
    with (
        tempfile.TemporaryDirectory() as home,
        stage(
            Path(home),
            database_url,
            slug,
            model=_server(Path(home), case),
            workers=case.workers,
            concurrency=case.threads,
            settings=settings,
        ) as warm,
    ):
        warm.send(times=1)
        warm.drained()
        yield warm


def _worked(warm: "Stage", slug: str) -> Cost:
    """Let the workers answer a new study and return what it cost."""
    from tests.responses.faults.campaign import asked_study  # noqa: PLC0415

    on = replace(warm, study=asked_study(slug))
    pids = [worker.process.pid for worker in on.workers if worker.process]
    before = processor_seconds(pids), postgresql_seconds()
    started = time.perf_counter()
    on.send(times=1)
    on.drained(every_s=0.02)
    wall = time.perf_counter() - started
    after = processor_seconds(pids), postgresql_seconds()
    if not on.left().is_whole:
        raise RuntimeError(f"the draws are not whole: {on.left()}")
    return Cost(wall, after[0] - before[0], after[1] - before[1])


def measure(case: Case, number: int, database_url: str, rounds: int) -> str:
    """Time one case on warm workers, the bare client and the workers in turns, and return its line."""
    from tests.responses.faults.processes import model_url  # noqa: PLC0415

    with _warm(case, f"warm-{number}", database_url) as warm:
        bodies = _bodies(warm)
        bare, worked = [], []
        for turn in range(rounds):
            bare.append(asyncio.run(_bare(model_url(warm.model), bodies, case.at_once)))
            worked.append(_worked(warm, f"timed-{number}-{turn}"))
    return _line(case, median(bare), worked)


def _line(case: Case, bare: float, worked: list[Cost]) -> str:
    ideal, wall = case.ideal_s(DRAWS), median(cost.wall_s for cost in worked)
    worker = 1000 * median(cost.worker_s for cost in worked) / DRAWS
    database = 1000 * median(cost.database_s for cost in worked) / DRAWS
    asked = f"{case.workers} × {case.awaited} at once by {case.workers} × {case.threads} threads"
    return (
        f"{case.latency_s:g} s and {case.words} words an answer, {asked}: ideal {ideal:.2f} s, bare client "
        f"{bare:.2f} s, worker {wall:.2f} s; worker / bare {wall / bare:.3f}, worker / ideal "
        f"{wall / ideal:.3f}; CPU a row: worker {worker:.1f} ms, PostgreSQL {database:.1f} ms; "
        f"load {os.getloadavg()[0]:.1f}"
    )


def statements() -> int:
    """Return how many SQL statements one row costs, from its claim to its commit."""
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext, override_settings  # noqa: PLC0415

    from study.responses.models import Generation  # noqa: PLC0415
    from study.responses.worker import run_row  # noqa: PLC0415
    from tests.responses.faults.campaign import asked_study  # noqa: PLC0415
    from tests.responses.faults.processes import model_url, running  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as home:
        model = _server(Path(home), Case(0, 25, 1, 1, 1))
        with running(model), override_settings(LLM_BASE_URL=model_url(model)):
            first, second = Generation.objects.filter(study=asked_study("counted"))[:2]
            run_row(first.pk)
            with CaptureQueriesContext(connection) as seen:
                run_row(second.pk)
    return len(seen)


def main(rounds: str = "3", *numbers: str) -> int:
    """Measure every case, or those of the given numbers (from 1 on)."""
    with postgresql() as url:
        os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "study.settings"}
        import django  # noqa: PLC0415  its settings read the environment
        from django.core.management import call_command  # noqa: PLC0415

        django.setup()
        call_command("migrate", verbosity=0)
        print(f"{statements()} SQL statements a row, BEGIN and COMMIT among them", flush=True)
        for number in map(int, numbers or range(1, len(CASES) + 1)):
            print(f"{number}: {measure(CASES[number - 1], number, url, int(rounds))}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
