"""Emptying what a rater judged, before the data are frozen; the caller holds the act and its lock."""

from datetime import datetime

from django.db.models import QuerySet

from study.participants.models import Participant
from study.protocol.audit_context import without_values
from study.protocol.audit_erasure import erase_history
from study.ratings.models import Rating, RatingDraft, Score, SourceGuess

# What the database takes as the reason of a rating that is no judgement any more.
WITHDRAWN = "withdrawn"


def withdraw_ratings(*, participant: Participant, now: datetime) -> int:
    """Empty the rater's ratings and delete scores, guesses and drafts; return how many places were rated.

    The emptied rows stay as tombstones, so that nobody is asked for them again.
    """
    ratings = Rating.objects.filter(assignment__rater=participant, erased_at=None)
    rows = list(ratings.values_list("pk", "assignment_id"))
    rated = [row for row, _ in rows]
    scores, guesses = (
        Score.objects.filter(rating__in=rated),
        SourceGuess.objects.filter(assignment__rater=participant),
    )
    scored, guessed = (list(each.values_list("pk", flat=True)) for each in (scores, guesses))
    RatingDraft.objects.filter(assignment__rater=participant).delete()
    with without_values():
        _empty(ratings.filter(revision=1), "", now)
        _empty(ratings.filter(revision__gt=1), WITHDRAWN, now)
        scores.delete()
        guesses.delete()
    erase_history(table=Rating._meta.db_table, row_ids=rated, now=now)
    erase_history(table=Score._meta.db_table, row_ids=scored, now=now)
    erase_history(table=SourceGuess._meta.db_table, row_ids=guessed, now=now)
    return len({assignment for _, assignment in rows})


def _empty(ratings: QuerySet[Rating], reason: str, now: datetime) -> None:
    ratings.update(
        cannot_judge=True,
        cannot_judge_reason=WITHDRAWN,
        harm_extent="",
        harm_likelihood="",
        commission=False,
        omission=False,
        error_tags=[],
        comment="",
        confidence=None,
        active_seconds=None,
        reason=reason,
        erased_at=now,
    )
