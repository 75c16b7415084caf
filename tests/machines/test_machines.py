"""Random courses of answering, rating and locking end where a plain dictionary says they end."""

import pytest
from django.test import override_settings

from study.participants.models import Role
from tests.builders import add_people, draft_study, members
from tests.datasets.world import lead, second
from tests.machines.answering import AnsweringMachine
from tests.machines.locking import LockingMachine
from tests.machines.machine import play
from tests.machines.rating import RatingMachine
from tests.ratings.world import opened_study as study_in_rating
from tests.responses.conftest import opened_study as study_in_answering

pytestmark = pytest.mark.django_db


@pytest.fixture
def examples(request: pytest.FixtureRequest) -> int:
    """Number of examples of each machine."""
    return int(request.config.getoption("--machine-examples"))


def test_answering_keeps_every_text_where_it_belongs(examples: int) -> None:
    study = study_in_answering(vignettes=2, vignettes_per_resident=2)
    first, other = members(study, Role.RESIDENT)[:2]
    play(lambda: AnsweringMachine(study, first, other), examples)


def test_rating_keeps_every_judgement_and_its_corrections(examples: int) -> None:
    study = study_in_rating(vignettes=1, raters=4)
    first, other = members(study, Role.RATER)[:2]
    play(lambda: RatingMachine(study, first, other), examples)


def test_locking_takes_two_people_and_no_step_out_of_order(examples: int, tmp_path) -> None:  # type: ignore[no-untyped-def]
    study = draft_study(vignettes=1, models=1, vignettes_per_resident=1)
    add_people(study, residents_per_level=1)
    with override_settings(EXPORTS_DIR=tmp_path):
        play(lambda: LockingMachine(study, lead(), second()), examples)
