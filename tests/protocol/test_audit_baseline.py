"""The trail begins: on a new database, on one that had rows before, and again when columns change."""

from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from study.protocol.audit_baseline import ACTION, begin_audit, recorded_columns
from study.protocol.audit_verify import verify
from study.protocol.leases import LeasedRow
from study.protocol.models import AuditEvent, RowChange
from study.protocol.row_changes import AUDITED_TABLES
from study.protocol.trigger_install import drop_triggers, install_triggers
from tests.builders import NOW
from tests.protocol.attacks import sql, unguarded
from tests.protocol.trail import DRAFT, play, play_to

MIGRATION = ("study", "0005_audit_trail")


@pytest.mark.django_db
def test_every_audited_table_is_there_and_begun() -> None:
    tables = {model._meta.db_table for model in apps.get_models()}
    assert set(AUDITED_TABLES) <= tables
    assert set(recorded_columns()) == set(AUDITED_TABLES)
    assert begin_audit(now=NOW) is None


@pytest.mark.django_db
def test_every_table_of_the_project_is_audited_or_left_out_by_decision() -> None:
    own = {model._meta.db_table for model in apps.get_app_config("study").get_models()}
    joins = {"study_person_groups", "study_person_user_permissions"}
    drafts_and_queues = {"study_draft", "study_ratingdraft", "study_scanflag", "study_sealcandidate"}
    trail = {"study_auditevent", "study_audithead", "study_rowchange", "study_rowchangevalue"}
    failed_attempts = {"study_sharedvalue"}
    assert own - set(AUDITED_TABLES) - joins == drafts_and_queues | trail | failed_attempts


def test_the_churn_of_a_queue_is_left_out() -> None:
    churn = {field.name for field in LeasedRow._meta.get_fields()}
    for table in ("study_generation", "study_judgement"):
        assert churn <= set(AUDITED_TABLES[table])


def add_a_column() -> AuditEvent | None:
    """Do what a migration does: triggers go, a column comes, triggers come back, the trail begins anew."""
    if connection.vendor == "postgresql":
        sql("SET CONSTRAINTS ALL IMMEDIATE")
    drop_triggers(connection)
    sql("ALTER TABLE study_arm ADD COLUMN note integer")
    install_triggers(connection)
    return begin_audit(now=NOW)


@pytest.mark.django_db
def test_a_table_with_another_column_begins_anew() -> None:
    study = play(DRAFT)
    event = add_a_column()
    assert event is not None
    assert {table: each["rows"] for table, each in event.detail["tables"].items()} == {
        "study_arm": study.arms.count()
    }
    assert verify().is_clean
    study.arms.filter(name="pgy1").update(label="Another")
    assert verify().counts == {"changes without an event": 1}


@pytest.mark.django_db
def test_a_row_that_was_altered_unseen_is_found_although_the_table_began_anew() -> None:
    study = play(DRAFT)
    with unguarded("study_arm"):
        study.arms.filter(name="pgy1").update(label="Another")
    add_a_column()
    arm = study.arms.get(name="pgy1").pk
    begun = RowChange.objects.get(table_name="study_arm", row_id=arm, operation="BASELINE").pk
    assert verify().named == [f"study_arm {arm} was changed without a record before change {begun}."]


def test_rows_and_events_from_before_the_trail_are_chained_and_recorded(template_db: None) -> None:
    play_to("rating")
    before = list(AuditEvent.objects.order_by("id").values_list("id", "chain", "sequence", "action"))
    parent = MigrationLoader(connection).graph.node_map[MIGRATION].parents
    (back_to,) = [node.key for node in parent if node.key[0] == "study"]
    call_command("migrate", *back_to, verbosity=0)
    assert "study_rowchange" not in connection.introspection.table_names()
    call_command("migrate", verbosity=0)
    after = AuditEvent.objects.exclude(action=ACTION, changes__gt=0).order_by("id")
    assert list(after.values_list("id", "chain", "sequence", "action")) == before
    assert set(RowChange.objects.values_list("operation", flat=True)) == {"BASELINE"}
    assert verify().is_clean
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert out.getvalue().startswith("ok: ")
