"""Allocation, clinicians' scores and the guess of the source."""

from django.db import models
from django.db.models import Q

from study.protocol.rubric import (
    CERTAINTIES,
    CONFIDENCES,
    DIMENSION_CODES,
    GUESSES,
    HARM_EXTENTS,
    HARM_LIKELIHOODS,
)


class Allocation(models.Model):
    """The one stored draw of who rates what, and in which order.

    `spacing` is the least distance reached between two items of one vignette in a queue; `sha256` is the hash
    of the rows. `commitment` is published, and also covers which response each item is (`items_sha256`); both
    are empty where the study was sealed before there were commitments.
    """

    study = models.OneToOneField("study.Study", models.PROTECT, related_name="+")
    seed = models.BigIntegerField()
    algorithm = models.CharField(max_length=20)
    spacing = models.PositiveSmallIntegerField(default=0)
    sha256 = models.CharField(max_length=64)
    items_sha256 = models.CharField(max_length=64, blank=True, default="")
    commitment = models.CharField(max_length=64, blank=True, default="")
    allocated_at = models.DateTimeField()


class Assignment(models.Model):
    """One item in one rater's queue; a planned duplicate is copy 1."""

    rater = models.ForeignKey("study.Participant", models.PROTECT, related_name="assignments")
    item = models.ForeignKey("study.BlindedItem", models.PROTECT, related_name="assignments")
    copy = models.PositiveSmallIntegerField(default=0)
    position = models.PositiveSmallIntegerField()
    guess_asked = models.BooleanField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["rater", "item", "copy"], name="assignment_once"),
            models.UniqueConstraint(fields=["rater", "position"], name="assignment_position_once"),
            models.CheckConstraint(condition=Q(copy__in=[0, 1]), name="assignment_copy_known"),
        ]


class RatingDraft(models.Model):
    """What a rater has ticked so far; may change and go."""

    assignment = models.OneToOneField(Assignment, models.CASCADE, related_name="draft")
    fields = models.JSONField(default=dict)
    active_seconds = models.FloatField(default=0)
    saved_at = models.DateTimeField()


class Rating(models.Model):
    """One saved judgement; a correction is a new revision with a reason, and the latest counts."""

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="ratings")
    revision = models.PositiveSmallIntegerField(default=1)
    cannot_judge = models.BooleanField(default=False)
    cannot_judge_reason = models.TextField(blank=True, default="")
    harm_extent = models.CharField(max_length=8, choices=list(HARM_EXTENTS.items()), blank=True, default="")
    harm_likelihood = models.CharField(
        max_length=6, choices=list(HARM_LIKELIHOODS.items()), blank=True, default=""
    )
    commission = models.BooleanField(default=False)
    omission = models.BooleanField(default=False)
    error_tags = models.JSONField(default=list)
    comment = models.TextField(blank=True, default="")
    confidence = models.PositiveSmallIntegerField(null=True, choices=list(CONFIDENCES.items()))
    active_seconds = models.FloatField(null=True)
    reason = models.TextField(blank=True, default="")
    saved_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assignment", "revision"], name="rating_revision_once"),
            models.CheckConstraint(
                condition=Q(revision=1) | ~Q(reason=""), name="rating_revision_has_reason"
            ),
            models.CheckConstraint(
                condition=Q(cannot_judge=True) & ~Q(cannot_judge_reason="")
                | Q(cannot_judge=False, harm_extent__in=list(HARM_EXTENTS), confidence__in=list(CONFIDENCES)),
                name="rating_complete_or_abstained",
            ),
        ]


class Score(models.Model):
    rating = models.ForeignKey(Rating, models.PROTECT, related_name="scores")
    dimension = models.CharField(max_length=24)
    value = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rating", "dimension"], name="score_once_per_dimension"),
            models.CheckConstraint(condition=Q(value__gte=1, value__lte=5), name="score_within_scale"),
            models.CheckConstraint(condition=Q(dimension__in=DIMENSION_CODES), name="score_dimension_known"),
        ]


class SourceGuess(models.Model):
    """Who the rater thinks wrote the response, asked only after the rating is locked."""

    assignment = models.OneToOneField(Assignment, models.PROTECT, related_name="guess")
    guess = models.CharField(max_length=10, choices=list(GUESSES.items()))
    certainty = models.PositiveSmallIntegerField(null=True, choices=list(CERTAINTIES.items()))
    reason = models.TextField(blank=True, default="")
    guessed_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(guess__in=list(GUESSES)), name="guess_known")]
