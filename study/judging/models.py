"""Judges (language models that score sealed responses) and their judgements: an instrument of their own.

Nothing here names an author. Foreign keys to items have no way back: no item leads to a judgement.
"""

from django.db import models
from django.db.models import Q

from study.judging.reading import EMPTY, REFUSED, SCORED, TRUNCATED, UNPARSED
from study.protocol.leases import LeasedRow
from study.protocol.records import RecordedAnswer
from study.protocol.rubric import DIMENSION_CODES


class Outcome(models.TextChoices):
    """How a judgement came out; kept as it is, whatever it is."""

    SCORED = SCORED, "Scored"
    REFUSED = REFUSED, "Refused"
    UNPARSED = UNPARSED, "Not the asked form"
    TRUNCATED = TRUNCATED, "Truncated"
    EMPTY = EMPTY, "Empty"


class Judge(models.Model):
    """How one judge is asked: everything that decides its scores, fixed once it has been started.

    `profile` holds name, version, SHA-256 and family; the profile's prompt and sampling are copied here, so
    that another edition of the file changes no study.
    """

    class Engine(models.TextChoices):
        OPENAI = "openai", "OpenAI-compatible server"
        SCRIPTED = "scripted", "Scripted (simulated)"

    study = models.ForeignKey("study.Study", models.PROTECT, related_name="+")
    name = models.SlugField(max_length=40)
    engine = models.CharField(max_length=12, choices=Engine.choices)
    model = models.CharField(max_length=120)
    revision = models.CharField(max_length=80, blank=True, default="")
    base_url = models.CharField(max_length=200, blank=True, default="")
    profile = models.JSONField()
    prompt_version = models.CharField(max_length=20)
    system_prompt = models.TextField(blank=True, default="")
    sampling = models.JSONField()
    max_attempts = models.PositiveSmallIntegerField()
    seed = models.BigIntegerField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["study", "name"], name="judge_name_once"),
            models.CheckConstraint(condition=Q(max_attempts__gte=1), name="judge_attempts_positive"),
        ]


class Judgement(LeasedRow):
    """One item that one judge owes; once done it never changes. The rationale is the judge's own words."""

    judge = models.ForeignKey(Judge, models.PROTECT, related_name="judgements")
    item = models.ForeignKey("study.BlindedItem", models.PROTECT, related_name="+")
    seed = models.BigIntegerField()
    outcome = models.CharField(max_length=9, choices=Outcome.choices, blank=True, default="")
    rationale = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["judge", "item"], name="judgement_once"),
            models.CheckConstraint(
                condition=Q(state="running", lease_until__isnull=False)
                | (~Q(state="running") & Q(lease_token="")),
                name="judgement_lease_while_running",
            ),
            models.CheckConstraint(
                condition=Q(state="done", outcome__in=Outcome.values) | (~Q(state="done") & Q(outcome="")),
                name="judgement_outcome_when_done",
            ),
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="judgement_due")]


class JudgementAttempt(RecordedAnswer):
    """What went over the wire and what came back, once per reply of a judge; never changed."""

    judgement = models.ForeignKey(Judgement, models.PROTECT, related_name="records")
    outcome = models.CharField(max_length=9, choices=Outcome.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["judgement", "number"], name="judgement_attempt_number_once")
        ]


class JudgementScore(models.Model):
    judgement = models.ForeignKey(Judgement, models.PROTECT, related_name="scores")
    dimension = models.CharField(max_length=24)
    value = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["judgement", "dimension"], name="judgement_score_once_per_dimension"
            ),
            models.CheckConstraint(
                condition=Q(value__gte=1, value__lte=5), name="judgement_score_within_scale"
            ),
            models.CheckConstraint(
                condition=Q(dimension__in=DIMENSION_CODES), name="judgement_score_dimension_known"
            ),
        ]
