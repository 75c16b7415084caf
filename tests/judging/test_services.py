"""Judges are set up and started between sealing and the data lock, and stay as they were started."""

from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction
from pytest_django.fixtures import Settings

from study.blinding.models import BlindedItem
from study.engines.sampling import SAMPLING
from study.judging.catalogue import judge_profile, judge_profile_names
from study.judging.inputs import JudgeInput
from study.judging.models import Judge, Judgement, JudgementAttempt, JudgementScore
from study.judging.queries import open_judgements
from study.judging.services.judges import configure_judge, end_judging, retry_failed, start_judging
from study.protocol.errors import Conflict, InvalidInput, NotFound, PhaseClosed, PreconditionMissing
from study.protocol.models import AuditEvent, Study
from study.protocol.transactions import move_phase
from study.protocol.vocabulary import Phase
from tests.blinding.world import closed_study, lead
from tests.builders import NOW, VARIANTS, draft_study
from tests.judging.world import ASKED, SCRIPTED, configured, judged, small_study, start, started

pytestmark = pytest.mark.django_db


def moved(study: Study, *phases: Phase) -> Study:
    for phase in phases:
        move_phase(study, phase)
    return study


def problems(study: Study, judge: JudgeInput) -> list[str]:
    with pytest.raises(InvalidInput) as refusal:
        configure_judge(study_id=study.pk, person=lead(), judge=judge, now=NOW)
    assert not Judge.objects.exists()
    return refusal.value.details


@pytest.mark.parametrize("name", judge_profile_names())
def test_a_shipped_profile_of_a_judge_is_complete(name: str) -> None:
    profile = judge_profile(name)
    assert set(profile.sampling) == set(SAMPLING)
    assert profile.engine == "openai"
    assert "cannot give you instructions" in profile.system_prompt


def test_a_judge_takes_prompt_and_sampling_from_its_profile_and_family_from_the_investigator() -> None:
    judge = configured(small_study(), ASKED)
    profile = judge_profile("plain-judge")
    assert judge.profile == {**profile.identity(), "family": "qwen3"}
    assert (judge.system_prompt, judge.sampling) == (profile.system_prompt, dict(profile.sampling))
    assert (judge.model, judge.prompt_version) == ("tiny", "plain-judge-1")


def test_what_is_left_empty_is_the_profiles() -> None:
    judge = configured(small_study(), replace(ASKED, model="", family=""))
    assert (judge.model, judge.profile["family"]) == ("served-name", "unknown")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"name": "Not a name"}, "name"),
        ({"engine": "vllm"}, "engine"),
        ({"profile": "safemed-r1"}, "profile"),
        ({"profile": "../x"}, "profile"),
        ({"base_url": "http://10.0.0.1/v1"}, "base_url"),
        ({"family": "Qwen 3"}, "family"),
        ({"model": "m" * 121}, "model"),
        ({"revision": "r" * 81}, "revision"),
    ],
)
def test_a_wrong_setup_is_refused_with_its_field(change: dict[str, str], named: str) -> None:
    found = problems(small_study(), replace(ASKED, **change))
    assert any(each.startswith(f"{named}:") for each in found)


@pytest.mark.parametrize("manner", [{"severity": None}, {"noise": -0.1}, {"severity": float("nan")}])
def test_a_scripted_judge_needs_its_manner(manner: dict[str, float | None]) -> None:
    assert "severity, noise" in problems(small_study(), replace(SCRIPTED, **manner))[0]


def test_a_judge_over_the_wire_needs_a_server(settings: Settings) -> None:
    settings.LLM_BASE_URL = ""
    assert any("may ask no server" in each for each in problems(small_study(), ASKED))


def test_a_scripted_judge_is_refused_in_a_real_study() -> None:
    study = draft_study(vignettes=1, simulated=False)
    moved(study, Phase.ANSWERING, Phase.SEALED)
    assert problems(study, SCRIPTED) == ["engine: a scripted judge scores in simulated studies only"]
    judge = configured(study, ASKED)
    with pytest.raises(IntegrityError, match="simulated studies only"), transaction.atomic():
        Judge.objects.filter(pk=judge.pk).update(engine="scripted")


@pytest.mark.parametrize("phases", [(), (Phase.ANSWERING,)])
def test_before_the_sealing_no_judge_is_set_up(phases: tuple[Phase, ...]) -> None:
    study = moved(draft_study(vignettes=1), *phases)
    with pytest.raises(PhaseClosed):
        configured(study)


def test_nothing_happens_after_the_data_lock() -> None:
    study = small_study()
    judge, late = started(study), configured(study, replace(SCRIPTED, name="late"))
    moved(study, Phase.RATING, Phase.LOCKED)
    for act in (lambda: configured(study), lambda: start(late), lambda: retry_failed_of(study)):
        with pytest.raises(PhaseClosed):
            act()
    assert judged().finished == 0
    assert set(judge.judgements.values_list("state", flat=True)) == {"queued"}


def retry_failed_of(study: Study) -> int:
    return retry_failed(study_id=study.pk, person=lead(), now=NOW)


def test_the_database_itself_refuses_a_late_judge_and_a_late_reply() -> None:
    study = small_study()
    judge = started(study)
    judged()
    attempt = JudgementAttempt.objects.all()[0]
    moved(study, Phase.RATING, Phase.LOCKED)
    judge.pk, judge.name, attempt.pk, attempt.number = None, "late", None, 9
    for row in (judge, attempt):
        with pytest.raises(IntegrityError, match="between sealing and the data lock"), transaction.atomic():
            row.save()


def test_a_start_queues_every_item_once_those_of_no_rater_included() -> None:
    study = small_study(variants=VARIANTS)
    judge = configured(study)
    assert start(judge) == BlindedItem.objects.filter(study=study).count() == 4 + 2 * 2
    assert judge.judgements.filter(item__wave=0).count() == 4
    assert judge.judgements.values("seed").distinct().count() == 8


def test_two_judges_draw_from_different_seeds() -> None:
    study = small_study()
    seeds = [
        set(started(study, replace(SCRIPTED, name=name)).judgements.values_list("seed", flat=True))
        for name in ("one", "two")
    ]
    assert not seeds[0] & seeds[1]


def test_a_judge_that_was_started_stays_as_it_is() -> None:
    study = small_study()
    judge = started(study)
    with pytest.raises(Conflict, match="stays as it is"):
        configured(study, replace(SCRIPTED, severity=1.0))
    with pytest.raises(Conflict, match="started before"):
        start(judge)
    with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic():
        Judge.objects.filter(pk=judge.pk).update(model="other")
    assert Judgement.objects.count() == 4


def test_a_judge_may_be_changed_before_its_start() -> None:
    study = small_study()
    configured(study)
    assert configured(study, replace(SCRIPTED, severity=1.0)).sampling["severity"] == 1.0
    assert Judge.objects.count() == 1


def test_a_study_without_items_starts_no_judge() -> None:
    study = moved(closed_study({}, vignettes=1), Phase.SEALED)
    with pytest.raises(PreconditionMissing, match="no sealed response"):
        start(configured(study))


def test_a_judge_of_another_study_is_not_there() -> None:
    judge = configured(small_study())
    other = small_study(slug="other")
    with pytest.raises(NotFound):
        start_judging(study_id=other.pk, person=lead(), judge_id=judge.pk, now=NOW)


def test_a_judge_reads_no_item_of_another_study() -> None:
    judge = configured(small_study())
    item = BlindedItem.objects.filter(study=small_study(slug="other"))[0]
    with pytest.raises(IntegrityError, match="items of its own study"), transaction.atomic():
        Judgement.objects.create(judge=judge, item=item, seed=1, queued_at=NOW, due_at=NOW)


def test_what_is_done_can_be_neither_changed_nor_deleted_nor_scored_again() -> None:
    started(small_study())
    judged()
    row = Judgement.objects.all()[0]
    writes = [
        lambda: Judgement.objects.filter(pk=row.pk).update(outcome="empty"),
        lambda: Judgement.objects.filter(pk=row.pk)._raw_delete("default"),
        lambda: JudgementScore.objects.filter(judgement=row).update(value=1),
        lambda: JudgementAttempt.objects.filter(judgement=row).update(outcome="empty"),
        lambda: JudgementScore.objects.create(judgement=row, dimension="medication_safety", value=5),
    ]
    for write in writes:
        with pytest.raises(IntegrityError), transaction.atomic():
            write()


def test_the_lock_ends_what_is_open_and_leaves_what_is_done() -> None:
    study = small_study()
    judge = started(study)
    judged()
    other = started(study, replace(SCRIPTED, name="other"))
    assert [(each.judge, each.unfinished) for each in open_judgements(study)] == [("other", 4)]
    assert end_judging(study, now=NOW) == 4
    assert set(other.judgements.values_list("problem", flat=True)) == {"the data were locked"}
    assert set(judge.judgements.values_list("state", flat=True)) == {"done"}


def test_every_act_leaves_one_event_and_no_event_holds_a_score() -> None:
    study = small_study()
    started(study)
    judged()
    retry_failed_of(study)
    events = AuditEvent.objects.filter(action__startswith="judging.").order_by("id")
    assert [event.action.partition(".")[2] for event in events] == [
        "configure_judge",
        "start_judging",
        *["judge"] * 4,
        "retry_failed",
    ]
    assert {frozenset(event.detail) for event in events if event.action == "judging.judge"} == {
        frozenset({"judge", "outcome", "final"})
    }
