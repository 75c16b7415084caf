"""What the machines share: an example leaves nothing behind, and a refusal is a value to compare."""

from collections.abc import Callable
from typing import Any

import hypothesis
from django.core.cache import cache
from django.db import transaction
from hypothesis import HealthCheck
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from study.protocol.errors import StudyError
from study.protocol.models import AuditEvent

STEPS = 20
# Of a hospital's people and of those who mean harm; none of them may change what counts as the same text.
TEXTS = (
    *("", "  \r\n ", "Hold the dose.", "Hold the dose.\r\n", "Give 5 mg.", "=1+1", "<b>Stop</b> {{ x }}"),
    *("a\x00b", "a\ud800b", "e\u0301", "\u202egm 5", "word " * 120, "word " * 400),
)


class StudyMachine(RuleBasedStateMachine):
    """Each example runs in a savepoint that its end rolls back: append-only tables cannot be emptied."""

    def __init__(self) -> None:
        super().__init__()
        cache.clear()
        self._point = transaction.savepoint()
        self.events = AuditEvent.objects.count()

    def teardown(self) -> None:
        """Undo the example."""
        transaction.savepoint_rollback(self._point)
        cache.clear()

    def told(self, act: Callable[..., Any], **arguments: Any) -> str:
        """The name of the refusal that an act ends with, or nothing when it is done."""
        try:
            act(**arguments)
        except StudyError as refusal:
            return type(refusal).__name__
        return ""

    def has_events(self, more: int) -> None:
        """Count what the machine expects the audit trail to have gained."""
        self.events += more
        assert AuditEvent.objects.count() == self.events


def play(machine: Callable[[], StudyMachine], examples: int) -> None:
    """Play a machine; the same examples on every run."""
    settings = hypothesis.settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=settings)


def stored(text: str) -> str:
    """A text as any of the study's tables holds it."""
    return text.replace("\r\n", "\n").replace("\x00", "").replace("\ud800", "?").strip()
