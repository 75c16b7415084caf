"""A whole study, use case by use case: each leaves its one event, and no change is left without."""

import pytest

from study.protocol.audit_verify import verify
from study.protocol.models import AuditEvent, RowChange
from tests.protocol.trail import play, trial, whole_study

pytestmark = pytest.mark.django_db


def test_every_use_case_leaves_exactly_one_event_and_no_change_without_it() -> None:
    for step in whole_study():
        before = AuditEvent.objects.count()
        step()
        assert AuditEvent.objects.count() == before + 1, step
        assert not RowChange.objects.exclude(act__in=AuditEvent.objects.values("act")).exists(), step
    assert trial().phase == "unblinded"


def test_the_trail_of_a_whole_study_is_whole_and_replays_to_its_rows() -> None:
    study = play()
    assert verify().lines()[0].startswith("ok: ")
    found = verify(study)
    assert found.is_clean
    assert found.rows > 100
