import pytest

from study.blinding.key import SealKey
from study.blinding.models import BlindedItem
from study.datasets.inputs import Planned, Row
from study.datasets.mismatch import DatasetMismatch
from study.datasets.queries import collect, draw_pseudonyms, sealed_responses
from study.datasets.snapshot import take_snapshot
from study.participants.models import Role
from study.protocol.models import Study
from study.ratings.models import Assignment
from study.responses.models import ModelSetup, Outcome, PlannedResponse, Response
from tests.builders import NOW, members, participant
from tests.datasets.world import rated_study, save_rating

pytestmark = pytest.mark.django_db


def _rows(study: Study, table: str) -> list[Row]:
    return take_snapshot(study).tables[table]


def _with_status(study: Study, status: str) -> list[Row]:
    return [row for row in _rows(study, "responses") if row["status"] == status]


def test_a_planned_answer_that_was_never_given_is_listed_as_missing_without_an_id() -> None:
    study = rated_study()
    resident = participant(study, Role.RESIDENT, "absent@example.org", level="PGY1")
    vignette = study.study_vignettes.all()[0]
    PlannedResponse.objects.create(
        study=study, resident=resident, study_vignette=vignette, position=1, seed=1, algorithm="1"
    )
    missing = _with_status(study, "missing")
    assert [(row["vignette"], row["response"], row["words"]) for row in missing] == [("MS-01", "", None)]


def test_a_draw_that_no_model_gave_is_listed_as_missing() -> None:
    study = rated_study()
    ModelSetup.objects.filter(arm__name="model-1").update(draws=2)
    assert [(row["vignette"], row["draw"]) for row in _with_status(study, "missing")] == [
        ("MS-01", 2),
        ("MS-02", 2),
    ]


def test_an_answer_without_text_is_listed_as_empty() -> None:
    study = rated_study()
    ModelSetup.objects.filter(arm__name="model-1").update(draws=2)
    Response.objects.create(
        study=study,
        study_vignette=study.study_vignettes.all()[0],
        model_arm=study.arms.get(name="model-1"),
        draw=2,
        status=Outcome.EMPTY,
        sections={"assessment": " "},
        text_sha256="0" * 64,
        receipt="ABCDEFGH",
        submitted_at=NOW,
    )
    assert [(row["vignette"], row["draw"]) for row in _with_status(study, "empty")] == [("MS-01", 2)]


def test_a_sealed_response_that_nobody_rated_is_listed_as_excluded_with_its_style() -> None:
    study = rated_study(raters=0)
    excluded = _with_status(study, "excluded")
    assert len(excluded) == len(_rows(study, "responses")) == 8
    assert all(row["words"] for row in excluded)


def test_only_the_latest_revision_of_a_rating_enters_the_data() -> None:
    study = rated_study()
    assignment = Assignment.objects.filter(item__study=study)[0]
    save_rating(assignment, {"medication_safety": 1, "medical_correctness": 1}, revision=2)
    rows = [row for row in _rows(study, "ratings") if row["revision"] == 2]
    assert {row["dimension"]: row["score"] for row in rows} == {
        "medication_safety": 1,
        "medical_correctness": 1,
        "guideline_consistency": None,
        "clinical_usefulness": None,
    }
    assert {row["active_seconds"] for row in rows} == {61.0}


def test_a_rating_that_could_not_be_given_has_four_empty_scores() -> None:
    study = rated_study()
    save_rating(Assignment.objects.filter(item__study=study)[0], {}, revision=2)
    rows = [row for row in _rows(study, "ratings") if row["cannot_judge"]]
    assert [row["score"] for row in rows] == [None] * 4
    assert [row["extent"] for row in _rows(study, "harms") if row["cannot_judge"]] == [""]


def test_a_reason_of_several_lines_is_stored_as_one() -> None:
    assert {row["reason"] for row in _rows(rated_study(), "guesses")} == {"tone, length"}


def test_rows_are_sorted_by_their_key_and_repeat_exactly() -> None:
    study = rated_study()
    first, again = take_snapshot(study), take_snapshot(study)
    assert first.files == again.files and first.arms == again.arms
    keys = [
        (row["vignette"], row["response"], row["rater"], row["dimension"]) for row in first.tables["ratings"]
    ]
    assert keys == sorted(keys)


def test_residents_and_models_share_one_series_of_pseudonyms() -> None:
    study = rated_study()
    names = draw_pseudonyms(study, collect(study))
    assert sorted(names.authors.values()) == [f"S{number:02d}" for number in range(1, 7)]
    assert sorted(names.arms.values()) == ["A", "B", "C", "D"]
    assert sorted(names.raters.values()) == ["R01", "R02", "R03"]


def test_another_secret_gives_another_order() -> None:
    orders = set()
    for number in range(6):
        study = rated_study(slug=f"trial-{number}", vignettes=1, residents_per_level=1, raters=0)
        names = draw_pseudonyms(study, collect(study))
        arms = {arm.pk: arm.name for arm in study.arms.all()}
        orders.add(tuple(arms[arm] for arm in names.arms))
    assert len(orders) > 1


def test_a_sealed_item_without_a_key_stops_the_freeze() -> None:
    study = rated_study()
    BlindedItem.objects.create(
        study=study,
        study_vignette=study.study_vignettes.all()[0],
        public_id="Z" * 26,
        sections={},
        normaliser_version="1",
        sealed_at=NOW,
    )
    with pytest.raises(DatasetMismatch, match="9 sealed items"):
        sealed_responses(study)


def test_a_response_with_text_that_was_never_sealed_stops_the_freeze() -> None:
    study = rated_study()
    resident = members(study, Role.RESIDENT)[0]
    Response.objects.create(
        study=study,
        study_vignette=study.study_vignettes.all()[1],
        resident=resident,
        sections={"assessment": "Late."},
        text_sha256="0" * 64,
        receipt="ABCDEFGH",
        submitted_at=NOW,
    )
    with pytest.raises(DatasetMismatch, match="1 responses with text"):
        collect(study)


def test_the_key_is_read_in_a_fixed_number_of_queries(django_assert_num_queries: object) -> None:
    study = rated_study()
    assert SealKey.objects.filter(study_id=study.pk).count() == 8
    with django_assert_num_queries(4):  # type: ignore[operator]
        sealed_responses(study)


def test_every_planned_response_is_counted_once() -> None:
    study = rated_study()
    planned = collect(study).planned
    assert len(planned) == len(set(planned)) == 8
    assert all(isinstance(each, Planned) for each in planned)
