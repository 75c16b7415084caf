"""Index of the stages' tasks: Celery discovers tasks only here."""

from study.protocol.tasks import simulate_block
from study.responses.tasks import generate

__all__ = ["generate", "simulate_block"]
