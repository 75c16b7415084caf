"""Index of the stages' tasks: Celery discovers tasks only here."""

from study.responses.tasks import generate

__all__ = ["generate"]
