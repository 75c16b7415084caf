"""The chains of audit events: one for each study, and one for what belongs to no study.

Every event hashes the one before it, itself, and the row changes of its act. The head's row lock orders the
writers, so that a chain has no fork.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection

from study.protocol import audit
from study.protocol.audit_hashes import CHANGE_FIELDS, GENESIS, changes_sha256, event_sha256, plain
from study.protocol.models import AuditEvent, AuditHead, Study

INSTALLATION: Final = 0
PRINTED_DIGITS: Final = 16


@dataclass(frozen=True)
class Head:
    """The newest event of a chain: whoever knows it can tell whether the chain was cut or rewritten."""

    sequence: int
    sha256: str

    def __str__(self) -> str:
        """The form for receipts and notes: "132-3fa9c2d1e0b4aa11"."""
        return f"{self.sequence}-{self.sha256[:PRINTED_DIGITS]}"

    def as_json(self) -> dict[str, Any]:
        return {"sequence": self.sequence, "sha256": self.sha256}


def chain_of(study: Study | None) -> int:
    return study.pk if study else INSTALLATION


def audit_head(study: Study | None) -> Head:
    """Return the head of the study's chain (None: the installation's), as receipts and manifests print it."""
    head = AuditHead.objects.filter(chain=chain_of(study)).first()
    return Head(head.sequence, head.sha256) if head else Head(0, GENESIS)


def append_event(event: AuditEvent) -> AuditEvent:
    """Complete an unsaved event and add it at the end of its act; the caller holds the transaction.

    Raises RuntimeError when the act has its event already: changes after it would belong to nobody.
    """
    act = audit.current_act()
    if act is not None and act.is_recorded:
        raise RuntimeError("an act has one audit event, and it comes last")
    event.chain = chain_of(event.study)
    head, event.role, event.recorded_at = _locked_head(event.chain, event.person_id)
    event.sequence, event.previous_sha256 = head.sequence + 1, head.sha256
    event.act = act.id if act else audit.new_act_id()
    event.changes, event.changes_sha256 = changes_sha256(_changes_of(event.act))
    event.detail, event.request_id = plain(event.detail), audit.request_id.get()
    event.sha256 = event_sha256(event)
    event.save(force_insert=True)
    _move_head(event)
    if act is not None:
        act.is_recorded = True
    return event


# Plain SQL: this is in the path of every write, and building the queries would cost more than running them.
_HEAD: Final = """SELECT h.sequence, h.sha256, {clock}, (SELECT p.role FROM study_participant p
  WHERE p.study_id = %s AND p.person_id = %s) FROM study_audithead h WHERE h.chain = %s {lock}"""
_HEADS: Final = {
    "sqlite": _HEAD.format(clock="strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')", lock=""),
    "postgresql": _HEAD.format(clock="clock_timestamp()", lock="FOR NO KEY UPDATE OF h"),
}
_CHANGES: Final = " ".join(
    ["SELECT", ", ".join(CHANGE_FIELDS), "FROM study_rowchange WHERE act = %s ORDER BY id"]
)


def _locked_head(chain: int, person_id: int | None) -> tuple[Head, str, datetime]:
    """Return the head under its row's lock, the person's role in the study, and the database's clock."""
    parameters = [chain, person_id, chain]
    with connection.cursor() as cursor:
        cursor.execute(_HEADS[connection.vendor], parameters)
        row = cursor.fetchone()
        if row is None:
            AuditHead.objects.get_or_create(chain=chain, defaults={"sequence": 0, "sha256": GENESIS})
            cursor.execute(_HEADS[connection.vendor], parameters)
            row = cursor.fetchone()
    sequence, sha256, clock, role = row
    return Head(sequence, sha256), role or "", _instant(clock)


def _changes_of(act_id: str) -> list[tuple[Any, ...]]:
    """Return the changes of an act in their order, as CHANGE_FIELDS."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGES, [act_id])
        return [(*change, _instant(recorded_at)) for *change, recorded_at in cursor.fetchall()]


def _move_head(event: AuditEvent) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE study_audithead SET sequence = %s, sha256 = %s WHERE chain = %s",
            [event.sequence, event.sha256, event.chain],
        )


def _instant(value: datetime | str) -> datetime:
    """Return an instant as the ORM would: SQLite's are in UTC and do not say so."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
