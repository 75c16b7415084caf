"""Writes of rating: the allocation, ratings and their revisions, guesses, drafts."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from analysis.plan import parse_plan
from study.blinding.models import BlindedItem, ItemCommitment, ItemExclusion
from study.participants.models import Participant, Person
from study.protocol.commitments import CommittedPlace, allocation_commitment, queues_text
from study.protocol.errors import Conflict, InvalidInput, NotFound, PhaseClosed, PreconditionMissing
from study.protocol.models import Study
from study.protocol.queries import locked_plan
from study.protocol.rubric import DIMENSIONS
from study.protocol.transactions import locked_study, move_phase, record_event
from study.protocol.vocabulary import Phase
from study.ratings.allocation import ALGORITHM, AllocationError, AllocationPlan, allocate
from study.ratings.inputs import (
    GuessInput,
    RatingInput,
    canonical_guess,
    canonical_rating,
    guess_problems,
    rating_problems,
)
from study.ratings.models import Allocation, Assignment, Rating, RatingDraft, Score, SourceGuess
from study.ratings.queries import eligible_raters, items_of, latest_rating, opening_blockers


def open_rating(*, study_id: int, person: Person, now: datetime) -> Allocation:
    """Draw and store who rates what in which order, publish the commitment to it, and open rating.

    Raises PreconditionMissing with everything that is missing: sealed responses, the plan's lock, enough
    raters who have agreed, their exclusions, or an allocation that keeps the rules.
    """
    with locked_study(study_id, Phase.SEALED) as study:
        blockers = opening_blockers(study)
        if blockers:
            raise PreconditionMissing("Rating cannot open yet. Nothing was changed.", details=blockers)
        items = list(items_of(study))
        plan = _allocate(study, items)
        allocation = _store_allocation(study, items, plan, now)
        move_phase(study, Phase.RATING)
        detail = {
            "sha256": allocation.sha256,
            "commitment": allocation.commitment,
            "algorithm": ALGORITHM,
            "assignments": len(plan.rows),
            "spacing": {"planned": study.spacing, "reached": plan.spacing},
            "items_with_fewer_raters": len(plan.short),
        }
        record_event(study=study, person=person, action="ratings.open_rating", now=now, detail=detail)
    return allocation


def _allocate(study: Study, items: list[BlindedItem]) -> AllocationPlan:
    excluded = ItemExclusion.objects.filter(item__study=study)
    plan = locked_plan(study)
    share = parse_plan(plan.text).guess_share if plan else float(study.guess_share)
    try:
        return allocate(
            ((item.public_id, item.study_vignette.code, item.wave) for item in items),
            eligible_raters(study).values_list("pk", flat=True),
            excluded.values_list("item__public_id", "rater_id"),
            raters_per_response=study.raters_per_response,
            spacing=study.spacing,
            seed=study.seed,
            guess_share=share,
        )
    except AllocationError as error:
        raise PreconditionMissing(f"The items cannot be allocated. {error} Nothing was changed.") from error


def _store_allocation(
    study: Study, items: list[BlindedItem], plan: AllocationPlan, now: datetime
) -> Allocation:
    by_public_id = {item.public_id: item for item in items}
    items_sha256, commitment = _commitment(study, plan)
    allocation = Allocation.objects.create(
        study=study,
        seed=study.seed,
        algorithm=ALGORITHM,
        spacing=plan.spacing,
        sha256=allocation_sha256(plan),
        items_sha256=items_sha256,
        commitment=commitment,
        allocated_at=now,
    )
    Assignment.objects.bulk_create(
        Assignment(
            rater_id=row.rater,
            item=by_public_id[row.public_id],
            position=row.position,
            guess_asked=row.guess_asked,
        )
        for row in plan.rows
    )
    return allocation


def _commitment(study: Study, plan: AllocationPlan) -> tuple[str, str]:
    """Return the digest of the items that sealing committed to, and the commitment to the allocation."""
    sealed = ItemCommitment.objects.filter(study=study).first()
    if sealed is None:  # sealed before there were commitments
        return "", ""
    places = [CommittedPlace(row.rater, row.position, row.public_id, 0, row.guess_asked) for row in plan.rows]
    return sealed.sha256, allocation_commitment(sealed.sha256, queues_text(places))


def allocation_sha256(plan: AllocationPlan) -> str:
    """Return the hash (hex) of the rows: rater, public id, copy, position, guess asked, in order."""
    rows = [[row.rater, row.public_id, 0, row.position, row.guess_asked] for row in plan.rows]
    return hashlib.sha256(json.dumps(rows, separators=(",", ":")).encode()).hexdigest()


def save_rating(
    *, assignment: Assignment, participant: Participant, judgement: RatingInput, now: datetime
) -> Rating:
    """Store the rating of one place, once. The same rating again returns the stored one.

    Raises NotFound for a foreign place, InvalidInput for an incomplete judgement, Conflict for a different
    second one, PhaseClosed when rating is not open.
    """
    judgement = _checked(judgement)
    with locked_study(participant.study_id, Phase.RATING) as study:
        _require_own(assignment, participant)
        stored = list(assignment.ratings.prefetch_related("scores").order_by("revision"))
        if any(content_of(rating) == _untimed(judgement) for rating in stored):
            return stored[-1]
        if stored:
            raise Conflict(
                "This response is rated already; the saved rating stands. Correct it with a reason instead."
            )
        rating = _insert_rating(assignment, judgement, 1, "", now)
        _finish(study, participant, rating, "ratings.save_rating", now)
    return rating


def revise_rating(
    *, assignment: Assignment, participant: Participant, judgement: RatingInput, reason: str, now: datetime
) -> Rating:
    """Correct a saved rating by a new revision with a reason; the old values stay. No change, no revision."""
    judgement = _checked(judgement)
    with locked_study(participant.study_id, Phase.RATING) as study:
        _require_own(assignment, participant)
        latest = latest_rating(assignment)
        if latest is None:
            raise PreconditionMissing("There is no saved rating to correct yet. Nothing was changed.")
        if content_of(latest) == _untimed(judgement):
            return latest
        if not reason.strip():
            raise InvalidInput("Say why the rating changes. Nothing was stored.")
        rating = _insert_rating(assignment, judgement, latest.revision + 1, reason.strip(), now)
        _finish(study, participant, rating, "ratings.revise_rating", now)
    return rating


def _checked(judgement: RatingInput) -> RatingInput:
    problems = rating_problems(judgement)
    if problems:
        raise InvalidInput("The rating is not complete. Nothing was stored.", details=list(problems.values()))
    return canonical_rating(judgement)


def _require_own(assignment: Assignment, participant: Participant) -> None:
    if assignment.rater_id != participant.pk:
        raise NotFound


def content_of(rating: Rating) -> RatingInput:
    """Return a stored rating as the judgement it came from, without the time it took."""
    return RatingInput(
        scores={score.dimension: score.value for score in rating.scores.all()},
        harm_extent=rating.harm_extent,
        harm_likelihood=rating.harm_likelihood,
        commission=rating.commission,
        omission=rating.omission,
        error_tags=tuple(rating.error_tags),
        comment=rating.comment,
        confidence=rating.confidence,
        cannot_judge=rating.cannot_judge,
        cannot_judge_reason=rating.cannot_judge_reason,
    )


def _untimed(judgement: RatingInput) -> RatingInput:
    return replace(judgement, active_seconds=None)


def _insert_rating(
    assignment: Assignment, judgement: RatingInput, revision: int, reason: str, now: datetime
) -> Rating:
    rating = Rating.objects.create(
        assignment=assignment,
        revision=revision,
        cannot_judge=judgement.cannot_judge,
        cannot_judge_reason=judgement.cannot_judge_reason,
        harm_extent=judgement.harm_extent,
        harm_likelihood=judgement.harm_likelihood,
        commission=judgement.commission,
        omission=judgement.omission,
        error_tags=list(judgement.error_tags),
        comment=judgement.comment,
        confidence=judgement.confidence,
        active_seconds=judgement.active_seconds,
        reason=reason,
        saved_at=now,
    )
    Score.objects.bulk_create(
        Score(rating=rating, dimension=each.code, value=judgement.scores[each.code])
        for each in DIMENSIONS
        if not judgement.cannot_judge
    )
    return rating


def _finish(study: Study, participant: Participant, rating: Rating, action: str, now: datetime) -> None:
    RatingDraft.objects.filter(assignment=rating.assignment).delete()
    detail = {"assignment": rating.assignment_id, "revision": rating.revision}
    record_event(
        study=study, person=participant.person, action=action, now=now, detail=detail, reason=rating.reason
    )


def save_guess(
    *, assignment: Assignment, participant: Participant, guess: GuessInput, now: datetime
) -> SourceGuess:
    """Store who the rater thinks wrote the response: after the rating, where it is asked, and once."""
    problems = guess_problems(guess)
    if problems:
        raise InvalidInput("The guess is not complete. Nothing was stored.", details=list(problems.values()))
    guess = canonical_guess(guess)
    with locked_study(participant.study_id, Phase.RATING) as study:
        _require_own(assignment, participant)
        if not assignment.guess_asked:
            raise NotFound
        if latest_rating(assignment) is None:
            raise PreconditionMissing("Rate the response first; the guess comes after. Nothing was stored.")
        stored = SourceGuess.objects.filter(assignment=assignment).first()
        if stored is not None:
            if GuessInput(stored.guess, stored.certainty, stored.reason) == guess:
                return stored
            raise Conflict("You have guessed here before; the first guess stands.")
        return _insert_guess(study, assignment, participant, guess, now)


def _insert_guess(
    study: Study, assignment: Assignment, participant: Participant, guess: GuessInput, now: datetime
) -> SourceGuess:
    row = SourceGuess.objects.create(
        assignment=assignment,
        guess=guess.guess,
        certainty=guess.certainty,
        reason=guess.reason,
        guessed_at=now,
    )
    detail = {"assignment": assignment.pk}
    record_event(study=study, person=participant.person, action="ratings.save_guess", now=now, detail=detail)
    return row


def save_rating_draft(
    *,
    assignment: Assignment,
    participant: Participant,
    fields: Mapping[str, Any],
    active_seconds: float | None,
    now: datetime,
) -> RatingDraft:
    """Keep what is ticked so far; no study lock and no audit. Conflict once the rating is saved."""
    _require_own(assignment, participant)
    if participant.study.phase != Phase.RATING:
        raise PhaseClosed("Rating is not open. Nothing was changed.")
    if latest_rating(assignment) is not None:
        raise Conflict("This response is rated already; the saved rating stands.")
    values = {"fields": dict(fields), "active_seconds": active_seconds or 0.0, "saved_at": now}
    return RatingDraft.objects.update_or_create(assignment=assignment, defaults=values)[0]
