"""300 draws, and what stands in their way: 30 vignettes, 2 models, 5 draws, asked by two Celery workers.

``python -m tests.responses.faults.alone`` meets each fault alone.
"""

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import redis
from django.db import connection
from django.utils import timezone

from study.protocol.models import Study
from study.responses.models import Generation, GenerationAttempt, ModelSetup, Response
from study.responses.services.opening import open_answering
from tests.builders import add_people, draft_study, person
from tests.responses.faults.processes import (
    Process,
    celery_worker,
    model_process,
    model_url,
    redis_server,
    redis_url,
    running,
    until,
)

VIGNETTES, MODELS, DRAWS = 30, 2, 5
OWED = VIGNETTES * MODELS * DRAWS
# Against a hang only: what recovery takes is measured by `python -m tests.responses.faults.alone`.
CEILING_S = 300.0
# Every fault of one exchange; an empty and a truncated answer are attempts, the others interruptions.
WIRE_FAULTS = (
    "reset,half,500,slow,too_short,429,garbage,too_long,empty,503,half_json,not_http,truncated,timeout"
)
QUICK = {
    "EQUIPOISE_LLM_TIMEOUT_S": "3",
    "EQUIPOISE_QUEUE_LEASE_S": "4",
    "EQUIPOISE_QUEUE_PATROL_S": "1",
    "EQUIPOISE_QUEUE_LONGEST_RETREAT_S": "4",
    "OPENBLAS_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Left:
    """What a campaign left in the database."""

    stored: int
    duplicates: int
    missing: int
    interruptions: int
    attempts: int
    mixed_up: int

    @property
    def is_whole(self) -> bool:
        return (self.stored, self.duplicates, self.missing, self.mixed_up) == (OWED, 0, 0, 0)


@dataclass(frozen=True)
class Stage:
    """A study whose draws are queued, and the processes around it."""

    study: Study
    broker: Process
    model: Process
    workers: tuple[Process, ...]

    @property
    def redis(self) -> "redis.Redis":
        return redis.Redis.from_url(redis_url(self.broker))

    def send(self, times: int) -> None:
        """Send each draw's message this often, as a doubled delivery does."""
        from study.celery import app

        rows = list(Generation.objects.filter(study=self.study).values_list("pk", flat=True))
        with app.connection_for_write(redis_url(self.broker)) as connection:
            producer = app.amqp.Producer(connection, auto_declare=False)
            for row in rows * times:
                app.send_task("study.responses.generate", args=[row], queue="gpu", producer=producer)

    def stored(self) -> int:
        return Response.objects.filter(study=self.study, model_arm__isnull=False).count()

    def after(self, stored: int) -> None:
        """Return when so many draws are stored."""
        until(lambda: self.stored() >= stored, limit_s=CEILING_S)

    def cut_off(self) -> None:
        """End every other connection to the database, as its restart does."""
        with connection.cursor() as cursor:
            others = "datname = current_database() AND pid <> pg_backend_pid()"
            cursor.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")

    def interrupted(self) -> bool:
        return Generation.objects.filter(study=self.study, interruptions__gt=0).exists()

    def drained(self, *, every_s: float = 0.05) -> float:
        """Return after how many seconds no draw is open any more."""
        open_rows = Generation.objects.filter(study=self.study).exclude(state="done")
        return until(lambda: not open_rows.exists(), limit_s=CEILING_S, every_s=every_s)

    def left(self) -> Left:
        responses = Response.objects.filter(study=self.study, model_arm__isnull=False)
        places = Counter(responses.values_list("model_arm", "study_vignette", "variant", "draw"))
        attempts = GenerationAttempt.objects.filter(generation__study=self.study)
        kept = responses.values_list("attempt__seed", "attempt__raw_text", "status")
        mixed = sum(1 for seed, text, status in kept if status == "answered" and f"seed {seed}." not in text)
        rows = Generation.objects.filter(study=self.study).values_list("interruptions", "attempts")
        tried = sum(row[1] for row in rows)
        return Left(
            stored=responses.count(),
            duplicates=sum(count - 1 for count in places.values()),
            missing=OWED - len(places),
            interruptions=sum(row[0] for row in rows),
            attempts=attempts.count(),
            mixed_up=mixed + abs(tried - attempts.count()),
        )


def asked_study(slug: str) -> Study:
    """Return a study in answering with 300 queued draws of two models behind an OpenAI-compatible server."""
    study = draft_study(slug=slug, vignettes=VIGNETTES, models=MODELS, vignettes_per_resident=VIGNETTES)
    add_people(study, residents_per_level=1, raters=0)
    ModelSetup.objects.filter(arm__study=study).update(
        engine="openai", model="tiny", draws=DRAWS, max_attempts=10
    )
    return open_answering(study_id=study.pk, person=person("lead@example.org"), now=timezone.now())


@contextlib.contextmanager
def stage(
    home: Path,
    database_url: str,
    slug: str,
    *,
    faults: str = "",
    times: int = 0,
    delay_s: float = 0.02,
    workers: int = 2,
    concurrency: int = 8,
    settings: Mapping[str, str] | None = None,
    model: Process | None = None,
) -> Iterator[Stage]:
    """Set up a study with its servers and its workers, two by default; at the end all of them are stopped."""
    broker = redis_server(home)
    model = model or model_process(home, delay_s=delay_s, faults=faults, times=times)
    environment = {
        **QUICK,
        **(settings or {}),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url(broker),
        "EQUIPOISE_LLM_BASE_URL": model_url(model),
        "EQUIPOISE_VAR": str(home / "var"),
    }
    names = [f"worker-{number}" for number in range(1, workers + 1)]
    started = tuple(celery_worker(name, home, environment, concurrency=concurrency) for name in names)
    study = asked_study(slug)
    with running(broker, model, *started):
        yield Stage(study, broker, model, started)
