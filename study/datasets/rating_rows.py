"""Reads of assignments, ratings and guesses for the freeze; what was withdrawn is left out."""

from dataclasses import dataclass

from django.db.models import QuerySet

from study.blinding.key import SealKey
from study.datasets.inputs import Guess, Judgement, RaterFacts, squeeze
from study.datasets.mismatch import require
from study.participants.models import Participant, Role
from study.privacy.queries import withdrawn_participants
from study.protocol.models import Study
from study.ratings.models import Assignment, Rating, SourceGuess
from study.responses.models import Response


@dataclass(frozen=True)
class Gone:
    """What was withdrawn before the freeze: ids of residents, of the items they wrote, and of raters."""

    residents: frozenset[int]
    items: frozenset[int]
    raters: frozenset[int]


def withdrawn(study: Study) -> Gone:
    """Return what no table of the dataset may hold."""
    residents = withdrawn_participants(study, Role.RESIDENT)
    answers = Response.objects.filter(study=study, resident__in=residents)
    keys = SealKey.objects.filter(study_id=study.pk, response_id__in=answers.values("pk"))
    items = frozenset(keys.values_list("item_id", flat=True)) if residents else frozenset()
    return Gone(residents, items, withdrawn_participants(study, Role.RATER))


def assignments_of(study: Study, gone: Gone) -> QuerySet[Assignment]:
    """Return the assignments that count."""
    rows = Assignment.objects.filter(item__study=study)
    return rows.exclude(rater__in=gone.raters).exclude(item__in=gone.items)


def open_assignments(study: Study) -> QuerySet[Assignment]:
    """Return the assignments that no saved rating answers, by rater and place in the queue."""
    return (
        assignments_of(study, withdrawn(study))
        .filter(ratings__isnull=True)
        .select_related("rater__person")
        .order_by("rater_id", "position")
    )


def open_guesses(study: Study) -> int:
    """Return how many guesses are still owed for saved ratings."""
    counted = assignments_of(study, withdrawn(study))
    rated = counted.filter(guess_asked=True, ratings__isnull=False)
    return rated.filter(guess__isnull=True).distinct().count()


def judgements_of(study: Study, gone: Gone) -> tuple[Judgement, ...]:
    counted = assignments_of(study, gone)
    rows = Rating.objects.filter(assignment__in=counted).order_by("assignment_id", "revision")
    revisions: dict[int, list[Rating]] = {}
    for rating in rows.select_related("assignment").prefetch_related("scores"):
        revisions.setdefault(rating.assignment_id, []).append(rating)
    open_count = open_assignments(study).count()
    assigned = counted.count()
    require(len(revisions) + open_count == assigned, f"{assigned} assignments, {open_count} of them open")
    return tuple(_judgement(each) for each in revisions.values())


def _judgement(revisions: list[Rating]) -> Judgement:
    latest = revisions[-1]
    assignment = latest.assignment
    seconds = [rating.active_seconds for rating in revisions if rating.active_seconds is not None]
    return Judgement(
        item=assignment.item_id,
        rater=assignment.rater_id,
        copy=assignment.copy,
        position=assignment.position,
        revision=latest.revision,
        active_seconds=sum(seconds) if seconds else None,
        cannot_judge=latest.cannot_judge,
        scores={score.dimension: score.value for score in latest.scores.all()},
        extent=latest.harm_extent,
        likelihood=latest.harm_likelihood,
        commission=latest.commission,
        omission=latest.omission,
        error_tags=tuple(latest.error_tags),
        confidence=latest.confidence,
    )


def guesses_of(study: Study, gone: Gone) -> tuple[Guess, ...]:
    given = SourceGuess.objects.filter(assignment__in=assignments_of(study, gone))
    rows = given.select_related("assignment").order_by("id")
    return tuple(
        Guess(
            item=row.assignment.item_id,
            rater=row.assignment.rater_id,
            copy=row.assignment.copy,
            guess=row.guess,
            certainty=row.certainty,
            reason=squeeze(row.reason),
        )
        for row in rows
    )


def raters_of(study: Study, gone: Gone) -> dict[int, RaterFacts]:
    assigned = assignments_of(study, gone).values("rater_id")
    people = Participant.objects.filter(pk__in=assigned).order_by("pk")
    return {
        rater.pk: RaterFacts(rater.profession or "not stated", rater.years_in_practice) for rater in people
    }
