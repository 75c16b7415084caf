from collections import Counter

import pytest

from study.participants.models import Person, Role
from study.protocol.errors import PhaseClosed, PreconditionMissing
from study.protocol.models import AuditEvent, Study
from study.protocol.queries import model_arms
from study.protocol.services import sign_approval_exception
from study.protocol.vocabulary import Phase
from study.responses.models import Generation, ModelSetup, PlannedResponse
from study.responses.queries import opening_blockers
from study.responses.services.closing import close_answering
from study.responses.services.opening import ensure_planned, open_answering
from tests.builders import NOW, PASSWORD, add_people, draft_study, participant
from tests.responses.conftest import imported_study, lead, opened_study


def _blockers(study: Study) -> list[str]:
    with pytest.raises(PreconditionMissing) as refusal:
        open_answering(study_id=study.pk, person=lead(), now=NOW)
    study.refresh_from_db()
    assert study.phase == Phase.DRAFT
    return refusal.value.details


def test_opening_plans_the_lists_and_queues_the_draws(trial: Study) -> None:
    assert trial.phase == Phase.ANSWERING
    assert PlannedResponse.objects.filter(study=trial).count() == 4 * 2
    assert Generation.objects.filter(study=trial, state="queued").count() == 2 * 3
    assert AuditEvent.objects.filter(study=trial, action="responses.open_answering").count() == 1


def test_each_level_covers_the_vignettes_as_evenly_as_can_be(trial: Study) -> None:
    for level in ("PGY1", "PGY2"):
        rows = PlannedResponse.objects.filter(resident__level=level)
        counts = Counter(rows.values_list("study_vignette", flat=True)).values()
        assert max(counts) - min(counts) <= 1


def test_chance_is_stored_with_its_seed_and_algorithm(trial: Study) -> None:
    rows = PlannedResponse.objects.filter(study=trial)
    assert set(rows.values_list("algorithm", flat=True)) == {"least-covered-1"}
    assert rows.values("seed").distinct().count() == 4


def test_two_equal_studies_plan_the_same_lists(db: None) -> None:
    lists = [
        list(
            PlannedResponse.objects.filter(study=opened_study(slug=slug))
            .order_by("pk")
            .values_list("study_vignette__code", "position", "seed")
        )
        for slug in ("first", "second")
    ]
    assert lists[0] == lists[1]


def test_every_draw_has_its_own_seed(trial: Study) -> None:
    assert Generation.objects.filter(study=trial).values("seed").distinct().count() == 6


def test_a_study_without_residents_or_models_does_not_open(db: None) -> None:
    study = draft_study(simulated=True)
    ModelSetup.objects.filter(arm__name="model-2").delete()
    blockers = _blockers(study)
    assert [word for word in ("PGY1", "PGY2", "Model 2") if any(word in line for line in blockers)] == [
        "PGY1",
        "PGY2",
        "Model 2",
    ]


def test_too_few_vignettes_for_a_residents_list_are_named(db: None) -> None:
    study = draft_study(vignettes=1)
    add_people(study, raters=0)
    assert _blockers(study) == ["Each resident answers 2 vignettes; the study has 1."]


def test_a_real_study_needs_approved_vignettes_or_a_signed_exception(db: None) -> None:
    study = _real_study()
    assert any("No clinician has approved" in line for line in _blockers(study))
    sign_approval_exception(
        study_id=study.pk, person=lead(), password=PASSWORD, reason="A rehearsal.", now=NOW
    )
    assert open_answering(study_id=study.pk, person=lead(), now=NOW).phase == Phase.ANSWERING


def _real_study() -> Study:
    study = draft_study(simulated=False)
    add_people(study, raters=0)
    for arm in model_arms(study):
        ModelSetup.objects.create(arm=arm, engine="openai", model="m", prompt_version="1")
    return study


def test_opening_twice_is_refused(trial: Study) -> None:
    with pytest.raises(PhaseClosed):
        open_answering(study_id=trial.pk, person=lead(), now=NOW)


def test_imported_answers_have_no_queue(db: None) -> None:
    assert not Generation.objects.filter(study=imported_study()).exists()


def test_a_late_resident_gets_the_least_covered_vignettes_once(trial: Study) -> None:
    late = participant(trial, Role.RESIDENT, "late@example.org", level="PGY1")
    for _ in range(2):
        ensure_planned(participant=late, now=NOW)
    assert PlannedResponse.objects.filter(resident=late).count() == 2
    counts = Counter(
        PlannedResponse.objects.filter(resident__level="PGY1").values_list("study_vignette", flat=True)
    )
    assert set(counts.values()) == {2}


def test_nobody_is_planned_without_consent_or_after_the_close(trial: Study) -> None:
    silent = participant(trial, Role.RESIDENT, "silent@example.org", level="PGY1", agrees=False)
    ensure_planned(participant=silent, now=NOW)
    close_answering(study_id=trial.pk, person=lead(), reason="Term ends.", now=NOW)
    late = participant(trial, Role.RESIDENT, "late@example.org", level="PGY1")
    ensure_planned(participant=late, now=NOW)
    assert not PlannedResponse.objects.filter(resident__in=[silent, late]).exists()


def test_residents_who_left_the_site_are_not_planned(db: None) -> None:
    study = draft_study()
    add_people(study, raters=0)
    Person.objects.filter(email="pgy1-1@example.org").update(is_active=False)
    open_answering(study_id=study.pk, person=lead(), now=NOW)
    assert not PlannedResponse.objects.filter(resident__person__email="pgy1-1@example.org").exists()


def test_a_scripted_model_blocks_a_real_study(db: None) -> None:
    study = draft_study()
    study.simulated = False  # the database refuses such a row, so the sentence is looked at on its own
    assert any("The arm Model 1 is scripted" in line for line in opening_blockers(study))
