"""The triggers that record every change of an audited row, whoever writes it and by whatever statement.

An update that changes no audited column leaves no trace. Of an update the old and the new values of the
changed columns are kept, of a deletion the whole row; what was inserted stands in the table itself.
"""

import hashlib
from collections.abc import Mapping
from typing import Final

from study.protocol.audit_context import REFUSAL, REFUSAL_FUNCTION
from study.protocol.row_changes import (
    AUDITED_TABLES,
    CHANGES,
    VALUES,
    Columns,
    audited_columns,
    listed,
    row_json,
    row_sha256,
    sha256_of,
    values_sha256,
)
from study.protocol.triggers import Trigger, Vendor, postgresql_trigger

INTO: Final = f"""INSERT INTO {CHANGES} (table_name, row_id, operation, old_sha256, new_sha256,
    values_sha256, values_id, actor, request_id, act, recorded_at)"""
CONTEXT: Final[Mapping[Vendor, str]] = {
    "sqlite": """equipoise_actor(), equipoise_request(), equipoise_act(),
    strftime('%Y-%m-%d %H:%M:%f', 'now')""",
    "postgresql": """coalesce(nullif(current_setting('equipoise.actor', true), ''), 'system'),
    coalesce(current_setting('equipoise.request', true), ''),
    coalesce(nullif(current_setting('equipoise.act', true), ''), replace(gen_random_uuid()::text, '-', '')),
    clock_timestamp()""",
}


def recorders(vendor: Vendor, columns_of: Mapping[str, Columns]) -> list[Trigger]:
    """Return the triggers that record the changes of the audited tables in `columns_of`."""
    make = _of_sqlite if vendor == "sqlite" else _of_postgresql
    audited = sorted(set(columns_of) & set(AUDITED_TABLES))
    erasure = [_erasure(vendor)] if VALUES in columns_of else []
    return [trigger for table in audited for trigger in make(table, columns_of[table])] + erasure


def _name(table: str, event: str, body: str) -> str:
    return f"eq_record_{table}_{event.lower()}_{hashlib.sha256(body.encode()).hexdigest()[:8]}"


def _of_sqlite(table: str, columns: Columns) -> list[Trigger]:
    hashed = audited_columns(table, columns)
    names, old, new = f"'{','.join(hashed)}'", listed("OLD", hashed), listed("NEW", hashed)
    earlier = row_sha256("sqlite", "former.salt", "OLD", hashed, columns)
    before = f"coalesce((SELECT {earlier} {last_change(table)}), '')"
    after = row_sha256("sqlite", "kept.salt", "NEW", hashed, columns)
    was = f"equipoise_changed({names}, {old}, {new})"
    becomes = f"equipoise_changed({names}, {new}, {old})"
    gone = f"equipoise_row({names}, {old})"
    is_changed = " OR ".join(f'OLD."{column}" IS NOT NEW."{column}"' for column in hashed)
    return [
        _sqlite_trigger(table, "INSERT", ("''", "''"), ("''", after), ""),
        _sqlite_trigger(table, "UPDATE", (_kept(was), _kept(becomes)), (before, after), f"WHEN {is_changed}"),
        _sqlite_trigger(table, "DELETE", (_kept(gone), "''"), (before, "''"), ""),
    ]


def _kept(value: str) -> str:
    return f"CASE WHEN equipoise_keeps_values() THEN {value} ELSE '' END"


def last_change(table: str, row: str = "OLD") -> str:
    """Return the rest of a SELECT that finds `former`, the values of the last change of that row."""
    return f"""FROM {CHANGES} earlier JOIN {VALUES} former ON former.id = earlier.values_id
    WHERE earlier.table_name = '{table}' AND earlier.row_id = {row}.id ORDER BY earlier.id DESC LIMIT 1"""


def _sqlite_trigger(
    table: str, event: str, values: tuple[str, str], hashes: tuple[str, str], condition: str
) -> Trigger:
    row = "OLD" if event == "DELETE" else "NEW"
    fixed = f"SELECT RAISE(ABORT, '{table}: a row keeps its id') WHERE OLD.id <> NEW.id;"
    steps = [
        f"SELECT {REFUSAL_FUNCTION}();",
        fixed if event == "UPDATE" else "",
        f"INSERT INTO {VALUES} (salt, old_values, new_values)",
        f"VALUES (lower(hex(randomblob(16))), {values[0]}, {values[1]});",
        f"{INTO} SELECT '{table}', {row}.id, '{event}', {hashes[0]}, {hashes[1]},",
        f"{values_sha256('sqlite', 'kept')}, kept.id, {CONTEXT['sqlite']}",
        f"FROM {VALUES} kept WHERE kept.id = last_insert_rowid();",
    ]
    body = "\n  ".join([f"AFTER {event} ON {table} {condition} BEGIN", *filter(None, steps), "END"])
    return _as_sqlite(table, event, body)


def _as_sqlite(table: str, event: str, body: str) -> Trigger:
    name = _name(table, event, body)
    sql = f"CREATE TRIGGER {name} {body}"
    return Trigger(name, table, (sql,), sql)


_POSTGRESQL_BODY: Final = """DECLARE
  before_row jsonb; after_row jsonb; before_hash text := ''; after_hash text := ''; kept {values}%ROWTYPE;
BEGIN
  IF coalesce(current_setting('equipoise.writer', true), '') = '' THEN
    RAISE EXCEPTION '{refusal}: {table}' USING ERRCODE = 'insufficient_privilege';
  END IF;
  kept.salt := replace(gen_random_uuid()::text, '-', '');
  kept.old_values := '';
  kept.new_values := '';
  IF TG_OP <> 'INSERT' THEN before_row := {old_json}; END IF;
  IF TG_OP <> 'DELETE' THEN after_row := {new_json}; END IF;
  IF before_row = after_row THEN RETURN NULL; END IF;
  IF before_row -> 'id' <> after_row -> 'id' THEN
    RAISE EXCEPTION '{table}: a row keeps its id' USING ERRCODE = 'check_violation';
  END IF;
  IF TG_OP <> 'INSERT' THEN
    before_hash := coalesce((SELECT {before_sha256} {last_change}), '');
    IF coalesce(current_setting('equipoise.values', true), '') <> 'dropped' THEN
      SELECT jsonb_object_agg(pair.key, pair.value)::text INTO kept.old_values
        FROM jsonb_each(before_row) pair WHERE pair.value IS DISTINCT FROM after_row -> pair.key;
    END IF;
    IF TG_OP = 'UPDATE' AND kept.old_values <> '' THEN
      SELECT jsonb_object_agg(pair.key, pair.value)::text INTO kept.new_values
        FROM jsonb_each(after_row) pair WHERE pair.value IS DISTINCT FROM before_row -> pair.key;
    END IF;
  END IF;
  IF TG_OP <> 'DELETE' THEN after_hash := {after_sha256}; END IF;
  INSERT INTO {values} (salt, old_values, new_values)
    VALUES (kept.salt, kept.old_values, kept.new_values) RETURNING id INTO kept.id;
  {into} VALUES ('{table}', (coalesce(after_row, before_row) ->> 'id')::bigint, TG_OP, before_hash,
    after_hash, {values_sha256}, kept.id, {context});
  RETURN NULL;
END"""


def _of_postgresql(table: str, columns: Columns) -> list[Trigger]:
    hashed = audited_columns(table, columns)
    body = _POSTGRESQL_BODY.format(
        table=table,
        values=VALUES,
        refusal=REFUSAL,
        old_json=row_json("OLD", hashed, columns),
        new_json=row_json("NEW", hashed, columns),
        before_sha256=sha256_of("postgresql", "former.salt || before_row::text"),
        after_sha256=sha256_of("postgresql", "kept.salt || after_row::text"),
        values_sha256=values_sha256("postgresql", "kept"),
        last_change=last_change(table),
        into=INTO,
        context=CONTEXT["postgresql"],
    )
    return [postgresql_trigger(_name(table, "any", body), table, "AFTER", "INSERT OR UPDATE OR DELETE", body)]


def _erasure(vendor: Vendor) -> Trigger:
    """Record that values were erased: otherwise whoever empties them would leave no trace."""
    insert = f"""{INTO} VALUES ('{VALUES}', OLD.id, 'ERASE', {values_sha256(vendor, "OLD")}, '', '', NULL,
    {CONTEXT[vendor]});"""
    if vendor == "sqlite":
        body = f"AFTER UPDATE ON {VALUES} BEGIN SELECT {REFUSAL_FUNCTION}(); {insert} END"
        return _as_sqlite(VALUES, "UPDATE", body)
    body = f"BEGIN {insert} RETURN NULL; END"
    return postgresql_trigger(_name(VALUES, "UPDATE", body), VALUES, "AFTER", "UPDATE", body)
