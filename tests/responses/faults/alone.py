"""Each fault alone: what it left, and the seconds to drain after recovery.

``python -m tests.responses.faults.alone [FAULT ...]``
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import django

from tests.servers import postgresql

WIRE = ("reset", "half", "too_short", "too_long", "half_json", "500", "503", "429", "timeout", "slow", "drip")
WIRE += ("garbage", "not_http", "empty", "truncated")


def main() -> int:
    """Run the named faults, all of them by default."""
    with postgresql() as url:
        os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "study.settings"}
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        lines = [_line(name, url) for name in sys.argv[1:] or [*_acts(), *WIRE]]
    return 0 if all(lines) else 1


def _line(name: str, url: str) -> bool:
    from tests.responses.faults.campaign import stage

    wire = name if name in WIRE else ""
    with (
        tempfile.TemporaryDirectory() as home,
        stage(Path(home), url, f"alone-{name.replace('_', '-')}", faults=wire, times=90 if wire else 0) as on,
    ):
        on.send(times=1)
        if not wire:
            on.after(60)
            _acts()[name](on)
        seconds = on.drained()
        left = on.left()
    sys.stdout.write(
        f"{name:22} stored {left.stored}, duplicates {left.duplicates}, missing {left.missing}, "
        f"mixed up {left.mixed_up}, interruptions {left.interruptions}, attempts {left.attempts}, "
        f"drained after {seconds:.1f} s\n"
    )
    sys.stdout.flush()
    return left.is_whole


def _acts() -> dict[str, Callable[..., None]]:
    from tests.responses.faults.campaign import CEILING_S, Stage
    from tests.responses.faults.processes import until

    def both_workers(on: Stage) -> None:
        for worker in on.workers:
            worker.kill()
        for worker in on.workers:
            worker.start()

    def model(on: Stage) -> None:
        on.model.kill()
        until(on.interrupted, limit_s=CEILING_S)
        on.model.start()

    return {
        "nothing": lambda _: None,
        "thrice": lambda on: on.send(times=2),
        "kill_worker": lambda on: on.workers[0].restart(),
        "kill_worker_for_good": lambda on: on.workers[0].kill(),
        "kill_both_workers": both_workers,
        "kill_redis": lambda on: on.broker.restart(),
        "kill_model": model,
        "flushall": lambda on: on.redis.flushall(),
        "cut_off": lambda on: on.cut_off(),
    }


if __name__ == "__main__":
    sys.exit(main())
