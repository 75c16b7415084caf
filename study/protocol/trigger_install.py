"""Install, drop and compare the triggers around migrations.

They are not in migrations: SQLite drops them silently when it rebuilds a table, and a trigger that names
another table makes such a rebuild fail.
"""

from typing import Any, cast

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.signals import post_migrate, pre_migrate

from study.protocol.triggers import Guard, Vendor, create_statements, guards_of, trigger_name


def installed_triggers(connection: BaseDatabaseWrapper) -> set[str]:
    """Return the names of this project's triggers that the database holds now."""
    if connection.vendor == "sqlite":
        sql = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'eq\\_%' ESCAPE '\\'"
    else:
        sql = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'"
        sql += " AND tgname LIKE 'eq\\_%%'"
    with connection.cursor() as cursor:
        cursor.execute(sql, [] if connection.vendor != "sqlite" else None)
        return {row[0] for row in cursor.fetchall()}


def _vendor(connection: BaseDatabaseWrapper) -> Vendor:
    return cast(Vendor, connection.vendor)


def _guards(connection: BaseDatabaseWrapper) -> tuple[Guard, ...]:
    return guards_of(_vendor(connection))


def missing_triggers(connection: BaseDatabaseWrapper) -> set[str]:
    """Return the expected triggers that are not installed as defined."""
    return {trigger_name(guard) for guard in _guards(connection)} - installed_triggers(connection)


def drop_triggers(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        for name in sorted(installed_triggers(connection)):
            if connection.vendor == "sqlite":
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            else:
                cursor.execute(f"DROP FUNCTION IF EXISTS {name}() CASCADE")


def install_triggers(connection: BaseDatabaseWrapper) -> None:
    """Install every guard whose table exists; a later migration run installs the rest."""
    tables = set(connection.introspection.table_names())
    missing = missing_triggers(connection)
    with connection.cursor() as cursor:
        for guard in _guards(connection):
            if guard.table in tables and trigger_name(guard) in missing:
                for statement in create_statements(guard, _vendor(connection)):
                    cursor.execute(statement)


def _before_migrate(*, using: str, **_: Any) -> None:
    drop_triggers(connections[using])


def _after_migrate(*, using: str, **_: Any) -> None:
    install_triggers(connections[using])


def connect() -> None:
    """Hook into migrate; the signals come once per app, and the work is idempotent."""
    pre_migrate.connect(_before_migrate, dispatch_uid="equipoise-triggers")
    post_migrate.connect(_after_migrate, dispatch_uid="equipoise-triggers")
