"""Attacks on the trail by somebody who owns the database: each is one change behind the triggers' back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from django.db import DatabaseError, connection, transaction

from study.protocol.audit_chain import audit_head
from study.protocol.audit_hashes import event_sha256
from study.protocol.audit_verify import Anchor, verify
from study.protocol.models import AuditEvent
from study.protocol.row_changes import AUDITED_TABLES
from study.protocol.trigger_install import columns_of_tables
from tests.protocol.trail import trial

TRAIL = ("study_auditevent", "study_rowchange", "study_rowchangevalue", "study_audithead")
# A number that nothing refers to and no page shows.
MEANINGLESS = {("study_auditevent", "id"), ("study_audithead", "id")}


def sql(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall()) if cursor.description else []


@contextmanager
def unguarded(*tables: str) -> Iterator[None]:
    """Put the triggers of the tables out of force, and back."""
    if connection.vendor == "postgresql":
        sql("SET LOCAL session_replication_role = replica")
        yield
        sql("SET LOCAL session_replication_role = origin")
        return
    names = ", ".join(f"'{table}'" for table in tables)
    triggers = sql(f"SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ({names})")
    for name, _ in triggers:
        sql(f"DROP TRIGGER {name}")
    yield
    for _, statement in triggers:
        sql(statement)


class Attacker:
    """Draws attacks by a seed. `caught` runs one and takes it back."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        head = audit_head(trial())
        self.anchors = [Anchor(trial().pk, head.sequence, head.sha256)]
        self.columns = columns_of_tables(connection)
        self.audited = [table for table in sorted(AUDITED_TABLES) if sql(f"SELECT id FROM {table} LIMIT 1")]
        self.attacks: dict[str, Callable[[], str]] = {
            "byte": self._alter_a_value,
            "loss": self._lose_a_row,
            "order": self._swap_two_rows,
            "tail": self._cut_the_tail,
            "rewriting": self._rewrite_from_an_event_on,
            "row": self._alter_an_audited_row,
        }

    def caught(self, kind: str) -> tuple[str, bool]:
        """Run one attack of the kind; return what it was, and whether it was refused or found."""
        self.table = self._pick(self.audited if kind == "row" else TRAIL)
        with transaction.atomic():
            point = transaction.savepoint()
            try:
                with unguarded(*{*TRAIL, self.table}):
                    what = self.attacks[kind]()
                is_found = not verify(anchors=self.anchors).is_clean
            except DatabaseError:
                what, is_found = "refused by the database", True
            transaction.savepoint_rollback(point)
        return what, is_found

    def _pick(self, values: Any) -> Any:
        return values[int(self.rng.integers(len(values)))]

    def _row(self, table: str) -> int:
        return int(self._pick(sql(f"SELECT id FROM {table} ORDER BY id"))[0])

    def _alter_a_value(self) -> str:
        return self._alter(self.table, self._row(self.table))

    def _alter(self, table: str, row: int) -> str:
        """Change one character of a value as the database writes it; an empty value gets one."""
        columns = set(self.columns[table]) - set(AUDITED_TABLES.get(table, ()))
        column = self._pick([each for each in sorted(columns) if (table, each) not in MEANINGLESS])
        before = self._text(table, column, row)
        text = before or ""
        place = int(self.rng.integers(len(text))) if text else 0
        sign = self._pick([sign for sign in "0123456789abcdef" if sign != text[place : place + 1]])
        changed = text[:place] + sign + text[place + 1 :]
        self._put(table, column, row, changed)
        if self._text(table, column, row) == before:
            raise DatabaseError("the same value in other words")
        return f"{table}.{column} of {row}: {text!r} -> {changed!r}"

    @staticmethod
    def _text(table: str, column: str, row: int) -> str | None:
        found = sql(f'SELECT CAST("{column}" AS text) FROM {table} WHERE id = %s', row)
        return found[0][0] if found else None

    @staticmethod
    def _put(table: str, column: str, row: int, text: str) -> None:
        value = "%s"
        if connection.vendor == "postgresql":
            place = "table_schema = current_schema() AND table_name = %s AND column_name = %s"
            found = sql(f"SELECT udt_name FROM information_schema.columns WHERE {place}", table, column)
            value = f"CAST(CAST(%s AS text) AS {found[0][0]})"
        sql(f'UPDATE {table} SET "{column}" = {value} WHERE id = %s', text, row)

    def _lose_a_row(self) -> str:
        row = self._row(self.table)
        sql(f"DELETE FROM {self.table} WHERE id = %s", row)
        return f"{self.table} {row} deleted"

    def _swap_two_rows(self) -> str:
        table, column = self._pick(
            [
                ("study_auditevent", "sequence"),
                ("study_rowchange", "id"),
                ("study_rowchange", "act"),
                ("study_rowchange", "values_id"),
                ("study_rowchangevalue", "id"),
            ]
        )
        rows = sql(f"SELECT id, {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY id")
        one, two = (rows[int(place)] for place in self.rng.choice(len(rows), 2, replace=False))
        if one[1] == two[1]:
            raise DatabaseError("a swap of equals")
        parked = "parked" if column == "act" else -1
        for row, value in (
            (one[0], parked),
            (two[0], one[1]),
            (one[0] if column != "id" else parked, two[1]),
        ):
            sql(f"UPDATE {table} SET {column} = %s WHERE id = %s", value, row)
        return f"{table}: {column} of {one} and {two} swapped"

    def _cut_the_tail(self) -> str:
        """Cut the last events, at will with their changes and with the head moved back."""
        events = list(AuditEvent.objects.filter(chain=trial().pk).order_by("sequence"))
        kept = events[-1 - int(self.rng.integers(1, 6))]
        cut = [event for event in events if event.sequence > kept.sequence]
        acts = ", ".join(f"'{event.act}'" for event in cut)
        if self.rng.random() < 0.7:
            of_cut = f"SELECT values_id FROM study_rowchange WHERE act IN ({acts})"
            sql(f"DELETE FROM study_rowchangevalue WHERE id IN ({of_cut})")
            sql(f"DELETE FROM study_rowchange WHERE act IN ({acts})")
        sql(f"DELETE FROM study_auditevent WHERE act IN ({acts})")
        if self.rng.random() < 0.7:
            head = "UPDATE study_audithead SET sequence = %s, sha256 = %s WHERE chain = %s"
            sql(head, kept.sequence, kept.sha256, kept.chain)
        return f"{len(cut)} events cut from the tail"

    def _rewrite_from_an_event_on(self) -> str:
        """Change a reason and compute every later hash anew, as somebody with the program could."""
        events = list(AuditEvent.objects.filter(chain=trial().pk).order_by("sequence"))
        first = int(self.rng.integers(len(events)))
        events[first].reason += " (rewritten)"
        for before, event in zip([None, *events], events, strict=False):
            if before is not None and event.sequence > first:
                event.previous_sha256 = before.sha256
            event.sha256 = event_sha256(event)
            values = (event.reason, event.previous_sha256, event.sha256, event.pk)
            sql(
                "UPDATE study_auditevent SET reason = %s, previous_sha256 = %s, sha256 = %s WHERE id = %s",
                *values,
            )
        sql("UPDATE study_audithead SET sha256 = %s WHERE chain = %s", events[-1].sha256, trial().pk)
        return f"rewritten from event {first + 1} on"

    def _alter_an_audited_row(self) -> str:
        return self._lose_a_row() if self.rng.random() < 0.3 else self._alter_a_value()
