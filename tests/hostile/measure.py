"""``python -m tests.hostile.measure``: how many hostile files there are, and what each costs to turn away."""

import ctypes
import gc
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import django

MIB = 1024.0
HIGH = re.compile(r"VmHWM:\s+(\d+) kB")
LARGE = 100_000


def main() -> int:
    """Print count, kinds, and the largest times and memory; the status is 1 when a file was taken wrongly."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "study.settings")
    django.setup()
    from tests.hostile.corpus import distinct
    from tests.hostile.doors import doors

    for door in doors():
        door.read(door.valid)
    rows = list(_measured())
    kinds = Counter(row[2] for row in rows)
    faults = [f"{row[3]}: {row[4]}" for row in rows if row[4]]
    sys.stdout.write(
        f"{len(rows)} hostile files, {distinct()} of them distinct: {dict(kinds)}; "
        f"{len(faults)} taken wrongly\n"
    )
    sys.stdout.write(f"CPU time: {sum(row[0] for row in rows):.2f} s together; the longest:\n")
    sys.stdout.writelines(f"  {1000 * row[0]:6.1f} ms  {row[3][:70]}\n" for row in sorted(rows)[:-6:-1])
    sys.stdout.write("memory above what stood before; the most:\n")
    most = sorted(rows, key=lambda row: row[1])[:-6:-1]
    sys.stdout.writelines(f"  {row[1]:6.1f} MiB  {row[3][:70]}\n" for row in most)
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    return bool(faults)


def _measured() -> Iterator[tuple[float, float, str, str, str]]:
    """Per case: CPU seconds, MiB of memory (files of some size), what became of it, its name, its fault."""
    from tests.hostile.corpus import cases
    from tests.hostile.outcomes import outcome

    for case in cases():
        content = case.make()
        before = _settled() if len(content) > LARGE else 0.0
        started = time.process_time()
        found = outcome(case, content)
        spent = time.process_time() - started
        grown = _peak() - before if len(content) > LARGE else 0.0
        yield spent, grown, found.kind, str(case), found.fault


def _settled() -> float:
    """Give free memory back, forget the peak, and return the memory that is in use, in MiB."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _peak()


def _peak() -> float:
    found = HIGH.search(Path("/proc/self/status").read_text("ascii"))
    return int(found[1]) / MIB if found else 0.0


if __name__ == "__main__":
    sys.exit(main())
