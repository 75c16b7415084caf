"""Replays the changes up to the rows as they are: the last recorded hash is that of the row that is there.

The database computes the hash by the expression that its triggers use, under the salt of the last change.
"""
# ruff: noqa: S608  the statements are made of the names of our own tables and columns

from typing import Any, Final

from django.db import connection

from study.protocol.audit_findings import Findings
from study.protocol.models import Study
from study.protocol.row_changes import (
    AUDITED_TABLES,
    BASELINE,
    CHANGES,
    DELETE,
    ERASE,
    VALUES,
    audited_columns,
    row_sha256,
)
from study.protocol.trigger_install import columns_of_tables, vendor_of

_ANY: Final = "1 = 1"


def replay(findings: Findings, study: Study | None) -> None:
    """Compare every row with its last change; with a study, the rows whose last change is in its chain."""
    mine = f"c.act IN (SELECT e.act FROM study_auditevent e WHERE e.chain = {study.pk})" if study else _ANY
    _check_links(findings, mine)
    for table, columns in sorted(columns_of_tables(connection).items()):
        if table in AUDITED_TABLES:
            _check_rows(findings, table, columns, mine)
            _check_records(findings, table, mine)


def _rows(*sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(" ".join(sql))
        return list(cursor.fetchall())


def _check_links(findings: Findings, mine: str) -> None:
    """Each change starts from the state in which the one before it left the row."""
    state = "lag(c.new_sha256, 1, '') OVER (PARTITION BY c.table_name, c.row_id ORDER BY c.id)"
    broken = _rows(
        f"SELECT c.id, c.table_name, c.row_id FROM (SELECT c.*, {state} AS state",
        f"FROM {CHANGES} c WHERE c.operation <> '{ERASE}') c WHERE c.old_sha256 <> c.state AND {mine}",
        # The columns that the record before was made of may be gone.
        f"AND NOT (c.operation = '{BASELINE}' AND c.old_sha256 = '') ORDER BY c.id",
    )
    for change, table, row in broken:
        findings.add("rows", f"{table} {row} was changed without a record before change {change}.")


def _last_changes(table: str) -> str:
    newest = f"(SELECT max(id) AS id FROM {CHANGES} WHERE table_name = '{table}' GROUP BY row_id)"
    return f"(SELECT c.* FROM {newest} newest JOIN {CHANGES} c ON c.id = newest.id)"


def _check_rows(findings: Findings, table: str, columns: list[str], mine: str) -> None:
    """Every row of the table has a record and is as it was recorded last."""
    now = row_sha256(vendor_of(connection), "v.salt", "t", audited_columns(table, columns), columns)
    compared = f"""FROM {table} t LEFT JOIN {_last_changes(table)} c ON c.row_id = t.id
      LEFT JOIN {VALUES} v ON v.id = c.values_id WHERE {mine}"""
    findings.rows += _rows("SELECT count(*)", compared)[0][0]
    differs = f"c.id IS NULL OR c.operation = '{DELETE}' OR c.new_sha256 <> coalesce({now}, '')"
    for row, operation in _rows("SELECT t.id, c.operation", compared, f"AND ({differs}) ORDER BY t.id"):
        if operation in {None, DELETE}:
            findings.add("rows", f"{table} {row} is there without a record.")
        else:
            findings.add("rows", f"{table} {row} is not as it was last recorded.")


def _check_records(findings: Findings, table: str, mine: str) -> None:
    """Every recorded row is there, unless its deletion is recorded."""
    lost = _rows(
        f"SELECT c.row_id FROM {_last_changes(table)} c LEFT JOIN {table} t ON t.id = c.row_id",
        f"WHERE t.id IS NULL AND c.operation <> '{DELETE}' AND {mine} ORDER BY c.row_id",
    )
    for (row,) in lost:
        findings.add("rows", f"{table} {row} was recorded and is gone.")
