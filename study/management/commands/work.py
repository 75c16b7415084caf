"""Run the queues of draws and of judgements without Celery: the same turns as its own process."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from study.judging import worker as judging
from study.protocol.working import drain
from study.responses import worker as answering


class Command(BaseCommand):
    help = "Work through the queues of models and judges. SIGTERM and Ctrl-C finish the row in hand first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--until-idle", action="store_true", help="stop when nothing is due")
        parser.add_argument("--poll", type=float, default=2.0, help="seconds between looks at an empty queue")

    def handle(self, *_: Any, **options: Any) -> None:
        stop = threading.Event()
        # Only a process's main thread may set handlers; elsewhere the caller looks after the signals.
        is_main = threading.current_thread() is threading.main_thread()
        caught = (signal.SIGTERM, signal.SIGINT) if is_main else ()
        previous = {number: signal.signal(number, lambda *_: stop.set()) for number in caught}
        try:
            turns = [answering.take_turn, judging.take_turn]
            tally = drain(turns, until_idle=options["until_idle"], poll_s=options["poll"], stop=stop)
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
        if options["verbosity"] > 0:
            self.stdout.write(
                f"{tally.finished} jobs were finished, {tally.failed} failed; "
                f"{tally.interrupted} tries were interrupted."
            )
