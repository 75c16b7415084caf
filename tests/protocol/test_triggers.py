"""The database refuses by itself, whoever writes: each test goes round the services."""

import pytest
from django.core.checks import run_checks
from django.db import IntegrityError, connection, transaction

from study.participants.models import Consent, Participant, Person, Role
from study.protocol.models import AnalysisPlan, AuditEvent, Study
from study.protocol.trigger_install import (
    drop_triggers,
    install_triggers,
    installed_triggers,
    missing_triggers,
)
from study.protocol.triggers import guards_of, trigger_name
from study.responses.models import ModelSetup
from tests.builders import NOW, add_people, add_scripted_setup, draft_study, participant, person
from vignettes.models import VignetteVersion

pytestmark = pytest.mark.django_db


def refuses(message: str) -> pytest.RaisesExc[IntegrityError]:
    return pytest.raises(IntegrityError, match=message)


def test_every_guard_and_every_recorder_is_installed_after_migrate() -> None:
    installed = installed_triggers(connection)
    assert installed >= {trigger_name(guard) for guard in guards_of(connection.vendor)}
    assert {name.split("_record_")[1] for name in installed if "_record_study_study_" in name}
    assert not missing_triggers(connection)


def test_a_missing_trigger_is_an_error_of_the_system_check() -> None:
    drop_triggers(connection)
    assert {each.id for each in run_checks(databases=["default"])} >= {"study.E003"}
    install_triggers(connection)
    assert not missing_triggers(connection)


@pytest.mark.parametrize("model", [AnalysisPlan, AuditEvent, Consent, VignetteVersion])
def test_stored_rows_can_be_neither_changed_nor_deleted(model: type) -> None:
    add_people(draft_study(vignettes=1), residents_per_level=1, raters=1)
    for statement in (f"UPDATE {model._meta.db_table} SET id = id", f"DELETE FROM {model._meta.db_table}"):
        with refuses("append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.parametrize("phase", ["sealed", "rating", "reported"])
def test_a_phase_cannot_be_skipped_by_an_update(phase: str) -> None:
    study = draft_study(vignettes=1)
    with refuses("one phase on"), transaction.atomic():
        Study.objects.filter(pk=study.pk).update(phase=phase)


def test_a_simulated_study_cannot_become_real() -> None:
    study = draft_study(vignettes=1)
    with refuses("simulated or real for good"), transaction.atomic():
        Study.objects.filter(pk=study.pk).update(simulated=False)


def test_a_scripted_engine_cannot_answer_in_a_real_study() -> None:
    study = draft_study(vignettes=1, models=1, simulated=False)
    with refuses("simulated studies only"), transaction.atomic():
        add_scripted_setup(study.arms.get(kind="model").pk, ability=0.5)
    assert not ModelSetup.objects.exists()


def test_a_person_has_one_role_in_a_study() -> None:
    study = draft_study(vignettes=1)
    participant(study, Role.RATER, "one@example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        participant(study, Role.CURATOR, "one@example.org")


def test_an_administrator_gets_no_study_role() -> None:
    study = draft_study(vignettes=1)
    admin = Person.objects.create_superuser("admin@example.org", "x")
    with refuses("administrator has no study role"), transaction.atomic():
        Participant.objects.create(study=study, person=admin, role=Role.RATER, joined_at=NOW)


def test_a_participant_cannot_be_made_an_administrator() -> None:
    draft_study(vignettes=1)
    with refuses("cannot be an administrator"), transaction.atomic():
        Person.objects.filter(pk=person("lead@example.org").pk).update(is_staff=True)


def test_a_level_cannot_be_changed_because_it_decides_the_arm_of_the_answers() -> None:
    study = draft_study(vignettes=1)
    resident = participant(study, Role.RESIDENT, "r@example.org", level="PGY1")
    with refuses("role stays"), transaction.atomic():
        Participant.objects.filter(pk=resident.pk).update(level="PGY2")


def test_an_arm_cannot_change_its_name_kind_or_level() -> None:
    study = draft_study(vignettes=1)
    for change in ({"name": "other"}, {"level": "PGY2"}):
        with refuses("arm stays"), transaction.atomic():
            study.arms.filter(name="pgy1").update(**change)


def test_a_study_keeps_the_vignette_versions_it_began_with() -> None:
    study = draft_study(vignettes=2)
    first, second = study.study_vignettes.all()
    with refuses("keeps its vignette versions"), transaction.atomic():
        study.study_vignettes.filter(pk=first.pk).update(version_id=second.version_id)


@pytest.mark.postgresql
def test_stored_rows_cannot_be_emptied_away_in_one_statement() -> None:
    draft_study(vignettes=1)
    with refuses("append-only|not emptied"), transaction.atomic(), connection.cursor() as cursor:
        # Pending foreign-key checks would refuse the truncation before the guard is asked.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE study_study CASCADE")
