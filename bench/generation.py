"""What the worker adds to a model server's own time: ``python -m bench.generation``.

Each line asks the same 300 questions of the same local server twice: by a bare asynchronous client, and by
Celery workers that claim, ask and store. It needs PostgreSQL and Redis, which are started for it.
"""

import asyncio
import math
import os
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tests.servers import postgresql

if TYPE_CHECKING:
    from tests.responses.faults.campaign import Stage


@dataclass(frozen=True)
class Case:
    """A server that takes `latency_s` for every answer, and how many are asked at once."""

    latency_s: float
    workers: int
    concurrency: int

    @property
    def at_once(self) -> int:
        return self.workers * self.concurrency

    def ideal_s(self, draws: int) -> float:
        """Return the seconds without any overhead: full rounds of simultaneous answers."""
        return math.ceil(draws / self.at_once) * self.latency_s


DRAWS = 300
AS_DEPLOYED = {"LLM_TIMEOUT_S": "600", "QUEUE_LEASE_S": "60", "QUEUE_PATROL_S": "5"}
CASES = (Case(0.2, 1, 8), Case(0.2, 2, 8), Case(2.0, 1, 32), Case(2.0, 2, 16))


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


def measure(case: Case, number: int, database_url: str) -> str:
    """Time one case on warm workers and return its line."""
    from tests.responses.faults.campaign import stage  # noqa: PLC0415

    settings = {f"EQUIPOISE_{name}": value for name, value in AS_DEPLOYED.items()}
    with (
        tempfile.TemporaryDirectory() as home,
        stage(
            Path(home),
            database_url,
            f"warm-{number}",
            delay_s=case.latency_s,
            workers=case.workers,
            concurrency=case.concurrency,
            settings=settings,
        ) as warm,
    ):
        warm.send(times=1)
        warm.drained()
        return _line(case, *_times(case, warm, number))


def _times(case: Case, warm: "Stage", number: int) -> tuple[float, float]:
    """Return the seconds of the bare client and of the workers, one after the other."""
    from tests.responses.faults.campaign import asked_study  # noqa: PLC0415
    from tests.responses.faults.processes import model_url  # noqa: PLC0415

    bare = asyncio.run(_bare(model_url(warm.model), _bodies(warm), case.at_once))
    on = replace(warm, study=asked_study(f"timed-{number}"))
    started = time.perf_counter()
    on.send(times=1)
    on.drained()
    worked = time.perf_counter() - started
    if not on.left().is_whole:
        raise RuntimeError(f"the draws are not whole: {on.left()}")
    return bare, worked


def _line(case: Case, bare: float, worked: float) -> str:
    ideal = case.ideal_s(DRAWS)
    return (
        f"{case.latency_s:g} s an answer, {case.workers} × {case.concurrency} at once: ideal {ideal:.2f} s, "
        f"bare client {bare:.2f} s, worker {worked:.2f} s; worker / bare {worked / bare:.3f}, "
        f"worker / ideal {worked / ideal:.3f}"
    )


def main() -> int:
    """Measure every case."""
    with postgresql() as url:
        os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "study.settings"}
        import django  # noqa: PLC0415  its settings read the environment
        from django.core.management import call_command  # noqa: PLC0415

        django.setup()
        call_command("migrate", verbosity=0)
        for number, case in enumerate(CASES, start=1):
            print(measure(case, number, url), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
