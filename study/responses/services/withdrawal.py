"""Emptying what a resident wrote, before the data are frozen; the caller holds the act and its lock."""

from datetime import datetime

from study.participants.models import Participant
from study.protocol.audit_context import without_values
from study.protocol.audit_erasure import erase_history
from study.responses.models import ConflictingCopy, Draft, Response


def withdraw_answers(*, participant: Participant, now: datetime) -> int:
    """Empty the resident's answers, copies and drafts, also in the trail; return the number of answers."""
    answers = Response.objects.filter(resident=participant, erased_at=None)
    rows = list(answers.values_list("pk", flat=True))
    copies = ConflictingCopy.objects.filter(response__in=rows, erased_at=None)
    copied = list(copies.values_list("pk", flat=True))
    Draft.objects.filter(planned__resident=participant).delete()
    with without_values():
        copies.update(sections={}, text_sha256="", erased_at=now)
        answers.update(sections={}, resources="", text_sha256="", active_seconds=None, erased_at=now)
    erase_history(table=Response._meta.db_table, row_ids=rows, now=now)
    erase_history(table=ConflictingCopy._meta.db_table, row_ids=copied, now=now)
    return len(rows)
