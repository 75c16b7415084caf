"""Hands the context of the audit trail to the database: settings on PostgreSQL, functions on SQLite.

A connection that was not prepared here has neither, and the triggers refuse what it writes.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from study.protocol import audit

# SQLite's answer to a foreign program is "no such function" and this name: it has to say what is wrong.
REFUSAL_FUNCTION: Final = "audited_tables_are_written_through_equipoise_only"
REFUSAL: Final = "audited tables are written through Equipoise only"


def connect() -> None:
    connection_created.connect(_prepare, dispatch_uid="equipoise-audit")


def _prepare(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.vendor == "sqlite":
        _prepare_sqlite(connection)
    elif connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('equipoise.writer', 'equipoise', false)")


def _prepare_sqlite(connection: BaseDatabaseWrapper) -> None:
    functions: dict[str, tuple[int, Any]] = {
        REFUSAL_FUNCTION: (0, lambda: 1),
        "equipoise_actor": (0, _actor),
        "equipoise_act": (0, _act),
        "equipoise_request": (0, _request),
        "equipoise_keeps_values": (0, audit.keeps_values.get),
        "equipoise_sha256": (1, _sha256),
        "equipoise_row": (-1, _row),
        "equipoise_changed": (-1, _changed),
    }
    for name, (arguments, function) in functions.items():
        connection.connection.create_function(name, arguments, function)
    # Without it INSERT OR REPLACE deletes a row unseen by the triggers on DELETE.
    connection.connection.execute("PRAGMA recursive_triggers = ON")


def _actor() -> str:
    act = audit.current_act()
    return act.actor if act else audit.SYSTEM


def _act() -> str:
    act = audit.current_act()
    return act.id if act else audit.new_act_id()


def _request() -> str:
    act = audit.current_act()
    return act.request_id if act else ""


def _sha256(text: str | None) -> str | None:
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()


def _row(names: str, *values: Any) -> str:
    return _json(dict(zip(names.split(","), values, strict=True)))


def _changed(names: str, *values: Any) -> str:
    """Return the first half of the values where the second half differs."""
    half = len(values) // 2
    pairs = zip(names.split(","), values[:half], values[half:], strict=True)
    return _json({name: value for name, value, other in pairs if value != other})


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@contextmanager
def told_act() -> Iterator[audit.Act]:
    """Open an act and tell the database of it; the caller has opened the transaction."""
    is_part_of_more = len(connection.savepoint_ids) > 0
    with audit.acting() as act:
        _tell(act=act.id, actor=act.actor, request=act.request_id)
        yield act
    if is_part_of_more:
        _tell(act="", actor="", request="")


@contextmanager
def without_values() -> Iterator[None]:
    """Let the changes made inside leave their hashes alone: an erasure must not copy what it erases."""
    token = audit.keeps_values.set(False)
    _tell(values="dropped")
    try:
        yield
    finally:
        audit.keeps_values.reset(token)
    _tell(values="")


def _tell(**settings: str) -> None:
    """Set the settings up to the end of the transaction; a rollback takes them back."""
    if connection.vendor != "postgresql":
        return
    calls = ", ".join("set_config(%s, %s, true)" for _ in settings)
    parameters = [text for name, value in settings.items() for text in (f"equipoise.{name}", value)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}", parameters)
