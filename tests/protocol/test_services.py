import pytest

from study.participants.models import Role
from study.protocol.errors import Conflict, InvalidInput, PhaseClosed
from study.protocol.models import AuditEvent, Study
from study.protocol.queries import approvals_of, current_plan, locked_plan, unapproved_vignettes
from study.protocol.services import (
    approve_vignette,
    change_plan,
    lock_plan,
    sign_approval_exception,
)
from study.protocol.transactions import locked_study, move_phase, record_event
from study.protocol.vocabulary import Phase
from tests.builders import NOW, PASSWORD, draft_study, participant, person

pytestmark = pytest.mark.django_db


def test_a_new_study_has_its_arms_vignettes_and_a_plan_that_names_its_models() -> None:
    study = draft_study(vignettes=2)
    assert [arm.name for arm in study.arms.all()] == ["pgy1", "pgy2", "model-1", "model-2"]
    assert study.study_vignettes.count() == 2
    plan = current_plan(study)
    assert plan is not None and "- model-1\n- model-2" in plan.text


def test_the_default_plan_carries_the_margin_and_the_guess_share_of_the_study() -> None:
    plan = current_plan(draft_study(vignettes=1, margin="0.40", guess_share="0.25"))
    assert plan is not None
    assert "medication_safety: 0.4\n" in plan.text and "guess_share: 0.25\n" in plan.text


def test_a_taken_short_name_is_refused_and_nothing_is_created() -> None:
    draft_study(vignettes=1)
    with pytest.raises(InvalidInput, match="trial is taken"):
        draft_study(vignettes=1)
    assert Study.objects.count() == 1


def test_the_plan_of_a_study_keeps_its_older_texts_and_the_reason() -> None:
    study = draft_study(vignettes=1)
    plan = current_plan(study)
    assert plan is not None
    text = plan.text.replace("draws: 9999", "draws: 4999")
    change_plan(study_id=study.pk, person=person("lead@example.org"), text=text, reason="time", now=NOW)
    assert [(each.version, each.reason) for each in study.plans.all()] == [(2, "time"), (1, "")]


def test_a_plan_that_names_an_unknown_model_is_refused() -> None:
    study = draft_study(vignettes=1)
    plan = current_plan(study)
    assert plan is not None
    with pytest.raises(InvalidInput, match="no arm model-9"):
        text = plan.text.replace("- model-2", "- model-9")
        change_plan(study_id=study.pk, person=person("lead@example.org"), text=text, reason="x", now=NOW)
    assert study.plans.count() == 1


def test_a_malformed_plan_is_refused_with_the_path_of_the_bad_key() -> None:
    study = draft_study(vignettes=1)
    plan = current_plan(study)
    assert plan is not None
    with pytest.raises(InvalidInput, match=r"margins\.medication_safety"):
        text = plan.text.replace("medication_safety: 0.5", "medication_safety: -1")
        change_plan(study_id=study.pk, person=person("lead@example.org"), text=text, reason="x", now=NOW)


def test_a_locked_plan_takes_no_new_text() -> None:
    study = draft_study(vignettes=1)
    lead = person("lead@example.org")
    lock_plan(study_id=study.pk, person=lead, password=PASSWORD, now=NOW)
    assert locked_plan(study) == current_plan(study)
    with pytest.raises(Conflict, match="locked by signature"):
        change_plan(study_id=study.pk, person=lead, text="version: 1", reason="x", now=NOW)


def test_a_wrong_password_signs_nothing() -> None:
    study = draft_study(vignettes=1)
    with pytest.raises(InvalidInput, match="Nothing was signed"):
        lock_plan(study_id=study.pk, person=person("lead@example.org"), password="guess", now=NOW)
    assert not study.signatures.exists()


def test_an_approval_covers_the_version_that_the_study_uses_and_names_the_clinician() -> None:
    study = draft_study(vignettes=2)
    curator = participant(study, Role.CURATOR, "curator@example.org")
    first = study.study_vignettes.all()[0]
    for _ in range(2):
        approve_vignette(
            study_id=study.pk, person=curator.person, study_vignette_id=first.pk, statement="Read.", now=NOW
        )
    assert [each.clinician.name for each in approvals_of(study)[first.version_id]] == ["curator"]
    assert [each.code for each in unapproved_vignettes(study)] == ["MS-02"]


def test_an_exception_without_a_reason_is_refused() -> None:
    study = draft_study(vignettes=1, simulated=False)
    with pytest.raises(InvalidInput, match="needs a reason"):
        sign_approval_exception(
            study_id=study.pk, person=person("lead@example.org"), password=PASSWORD, reason=" ", now=NOW
        )


def test_an_act_in_the_wrong_phase_is_refused_in_words() -> None:
    study = draft_study(vignettes=1)
    refusal = pytest.raises(PhaseClosed, match="needs the phase rating; the study is in the phase draft")
    with refusal, locked_study(study.pk, Phase.RATING):
        raise AssertionError("unreachable")


def test_a_study_never_skips_a_phase() -> None:
    study = draft_study(vignettes=1)
    with pytest.raises(PhaseClosed):
        move_phase(study, Phase.RATING)


def test_an_exception_after_the_writes_leaves_no_rows_behind() -> None:
    study = draft_study(vignettes=1)
    before = AuditEvent.objects.count()
    with pytest.raises(RuntimeError), locked_study(study.pk) as locked:
        record_event(study=locked, person=None, action="x", now=NOW)
        raise RuntimeError
    assert AuditEvent.objects.count() == before


def test_each_use_case_leaves_one_event_with_its_person() -> None:
    study = draft_study(vignettes=1)
    lock_plan(study_id=study.pk, person=person("lead@example.org"), password=PASSWORD, now=NOW)
    events = AuditEvent.objects.filter(study=study).values_list("action", "person__email")
    assert list(events) == [
        ("protocol.create_study", "lead@example.org"),
        ("protocol.lock_plan", "lead@example.org"),
    ]
