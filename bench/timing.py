"""Wall times and peak memory, by repetition and in a process of their own."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

LEAST_S, ROUNDS = 0.2, 5


def seconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Median wall time of one call; quick work is called many times, after one call to warm up."""
    started = time.perf_counter()
    work()
    first = time.perf_counter() - started
    if first > 1:
        return first
    times = []
    for _ in range(rounds):
        calls = max(1, int(LEAST_S / rounds / max(first, 1e-7)))
        started = time.perf_counter()
        for _ in range(calls):
            work()
        times.append((time.perf_counter() - started) / calls)
    return median(times)


def peak_bytes() -> int:
    """Largest memory of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def apart(module: str, *arguments: str) -> dict[str, float]:
    """Run a module that prints one JSON object, in a fresh process whose memory is its own."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{module} failed:\n{done.stderr}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def clock(value: float) -> str:
    """A time with its unit, three digits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value / 1e-6:.3g} µs"
