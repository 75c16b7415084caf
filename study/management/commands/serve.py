"""`manage.py serve`: the site and, without Redis, its worker, as two supervised child processes."""

import os
import signal
import subprocess
import sys
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from study.environment import read_text

LOOK_EVERY_S = 0.2
RESTART_AFTER_S = 2.0


class Command(BaseCommand):
    help = "Serve the site; without REDIS_URL also run the worker. BIND and PORT choose the address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bind", default=read_text("BIND", "127.0.0.1"))
        parser.add_argument("--port", type=int, default=int(read_text("PORT", "8000")))

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("check", databases=["default"])
        commands = {"site": _site_command(options["bind"], options["port"])}
        if not settings.REDIS_URL:
            commands["worker"] = [sys.executable, "manage.py", "work"]
        self.stdout.write(f"Equipoise is at http://{options['bind']}:{options['port']}/ (Ctrl-C stops it)")
        self.stdout.flush()
        supervise(commands)


def _site_command(bind: str, port: int) -> list[str]:
    options = ["--bind", f"{bind}:{port}", "--threads", "8", "--log-level", "warning", "--no-control-socket"]
    return [sys.executable, "-m", "gunicorn", "study.wsgi", *options]


def supervise(commands: dict[str, list[str]]) -> None:
    """Run the commands until a signal comes or the site ends; a worker that dies is started again."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    children = {name: _start(command) for name, command in commands.items()}
    try:
        while not stop.wait(LOOK_EVERY_S):
            if children["site"].poll() is not None:
                raise CommandError(
                    "The site could not be served: is the port free? PORT=8001 chooses another."
                )
            for name, child in children.items():
                if child.poll() is not None and not stop.wait(RESTART_AFTER_S):
                    children[name] = _start(commands[name])
    finally:
        for child in children.values():
            child.terminate()
        for child in children.values():
            _wait(child)


def _start(command: list[str]) -> "subprocess.Popen[bytes]":
    # A group of its own: Ctrl-C reaches this process alone, which then stops its children in order.
    return subprocess.Popen(command, cwd=settings.BASE_DIR, env=os.environ.copy(), process_group=0)


def _wait(child: "subprocess.Popen[bytes]") -> None:
    try:
        child.wait(timeout=20)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
