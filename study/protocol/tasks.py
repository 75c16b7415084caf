"""Celery's side of the planner: one block of simulated studies, and how a command spreads blocks."""

import argparse
from typing import Any

from celery import Celery, shared_task

from study.protocol.simulation import TASK, answer, spread


@shared_task(name=TASK, acks_late=True, ignore_result=True)
def simulate_block(payload: dict[str, Any], address: str, number: int) -> None:
    """Simulate one block and send its tally to the asker, who is told of a failure, too."""
    from analysis.power.blocks import run_block  # noqa: PLC0415  a worker without simulations needs no scipy

    tally = None
    try:
        tally = run_block(payload)
    finally:
        answer(address, number, tally)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The planner's own arguments."""
    from analysis.power import command  # noqa: PLC0415  heavy

    command.add_arguments(parser)


def plan_power(arguments: argparse.Namespace, workers: int | None, app: Celery, queue: str) -> str:
    """Text of the planner's answer; without a number of `workers` the blocks go to the queue."""
    from analysis.power import command  # noqa: PLC0415  heavy
    from analysis.power.workers import processes  # noqa: PLC0415

    if workers is not None:
        return command.report(arguments, processes(workers))
    return command.report(arguments, lambda _, blocks: spread(app, blocks, queue))
