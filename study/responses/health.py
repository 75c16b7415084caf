"""How the models' queue stands: who waits since when, what interrupts it, whether anything gets finished."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from study.protocol.models import Study
from study.protocol.vocabulary import Phase
from study.responses.models import AnsweringClosure, Generation, ModelSetup

ALARM_AT: Final = 3
# A worker that looks at the queue takes a row sooner.
NOTICED_AFTER: Final = timedelta(minutes=1)
STATE = Generation.State


@dataclass(frozen=True)
class Interruptions:
    """Unfinished draws that were interrupted: how many, how often in all, why last, when the next is tried.

    `is_alarming` when one of them was interrupted three times: then it is no passing fault.
    """

    draws: int
    times: int
    last_problem: str
    next_try: datetime | None
    is_alarming: bool

    @property
    def sentence(self) -> str:
        """Say it to an investigator."""
        moment = self.next_try
        again = f"the worker tries again at {moment:%H:%M:%S} UTC" if moment else "it is trying now"
        draws = "1 draw was" if self.draws == 1 else f"{self.draws} draws were"
        return (
            f"{draws} interrupted {self.times} times: last reason: {self.last_problem}. "
            f"Nothing is lost; {again}."
        )


def owed_rows(study: Study | None = None) -> QuerySet[Generation]:
    """Return the rows that somebody has to work on, due or not, where answers are accepted."""
    closed = AnsweringClosure.objects.values("study_id")
    rows = Generation.objects.filter(state__in=[STATE.QUEUED, STATE.RUNNING], study__phase=Phase.ANSWERING)
    rows = rows.exclude(study_id__in=closed)
    return rows.filter(study=study) if study else rows


def interruptions(study: Study | None = None) -> Interruptions:
    """Return what interrupts the unfinished draws of the study, or of all studies."""
    rows = owed_rows(study).filter(interruptions__gt=0)
    found = rows.aggregate(
        draws=Count("pk"),
        times=Sum("interruptions"),
        most=Max("interruptions"),
        next_try=Min("due_at", filter=Q(state=STATE.QUEUED)),
    )
    latest = rows.exclude(problem="").order_by("-due_at", "-pk").values_list("problem", flat=True).first()
    return Interruptions(
        draws=found["draws"],
        times=found["times"] or 0,
        last_problem=latest or "",
        next_try=found["next_try"],
        is_alarming=(found["most"] or 0) >= ALARM_AT,
    )


@dataclass(frozen=True)
class WorkerHealth:
    """The queue over all studies: how many rows are due or running, and whether any get finished.

    Alive means that a job was finished, not that a process runs. `awaiting_vllm` are due rows that only a
    worker with vLLM inside can ask, while none has such a row in hand.
    """

    due: int
    running: int
    waiting_since: datetime | None
    last_finished: datetime | None
    interrupted: int
    last_problem: str
    is_stalled: bool
    awaiting_vllm: int


def last_finished() -> datetime | None:
    """Return when a job, of whatever study, was finished last."""
    last: datetime | None = Generation.objects.aggregate(last=Max("finished_at"))["last"]
    return last


def worker_health(now: datetime, study: Study | None = None) -> WorkerHealth:
    """Return the state of the queue, of all studies by default.

    It is stalled when rows are owed and no job, of whatever study, was finished for too long.
    """
    owed, trouble = owed_rows(study), interruptions(study)
    since = owed.aggregate(since=Min("queued_at"))["since"]
    finished = last_finished()
    patience = timedelta(seconds=settings.QUEUE_STALL_S)
    return WorkerHealth(
        due=owed.filter(state=STATE.QUEUED, due_at__lte=now).count(),
        running=owed.filter(state=STATE.RUNNING).count(),
        waiting_since=since,
        last_finished=finished,
        interrupted=trouble.draws,
        last_problem=trouble.last_problem,
        is_stalled=since is not None and now - max(since, finished or since) >= patience,
        awaiting_vllm=_awaiting_vllm(owed, now),
    )


def _awaiting_vllm(owed: QuerySet[Generation], now: datetime) -> int:
    rows = owed.filter(arm__model_setup__engine=ModelSetup.Engine.VLLM)
    is_due = Q(state=STATE.QUEUED, due_at__lte=now)
    found = rows.aggregate(due=Count("pk", filter=is_due), running=Count("pk", filter=Q(state=STATE.RUNNING)))
    return 0 if found["running"] else int(found["due"])


def alarms(study: Study, now: datetime) -> list[str]:
    """Return what an investigator must know of the study's queue, one sentence each; usually nothing."""
    health, trouble = worker_health(now, study), interruptions(study)
    found = [trouble.sentence] if trouble.is_alarming else []
    if health.is_stalled:
        last = f"{health.last_finished:%Y-%m-%d %H:%M:%S} UTC" if health.last_finished else "never"
        found.append(
            f"No job was finished for {settings.QUEUE_STALL_S / 60:g} minutes (the last one: {last}), and "
            f"{health.due} draws are due: is a worker running?"
        )
    is_new = health.waiting_since is None or now - health.waiting_since < NOTICED_AFTER
    if health.awaiting_vllm and not is_new:
        found.append(awaiting_vllm_sentence(health.awaiting_vllm))
    return found


def awaiting_vllm_sentence(draws: int) -> str:
    """Say it to an investigator and to an operator."""
    return (
        f"{'1 draw waits' if draws == 1 else f'{draws} draws wait'} for a worker with vLLM inside "
        "(requirements-gpu.txt); workers without it leave such draws to it."
    )
