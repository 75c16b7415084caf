"""The beginning of the trail: rows that were there before it, and tables whose columns change later.

After a migration every row of a table with another set of audited columns gets a change of the operation
BASELINE, and one event of the installation says so. Where the columns before are still there, the baseline
also holds the hash that the row has under them: a row that was altered unseen does not match its last record.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.apps import apps
from django.db import connection
from django.db.models.signals import post_migrate
from django.utils import timezone

from study.protocol.audit_chain import INSTALLATION
from study.protocol.models import AuditEvent, RowChange
from study.protocol.row_changes import (
    AUDITED_TABLES,
    VALUES,
    audited_columns,
    row_sha256,
    values_sha256,
)
from study.protocol.row_recorders import CONTEXT, INTO, last_change
from study.protocol.transactions import one_act, record_event
from study.protocol.trigger_install import columns_of_tables, vendor_of

ACTION: Final = "protocol.begin_audit"
EVENTS: Final = "study_auditevent"


def connect() -> None:
    """Begin the trail after migrations; the signal comes once per app, and once is enough."""
    post_migrate.connect(_after_migrate, sender=apps.get_app_config("study"), dispatch_uid="equipoise-trail")


def _after_migrate(**_: Any) -> None:
    begin_audit(now=timezone.now())


def begin_audit(*, now: datetime) -> AuditEvent | None:
    """Record every row of each audited table whose columns are new to the trail; None when there is none."""
    columns_of = columns_of_tables(connection)
    if "sha256" not in columns_of.get(EVENTS, []):
        return None  # migrations went back, or not yet as far as the trail
    known = _known(columns_of)
    wanted = {
        table: audited_columns(table, columns_of[table]) for table in AUDITED_TABLES if table in columns_of
    }
    begun = {table: columns for table, columns in wanted.items() if known.get(table) != columns}
    if not begun:
        return None
    with one_act():
        detail: dict[str, Any] = {
            table: {"columns": columns, "rows": _record(table, columns_of[table], known.get(table, []))}
            for table, columns in begun.items()
        }
        return record_event(study=None, person=None, action=ACTION, now=now, detail={"tables": detail})


def _known(tables: Iterable[str]) -> dict[str, list[str]]:
    """Return what is begun already: nothing is, where migrations went back and took all changes with them."""
    if RowChange.objects.exists():
        return recorded_columns()
    with_rows = {table for table in set(AUDITED_TABLES) & set(tables) if _ids(table, limit=1)}
    return {table: columns for table, columns in recorded_columns().items() if table not in with_rows}


def _ids(table: str, *, limit: int | None = None) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {table} ORDER BY id{f' LIMIT {limit}' if limit else ''}")  # noqa: S608
        return [row[0] for row in cursor.fetchall()]


def recorded_columns() -> dict[str, list[str]]:
    """Return the columns of each table that the newest baseline of it was made of."""
    known: dict[str, list[str]] = {}
    events = AuditEvent.objects.filter(chain=INSTALLATION, action=ACTION).order_by("sequence")
    for detail in events.values_list("detail", flat=True):
        known |= {table: each["columns"] for table, each in detail["tables"].items()}
    return known


def _record(table: str, columns: list[str], before: list[str]) -> int:
    """Write a baseline for each row of the table and return their number."""
    vendor = vendor_of(connection)
    is_comparable = bool(before) and set(before) <= set(columns)
    earlier = row_sha256(vendor, "former.salt", "row_now", before, columns)
    old = f"coalesce((SELECT {earlier} {last_change(table, 'row_now')}), '')" if is_comparable else "''"
    new = row_sha256(vendor, "kept.salt", "row_now", audited_columns(table, columns), columns)
    salt = "lower(hex(randomblob(16)))" if vendor == "sqlite" else "replace(gen_random_uuid()::text, '-', '')"
    newest = "last_insert_rowid()" if vendor == "sqlite" else "lastval()"
    values = [f"INSERT INTO {VALUES} (salt, old_values, new_values)", f"VALUES ({salt}, '', '')"]
    change = [
        f"{INTO} SELECT '{table}', row_now.id, 'BASELINE', {old}, {new},",
        f"{values_sha256(vendor, 'kept')}, kept.id, {CONTEXT[vendor]}",
        f"FROM {table} row_now CROSS JOIN {VALUES} kept WHERE kept.id = {newest} AND row_now.id = ",
    ]
    ids = _ids(table)
    with connection.cursor() as cursor:
        for row_id in ids:
            cursor.execute(" ".join(values))
            cursor.execute(" ".join(change) + str(row_id))
    return len(ids)
