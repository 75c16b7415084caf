"""The frame of every writing use case: lock the study row, check the phase, write, leave an audit event."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from study.protocol import audit
from study.protocol.attempts import count_wrong_password
from study.protocol.audit_chain import append_event
from study.protocol.audit_context import told_act
from study.protocol.errors import NotFound, PhaseClosed, WrongPassword
from study.protocol.models import AuditEvent, Study
from study.protocol.vocabulary import Phase

if TYPE_CHECKING:
    from study.participants.models import Person


@contextmanager
def one_act() -> Iterator[None]:
    """Open a transaction whose changes belong to the audit event that ends it; inside an act, join that."""
    if audit.current_act() is not None:
        with transaction.atomic():
            yield
        return
    try:
        with transaction.atomic(), told_act():
            yield
    except WrongPassword as refusal:
        count_wrong_password(refusal.person_id)  # outside the transaction, which is rolled back
        raise


@contextmanager
def locked_study(study_id: int, *phases: Phase) -> Iterator[Study]:
    """Open a transaction, take the study's row lock, and refuse unless the study is in one of `phases`.

    Without the lock, sealing can overtake an answer that was already acknowledged. On SQLite the
    IMMEDIATE transaction is the lock.
    """
    with one_act():
        yield lock_study(study_id, *phases)


def lock_study(study_id: int, *phases: Phase) -> Study:
    """Take the study's row lock inside an open act, and refuse unless the study is in one of `phases`."""
    study = Study.objects.select_for_update(no_key=True).filter(pk=study_id).first()
    if study is None:
        raise NotFound
    if phases and study.phase not in phases:
        allowed = " or ".join(str(Phase(phase).label).lower() for phase in phases)
        raise PhaseClosed(
            f"This needs the phase {allowed}; the study is in the phase "
            f"{study.get_phase_display().lower()}. Nothing was changed."
        )
    return study


def record_event(
    *,
    study: Study | None,
    person: "Person | None",
    action: str,
    now: datetime,
    detail: dict[str, Any] | None = None,
    reason: str = "",
) -> AuditEvent:
    """Write the use case's audit event, last in its transaction: it covers every change made before it."""
    event = AuditEvent(study=study, person=person, action=action, detail=detail or {}, reason=reason, at=now)
    return append_event(event)


ALLOWED_MOVES = {
    Phase.DRAFT: Phase.ANSWERING,
    Phase.ANSWERING: Phase.SEALED,
    Phase.SEALED: Phase.RATING,
    Phase.RATING: Phase.LOCKED,
    Phase.LOCKED: Phase.UNBLINDED,
    Phase.UNBLINDED: Phase.REPORTED,
}


def move_phase(study: Study, target: Phase) -> None:
    """Move a locked study one phase on; the stage that owns the step has checked its preconditions."""
    if ALLOWED_MOVES.get(Phase(study.phase)) != target:
        raise PhaseClosed(f"A study cannot go from {study.phase} to {target}. Nothing was changed.")
    moved = Study.objects.filter(pk=study.pk, phase=study.phase).update(phase=target)
    if moved != 1:
        raise PhaseClosed("The phase changed meanwhile. Load the page again.")
    study.phase = target
