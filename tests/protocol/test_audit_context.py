"""Who is no part of Equipoise writes nothing that is audited: each test goes in by another door."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection

from study.protocol.audit_context import REFUSAL, REFUSAL_FUNCTION
from study.protocol.audit_verify import verify
from tests.builders import draft_study

WRITES = (
    "UPDATE study_study SET title = 'Another'",
    "UPDATE study_person SET last_login = NULL",
    "DELETE FROM study_modelsetup",
    "INSERT INTO study_arm SELECT id + 99, 'x', 'x', 'model', '', 99, study_id FROM study_arm LIMIT 1",
)


@contextmanager
def foreign() -> Iterator[Any]:
    """Open a connection as another program would."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        other = sqlite3.connect(settings["NAME"])
        yield other
        other.close()
        return
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    with psycopg.connect(**{key: settings[name] for key, name in names.items()}, autocommit=True) as other:
        yield other


@pytest.mark.parametrize("statement", WRITES)
def test_a_foreign_connection_is_refused_with_a_sentence(template_db: None, statement: str) -> None:
    draft_study(vignettes=1)
    message = REFUSAL_FUNCTION if connection.vendor == "sqlite" else REFUSAL
    with foreign() as other, pytest.raises((sqlite3.Error, psycopg.Error), match=message):
        other.execute(statement)


def test_a_foreign_connection_may_read_and_its_writes_of_drafts_concern_nobody(template_db: None) -> None:
    study = draft_study(vignettes=1)
    with foreign() as other:
        assert other.execute("SELECT title FROM study_study").fetchall() == [(study.title,)]
        other.execute("DELETE FROM study_draft")
        other.execute("DELETE FROM django_session")


@pytest.mark.postgresql
def test_psql_cannot_rewrite_the_trail(template_db: None) -> None:
    draft_study(vignettes=1)
    for statement in (
        "UPDATE study_auditevent SET reason = 'x'",
        "DELETE FROM study_rowchange",
        "UPDATE study_rowchangevalue SET salt = 'x'",
        "DELETE FROM study_rowchangevalue",
        "TRUNCATE study_rowchangevalue CASCADE",
        "UPDATE study_audithead SET sequence = sequence + 2",
        "DELETE FROM study_audithead",
    ):
        with foreign() as other, pytest.raises(psycopg.Error, match=r"append-only|emptied|one event on"):
            other.execute(statement)


def test_the_context_ends_with_the_transaction(template_db: None) -> None:
    draft_study(vignettes=1)
    found = verify()
    assert not [line for line in found.lines() if "not those it covers" in line]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('equipoise.act', true)")
            assert cursor.fetchone() in {(None,), ("",)}
