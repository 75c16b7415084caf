"""`manage.py power`: simulate a design, over the cores of this host or over every worker of the queue."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from analysis.plan import PlanError
from study.celery import app
from study.protocol.simulation import SimulationError
from study.protocol.tasks import add_arguments, plan_power

CELERY = "celery"


def _workers(text: str) -> int | None:
    return None if text == CELERY else int(text)


class Command(BaseCommand):
    help = "Power and type-I error of a design by simulation, as `python -m analysis power`."

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)
        parser.add_argument("--workers", default="1", help=f"processes of this host, or `{CELERY}`")
        parser.add_argument("--queue", default="gpu", help="queue that the workers read")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            workers = _workers(options["workers"])
            text = plan_power(argparse.Namespace(**options), workers, app, options["queue"])
        except PlanError as error:
            raise CommandError(f"design: {error.path or 'file'}: {error.problem}") from error
        except (SimulationError, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(text, ending="")
