"""Verification of the audit trail: triggers, chains, noted heads, unowned changes, values, and rows.

Nothing that is stored is believed: every hash is computed anew. Whoever may rewrite a whole database may
rewrite its chains, too; only heads that were noted elsewhere tell.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from study.protocol.audit_chain import INSTALLATION, PRINTED_DIGITS, Head
from study.protocol.audit_findings import Findings
from study.protocol.audit_hashes import CHANGE_FIELDS, GENESIS, changes_sha256, event_sha256
from study.protocol.audit_replay import replay
from study.protocol.models import AuditEvent, AuditHead, RowChange, RowChangeValue, Study
from study.protocol.row_changes import ERASE, VALUES
from study.protocol.trigger_install import missing_triggers

CHUNK: Final = 2000


@dataclass(frozen=True)
class Anchor:
    """A head that was noted outside its chain; `sha256` may be its first digits only."""

    chain: int
    sequence: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.sequence}-{self.sha256[:PRINTED_DIGITS]}"


def verify(study: Study | None = None, anchors: Iterable[Anchor] = ()) -> Findings:
    """Verify one study's chain and the rows that it recorded last, or without a study everything.

    Rows and changes that belong to no event are in no chain: only the verification of everything names them.
    """
    findings, noted = Findings(), list(anchors)
    with _snapshot():
        for name in sorted(missing_triggers(connection)):
            findings.add("triggers", f"The trigger {name} is missing, disabled or different.")
        names = {INSTALLATION: "installation", **dict(Study.objects.values_list("pk", "slug"))}
        for chain in [study.pk] if study else _chains(names):
            name = names.get(chain, f"chain {chain}")
            with _reading(findings, name):
                walk = _Walk(findings, chain, name)
                walk.run([anchor for anchor in noted if anchor.chain == chain])
        with _reading(findings, "changes"):
            if study is None:
                _check_unowned(findings)
            _check_values(findings, study)
        replay(findings, study)
    return findings


@contextmanager
def _reading(findings: Findings, name: str) -> Iterator[None]:
    """A stored value that cannot even be read is a finding, too; SQLite takes any text for any column."""
    try:
        yield
    except (AttributeError, TypeError, ValueError) as error:
        findings.add("unreadable", f"{name}: a stored value cannot be read ({error}).")


@contextmanager
def _snapshot() -> Iterator[None]:
    """Look at one moment of the database, while others go on writing."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("COMMIT")
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield


def _chains(known: Iterable[int]) -> list[int]:
    stored = AuditEvent.objects.values_list("chain", flat=True).distinct()
    # SQLite may hold a text where a number belongs: it sorts, and is then found unreadable.
    return sorted({*known, *stored, *AuditHead.objects.values_list("chain", flat=True)}, key=str)


class _Walk:
    """One way along a chain, from its first event to its head."""

    def __init__(self, findings: Findings, chain: int, name: str) -> None:
        self.findings, self.chain, self.name = findings, chain, name
        self.last = Head(0, GENESIS)

    def run(self, anchors: Sequence[Anchor]) -> None:
        wanted = {anchor.sequence for anchor in anchors}
        seen = {0: GENESIS}
        changes = self._changes()
        group = next(changes, None)
        for event in AuditEvent.objects.filter(chain=self.chain).order_by("sequence").iterator(CHUNK):
            own: list[Sequence[Any]] = []
            if group is not None and group[0] == event.sequence:
                own, group = group[1], next(changes, None)
            self._check(event, own)
            if event.sequence in wanted:
                seen[event.sequence] = event.sha256
        for anchor in anchors:
            if not seen.get(anchor.sequence, "").startswith(anchor.sha256):
                self._find("anchors", f"the head {anchor} was noted, and the chain does not have it.")
        self._check_end()

    def _changes(self) -> Iterator[tuple[int, list[Sequence[Any]]]]:
        """Yield each event's sequence with its changes, in the order of the chain."""
        events = AuditEvent.objects.filter(chain=self.chain)
        place = events.filter(act=OuterRef("act")).values("sequence")
        changes = RowChange.objects.filter(act__in=events.values("act")).annotate(place=Subquery(place))
        rows = changes.order_by("place", "id").values_list("place", *CHANGE_FIELDS).iterator(CHUNK)
        for sequence, group in groupby(rows, key=lambda row: row[0]):
            yield sequence, [row[1:] for row in group]

    def _check(self, event: AuditEvent, changes: list[Sequence[Any]]) -> None:
        self.findings.events += 1
        if event.sequence != self.last.sequence + 1:
            self._find("order", f"event {event.sequence} follows event {self.last.sequence}.")
        if event.previous_sha256 != self.last.sha256:
            self._find("order", f"event {event.sequence} does not hold the hash of the event before it.")
        if event.sha256 != event_sha256(event):
            self._find("events", f"event {event.sequence} does not match its hash.")
        if (event.study_id or INSTALLATION) != self.chain:
            self._find("events", f"event {event.sequence} belongs to another chain.")
        if (event.changes, event.changes_sha256) != changes_sha256(changes):
            found = f"{len(changes)} of {event.changes}" if len(changes) != event.changes else "altered"
            self._find("changes", f"the changes of event {event.sequence} are not those it covers ({found}).")
        self.last = Head(event.sequence, event.sha256)

    def _check_end(self) -> None:
        head = AuditHead.objects.filter(chain=self.chain).first()
        stored = Head(head.sequence, head.sha256) if head else Head(0, GENESIS)
        if stored != self.last:
            self._find("heads", f"the chain ends with {self.last}, and its head is {stored}.")
        if self.last.sequence == 0:
            self._find("heads", "there is no event at all.")

    def _find(self, kind: str, sentence: str) -> None:
        self.findings.add(kind, f"{self.name}: {sentence}")


def _check_unowned(findings: Findings) -> None:
    events = AuditEvent.objects.filter(act=OuterRef("act"))
    for change in RowChange.objects.filter(~Exists(events)).order_by("id").iterator(CHUNK):
        what = f"{change.table_name} {change.row_id}: {change.operation} by {change.actor}"
        when = f"{change.recorded_at:%Y-%m-%d %H:%M:%S} UTC"
        findings.add("changes without an event", f"{what} at {when} has no event.")
    for lost in RowChangeValue.objects.filter(change__isnull=True).values_list("pk", flat=True):
        findings.add("values", f"The values {lost} belong to no change.")


_TEXTS: Final = ("values__salt", "values__old_values", "values__new_values")


def _check_values(findings: Findings, study: Study | None) -> None:
    """Compare the salt and the values of each change with their hash; only a recorded erasure excuses."""
    erasures = RowChange.objects.filter(operation=ERASE, table_name=VALUES)
    erased = set(erasures.values_list("row_id", flat=True))
    changes = _changes_of(study).order_by("id").annotate(is_kept=Q(values__erased_at__isnull=True))
    rows = changes.values_list("id", "operation", "values_id", "is_kept", "values_sha256", *_TEXTS)
    for change, operation, values, is_kept, sha256, *texts in rows.iterator(CHUNK):
        findings.changes += 1
        if operation == ERASE:
            continue
        if (values in erased) == is_kept:
            findings.add("values", f"The values of change {change} and the record of their erasure disagree.")
        elif any(text is None for text in texts) == is_kept:
            findings.add("values", f"The values of change {change} are not there.")
        elif is_kept and hashlib.sha256("".join(texts).encode()).hexdigest() != sha256:
            findings.add("values", f"The values of change {change} do not match their hash.")


def _changes_of(study: Study | None) -> QuerySet[RowChange]:
    if study is None:
        return RowChange.objects.all()
    return RowChange.objects.filter(act__in=AuditEvent.objects.filter(chain=study.pk).values("act"))
