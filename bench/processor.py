"""Processor time of other processes, from Linux's /proc."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from django.db import connection

_TICKS = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    return text.rpartition(")")[2].split()  # the program's name may hold blanks


def _used(stat: list[str], *, with_ended: bool) -> float:
    return sum(map(int, stat[11 : 15 if with_ended else 13])) / _TICKS


def processor_seconds(pids: Iterable[int]) -> float:
    """Return the seconds of processor time that these processes have used."""
    return sum(_used(_stat(pid), with_ended=False) for pid in pids)


def postgresql_seconds() -> float:
    """Return the seconds that the database server has used in all its processes, the ended ones, too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = int(_stat(int(cursor.fetchone()[0]))[1])
    used = _used(_stat(server), with_ended=True)
    for path in Path("/proc").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            stat = _stat(int(path.name)) if path.name.isdecimal() else ["", "0"]
            used += _used(stat, with_ended=False) if int(stat[1]) == server else 0.0
    return used
