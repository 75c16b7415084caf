"""The investigators' pages of judging: set up, start, progress; and nobody else's."""

import re
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from study.judging.forms import JudgeForm
from study.judging.models import Judge, Judgement, JudgementAttempt, JudgementScore
from study.participants.models import Role
from study.protocol.models import Study
from study.protocol.transactions import move_phase
from study.protocol.vocabulary import Phase
from study.ratings.guard import BlindingBreach, blinded
from tests.blinding.world import lead
from tests.builders import draft_study, members, participant
from tests.judging.world import ASKED, SCRIPTED, asking, configured, judged, said, small_study, started
from tests.model_server import ModelServer, Reply

pytestmark = pytest.mark.django_db
FORM = {
    "name": "pharmacist",
    "engine": "openai",
    "profile": "plain-judge",
    "model": "tiny",
    "family": "qwen3",
}


def page(client: Client, study: Study, path: str = "") -> str:
    client.force_login(lead())
    return client.get(f"/studies/{study.slug}/judges/{path}").content.decode()


def post(client: Client, study: Study, path: str, form: dict[str, str] | None = None) -> HttpResponse:
    client.force_login(lead())
    answer: HttpResponse = client.post(f"/studies/{study.slug}/judges/{path}", form or {})
    return answer


@pytest.mark.parametrize("role", [Role.RATER, Role.RESIDENT, Role.CURATOR])
def test_nobody_but_an_investigator_finds_the_pages(client: Client, role: Role) -> None:
    study = small_study()
    judge = started(study)
    client.force_login(members(study, role)[0].person)
    for path in ("", "new/", f"{judge.name}/setup/"):
        assert client.get(f"/studies/trial/judges/{path}").status_code == 404
    for path in ("retry/", f"{judge.name}/start/", "new/"):
        assert client.post(f"/studies/trial/judges/{path}", FORM).status_code == 404


def test_a_stranger_is_sent_to_the_sign_in(client: Client) -> None:
    small_study()
    assert "/account/login/" in client.get("/studies/trial/judges/").headers["Location"]


def test_before_the_sealing_the_page_says_what_comes(client: Client) -> None:
    study = draft_study(vignettes=1)
    shown = page(client, study)
    assert "they can be set up once the responses are sealed" in shown
    assert "Set up a judge" not in shown
    assert "between the sealing and the data lock" in page(client, study, "new/")


def test_a_study_without_judges_may_have_some(client: Client) -> None:
    shown = page(client, small_study())
    assert "No judge is set up yet. A study needs none" in shown
    assert reverse("judge-new", args=["trial"]) in shown


def test_a_judge_is_set_up_by_its_form(client: Client) -> None:
    study = small_study()
    assert post(client, study, "new/", FORM).status_code == 302
    assert Judge.objects.get().profile["family"] == "qwen3"
    shown = page(client, study)
    assert "not started" in shown
    assert "profile plain-judge 1" in shown


def test_the_form_is_filled_from_a_profile_and_nothing_is_stored(client: Client) -> None:
    shown = page(client, small_study(), "new/?profile=thinking-judge")
    assert "Serve it with the reasoning parser" in shown
    assert re.search(r'<option value="thinking-judge"\s+selected', shown)
    assert not Judge.objects.exists()


def test_an_unknown_profile_is_not_found(client: Client) -> None:
    small_study()
    client.force_login(lead())
    assert client.get("/studies/trial/judges/new/?profile=safemed-r1").status_code == 404


def test_a_wrong_setup_comes_back_with_its_faults(client: Client) -> None:
    refused = post(client, small_study(), "new/", {**FORM, "profile": ""})
    assert refused.status_code == 422
    assert "profile: &#x27;&#x27; is no judge&#x27;s profile" in refused.content.decode()


def test_a_judge_keeps_its_name_when_it_is_changed(client: Client) -> None:
    study = small_study()
    configured(study, ASKED)
    assert (
        post(client, study, "pharmacist/setup/", {**FORM, "name": "other", "model": "new"}).status_code == 302
    )
    assert (Judge.objects.get().name, Judge.objects.get().model) == ("pharmacist", "new")


def test_a_started_judge_is_not_changed(client: Client) -> None:
    study = small_study()
    started(study, ASKED)
    assert post(client, study, "pharmacist/setup/", FORM).status_code == 409
    assert "stays as it is" in post(client, study, "pharmacist/setup/", FORM).content.decode()


def test_only_a_simulated_study_offers_scripted_judges(client: Client) -> None:
    assert "severity" in page(client, small_study(), "new/")
    offered = JudgeForm(base_urls=[], simulated=False).as_p()
    assert "openai" in offered
    assert "cripted" not in offered
    assert "severity" not in offered


def test_a_judge_starts_by_its_button_once(client: Client) -> None:
    study = small_study()
    configured(study)
    assert post(client, study, "scripted/start/").status_code == 302
    assert "4 judgements are queued" in page(client, study)
    assert "0 of 4 done, 4 queued" in page(client, study)
    assert post(client, study, "scripted/start/").status_code == 409
    assert Judgement.objects.count() == 4


@pytest.mark.parametrize("path", ["scripted/start/", "retry/"])
def test_a_get_starts_nothing(client: Client, path: str) -> None:
    configured(small_study())
    client.force_login(lead())
    assert client.get(f"/studies/trial/judges/{path}").status_code == 405
    assert not Judgement.objects.exists()


def test_progress_shows_outcomes_and_no_score(
    client: Client, model_server: ModelServer, settings: Settings
) -> None:
    rationale = "Rationale of a judge."
    judge = asking(model_server, settings, said(said()["choices"][0]["message"]["content"]))
    judged()
    shown = page(client, judge.study)
    assert "1 of 4 done, 3 queued" in shown
    assert "Scored 1" in shown
    assert rationale not in shown
    assert not re.search(r"\b(mean|median|average|kappa|agreement)\b|clinical_usefulness", shown)


def test_no_query_of_the_pages_reads_a_score(client: Client) -> None:
    study = small_study()
    started(study)
    judged()
    tables = (JudgementScore._meta.db_table, JudgementAttempt._meta.db_table)
    seen: list[str] = []

    def look(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        page(client, study)
    assert not [sql for sql in seen if any(table in sql for table in tables)]


def test_failures_are_shown_with_their_reason_and_tried_again(
    client: Client, model_server: ModelServer, settings: Settings
) -> None:
    judge = asking(model_server, settings, Reply({"message": "no such model"}, 404))
    judged()
    shown = page(client, judge.study)
    assert "1 failed" in shown
    assert "1 × the model&#x27;s server refused with 404: no such model" in shown
    assert post(client, judge.study, "retry/").status_code == 302
    assert not Judgement.objects.filter(state="failed").exists()


def test_a_standstill_and_long_interruptions_raise_an_alarm(client: Client, settings: Settings) -> None:
    study = small_study()
    started(study)
    Judgement.objects.update(interruptions=3, problem="the model's server cannot be reached")
    shown = page(client, study)
    assert "4 judgements were interrupted, up to 3 times" in shown
    assert "4 are due: is a worker running?" in shown


def test_the_health_command_tells_of_judgements_that_nobody_finishes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    started(small_study())
    with pytest.raises(CommandError, match=r"No judgement was finished for 10 minutes .* 4 are due"):
        call_command("worker_health")
    assert "judgements due 4" in capsys.readouterr().out


def test_after_the_lock_the_page_shows_and_does_nothing(client: Client) -> None:
    study = small_study()
    started(study)
    configured(study, replace(SCRIPTED, name="late"))
    judged()
    for phase in (Phase.RATING, Phase.LOCKED):
        move_phase(study, phase)
    shown = page(client, study)
    assert "4 of 4 done" in shown
    assert "The time of judging is over" in shown
    assert "<button" not in shown.partition("<main")[2]


def test_a_judge_of_another_study_is_not_found(client: Client) -> None:
    configured(small_study(slug="other"))
    small_study()
    client.force_login(lead())
    assert client.get("/studies/trial/judges/scripted/setup/").status_code == 404
    assert client.post("/studies/trial/judges/scripted/start/").status_code == 404


@pytest.mark.parametrize("model", [Judge, Judgement, JudgementAttempt, JudgementScore])
def test_a_raters_request_that_reaches_for_a_judge_is_stopped(model: type[Judge]) -> None:
    view = blinded(lambda _: HttpResponse(str(model.objects.count())))
    with pytest.raises(BlindingBreach, match=model._meta.db_table):
        view(HttpRequest())


def test_a_raters_own_pages_pass_while_judges_run(client: Client) -> None:
    study = small_study()
    started(study)
    judged()
    rater = participant(study, Role.RATER, "late-rater@example.org")
    client.force_login(rater.person)
    assert client.get("/studies/trial/rate/").status_code == 200
