"""Say how the generation queue stands; exit 1 when it stands still."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from study.responses.queries import worker_health


class Command(BaseCommand):
    help = "Print the state of the models' queue. Exits 1 when rows wait and none finished for ten minutes."

    def handle(self, *_: Any, **__: Any) -> None:
        health = worker_health(timezone.now())
        self.stdout.write(f"due {health.due}")
        self.stdout.write(f"running {health.running}")
        self.stdout.write(f"waiting since {_moment(health.waiting_since)}")
        self.stdout.write(f"last finished {_moment(health.last_finished)}")
        if health.is_stalled:
            raise CommandError("Rows wait and nothing was finished for ten minutes: is a worker running?")


def _moment(moment: Any) -> str:
    return moment.isoformat(timespec="seconds") if moment else "-"
