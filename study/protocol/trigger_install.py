"""Install, drop and compare the triggers around migrations.

They are not in migrations: SQLite drops them silently when it rebuilds a table, and a trigger that names
another table makes such a rebuild fail.
"""

from typing import Any, Final, cast

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.signals import post_migrate, pre_migrate

from study.protocol.audit_guards import AUDIT_GUARDS
from study.protocol.lock_guards import LOCK_GUARDS
from study.protocol.row_changes import CHANGES, VALUES
from study.protocol.row_recorders import recorders
from study.protocol.triggers import GUARDS, Trigger, Vendor, guard_trigger, guards_of

_SHOWN_BY_SQLITE: Final = (
    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'eq\\_%' ESCAPE '\\'"
)
_COLUMNS_OF_SQLITE: Final = """SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c
  WHERE t.type = 'table'"""
# A disabled trigger, or one with a condition or for some columns only, is shown as something else.
_SHOWN_BY_POSTGRESQL: Final = """SELECT t.tgname, CASE WHEN t.tgenabled IN ('O', 'A') AND t.tgqual IS NULL
    AND t.tgattr = ''::int2vector THEN c.relname || ' ' || t.tgtype || ' ' || p.prosrc ELSE '' END
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
  WHERE NOT t.tgisinternal AND left(t.tgname, 3) = 'eq_'
    AND c.relnamespace = current_schema()::regnamespace"""
_COLUMNS_OF_POSTGRESQL: Final = """SELECT c.relname, a.attname FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace"""


def vendor_of(connection: BaseDatabaseWrapper) -> Vendor:
    return cast(Vendor, connection.vendor)


def _pairs(connection: BaseDatabaseWrapper, sqlite: str, postgresql: str) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(sqlite if connection.vendor == "sqlite" else postgresql)
        return list(cursor.fetchall())


def columns_of_tables(connection: BaseDatabaseWrapper) -> dict[str, list[str]]:
    """Return the columns of every table as the database has them now."""
    found: dict[str, list[str]] = {}
    for table, column in _pairs(connection, _COLUMNS_OF_SQLITE, _COLUMNS_OF_POSTGRESQL):
        found.setdefault(table, []).append(column)
    return found


def expected_triggers(connection: BaseDatabaseWrapper) -> dict[str, Trigger]:
    """Return the triggers that this database must have, by name: guards, and recorders of changes."""
    vendor, columns_of = vendor_of(connection), columns_of_tables(connection)
    wanted = guards_of(vendor, [*GUARDS, *LOCK_GUARDS, *AUDIT_GUARDS])
    guards = [guard_trigger(guard, vendor) for guard in wanted]
    recording = recorders(vendor, columns_of) if {CHANGES, VALUES} <= set(columns_of) else []
    return {trigger.name: trigger for trigger in [*guards, *recording]}


def shown_triggers(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Return this project's triggers with what the database shows of them, in force or not."""
    return dict(_pairs(connection, _SHOWN_BY_SQLITE, _SHOWN_BY_POSTGRESQL))


def installed_triggers(connection: BaseDatabaseWrapper) -> set[str]:
    """Return the names of the expected triggers that are in force as they were defined."""
    return set(expected_triggers(connection)) - missing_triggers(connection)


def missing_triggers(connection: BaseDatabaseWrapper) -> set[str]:
    """Return the expected triggers that are absent, disabled or different."""
    shown = shown_triggers(connection)
    return {name for name, each in expected_triggers(connection).items() if shown.get(name) != each.shown}


def drop_triggers(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for name in sorted(shown_triggers(connection)):
            if connection.vendor == "sqlite":
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            else:
                cursor.execute(f"DROP FUNCTION IF EXISTS {name}() CASCADE")


def install_triggers(connection: BaseDatabaseWrapper) -> None:
    """Install every trigger whose table exists; a later migration run installs the rest."""
    tables = set(connection.introspection.table_names())
    missing = missing_triggers(connection)
    with connection.cursor() as cursor:
        for name, trigger in expected_triggers(connection).items():
            if trigger.table in tables and name in missing:
                for statement in trigger.statements:
                    cursor.execute(statement)


def _before_migrate(*, using: str, **_: Any) -> None:
    drop_triggers(connections[using])


def _after_migrate(*, using: str, **_: Any) -> None:
    install_triggers(connections[using])


def connect() -> None:
    """Hook into migrate; the signals come once per app, and the work is idempotent."""
    pre_migrate.connect(_before_migrate, dispatch_uid="equipoise-triggers")
    post_migrate.connect(_after_migrate, dispatch_uid="equipoise-triggers")
