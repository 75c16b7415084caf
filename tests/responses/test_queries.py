from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from study.participants.models import Participant
from study.protocol.errors import NotFound
from study.protocol.models import Study
from study.responses.health import worker_health
from study.responses.models import Generation
from study.responses.queries import generation_board, planned_at, planned_draws, planned_for
from study.responses.services.drafts import save_draft
from study.responses.services.submission import submit_answer
from study.responses.worker import run_next
from tests.builders import NOW
from tests.model_server import ModelServer
from tests.responses.conftest import answer, asking_study, first_place, imported_study


def test_the_list_tells_what_is_open_begun_and_sent(resident: Participant) -> None:
    first, second = (place.planned for place in planned_for(resident))
    submit_answer(planned_id=first.pk, participant=resident, answer=answer(), now=NOW)
    save_draft(planned_id=second.pk, participant=resident, answer=answer(), now=NOW)
    places = planned_for(resident)
    assert [(place.position, place.response is not None, place.is_begun) for place in places] == [
        (1, True, False),
        (2, False, True),
    ]


def test_a_place_beyond_the_list_is_not_found(resident: Participant) -> None:
    with pytest.raises(NotFound):
        planned_at(resident, 3)


def test_the_board_counts_by_state_and_vignette_and_by_no_arm(trial: Study) -> None:
    run_next()
    Generation.objects.filter(state="queued", study_vignette__code="MS-03").update(
        state="failed", problem="refused"
    )
    board = generation_board(trial)
    assert (board.total.done, board.total.queued, board.total.failed) == (1, 3, 2)
    assert [(row.code, row.failed) for row in board.vignettes] == [("MS-01", 0), ("MS-02", 0), ("MS-03", 2)]
    assert board.problems == [("refused", 2, "MS-03")]


def test_tokens_per_second_are_told_when_they_were_measured(
    db: None, settings: object, model_server: ModelServer
) -> None:
    study = asking_study(model_server, settings)
    assert generation_board(study).tokens_per_s is None
    run_next()
    assert generation_board(study).tokens_per_s > 0


def test_every_draw_that_is_owed_is_planned_imported_ones_too(db: None) -> None:
    draws = [(row.study_vignette.code, row.draw) for row in planned_draws(imported_study())]
    assert draws == [("MS-01", 1), ("MS-01", 2), ("MS-02", 1), ("MS-02", 2)]


def test_a_queue_that_moves_is_healthy(trial: Study) -> None:
    health = worker_health(NOW + timedelta(minutes=9))
    assert (health.due, health.running, health.is_stalled) == (6, 0, False)


def test_a_queue_that_stands_still_for_ten_minutes_is_stalled(trial: Study) -> None:
    assert worker_health(NOW + timedelta(minutes=10)).is_stalled


def test_a_row_that_retreats_for_ever_is_stalled_too(trial: Study) -> None:
    later = NOW + timedelta(minutes=11)
    Generation.objects.update(due_at=later + timedelta(seconds=60))
    assert worker_health(later).is_stalled


def test_finishing_something_keeps_the_queue_healthy(trial: Study) -> None:
    later = NOW + timedelta(minutes=15)
    first = Generation.objects.order_by("pk")[0].pk
    Generation.objects.filter(pk=first).update(state="done", finished_at=later - timedelta(minutes=1))
    assert not worker_health(later).is_stalled


def test_the_command_exits_with_an_error_when_the_queue_stands_still(trial: Study) -> None:
    with pytest.raises(CommandError, match="Is a worker running"):
        call_command("worker_health")  # the fixture's rows have been due since long ago


def test_the_command_is_quiet_about_an_empty_queue(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("worker_health")
    assert capsys.readouterr().out.startswith("due 0\nrunning 0\n")


def test_the_work_command_empties_the_queue(trial: Study, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("work", "--until-idle")
    assert capsys.readouterr().out == "6 jobs were finished, 0 failed; 0 tries were interrupted.\n"
    assert not Generation.objects.exclude(state="done").exists()


def test_a_resident_sees_no_other_list(resident: Participant, trial: Study) -> None:
    other = trial.participants.filter(role="resident").exclude(pk=resident.pk)[0]
    assert first_place(resident).pk not in [place.planned.pk for place in planned_for(other)]
