"""Erasure takes what can be read, and leaves what can be verified."""

import pytest
from django.db import DatabaseError, transaction

from study.participants.models import ApiToken, Participant
from study.protocol.audit_context import without_values
from study.protocol.audit_erasure import erase_history
from study.protocol.audit_verify import verify
from study.protocol.models import RowChange, RowChangeValue
from study.protocol.transactions import locked_study, record_event
from tests.builders import NOW
from tests.protocol.attacks import sql
from tests.protocol.trail import DRAFT, play, trial

pytestmark = pytest.mark.django_db
TABLE = "study_participant"


@pytest.fixture
def member() -> Participant:
    """A participant whose interests were declared once and then changed."""
    play(DRAFT)
    member = Participant.objects.get(person__email="rater-1@example.org")
    for interests in ("Shares of a company", "None"):
        with locked_study(member.study_id) as study:
            Participant.objects.filter(pk=member.pk).update(interests=interests)
            record_event(study=study, person=member.person, action="test.declare", now=NOW)
    return member


def erase(member: Participant) -> int:
    with locked_study(member.study_id) as study:
        with without_values():
            Participant.objects.filter(pk=member.pk).update(interests="", site="")
        erased = erase_history(table=TABLE, row_ids=[member.pk], now=NOW)
        record_event(study=study, person=None, action="test.erase", now=NOW, detail={"changes": erased})
    return erased


def test_after_an_erasure_the_values_are_gone_and_the_trail_is_whole(member: Participant) -> None:
    assert "Shares" in "".join(RowChangeValue.objects.values_list("old_values", flat=True))
    assert erase(member) == 3
    kept = RowChangeValue.objects.filter(change__table_name=TABLE, change__row_id=member.pk, erased_at=None)
    assert [(each.old_values, each.new_values) for each in kept] == [("", "")]
    assert not RowChangeValue.objects.filter(old_values__contains="Shares").exists()
    assert verify().is_clean


def test_a_row_is_still_compared_after_its_history_was_erased(member: Participant) -> None:
    erase(member)
    Participant.objects.filter(pk=member.pk).update(interests="Something else")
    assert verify().counts == {"changes without an event": 1}


def test_the_history_of_a_deleted_row_goes_with_its_salt(member: Participant) -> None:
    token = ApiToken.objects.get()
    with locked_study(member.study_id) as study:
        with without_values():
            token_id = token.pk
            token.delete()
        assert erase_history(table="study_apitoken", row_ids=[token_id], now=NOW) == 3
        record_event(study=study, person=None, action="test.erase", now=NOW)
    assert not RowChange.objects.filter(table_name="study_apitoken", values__salt__isnull=False).exists()
    assert verify().is_clean


def test_a_row_that_was_not_erased_first_keeps_its_history(member: Participant) -> None:
    with pytest.raises(ValueError, match="still holds values"), locked_study(member.study_id):
        erase_history(table=TABLE, row_ids=[member.pk], now=NOW)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE study_rowchangevalue SET old_values = '{}' WHERE id = %s",
        "UPDATE study_rowchangevalue SET salt = NULL WHERE id = %s",
        "UPDATE study_rowchangevalue SET erased_at = CURRENT_TIMESTAMP WHERE id = %s",
        "DELETE FROM study_rowchangevalue WHERE id = %s",
    ],
)
def test_values_and_salt_go_together_or_not_at_all(member: Participant, statement: str) -> None:
    values = RowChangeValue.objects.order_by("id")[0]
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        sql(statement, values.pk)


def test_what_was_erased_does_not_come_back(member: Participant) -> None:
    erase(member)
    erased = RowChangeValue.objects.exclude(erased_at=None)[0]
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        RowChangeValue.objects.filter(pk=erased.pk).update(old_values="{}", erased_at=None)


def test_an_erasure_without_an_event_is_found(member: Participant) -> None:
    first = RowChange.objects.filter(table_name="study_arm").order_by("id")[0]
    empty = {"salt": None, "old_values": None, "new_values": None, "erased_at": NOW}
    RowChangeValue.objects.filter(pk=first.values_id).update(**empty)
    lines = "\n".join(verify().lines())
    assert f"study_rowchangevalue {first.values_id}: ERASE by system" in lines
    assert trial().phase == "draft"
