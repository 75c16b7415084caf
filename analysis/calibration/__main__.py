"""Run what is missing of the calibration and write its page: ``python -m analysis.calibration``."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from analysis.calibration import store
from analysis.calibration.groups import GROUP_NAMES, Job, jobs
from analysis.calibration.report import page
from analysis.calibration.work import run_work
from analysis.power.blocks import merged
from analysis.power.workers import processes

DATA, PAGE = "calibration.json", "calibration.md"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m analysis.calibration", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs"), help="folder of the page and its data")
    parser.add_argument("--groups", nargs="*", choices=GROUP_NAMES, default=GROUP_NAMES)
    parser.add_argument("--studies", type=int, help="studies of every scenario in place of each group's own")
    parser.add_argument("--first", type=int, help="stop after this many scenarios and groups")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--page-only", action="store_true", help="write the page from what is there")
    return parser


def _clock(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"


def _run(todo: Sequence[Job], path: Path, workers: int) -> None:
    """Run the jobs in order, each kept as soon as it is done, with a line of progress for each."""
    blocks = [job.payloads() for job in todo]
    tallies = iter(processes(workers)(run_work, [payload for each in blocks for payload in each]))
    started, spent, total = time.monotonic(), 0.0, sum(job.cost for job in todo)
    for i, (job, each) in enumerate(zip(todo, blocks, strict=True), start=1):
        before = time.monotonic()
        tally = merged(next(tallies) for _ in each)
        now = time.monotonic()
        store.record(path, job.scenario, job.group, job.studies, now - before, tally)
        spent += job.cost
        left = _clock((now - started) * (total - spent) / spent)
        sys.stderr.write(f"{i}/{len(todo)} {job.group}: {job.scenario.name}; {left} left\n")
        sys.stderr.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the scenarios that the data file lacks, then write the page."""
    options = _parser().parse_args(arguments)
    data = options.out / DATA
    if not options.page_only:
        entries = store.load(data)
        todo = [
            job
            for job in jobs(options.groups, options.studies)
            if not store.finished(entries, job.scenario, job.group, job.studies)
        ]
        _run(todo[: options.first], data, options.workers)
    (options.out / PAGE).write_text(page(store.load(data)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
