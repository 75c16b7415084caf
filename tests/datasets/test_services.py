import json
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction

from analysis.dataset import DatasetError, load_dataset
from study.datasets.mismatch import DatasetMismatch
from study.datasets.models import FrozenDataset
from study.datasets.services import LOCK_STATEMENT, sign_data_lock, sign_unblinding, verify_frozen
from study.datasets.verification import dataset_folder, verify_files
from study.participants.models import Role
from study.protocol.errors import Conflict, InvalidInput, NotFound, PhaseClosed, PreconditionMissing
from study.protocol.models import AuditEvent, Signature, Study
from study.protocol.vocabulary import Phase
from study.ratings.models import Allocation, Assignment
from tests.builders import NOW, PASSWORD, draft_study, members, participant
from tests.datasets.world import lead, lock, rated_study, save_rating, second, unblind
from tests.protocol.attacks import sql, unguarded

pytestmark = pytest.mark.django_db


def _folder(study: Study) -> Path:
    return dataset_folder(FrozenDataset.objects.get(study=study))


def _open_assignment(study: Study) -> Assignment:
    """Give a rater who joined late one item, not rated yet."""
    rater = participant(study, Role.RATER, "late@example.org")
    item = Assignment.objects.filter(item__study=study)[0].item
    return Assignment.objects.create(rater=rater, item=item, position=1, guess_asked=False)


def test_one_signature_does_not_lock() -> None:
    study = rated_study()
    lock(study, lead())
    assert study.phase == Phase.RATING
    assert not FrozenDataset.objects.exists()


def test_the_second_investigators_signature_locks_and_writes_a_dataset_that_the_analysis_accepts() -> None:
    study = rated_study()
    lock(study)
    assert study.phase == Phase.LOCKED
    dataset = load_dataset(_folder(study))
    assert not dataset.unblinded
    assert len(dataset.ratings) == 4 * 3 * 8


def test_the_same_person_cannot_sign_the_lock_twice() -> None:
    study = rated_study()
    lock(study, lead())
    with pytest.raises(Conflict, match="somebody else"):
        lock(study, lead())
    assert study.phase == Phase.RATING


def test_a_wrong_password_signs_no_lock() -> None:
    study = rated_study()
    with pytest.raises(InvalidInput, match="password"):
        sign_data_lock(study_id=study.pk, person=lead(), password="guess", statement=LOCK_STATEMENT, now=NOW)
    assert Signature.objects.filter(meaning="data_lock").count() == 0


@pytest.mark.parametrize("role", [Role.RATER, Role.RESIDENT, Role.CURATOR])
def test_only_an_investigator_signs_the_lock(role: Role) -> None:
    study = rated_study()
    with pytest.raises(NotFound):
        lock(study, members(study, role)[0].person)


def test_a_signature_without_its_statement_is_refused() -> None:
    study = rated_study()
    with pytest.raises(InvalidInput, match="statement"):
        sign_data_lock(study_id=study.pk, person=lead(), password=PASSWORD, statement=" ", now=NOW)


def test_a_rating_saved_between_the_signatures_voids_the_first() -> None:
    study = rated_study()
    lock(study, lead())
    save_rating(Assignment.objects.filter(item__study=study)[0], {}, revision=2)
    lock(study, second())
    assert study.phase == Phase.RATING
    lock(study, lead())
    assert study.phase == Phase.LOCKED


def test_open_ratings_need_a_reason_and_the_manifest_prints_it() -> None:
    study = rated_study()
    _open_assignment(study)
    with pytest.raises(InvalidInput, match="Open ratings: 1"):
        lock(study, lead())
    lock(study, reason="The rater fell ill.")
    manifest = json.loads((_folder(study) / "manifest.json").read_text())
    assert manifest["data_lock"]["open_ratings"] == 1
    assert {each["reason"] for each in manifest["data_lock"]["signatures"]} == {"The rater fell ill."}


def test_a_study_outside_rating_cannot_be_locked() -> None:
    study = draft_study()
    with pytest.raises(PhaseClosed):
        lock(study, lead())


def test_a_lock_without_any_rating_is_refused() -> None:
    study = rated_study(raters=0)
    with pytest.raises(PreconditionMissing, match="nothing to lock"):
        lock(study, lead())


def test_each_signature_leaves_one_audit_event() -> None:
    study = rated_study()
    lock(study)
    unblind(study)
    actions = list(AuditEvent.objects.filter(action__startswith="datasets").values_list("action", flat=True))
    assert actions == ["datasets.sign_data_lock"] * 2 + ["datasets.sign_unblinding"] * 2


def test_a_failure_while_freezing_leaves_neither_rows_nor_files(
    monkeypatch: pytest.MonkeyPatch, exports: Path
) -> None:
    study = rated_study()
    lock(study, lead())

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("study.datasets.writer.publish", fail)
    with pytest.raises(OSError, match="disk full"):
        lock(study, second())
    study.refresh_from_db()
    assert study.phase == Phase.RATING
    assert not FrozenDataset.objects.exists()
    assert not list(exports.iterdir())


def test_the_arms_are_not_on_disk_before_both_have_signed_the_unblinding() -> None:
    study = rated_study()
    lock(study)
    unblind(study, lead())
    assert study.phase == Phase.LOCKED
    assert not (_folder(study) / "arms.json").exists()


def test_the_second_signature_releases_arms_that_fit_the_manifest() -> None:
    study = rated_study()
    lock(study)
    unblind(study)
    assert study.phase == Phase.UNBLINDED
    dataset = load_dataset(_folder(study))
    assert {arm.name for arm in dataset.arms} == {"pgy1", "pgy2", "model-1", "model-2"}


def test_the_same_person_cannot_sign_the_unblinding_twice() -> None:
    study = rated_study()
    lock(study)
    unblind(study, lead())
    with pytest.raises(Conflict):
        unblind(study, lead())


def test_unblinding_before_the_lock_is_refused() -> None:
    study = rated_study()
    with pytest.raises(PhaseClosed):
        sign_unblinding(study_id=study.pk, person=lead(), password=PASSWORD, statement="I do.", now=NOW)


@pytest.mark.parametrize("name", ["ratings.csv", "ratings.parquet", "plan.yaml", "manifest.json"])
def test_a_changed_file_stops_the_unblinding(name: str) -> None:
    study = rated_study()
    lock(study)
    path = _folder(study) / name
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(DatasetMismatch) as refused:
        unblind(study, lead())
    assert refused.value.details == [name]
    assert not Signature.objects.filter(meaning="unblinding").exists()


def test_a_missing_file_stops_the_unblinding() -> None:
    study = rated_study()
    lock(study)
    (_folder(study) / "guesses.csv").unlink()
    with pytest.raises(DatasetMismatch, match="cannot be read"):
        unblind(study, lead())


def test_names_that_lie_in_the_folder_too_early_are_refused() -> None:
    study = rated_study()
    lock(study)
    (_folder(study) / "arms.json").write_text(FrozenDataset.objects.get(study=study).arms)
    with pytest.raises(DatasetMismatch, match="still blinded"):
        verify_frozen(study)


def test_a_lost_arms_file_is_written_again_after_unblinding() -> None:
    study = rated_study()
    lock(study)
    unblind(study)
    (_folder(study) / "arms.json").unlink()
    verify_frozen(study)
    assert load_dataset(_folder(study)).unblinded


def test_a_forged_arms_file_is_refused() -> None:
    study = rated_study()
    lock(study)
    unblind(study)
    path = _folder(study) / "arms.json"
    path.write_text(path.read_text().replace('"pgy1"', '"pgyx"'))
    with pytest.raises(DatasetMismatch):
        verify_frozen(study)
    with pytest.raises(DatasetError):
        load_dataset(_folder(study))


def test_a_folder_left_by_another_database_is_set_aside_not_mixed_in(exports: Path) -> None:
    study = rated_study()
    lock(study, lead())
    stray = exports / study.slug
    stray.mkdir(parents=True)
    (stray / "old.csv").write_text("old")
    lock(study, second())
    assert not (_folder(study) / "old.csv").exists()
    assert list(stray.parent.glob(f".{study.slug}-set-aside-*/{study.slug}/old.csv"))


def test_a_real_study_has_no_watermark_and_prints_its_approval_exception(exports: Path) -> None:
    study = rated_study(simulated=False)
    lock(study)
    manifest = json.loads((exports / study.slug / "manifest.json").read_text())
    assert manifest["study"]["watermark"] is None
    assert manifest["approval_exception"] == {"signed_by": "lead", "reason": "A pilot."}
    assert not (exports / study.slug / "WATERMARK.txt").exists()


def test_the_manifest_names_the_draw_of_the_allocation() -> None:
    study = rated_study()
    Allocation.objects.create(study=study, seed=5, algorithm="rounds-1", sha256="0" * 64, allocated_at=NOW)
    lock(study)
    manifest = FrozenDataset.objects.get(study=study).manifest
    assert manifest["seeds"]["allocation"] == 5


def test_a_value_that_the_dataset_cannot_hold_stops_the_lock() -> None:
    study = rated_study()
    assignment = Assignment.objects.filter(item__study=study)[0]
    save_rating(assignment, {}, revision=2, active_seconds=-100.0)
    with pytest.raises(DatasetMismatch, match="active_seconds"):
        lock(study, lead())


def test_before_the_lock_there_is_nothing_to_verify() -> None:
    with pytest.raises(PreconditionMissing, match="before the data lock"):
        verify_frozen(rated_study())


def test_a_stored_row_that_disagrees_with_its_manifest_is_refused() -> None:
    study = rated_study()
    lock(study)
    dataset = FrozenDataset.objects.get(study=study)
    dataset.manifest = {**dataset.manifest, "rubric": "2"}
    with pytest.raises(DatasetMismatch, match="stored manifest"):
        verify_files(dataset, named=False)


def test_stored_arm_names_that_are_not_those_of_the_manifest_are_refused() -> None:
    study = rated_study()
    lock(study)
    with unguarded("study_frozendataset"):
        sql("UPDATE study_frozendataset SET arms = '{}'")
    with pytest.raises(DatasetMismatch, match="names of the arms"):
        verify_frozen(study)


def test_the_frozen_row_cannot_be_changed() -> None:
    study = rated_study()
    lock(study)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        FrozenDataset.objects.filter(study=study).update(arms="{}")
