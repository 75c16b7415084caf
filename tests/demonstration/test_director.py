from collections import Counter
from dataclasses import replace
from threading import Event

import pytest
from django.utils import timezone

from study.blinding.models import BlindedItem
from study.demonstration.browser import Browser, Page, PlayError
from study.demonstration.cards import cards_of_bank
from study.demonstration.director import Director
from study.demonstration.people import ScriptedRater
from study.demonstration.script import LEAD, PASSWORD, JudgeManner, Script
from study.demonstration.transport import InProcessTransport
from study.demonstration.truth import expected_scores
from study.judging import worker as judging
from study.judging.models import Judgement
from study.participants.models import Person
from study.participants.services import start_study
from study.protocol.inputs import StudyInput, default_arms
from study.protocol.models import Study
from study.protocol.queries import robustness_of
from study.protocol.working import drain
from study.ratings.models import Assignment, Rating
from study.responses.models import Response
from study.responses.worker import take_turn
from tests.builders import load_vignettes

SMALL = Script(
    slug="small", title="Small", seed=3, vignettes=("MS-01", "MS-02"), residents_per_level=1, spacing=1
)


def director(script: Script) -> Director:
    browsers: dict[str, Browser] = {}
    return Director(
        script,
        cards_of_bank(),
        lambda email: browsers.setdefault(email, Browser(InProcessTransport())),
        answer_what_is_due,
    )


def answer_what_is_due(_: Page) -> bool:
    drain([take_turn, judging.take_turn], until_idle=True, poll_s=0, stop=Event())
    return True


@pytest.fixture
def _lead(db: None) -> None:
    load_vignettes(3)
    Person.objects.create_user(LEAD, PASSWORD, name="Lead", can_start_studies=True)


@pytest.mark.usefixtures("_lead")
def test_a_play_ends_in_a_reported_study_with_every_response_rated() -> None:
    director(SMALL).play()
    assert Study.objects.get().phase == "reported"
    originals = Response.objects.filter(variant="original")
    assert (originals.count(), Rating.objects.count()) == (8, 32)


@pytest.mark.usefixtures("_lead")
def test_the_models_of_a_play_also_answer_the_variants_that_no_rater_rates() -> None:
    director(replace(SMALL, stops_in="rating")).play()
    varied = Response.objects.exclude(variant="original")
    assert Counter(varied.values_list("variant", flat=True)) == dict.fromkeys(SMALL.variants, 4)
    assert not Assignment.objects.exclude(item__variant="original").exists()
    assert robustness_of(Study.objects.get()).baseline == "scripted-m2"


@pytest.mark.usefixtures("_lead")
def test_the_judges_of_a_play_score_every_sealed_item_once_however_often_it_is_played() -> None:
    judged = replace(SMALL, judges=(JudgeManner("close", 0.0, 0.5),), ratings_per_rater=0, stops_in="rating")
    for _ in range(2):
        director(judged).play()
    assert Judgement.objects.filter(outcome="scored").count() == BlindedItem.objects.count() == 20


@pytest.mark.usefixtures("_lead")
def test_a_play_that_was_broken_off_is_taken_up_where_it_stood(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(rater: ScriptedRater, page: Page) -> Page:
        if Rating.objects.count() == 5:
            raise PlayError("The power went off.")
        return guess(rater, page)

    guess = ScriptedRater._guess
    monkeypatch.setattr(ScriptedRater, "_guess", stumble)
    with pytest.raises(PlayError, match="power went off"):
        director(SMALL).play()
    monkeypatch.undo()
    director(SMALL).play()
    assert (Study.objects.get().phase, Rating.objects.count()) == ("reported", 32)


@pytest.mark.usefixtures("_lead")
def test_a_play_that_is_over_changes_nothing_when_played_again() -> None:
    script = replace(SMALL, stops_in="answering", idle_residents=1, variants=())
    director(script).play()
    sent = Response.objects.count()
    director(script).play()
    assert Response.objects.count() == sent == 6


@pytest.mark.usefixtures("_lead")
def test_scripted_people_stay_out_of_a_study_that_is_not_simulated() -> None:
    design = StudyInput("small", "Real", simulated=False, seed=1, arms=default_arms([("m", "M")]))
    start_study(person=Person.objects.get(email=LEAD), design=design, now=timezone.now())
    with pytest.raises(PlayError, match="is not simulated"):
        director(SMALL).play()
    assert not Response.objects.exists()


def test_a_higher_ability_earns_higher_expected_scores_on_every_dimension() -> None:
    cards = list(cards_of_bank().values())[:6]
    low, high = (expected_scores(cards, ability, seed=1).mean for ability in (0.4, 0.9))
    assert all(high[dimension] > low[dimension] + 0.5 for dimension in low)
