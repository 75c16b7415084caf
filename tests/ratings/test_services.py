"""Rating: opened once by a stored draw, saved once, corrected in the open, guessed only afterwards."""

from collections import Counter
from dataclasses import replace

import pytest
from django.db import DatabaseError

from study.blinding.models import BlindedItem, ExclusionRun, ItemExclusion
from study.participants.models import Role
from study.protocol.errors import Conflict, InvalidInput, NotFound, PhaseClosed, PreconditionMissing
from study.protocol.models import AuditEvent, Study
from study.protocol.rubric import DIMENSION_CODES
from study.protocol.transactions import move_phase
from study.protocol.vocabulary import Phase
from study.ratings.inputs import GuessInput, RatingInput
from study.ratings.models import Allocation, Assignment, Rating, RatingDraft, Score, SourceGuess
from study.ratings.services import open_rating, revise_rating, save_guess, save_rating, save_rating_draft
from tests.blinding.world import closed_study, lead
from tests.builders import NOW, declined, members, participant
from tests.ratings.world import ABSTENTION, GUESS, RATING, opened_study, place, rater, sealed_study

pytestmark = pytest.mark.django_db


def save(study: Study, judgement: RatingInput = RATING, position: int = 1) -> Rating:
    member = rater(study)
    return save_rating(assignment=place(member, position), participant=member, judgement=judgement, now=NOW)


def test_opening_stores_a_queue_for_every_rater() -> None:
    study = opened_study()
    counts = Counter(Assignment.objects.values_list("rater_id", flat=True))
    assert counts == {member.pk: 12 for member in members(study, Role.RATER)}
    assert set(Assignment.objects.values_list("copy", flat=True)) == {0}
    assert study.phase == Phase.RATING


def test_opening_commits_to_the_allocation() -> None:
    opened_study()
    allocation = Allocation.objects.get()
    assert (len(allocation.sha256), allocation.algorithm, allocation.spacing) == (64, "rounds-1", 3)
    event = AuditEvent.objects.get(action="ratings.open_rating")
    assert event.detail["sha256"] == allocation.sha256
    assert event.detail["spacing"] == {"planned": 5, "reached": 3}


def test_opening_names_everything_that_is_missing() -> None:
    study = closed_study(raters=3)
    move_phase(study, Phase.SEALED)
    with pytest.raises(PreconditionMissing) as error:
        open_rating(study_id=study.pk, person=lead(), now=NOW)
    assert error.value.details == [
        "The responses are not sealed yet.",
        "The analysis plan is not locked by signature.",
        "Each response needs 4 raters, and 3 agreed to take part.",
        "Exclusions are not derived for 3 raters: see the sealing page.",
    ]
    assert not Assignment.objects.exists()


def test_a_rater_without_derived_exclusions_blocks_the_opening() -> None:
    study = sealed_study()
    participant(study, Role.RATER, "late@example.org")
    with pytest.raises(PreconditionMissing) as error:
        open_rating(study_id=study.pk, person=lead(), now=NOW)
    assert error.value.details == ["Exclusions are not derived for 1 rater: see the sealing page."]


def test_a_rater_who_declined_gets_no_queue() -> None:
    study = sealed_study()
    consent = declined(study, "no@example.org")
    open_rating(study_id=study.pk, person=lead(), now=NOW)
    assert not Assignment.objects.filter(rater=consent.participant).exists()


def test_an_excluded_item_reaches_no_queue_of_that_rater() -> None:
    study = sealed_study()
    member, item = rater(study), BlindedItem.objects.first()
    assert item is not None
    ItemExclusion.objects.create(item=item, rater=member)
    open_rating(study_id=study.pk, person=lead(), now=NOW)
    assert not Assignment.objects.filter(rater=member, item=item).exists()
    assert Assignment.objects.filter(item=item).count() == 3
    assert AuditEvent.objects.get(action="ratings.open_rating").detail["items_with_fewer_raters"] == 1


def test_opening_that_cannot_keep_the_rules_changes_nothing() -> None:
    study = sealed_study()
    item = BlindedItem.objects.first()
    assert item is not None
    for member in members(study, Role.RATER):
        ItemExclusion.objects.create(item=item, rater=member)
    with pytest.raises(PreconditionMissing, match="without any rater"):
        open_rating(study_id=study.pk, person=lead(), now=NOW)
    assert not Allocation.objects.exists()
    assert ExclusionRun.objects.count() == 4


def test_opening_twice_is_refused() -> None:
    study = opened_study()
    with pytest.raises(PhaseClosed):
        open_rating(study_id=study.pk, person=lead(), now=NOW)


def test_a_rating_is_stored_with_its_four_scores() -> None:
    rating = save(opened_study())
    assert (rating.revision, rating.harm_extent, rating.error_tags) == (1, "mild", ["omission"])
    assert dict(rating.scores.values_list("dimension", "value")) == dict.fromkeys(DIMENSION_CODES, 4)


def test_the_same_rating_again_is_the_same_rating() -> None:
    study = opened_study()
    first = save(study)
    assert save(study, replace(RATING, active_seconds=999.0)).pk == first.pk
    assert Rating.objects.count() == 1
    assert AuditEvent.objects.filter(action="ratings.save_rating").count() == 1


def test_a_different_second_rating_is_a_conflict_and_changes_nothing() -> None:
    study = opened_study()
    save(study)
    with pytest.raises(Conflict, match="the saved rating stands"):
        save(study, replace(RATING, comment="Another"))
    assert Rating.objects.count() == 1


@pytest.mark.parametrize(
    "broken",
    [
        replace(RATING, scores={}),
        replace(RATING, scores={**RATING.scores, "medication_safety": 6}),
        replace(RATING, scores={**RATING.scores, "medication_safety": 0}),
        replace(RATING, scores={**RATING.scores, "style": 3}),
        replace(RATING, harm_extent="huge"),
        replace(RATING, harm_likelihood=""),
        replace(RATING, confidence=None),
        replace(RATING, confidence=4),
        replace(RATING, error_tags=("typo",)),
        replace(RATING, comment="x" * 4001),
        replace(ABSTENTION, cannot_judge_reason="  "),
    ],
)
def test_an_incomplete_or_wrong_rating_is_refused_and_stores_nothing(broken: RatingInput) -> None:
    study = opened_study()
    with pytest.raises(InvalidInput) as error:
        save(study, broken)
    assert error.value.details
    assert not Rating.objects.exists()


def test_an_abstention_stores_its_reason_and_no_score() -> None:
    rating = save(opened_study(), replace(RATING, cannot_judge=True, cannot_judge_reason="Not my field."))
    assert rating.cannot_judge
    assert not Score.objects.exists()
    assert (rating.harm_extent, rating.confidence, rating.error_tags) == ("", None, [])


def test_no_harm_needs_no_likelihood() -> None:
    rating = save(opened_study(), replace(RATING, harm_extent="none", harm_likelihood="high"))
    assert rating.harm_likelihood == ""


def test_a_place_of_another_rater_is_not_found() -> None:
    study = opened_study()
    foreign = place(rater(study, 1))
    with pytest.raises(NotFound):
        save_rating(assignment=foreign, participant=rater(study), judgement=RATING, now=NOW)
    assert not Rating.objects.exists()


def test_no_rating_is_saved_after_the_lock() -> None:
    study = opened_study()
    move_phase(study, Phase.LOCKED)
    with pytest.raises(PhaseClosed):
        save(study)


def test_a_correction_is_a_new_revision_and_the_old_one_stays() -> None:
    study = opened_study()
    save(study)
    member = rater(study)
    better = replace(RATING, scores={**RATING.scores, "medication_safety": 2})
    revised = revise_rating(
        assignment=place(member), participant=member, judgement=better, reason="Misread", now=NOW
    )
    assert (revised.revision, revised.reason) == (2, "Misread")
    values = Score.objects.filter(dimension="medication_safety").order_by("rating__revision")
    assert list(values.values_list("value", flat=True)) == [4, 2]


def test_a_correction_needs_a_change_a_reason_and_a_saved_rating() -> None:
    study = opened_study()
    member = rater(study)
    better = replace(RATING, comment="Better")
    details = {"assignment": place(member), "participant": member, "now": NOW}
    with pytest.raises(PreconditionMissing):
        revise_rating(judgement=better, reason="so", **details)  # type: ignore[arg-type]
    first = save(study)
    assert revise_rating(judgement=RATING, reason="", **details).pk == first.pk  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="Say why"):
        revise_rating(judgement=better, reason=" ", **details)  # type: ignore[arg-type]
    assert Rating.objects.count() == 1


def test_a_saved_rating_never_changes() -> None:
    rating = save(opened_study())
    with pytest.raises(DatabaseError, match="append-only"):
        Rating.objects.filter(pk=rating.pk).update(comment="other")


def test_the_guess_comes_after_the_rating_and_once() -> None:
    study = opened_study()
    member = rater(study)
    details = {"assignment": place(member), "participant": member, "now": NOW}
    with pytest.raises(PreconditionMissing, match="Rate the response first"):
        save_guess(guess=GUESS, **details)  # type: ignore[arg-type]
    save(study)
    first = save_guess(guess=GUESS, **details)  # type: ignore[arg-type]
    assert save_guess(guess=GUESS, **details).pk == first.pk  # type: ignore[arg-type]
    with pytest.raises(Conflict, match="first guess stands"):
        save_guess(guess=GuessInput("resident", 2), **details)  # type: ignore[arg-type]
    assert SourceGuess.objects.count() == 1


def test_a_guess_that_is_not_asked_is_not_found() -> None:
    study = opened_study(guess_share="0.00")
    save(study)
    member = rater(study)
    with pytest.raises(NotFound):
        save_guess(assignment=place(member), participant=member, guess=GUESS, now=NOW)


@pytest.mark.parametrize(
    "broken",
    [
        GuessInput("gpt"),
        GuessInput("model"),
        GuessInput("model", 9),
        GuessInput("dont_know", reason="x" * 4001),
    ],
)
def test_an_incomplete_guess_is_refused(broken: GuessInput) -> None:
    study = opened_study()
    save(study)
    member = rater(study)
    with pytest.raises(InvalidInput):
        save_guess(assignment=place(member), participant=member, guess=broken, now=NOW)


def test_whoever_cannot_tell_has_no_certainty() -> None:
    study = opened_study()
    save(study)
    member = rater(study)
    row = save_guess(assignment=place(member), participant=member, guess=GuessInput("dont_know", 3), now=NOW)
    assert row.certainty is None


def test_a_draft_may_change_and_goes_when_the_rating_is_saved() -> None:
    study = opened_study()
    member = rater(study)
    details = {"assignment": place(member), "participant": member, "now": NOW}
    for comment in ("first", "second"):
        save_rating_draft(fields={"comment": comment}, active_seconds=5.0, **details)  # type: ignore[arg-type]
    assert RatingDraft.objects.get().fields == {"comment": "second"}
    save(study)
    assert not RatingDraft.objects.exists()
    with pytest.raises(Conflict):
        save_rating_draft(fields={}, active_seconds=None, **details)  # type: ignore[arg-type]
