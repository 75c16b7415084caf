from collections.abc import Callable

import pytest
from django.test import Client

from study.participants.models import Participant, Person
from study.protocol.models import Study
from study.protocol.vocabulary import Phase
from study.responses.models import AnsweringClosure, Generation, ModelSetup
from tests.builders import add_people, draft_study
from tests.responses.conftest import lead

SETUP = {"engine": "openai", "model": "served", "prompt_version": "1", "draws": "2", "max_attempts": "3"}


@pytest.fixture
def office(client_of: Callable[[Person], Client], trial: Study) -> Client:
    """An investigator's browser."""
    return client_of(lead())


@pytest.fixture
def early(client_of: Callable[[Person], Client], db: None) -> Client:
    """An investigator's browser, with a study in draft."""
    add_people(draft_study(), raters=0)
    return client_of(lead())


def test_the_models_page_shows_progress_over_all_models(office: Client) -> None:
    Generation.objects.filter(study_vignette__code="MS-01").update(state="failed", problem="no such model")
    page = office.get("/studies/trial/models/").content.decode()
    assert "4 queued, 2 failed" in page
    assert "2 × no such model" in page


def test_failed_draws_are_queued_again_by_a_button(office: Client) -> None:
    Generation.objects.update(state="failed", problem="no such model")
    assert office.post("/studies/trial/models/retry/").status_code == 302
    assert Generation.objects.filter(state="queued", problem="").count() == 6


def test_a_get_retries_nothing(office: Client) -> None:
    assert office.get("/studies/trial/models/retry/").status_code == 405


def test_answering_opens_by_a_button(early: Client) -> None:
    assert early.post("/studies/trial/answering/open/").status_code == 302
    assert Study.objects.get().phase == Phase.ANSWERING


def test_what_blocks_the_opening_is_listed(early: Client) -> None:
    ModelSetup.objects.filter(arm__name="model-1").delete()
    refusal = early.post("/studies/trial/answering/open/")
    assert refusal.status_code == 409
    assert "The arm Model 1 has no model set up." in refusal.content.decode()
    assert "The arm Model 1 has no model set up." in early.get("/studies/trial/models/").content.decode()


def test_a_model_is_set_up_by_its_form(early: Client) -> None:
    posted = early.post("/studies/trial/models/model-1/setup/", {**SETUP, "sampling_temperature": "0.1"})
    assert posted.status_code == 302
    setup = ModelSetup.objects.get(arm__name="model-1")
    assert (setup.model, setup.draws, setup.sampling["temperature"], setup.sampling["top_k"]) == (
        "served",
        2,
        0.1,
        None,
    )


def test_the_form_is_filled_from_a_profile_and_nothing_is_stored(early: Client) -> None:
    before = ModelSetup.objects.get(arm__name="model-1")
    page = early.get("/studies/trial/models/model-1/setup/?profile=safemed-r1")
    values = {name: page.context["form"][name].value() for name in ("profile", "model", "prompt_version")}
    assert values == {"profile": "safemed-r1", "model": "safemed-r1", "prompt_version": "safemed-r1-1"}
    assert page.context["form"]["sampling_max_tokens"].value() == 2816
    assert "recorded as truncated" in page.content.decode()
    assert ModelSetup.objects.get(arm__name="model-1").model == before.model


def test_a_filled_form_stores_the_profile(early: Client) -> None:
    page = early.get("/studies/trial/models/model-1/setup/?profile=plain-instruct")
    form = page.context["form"]
    filled = {name: form[name].value() for name in form.fields}
    posted = {name: value for name, value in filled.items() if value is not None}
    assert early.post("/studies/trial/models/model-1/setup/", posted).status_code == 302
    setup = ModelSetup.objects.get(arm__name="model-1")
    assert (setup.profile["name"], setup.prompt_version) == ("plain-instruct", "plain-instruct-1")
    assert "profile plain-instruct 1" in early.get("/studies/trial/models/").content.decode()


def test_an_unknown_profile_is_not_found(early: Client) -> None:
    assert early.get("/studies/trial/models/model-1/setup/?profile=../x").status_code == 404


def test_no_page_offers_to_choose_among_draws(office: Client) -> None:
    page = office.get("/studies/trial/models/").content.decode().lower()
    assert not [word for word in ("best", "choose", "select") if word in page]


def test_a_wrong_setup_comes_back_with_its_faults(early: Client) -> None:
    page = early.post("/studies/trial/models/model-1/setup/", {**SETUP, "sampling_top_p": "7"})
    assert page.status_code == 422
    assert "sampling.top_p must be a number from 0 to 1" in page.content.decode()


def test_a_setup_starts_from_what_is_stored(early: Client) -> None:
    page = early.get("/studies/trial/models/model-2/setup/")
    assert page.context["form"]["ability"].value() == 0.6


@pytest.mark.parametrize("name", ["pgy1", "nobody"])
def test_only_model_arms_are_set_up(early: Client, name: str) -> None:
    assert early.get(f"/studies/trial/models/{name}/setup/").status_code == 404


def test_the_close_page_lists_what_is_open(office: Client) -> None:
    page = office.get("/studies/trial/answering/close/").content.decode()
    assert "14 answers are still open" in page
    assert "MS-01: 2" in page


def test_closing_without_a_reason_changes_nothing(office: Client) -> None:
    page = office.post("/studies/trial/answering/close/", {"confirm": "on", "reason": ""})
    assert page.status_code == 422
    assert not AnsweringClosure.objects.exists()


def test_closing_needs_the_confirmation(office: Client) -> None:
    page = office.post("/studies/trial/answering/close/", {"reason": "Term ends."})
    assert page.status_code == 422
    assert "Term ends." in page.content.decode()


def test_closing_stores_the_reason_and_shows_it(office: Client) -> None:
    posted = office.post("/studies/trial/answering/close/", {"confirm": "on", "reason": "Term ends."})
    assert posted.status_code == 302
    assert "Term ends." in office.get("/studies/trial/answering/close/").content.decode()


def test_no_page_of_the_investigator_names_a_resident(office: Client, resident: Participant) -> None:
    for path in ("models/", "answering/close/"):
        assert resident.person.email not in office.get(f"/studies/trial/{path}").content.decode()


def test_an_arm_without_a_setup_starts_from_the_defaults(early: Client) -> None:
    ModelSetup.objects.filter(arm__name="model-1").delete()
    page = early.get("/studies/trial/models/model-1/setup/")
    assert page.context["form"]["sampling_temperature"].value() == 0.7
