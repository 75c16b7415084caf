"""A custodian may learn the author of one response before the release: recorded, listed, told to nobody."""

import csv

import pytest
from django.db import DatabaseError, transaction
from django.http import HttpResponse
from django.test import Client

from analysis.dataset import load_dataset
from analysis.plan import parse_plan
from analysis.run import analyse
from study.blinding.models import BlindedItem
from study.datasets.models import EmergencyUnblinding
from study.datasets.record import lock_record
from study.participants.models import Role
from study.protocol.audit_review import shown_events, visible_events
from study.protocol.audit_verify import verify
from study.protocol.errors import Conflict, InvalidInput, NotFound, PhaseClosed
from study.protocol.models import AuditEvent, Study
from study.protocol.vocabulary import Phase
from study.ratings.models import Assignment
from tests.builders import NOW, PASSWORD, members, participant
from tests.datasets.world import lock, unblind
from tests.locks.world import (
    REASON,
    custodian,
    folder_of,
    manifest_of,
    rated_study,
    unblind_one,
)
from tests.protocol.attacks import sql
from tests.ratings.world import opened_study, sealed_study

pytestmark = pytest.mark.django_db
PAGE = "/studies/trial/emergency/"
FORM = {"reason": REASON, "confirmed": "on", "password": PASSWORD}


def item_of(study: Study) -> str:
    return BlindedItem.objects.filter(study=study).order_by("public_id")[0].public_id


def ask(client: Client, study: Study, **changed: str) -> HttpResponse:
    client.force_login(custodian(study).person)
    return client.post(PAGE, {**FORM, "public_id": item_of(study), **changed})


def with_custodian(study: Study) -> Study:
    participant(study, Role.CUSTODIAN, "custodian@example.org")
    return study


def test_a_custodian_who_signs_in_again_sees_arm_and_author(client: Client) -> None:
    study = with_custodian(opened_study())
    assert b'data-part="unblinded"' not in client.get(PAGE).content
    assert ask(client, study).status_code == 302
    page = client.get(PAGE).content.decode()
    assert item_of(study) in page
    assert any(arm.label in page for arm in study.arms.all())
    assert REASON in page


def test_a_response_is_named_by_a_rater_and_the_place_in_that_raters_queue(client: Client) -> None:
    study = with_custodian(opened_study())
    met = Assignment.objects.filter(item__study=study).order_by("-position")[0]
    name = f"{met.rater.person.email.upper()} {met.position}"
    assert ask(client, study, public_id=name).status_code == 302
    assert EmergencyUnblinding.objects.get().item == met.item


@pytest.mark.parametrize(
    "name", ["nobody@example.org 1", "rater-1@example.org 0", "rater-1@example.org 9999999"]
)
def test_a_place_that_no_rater_has_unblinds_nothing(client: Client, name: str) -> None:
    answer = ask(client, with_custodian(opened_study()), public_id=name)
    assert (answer.status_code, EmergencyUnblinding.objects.count()) == (422, 0)
    assert b"no such rater has it at this place" in answer.content


@pytest.mark.parametrize(
    "changed",
    [{"password": "guess"}, {"reason": "Short."}, {"confirmed": ""}, {"public_id": "A" * 26}, {"reason": ""}],
)
def test_what_is_missing_unblinds_nothing_and_keeps_what_was_typed(
    client: Client, changed: dict[str, str]
) -> None:
    study = with_custodian(opened_study())
    answer = ask(client, study, **changed)
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    assert not EmergencyUnblinding.objects.exists()
    assert changed.get("public_id", item_of(study)) in answer.content.decode()


@pytest.mark.parametrize("role", [role for role in Role if role != Role.CUSTODIAN])
def test_nobody_but_a_custodian_has_the_page(client: Client, role: Role) -> None:
    study = with_custodian(opened_study())
    member = (members(study, role) or [participant(study, role, "other@example.org")])[0]
    client.force_login(member.person)
    assert client.get(PAGE).status_code == 404
    assert client.post(PAGE, {**FORM, "public_id": item_of(study)}).status_code == 404
    with pytest.raises(NotFound):
        unblind_one(study, item_of(study), custodian=member)
    assert not EmergencyUnblinding.objects.exists()


def test_a_response_is_unblinded_once_and_stays_on_the_page_for_every_custodian(client: Client) -> None:
    study = with_custodian(opened_study())
    unblind_one(study, item_of(study))
    with pytest.raises(Conflict, match="before"):
        unblind_one(study, item_of(study))
    client.force_login(participant(study, Role.CUSTODIAN, "deputy@example.org").person)
    assert item_of(study) in client.get(PAGE).content.decode()


def test_it_works_from_sealing_up_to_the_release_of_the_names() -> None:
    study = with_custodian(sealed_study())
    unblind_one(study, item_of(study))
    later = rated_study(slug="later")
    lock(later)
    unblind_one(later, item_of(later))
    unblind(later)
    others = BlindedItem.objects.filter(study=later).order_by("-public_id")
    with pytest.raises(PhaseClosed):
        unblind_one(later, others[0].public_id)


def test_an_item_of_another_study_is_not_found() -> None:
    study, other = with_custodian(opened_study()), opened_study(slug="other")
    with pytest.raises(InvalidInput, match="No sealed response"):
        unblind_one(study, item_of(other))


def test_the_blinded_learn_that_it_happened_and_neither_which_nor_why(client: Client) -> None:
    study = with_custodian(opened_study())
    unblind_one(study, item_of(study))
    event = visible_events(study, whole=False)[0]
    shown = shown_events([event], whole=False)[0]
    assert (event.action, shown.detail, shown.reason, shown.changes) == ("datasets.unblind_item", [], "", [])
    client.force_login(members(study, Role.INVESTIGATOR)[0].person)
    for page in ("", "audit/", "report/", "lock/"):
        content = client.get(f"/studies/trial/{page}").content.decode()
        assert item_of(study) not in content
        assert REASON not in content


def test_the_trail_keeps_who_which_and_why() -> None:
    study = with_custodian(opened_study())
    unblind_one(study, item_of(study))
    event = AuditEvent.objects.get(action="datasets.unblind_item")
    assert (event.person, event.role, event.reason) == (custodian(study).person, "custodian", REASON)
    assert event.detail == {"response": item_of(study)}
    assert verify(study).is_clean


@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET reason = 'nothing at all happened'"])
def test_it_is_never_undone(statement: str) -> None:
    unblind_one(study := with_custodian(opened_study()), item_of(study))
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        sql(statement.format("study_emergencyunblinding"))


@pytest.mark.parametrize(
    ("changed", "message"),
    [({"reason": "too short"}, "has a reason"), ({"role": Role.CURATOR}, "a custodian unblinds")],
)
def test_the_database_refuses_by_itself(changed: dict[str, str], message: str) -> None:
    study = with_custodian(opened_study())
    role, reason = Role(changed.get("role", Role.CUSTODIAN)), changed.get("reason", REASON)
    item = BlindedItem.objects.filter(study=study)[0]
    with pytest.raises(DatabaseError, match=message), transaction.atomic():
        EmergencyUnblinding.objects.create(
            study=study, item=item, custodian=members(study, role)[0], reason=reason, unblinded_at=NOW
        )


def test_the_dataset_counts_it_at_the_lock_and_lists_it_with_the_names() -> None:
    study = rated_study()
    unblind_one(study, item_of(study))
    lock(study)
    assert manifest_of(study)["emergency_unblindings"] == [NOW.isoformat()]
    assert not (folder_of(study) / "emergency_unblindings.csv").exists()
    unblind(study)
    text = (folder_of(study) / "emergency_unblindings.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    assert [(row["response"], row["reason"]) for row in rows] == [(item_of(study), REASON)]


def test_the_report_tells_when_before_the_release_and_which_and_why_after_it() -> None:
    study = rated_study()
    unblind_one(study, item_of(study))
    lock(study)
    assert [(each.response, each.reason) for each in lock_record(study).early] == [("", "")]
    unblind(study)
    assert [(each.response, each.reason) for each in lock_record(study).early] == [(item_of(study), REASON)]
    assert study.phase == Phase.UNBLINDED


def test_the_analysis_notes_how_many_were_unblinded_early() -> None:
    study = rated_study()
    unblind_one(study, item_of(study))
    lock(study)
    text = (folder_of(study) / "plan.yaml").read_text()
    notes = analyse(load_dataset(folder_of(study)), parse_plan(text), text)["notes"]
    assert "responses unblinded in an emergency before the data lock: 1; all are analysed" in notes
