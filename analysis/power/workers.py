"""Maps over blocks on one machine."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from analysis.power.blocks import Map, Payload, Tally, Work

# Below this many blocks a new process costs more than it saves.
WORTH_A_PROCESS = 24


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processes(workers: int) -> Map:
    """A map that spreads blocks over this many processes; one worker stays in this process."""

    def spread(work: Work, payloads: Sequence[Payload]) -> Iterator[Tally]:
        count = min(workers, max(1, len(payloads) // WORTH_A_PROCESS))
        if count <= 1:
            yield from map(work, payloads)
            return
        # A fresh interpreter: a forked one would inherit the locks of BLAS threads.
        with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
            yield from pool.map(work, payloads)

    return spread
