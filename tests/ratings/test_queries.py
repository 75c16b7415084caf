"""Progress and completeness: a rater's own pace, and counts that know no arm."""

from dataclasses import replace

import pytest

from study.protocol.errors import NotFound
from study.protocol.models import Study
from study.ratings.models import Assignment
from study.ratings.queries import (
    Place,
    Queue,
    assignment_at,
    completeness,
    queue_of,
    rating_summary,
    saved_latest,
)
from study.ratings.services import revise_rating, save_guess, save_rating, save_rating_draft
from tests.builders import NOW
from tests.ratings.world import ABSTENTION, GUESS, RATING, opened_study, place, rater

pytestmark = pytest.mark.django_db


def rate(study: Study, position: int, seconds: float | None = 60.0) -> Assignment:
    member = rater(study)
    assignment = place(member, position)
    judgement = replace(RATING, active_seconds=seconds)
    save_rating(assignment=assignment, participant=member, judgement=judgement, now=NOW)
    return assignment


def test_a_queue_tells_the_state_of_each_place() -> None:
    study = opened_study()
    member = rater(study)
    first = rate(study, 1)
    rate(study, 2)
    save_guess(assignment=first, participant=member, guess=GUESS, now=NOW)
    save_rating_draft(assignment=place(member, 4), participant=member, fields={}, active_seconds=1, now=NOW)
    queue = queue_of(member)
    assert [each.state for each in queue.places[:4]] == ["rated", "guess", "open", "begun"]
    assert (queue.rated, queue.total) == (2, 12)
    assert queue.next_place == Place(2, "guess")


def test_the_time_left_follows_the_median_of_the_own_pace() -> None:
    study = opened_study()
    for position, seconds in enumerate([60.0, 120.0, 6000.0, None], start=1):
        rate(study, position, seconds)
    assert queue_of(rater(study)).minutes_left == 16
    assert queue_of(rater(study, 1)).minutes_left is None


@pytest.mark.parametrize(("minutes", "words"), [(170, "2 h 50 min"), (9, "9 min"), (0, "1 min"), (None, "")])
def test_the_time_left_is_said_in_hours_and_minutes(minutes: int | None, words: str) -> None:
    assert Queue((), minutes).time_left == words


def test_a_finished_queue_has_no_next_place() -> None:
    assert Queue((Place(1, "rated"),), None).next_place is None


@pytest.mark.parametrize("position", [0, 13, 10**30])
def test_a_place_outside_the_queue_is_not_found(position: int) -> None:
    with pytest.raises(NotFound):
        assignment_at(rater(opened_study()), position)


def test_completeness_counts_by_rater_and_by_vignette() -> None:
    study = opened_study()
    rate(study, 1)
    found = completeness(study)
    assert (found.planned, found.rated, found.guesses_asked, found.guesses_given) == (48, 1, 48, 0)
    assert [(each.label, each.rated, each.planned) for each in found.raters] == [
        ("Rater 1", 1, 12),
        ("Rater 2", 0, 12),
        ("Rater 3", 0, 12),
        ("Rater 4", 0, 12),
    ]
    assert [each.planned for each in found.vignettes] == [16, 16, 16]


def test_a_revision_is_not_counted_twice_and_the_latest_counts() -> None:
    study = opened_study()
    assignment = rate(study, 1)
    member = rater(study)
    revise_rating(assignment=assignment, participant=member, judgement=ABSTENTION, reason="so", now=NOW)
    found = completeness(study)
    assert (found.rated, found.abstained) == (1, 1)
    assert [rating.revision for rating in saved_latest(study)] == [2]


def test_a_saved_rating_is_told_in_words() -> None:
    study = opened_study()
    member = rater(study)
    rating = save_rating(assignment=place(member), participant=member, judgement=RATING, now=NOW)
    words = dict(rating_summary(rating))
    assert words["Medication safety"] == "4: Safe with a small caveat"
    assert words["Kind of error"] == "omission"
    assert words["Error tags"] == "Omission"


def test_an_abstention_is_told_with_its_reason() -> None:
    study = opened_study()
    member = rater(study)
    rating = save_rating(assignment=place(member), participant=member, judgement=ABSTENTION, now=NOW)
    assert rating_summary(rating) == [("Cannot judge", "Not my field."), ("Comment", "none")]
