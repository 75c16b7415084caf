"""Index of the stages' tasks: Celery discovers tasks only here."""

from study.judging.tasks import judge
from study.protocol.tasks import simulate_block
from study.responses.tasks import generate

__all__ = ["generate", "judge", "simulate_block"]
