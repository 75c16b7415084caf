"""Whatever is done to the trail, or behind its back, is found."""

from collections import Counter
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from study.participants.models import ApiToken, Person
from study.protocol.audit_chain import audit_head
from study.protocol.audit_verify import Anchor, verify
from study.protocol.models import AuditEvent, Study
from study.protocol.trigger_install import expected_triggers, install_triggers
from study.ratings.models import Score
from tests.builders import NOW
from tests.protocol.attacks import Attacker, sql, unguarded
from tests.protocol.trail import DRAFT, play, trial

pytestmark = pytest.mark.django_db


def found(*anchors: Anchor) -> str:
    return "\n".join(verify(anchors=anchors).lines())


def test_every_change_of_a_byte_a_row_the_order_or_the_tail_is_found(
    pytestconfig: pytest.Config, record_property: Callable[[str, object], None]
) -> None:
    play()
    attacker = Attacker(seed=1)
    kinds, counts, missed = list(attacker.attacks), Counter[str](), []
    for number in range(pytestconfig.getoption("--audit-mutations")):
        what, is_found = attacker.caught(kinds[number % len(kinds)])
        counts[kinds[number % len(kinds)]] += 1
        missed += [] if is_found else [what]
    record_property("audit mutations", counts.total())
    assert missed == [], "\n".join(missed)
    assert verify().is_clean  # every attack was taken back


@pytest.mark.parametrize("change", [{"name": "Somebody"}, {"can_start_studies": False}])
def test_a_row_changed_with_its_trigger_out_of_force_is_named(change: dict[str, object]) -> None:
    play(DRAFT)
    lead = Person.objects.get(email="lead@example.org")
    with unguarded("study_person"):
        Person.objects.filter(pk=lead.pk).update(**change)
    assert f"study_person {lead.pk} is not as it was last recorded." in found()
    Person.objects.filter(pk=lead.pk).update(name="Lead again")
    assert f"study_person {lead.pk} was changed without a record before change" in found()


def test_a_deleted_and_an_inserted_row_are_named() -> None:
    play(DRAFT)
    token = ApiToken.objects.get()
    with unguarded("study_apitoken"):
        sql("DELETE FROM study_apitoken WHERE id = %s", token.pk)
        ApiToken.objects.create(pk=4711, person=token.person, label="x", token_sha256="y", created_at=NOW)
    assert f"study_apitoken {token.pk} was recorded and is gone." in found()
    assert "study_apitoken 4711 is there without a record." in found()


def test_the_heads_noted_elsewhere_tell_of_a_tail_that_was_cut_cleanly() -> None:
    play(DRAFT)
    study = trial()
    head = audit_head(study)
    *_, before, last = AuditEvent.objects.filter(chain=study.pk).order_by("sequence")
    with unguarded("study_auditevent", "study_audithead"):
        sql("DELETE FROM study_auditevent WHERE id = %s", last.pk)
        statement = "UPDATE study_audithead SET sequence = %s, sha256 = %s WHERE chain = %s"
        sql(statement, before.sequence, before.sha256, study.pk)
    assert f"trial: the head {head} was noted" in found(Anchor(study.pk, *str(head).split("-")))  # type: ignore[arg-type]


def test_a_bulk_a_queryset_and_a_raw_write_outside_a_service_are_seen_as_the_systems() -> None:
    play(DRAFT)
    study = trial()
    study.arms.update(label="A label")
    sql("UPDATE study_study SET title = 'Another' WHERE id = %s", study.pk)
    lines = found()
    assert lines.count("UPDATE by system") == study.arms.count() + 1
    assert f"study_study {study.pk}: UPDATE by system at" in lines


def trigger_on(table: str) -> str:
    """Return the name of a trigger that records the table's insertions."""
    return min(name for name in expected_triggers(connection) if f"_record_{table}_" in name)


@pytest.mark.sqlite
def test_a_dropped_trigger_is_named() -> None:
    play(DRAFT)
    name = trigger_on("study_score")
    sql(f"DROP TRIGGER {name}")
    assert f"The trigger {name} is missing, disabled or different." in found()
    install_triggers(connection)
    assert verify().is_clean


@pytest.mark.sqlite
def test_replacing_a_row_is_no_way_around_the_triggers_on_deletion() -> None:
    play()
    score = Score.objects.all()[0]
    statement = "INSERT OR REPLACE INTO study_score (id, rating_id, dimension, value) VALUES (%s, %s, %s, 1)"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        sql(statement, score.pk, score.rating_id, score.dimension)


HOLLOW = "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
CREATE = "CREATE OR REPLACE TRIGGER {name} AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW"
ATTACKS = {
    "disabled": "ALTER TABLE {table} DISABLE TRIGGER {name}",
    "all disabled": "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "for replicas only": "ALTER TABLE {table} ENABLE REPLICA TRIGGER {name}",
    "dropped": "DROP TRIGGER {name} ON {table}",
    "never true": CREATE + " WHEN (pg_trigger_depth() > 9) EXECUTE FUNCTION {name}()",
    "hollow": HOLLOW + " 'BEGIN RETURN NULL; END'",
}


@pytest.mark.postgresql
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_trigger_put_out_of_force_is_named_and_so_is_what_was_changed_meanwhile(attack: str) -> None:
    play(DRAFT)
    study, name = trial(), trigger_on("study_study")
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql(ATTACKS[attack].format(table="study_study", name=name))
    Study.objects.filter(pk=study.pk).update(title="Another")
    assert f"The trigger {name} is missing, disabled or different." in found()
    assert f"study_study {study.pk} is not as it was last recorded." in found()
