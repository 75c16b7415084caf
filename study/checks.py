"""System checks: what this installation must have before it serves."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from study.protocol.trigger_install import missing_triggers


@register(Tags.security)
def production_has_a_server_database(**_: Any) -> list[CheckMessage]:
    """Refuse SQLite in production: one host and some fifty people are its limit."""
    if settings.PRODUCTION and "sqlite3" in settings.DATABASES["default"]["ENGINE"]:
        return [
            Error(
                "Production needs PostgreSQL.",
                hint="Set DATABASE_URL=postgres://user:password@host:port/name.",
                id="study.E001",
            )
        ]
    return []


@register(Tags.security)
def production_has_a_broker(**_: Any) -> list[CheckMessage]:
    if settings.PRODUCTION and not settings.REDIS_URL:
        return [Error("Production needs Redis.", hint="Set REDIS_URL=redis://host:port/0.", id="study.E002")]
    return []


@register(Tags.database)
def triggers_are_installed(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Refuse to serve while a guard of the invariants is missing or different."""
    messages: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        if "study_study" not in connection.introspection.table_names():
            continue
        missing = missing_triggers(connection)
        if missing:
            messages.append(
                Error(
                    f"{len(missing)} database triggers are missing or different.",
                    hint="Run manage.py migrate: it installs them.",
                    obj=", ".join(sorted(missing)[:3]),
                    id="study.E003",
                )
            )
    return messages
