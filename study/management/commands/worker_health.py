"""Say how the queues of draws and of judgements stand; exit 1 when one stands still."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from study.judging.health import standstill
from study.judging.queries import due_judgements
from study.responses.health import awaiting_vllm_sentence, worker_health


class Command(BaseCommand):
    help = "Print the state of the queues. Exits 1 when rows wait and none was finished for too long."

    def handle(self, *_: Any, **__: Any) -> None:
        now = timezone.now()
        health, standing = worker_health(now), standstill(now)
        self.stdout.write(f"due {health.due}")
        self.stdout.write(f"running {health.running}")
        self.stdout.write(f"waiting since {_moment(health.waiting_since)}")
        self.stdout.write(f"last finished {_moment(health.last_finished)}")
        self.stdout.write(f"interrupted {health.interrupted}{_why(health.last_problem)}")
        self.stdout.write(f"judgements due {due_judgements(now).count()}")
        if health.awaiting_vllm:
            self.stdout.write(awaiting_vllm_sentence(health.awaiting_vllm))
        if health.is_stalled:
            cause = f"Last reason: {health.last_problem}" if health.last_problem else "Is a worker running?"
            raise CommandError(
                f"Rows wait and no job was finished for {settings.QUEUE_STALL_S:g} seconds. {cause}"
            )
        if standing:
            raise CommandError(standing)


def _moment(moment: Any) -> str:
    return moment.isoformat(timespec="seconds") if moment else "-"


def _why(problem: str) -> str:
    return f" (last reason: {problem})" if problem else ""
