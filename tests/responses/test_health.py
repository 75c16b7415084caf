"""What the pages and commands say of a queue that is interrupted, or that nobody works on."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from study.participants.models import Person
from study.protocol.leases import retreat
from study.protocol.models import Study
from study.responses.health import alarms, interruptions, worker_health
from study.responses.models import Generation, ModelSetup
from study.responses.services.closing import close_answering
from study.responses.services.queue import claim_next
from tests.builders import NOW
from tests.responses.conftest import lead

LATER = NOW + timedelta(minutes=11)


def interrupt(times: int, problem: str = "the model's server cannot be reached") -> None:
    """Interrupt the row that is due longest again and again."""
    now = NOW
    first = Generation.objects.order_by("due_at", "pk")[0]
    Generation.objects.exclude(pk=first.pk).update(due_at=NOW + timedelta(days=1))
    for _ in range(times):
        row = claim_next(now=now, worker="w", lease_seconds=60)
        assert row is not None
        retreat(Generation, row.pk, row.lease_token, problem=problem, now=now)
        now += timedelta(seconds=60)


def test_a_passing_interruption_is_counted_and_raises_no_alarm(trial: Study) -> None:
    interrupt(2)
    assert (interruptions(trial).draws, interruptions(trial).times) == (1, 2)
    assert alarms(trial, NOW) == []


def test_interruptions_that_pile_up_raise_an_alarm_with_their_reason_and_the_next_try(trial: Study) -> None:
    interrupt(3)
    (alarm,) = alarms(trial, NOW)
    assert alarm == (
        "1 draw was interrupted 3 times: last reason: the model's server cannot be reached. "
        "Nothing is lost; the worker tries again at 09:02:08 UTC."
    )


def test_the_alarm_of_one_study_is_not_shown_to_another(trial: Study) -> None:
    interrupt(3)
    assert not interruptions(Study(pk=trial.pk + 1)).draws


@pytest.mark.parametrize("page", ["study-board", "model-list"])
def test_the_pages_show_the_alarm(trial: Study, client_of: Callable[[Person], Client], page: str) -> None:
    interrupt(3)
    shown = client_of(lead()).get(reverse(page, args=[trial.slug])).content.decode()
    assert 'data-part="alarm"' in shown
    assert "Nothing is lost" in shown


def test_a_queue_on_which_nothing_gets_finished_raises_an_alarm_although_a_row_is_running(
    trial: Study,
) -> None:
    claim_next(now=LATER, worker="hangs", lease_seconds=60)
    (alarm,) = alarms(trial, LATER)
    assert alarm.startswith("No job was finished for 10 minutes (the last one: never), and 5 draws are due")


def test_draws_that_only_a_worker_with_vllm_can_ask_are_named_until_one_has_them(trial: Study) -> None:
    ModelSetup.objects.filter(arm__name="model-1").update(engine="vllm", ability=None)
    told, later = "3 draws wait for a worker with vLLM inside", NOW + timedelta(minutes=2)
    assert alarms(trial, NOW) == []
    (alarm,) = alarms(trial, later)
    assert alarm.startswith(told)
    taken = Generation.objects.filter(arm__name="model-1")[0]
    Generation.objects.filter(pk=taken.pk).update(state="running", lease_token="t", lease_until=later)
    assert alarms(trial, later) == []


def test_the_command_says_that_draws_wait_for_a_worker_with_vllm(
    trial: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    ModelSetup.objects.filter(arm__name="model-1").update(engine="vllm", ability=None)
    with pytest.raises(CommandError):
        call_command("worker_health")
    assert "3 draws wait for a worker with vLLM inside" in capsys.readouterr().out


def test_a_closed_study_owes_no_draws(trial: Study) -> None:
    close_answering(study_id=trial.pk, person=lead(), reason="Term ends.", now=NOW)
    health = worker_health(LATER)
    assert (health.due, health.is_stalled, alarms(trial, LATER)) == (0, False, [])


def test_the_command_names_the_last_reason(trial: Study, capsys: pytest.CaptureFixture[str]) -> None:
    interrupt(1, "the model's server answered 503: busy")
    with pytest.raises(CommandError, match=r"no job was finished for 600 seconds. Last reason: .* 503: busy"):
        call_command("worker_health")
    assert "interrupted 1 (last reason: the model's server answered 503: busy)" in capsys.readouterr().out
