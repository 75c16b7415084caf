"""What a use case leaves in the trail: one event at the end of a chain, and a change for every row."""

import json
import uuid
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from study.participants.models import Person
from study.protocol.audit_chain import audit_head
from study.protocol.audit_hashes import GENESIS, event_sha256
from study.protocol.audit_verify import verify
from study.protocol.models import AuditEvent, RowChange, RowChangeValue, Study
from study.protocol.transactions import locked_study, one_act, record_event
from study.responses.models import Generation
from tests.builders import NOW, draft_study, person
from tests.protocol.trail import play_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    return draft_study(vignettes=1)


def changes_of(event: AuditEvent) -> list[tuple[str, str]]:
    rows = RowChange.objects.filter(act=event.act).order_by("id")
    return list(rows.values_list("table_name", "operation"))


def rename(study: Study, title: str, **event: Any) -> AuditEvent:
    with locked_study(study.pk) as locked:
        Study.objects.filter(pk=locked.pk).update(title=title)
        given = {"person": person("lead@example.org"), "action": "test.rename", "now": NOW, **event}
        return record_event(study=locked, **given)


def test_a_study_and_the_installation_have_chains_of_their_own(study: Study) -> None:
    first = AuditEvent.objects.get(chain=study.pk)
    event, before = rename(study, "New"), audit_head(None)
    assert (event.chain, event.previous_sha256) == (study.pk, first.sha256)
    assert audit_head(study).sequence == event.sequence == 2
    assert str(audit_head(study)) == f"2-{event.sha256[:16]}"
    alone = record_event(study=None, person=None, action="test.alone", now=NOW)
    assert (alone.chain, alone.sequence, alone.previous_sha256) == (0, before.sequence + 1, before.sha256)
    assert audit_head(Study(pk=4711)).sha256 == GENESIS


def test_an_event_says_who_in_which_role_and_when_by_the_databases_clock(study: Study) -> None:
    event = AuditEvent.objects.get(act=rename(study, "New", reason="a better name").act)
    assert (event.role, event.reason, event.at) == ("investigator", "a better name", NOW)
    assert abs((timezone.now() - event.recorded_at).total_seconds()) < 60
    assert event.sha256 == event_sha256(event)


def test_an_event_covers_the_changes_of_its_act_whatever_the_statement(study: Study) -> None:
    with one_act():
        study.arms.update(label="A label")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE study_study SET title = 'Raw' WHERE id = %s", [study.pk])
        event = record_event(study=study, person=None, action="test.several", now=NOW)
    assert changes_of(event) == [("study_arm", "UPDATE")] * study.arms.count() + [("study_study", "UPDATE")]
    assert event.changes == study.arms.count() + 1


def test_an_update_keeps_the_old_and_the_new_values_of_the_changed_columns(study: Study) -> None:
    event = rename(study, "New")
    values = RowChangeValue.objects.get(change__act=event.act)
    assert (json.loads(values.old_values or ""), json.loads(values.new_values or "")) == (
        {"title": "A trial"},
        {"title": "New"},
    )


def test_a_deletion_keeps_the_row_and_an_insertion_nothing_twice(study: Study) -> None:
    text = study.consent_texts.create(role="curator", text="Read this.", sha256="0" * 64)
    setup = study.arms.get(name="model-1").model_setup
    setup_id = setup.pk
    setup.delete()
    kept = RowChangeValue.objects.get(change__operation="DELETE", change__row_id=setup_id)
    assert json.loads(kept.old_values or "")["model"] == "scripted"
    added = RowChange.objects.get(table_name="study_consenttext", row_id=text.pk).values
    assert added is not None
    assert (added.old_values, added.new_values) == ("", "")


def test_an_update_of_what_is_not_audited_leaves_no_change() -> None:
    play_to("answering")
    before = RowChange.objects.count()
    Person.objects.update(last_login=NOW, password="another")
    Generation.objects.update(problem="the server was away", attempts=2)
    Study.objects.update(title="A trial")
    assert RowChange.objects.count() == before


def test_a_refused_use_case_leaves_neither_event_nor_change(study: Study) -> None:
    before = (AuditEvent.objects.count(), RowChange.objects.count())
    with pytest.raises(ZeroDivisionError), locked_study(study.pk):
        Study.objects.update(title="Half done")
        raise ZeroDivisionError
    assert (AuditEvent.objects.count(), RowChange.objects.count()) == before


def test_a_row_keeps_its_id(study: Study) -> None:
    with pytest.raises(DatabaseError, match="a row keeps its id"), transaction.atomic():
        study.arms.filter(name="pgy1").update(id=4711)


def test_an_act_has_one_event_and_it_comes_last(study: Study) -> None:
    with pytest.raises(RuntimeError, match="one audit event"), one_act():
        record_event(study=study, person=None, action="test.first", now=NOW)
        record_event(study=study, person=None, action="test.second", now=NOW)
    with one_act():
        event = record_event(study=study, person=None, action="test.early", now=NOW)
        Study.objects.filter(pk=study.pk).update(title="Too late")
    assert f"trial: the changes of event {event.sequence} are not those it covers" in "\n".join(
        verify().lines()
    )


def test_the_detail_comes_back_from_the_database_as_it_was_hashed(study: Study) -> None:
    detail = {
        "many": 1e22,
        "none": -0.0,
        "small": 1e-7,
        "pair": (1, 2.5),
        "text": "Größe ≥ 1",
        "deep": {"b": [1.0]},
    }
    event = record_event(study=study, person=None, action="test.detail", now=NOW, detail=detail)
    assert AuditEvent.objects.get(pk=event.pk).detail == event.detail
    assert verify(study).is_clean


def test_a_change_names_the_person_who_is_signed_in_and_the_request(study: Study, client: Client) -> None:
    lead = person("lead@example.org")
    client.force_login(lead)
    assert client.post("/account/tokens/", {"label": "laptop"}).status_code == 200
    change = RowChange.objects.get(table_name="study_apitoken")
    event = AuditEvent.objects.get(act=change.act)
    assert (change.actor, event.person, event.action) == (
        f"person:{lead.pk}",
        lead,
        "participants.create_token",
    )
    assert uuid.UUID(change.request_id) == uuid.UUID(event.request_id)


def test_writes_of_a_program_without_a_request_are_the_systems(study: Study) -> None:
    assert set(RowChange.objects.values_list("actor", flat=True)) == {"system"}
