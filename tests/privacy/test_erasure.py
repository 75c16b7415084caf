"""Erasure takes who somebody is, and what is not frozen; the trail stays whole and says what was kept."""

import pytest
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, transaction
from django.test import Client

from analysis.dataset import load_dataset
from study.blinding.models import BlindedItem, SealCandidate
from study.blinding.services import decide_flag, prepare_sealing, seal_study
from study.participants.models import Participant, Person, Role
from study.privacy.models import Erasure, Withdrawal
from study.privacy.services import erase_person
from study.protocol.audit_verify import verify
from study.protocol.errors import Conflict, InvalidInput, NotPermitted, PreconditionMissing
from study.protocol.models import RowChangeValue, Study
from study.protocol.services import lock_plan
from study.ratings.models import Rating, Score
from study.ratings.services import open_rating
from study.responses.models import Response
from tests.blinding.world import closed_study, curator, plain_texts
from tests.builders import NOW, PASSWORD, draft_study, members
from tests.datasets.world import lead, lock, second, unblind
from tests.locks.world import folder_of, manifest_of, rated_study
from tests.protocol.attacks import sql
from tests.protocol.trail import play_to

pytestmark = pytest.mark.django_db


def erase(member: Participant, by: Person | None = None, reason: str = "At request.") -> Erasure:
    return erase_person(person_id=member.person_id, by=by, reason=reason, now=NOW)


def first(study: Study, role: Role) -> Participant:
    return members(study, role)[0]


def test_nothing_in_the_database_names_the_person_any_more() -> None:
    study = rated_study()
    member = first(study, Role.RATER)
    Participant.objects.filter(pk=member.pk).update(interests="Shares of a firm", site="Clinic Nine")
    erase(member)
    tables = connection.introspection.table_names()
    left = [
        table
        for table in tables
        for row in sql(f'SELECT * FROM "{table}"')
        if any(word in str(row) for word in ("rater-1@example.org", "Shares of a firm", "Clinic Nine"))
    ]
    assert left == []


@pytest.mark.parametrize("role", [Role.RESIDENT, Role.RATER, Role.CURATOR])
def test_the_trail_is_whole_after_an_erasure(role: Role) -> None:
    study = play_to("rating")
    erase(first(study, role))
    assert verify().is_clean


def test_a_raters_ratings_become_tombstones_before_the_lock() -> None:
    study = rated_study()
    member = first(study, Role.RATER)
    own = Rating.objects.filter(assignment__rater=member)
    number = own.count()
    erase(member)
    assert set(own.values_list("cannot_judge_reason", "comment", "harm_extent")) == {("withdrawn", "", "")}
    assert not Score.objects.filter(rating__in=own).exists()
    assert Withdrawal.objects.get().ratings == number > 0


def test_withdrawn_ratings_enter_no_table_and_the_manifest_counts_them() -> None:
    study = rated_study()
    member = first(study, Role.RATER)
    number = Rating.objects.filter(assignment__rater=member).count()
    erase(member)
    lock(study)
    dataset = load_dataset(folder_of(study))
    assert len(dataset.raters) == 3
    assert len(dataset.ratings) == 4 * Rating.objects.filter(erased_at=None).count()
    counts = {"residents": 0, "answers": 0, "raters": 1, "ratings": number}
    assert manifest_of(study)["withdrawals"] == counts


def test_a_sealed_answer_leaves_the_data_and_no_queue() -> None:
    study = rated_study()
    erase(first(study, Role.RESIDENT))
    assert Rating.objects.filter(erased_at=None).count() == Rating.objects.count()
    lock(study)
    unblind(study)
    assert len(load_dataset(folder_of(study)).responses) == 7
    assert manifest_of(study)["withdrawals"]["answers"] == 1


def test_an_answer_that_is_not_sealed_yet_is_never_sealed() -> None:
    study = closed_study(vignettes=1)
    prepare_sealing(study_id=study.pk, person=lead(), now=NOW)
    erase(first(study, Role.RESIDENT))
    seal_study(study_id=study.pk, person=lead(), now=NOW)
    assert BlindedItem.objects.filter(study=study).count() == 3
    assert "Hold dose 1 and give 10 mg" not in str(list(SealCandidate.objects.values()))


def test_a_text_that_a_curator_decided_about_is_forgotten_and_the_decision_stays() -> None:
    texts = {**plain_texts(1), ("PGY1", 1): "As a resident I would hold it. As an AI I would not."}
    study = closed_study(texts, vignettes=1)
    prepare_sealing(study_id=study.pk, person=lead(), now=NOW)
    flags = sql("SELECT f.id FROM study_scanflag f ORDER BY f.id")
    decide_flag(flag_id=flags[0][0], curator=curator(study), choice="keep", reason="Plain.", now=NOW)
    erase(first(study, Role.RESIDENT))
    assert sql("SELECT count(*) FROM study_flagdecision")[0][0] == 1
    seal_study(study_id=study.pk, person=lead(), now=NOW)
    assert "As a resident" not in str(sql("SELECT * FROM study_sealcandidate"))
    assert BlindedItem.objects.filter(study=study).count() == 3


def test_after_the_lock_the_data_stay_and_the_identity_goes() -> None:
    study = rated_study()
    lock(study)
    before = {path.name: path.read_bytes() for path in folder_of(study).iterdir()}
    erasures = [erase(first(study, role)) for role in (Role.RESIDENT, Role.RATER)]
    assert {path.name: path.read_bytes() for path in folder_of(study).iterdir()} == before
    assert not Withdrawal.objects.exists()
    assert not Rating.objects.exclude(erased_at=None).exists()
    assert any("data are frozen" in str(each.statement["kept"]) for each in erasures)
    unblind(study)
    assert load_dataset(folder_of(study)).unblinded


def test_the_database_empties_nothing_after_the_lock() -> None:
    study = rated_study()
    lock(study)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Response.objects.filter(resident__isnull=False).update(
            sections={}, resources="", text_sha256="", active_seconds=None, erased_at=NOW
        )


@pytest.mark.parametrize(
    "changed", [{"sections": {"assessment": "x"}}, {"receipt": "ZZZZZZZZ"}, {"erased_at": None}]
)
def test_an_erasure_is_the_only_change_of_an_answer(changed: dict[str, object]) -> None:
    closed_study(vignettes=1)
    values = {"sections": {}, "resources": "", "text_sha256": "", "active_seconds": None, "erased_at": NOW}
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Response.objects.filter(resident__isnull=False).update(**{**values, **changed})


def test_no_answer_of_a_model_is_ever_emptied() -> None:
    closed_study(vignettes=1)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Response.objects.filter(resident=None).update(
            sections={}, resources="", text_sha256="", active_seconds=None, erased_at=NOW
        )


def test_scores_go_only_with_their_rating() -> None:
    rated_study()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Score.objects.all().delete()


def test_sessions_end_and_nobody_signs_in_with_the_account(client: Client) -> None:
    study = rated_study()
    member = first(study, Role.RATER)
    client.force_login(member.person)
    erase(member)
    assert not Session.objects.exists()
    assert client.get("/").status_code == 302
    assert not client.login(email="rater-1@example.org", password=PASSWORD)


def test_the_values_and_salts_of_the_persons_history_are_gone() -> None:
    study = play_to("rating")
    erase(first(study, Role.RATER))
    kept = RowChangeValue.objects.filter(erased_at=None)
    assert not [each for each in kept if "rater-1@example.org" in f"{each.old_values}{each.new_values}"]


def test_the_record_says_what_went_what_stays_and_why() -> None:
    erasure = erase(first(rated_study(), Role.RESIDENT))
    assert "e-mail address" in str(erasure.statement["erased"])
    assert "GDPR" in str(erasure.statement["kept"])
    assert erasure.statement["studies"][0]["answers"] == 1


def test_an_erased_rater_is_not_given_a_queue() -> None:
    study = closed_study(raters=5, vignettes=1)
    prepare_sealing(study_id=study.pk, person=lead(), now=NOW)
    seal_study(study_id=study.pk, person=lead(), now=NOW)
    lock_plan(study_id=study.pk, person=lead(), password=PASSWORD, now=NOW)
    gone = first(study, Role.RATER)
    erase(gone)
    open_rating(study_id=study.pk, person=lead(), now=NOW)
    assert not gone.assignments.exists()


def test_the_only_investigator_of_a_running_study_stays() -> None:
    study = draft_study(vignettes=1)
    with pytest.raises(PreconditionMissing) as refused:
        erase(first(study, Role.INVESTIGATOR))
    assert refused.value.details == ["trial"]


def test_nobody_is_erased_twice_or_without_a_reason() -> None:
    member = first(rated_study(), Role.RATER)
    with pytest.raises(InvalidInput, match="reason"):
        erase(member, reason=" ")
    erase(member)
    with pytest.raises(Conflict):
        erase(member)


def test_an_investigator_erases_nobody_who_is_in_a_foreign_study() -> None:
    study = rated_study()
    member = first(study, Role.RATER)
    other = draft_study(slug="other", vignettes=1)
    Participant.objects.create(study=other, person=member.person, role=Role.CURATOR, joined_at=NOW)
    with pytest.raises(NotPermitted):
        erase(member, by=second())


def test_an_administrator_is_not_erased() -> None:
    root = Person.objects.create_superuser("root@example.org", PASSWORD)
    with pytest.raises(PreconditionMissing, match="rights"):
        erase_person(person_id=root.pk, by=None, reason="At request.", now=NOW)
