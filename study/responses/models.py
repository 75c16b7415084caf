"""Answers by residents and by models. Foreign keys from a response point with `related_name="+"`."""

from django.db import models
from django.db.models import Q

from study.protocol.leases import LeasedRow
from study.protocol.records import RecordedAnswer


class Outcome(models.TextChoices):
    """How an answer came out; kept as it is, whatever it is."""

    ANSWERED = "answered", "Answered"
    EMPTY = "empty", "Empty"
    TRUNCATED = "truncated", "Truncated"
    UNCLOSED = "unclosed", "A tag is not closed"
    REFUSED = "refused", "Refused"
    WRONG_LANGUAGE = "language", "Another language"
    UNPARSED = "unparsed", "A section is missing"


class ModelSetup(models.Model):
    """How one model arm is asked: everything that decides its answers.

    `profile` is empty without one, else its name, version and SHA-256; its system prompt and its options of
    the engine are copied here, so that another edition of the file changes no study.
    """

    class Engine(models.TextChoices):
        SCRIPTED = "scripted", "Scripted (simulated)"
        OPENAI = "openai", "OpenAI-compatible server"
        VLLM = "vllm", "vLLM inside the worker"
        IMPORTED = "imported", "Imported answers"

    arm = models.OneToOneField("study.Arm", models.PROTECT, related_name="model_setup")
    engine = models.CharField(max_length=12, choices=Engine.choices)
    model = models.CharField(max_length=120)
    revision = models.CharField(max_length=80, blank=True, default="")
    base_url = models.CharField(max_length=200, blank=True, default="")
    profile = models.JSONField(default=dict, blank=True)
    prompt_version = models.CharField(max_length=20)
    system_prompt = models.TextField(blank=True, default="")
    sampling = models.JSONField(default=dict)
    serve = models.JSONField(default=dict, blank=True)
    draws = models.PositiveSmallIntegerField(default=1)
    max_attempts = models.PositiveSmallIntegerField(default=3)
    ability = models.FloatField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(draws__gte=1), name="setup_draws_positive"),
            models.CheckConstraint(
                condition=Q(engine="scripted", ability__isnull=False) | ~Q(engine="scripted"),
                name="setup_scripted_has_ability",
            ),
        ]


class PlannedResponse(models.Model):
    """One vignette that one resident is asked to answer, at its place in the resident's own list."""

    study = models.ForeignKey("study.Study", models.PROTECT, related_name="+")
    resident = models.ForeignKey("study.Participant", models.PROTECT, related_name="+")
    study_vignette = models.ForeignKey("study.StudyVignette", models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    seed = models.BigIntegerField()
    algorithm = models.CharField(max_length=20)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["resident", "study_vignette"], name="planned_once"),
            models.UniqueConstraint(fields=["resident", "position"], name="planned_position_once"),
        ]


class Draft(models.Model):
    """Unsent text; the only rows here that may change and go.

    `tab` names the page that saved last, `rival` keeps the text of another page that disagreed with it.
    """

    planned = models.OneToOneField(PlannedResponse, models.CASCADE, related_name="draft")
    sections = models.JSONField(default=dict)
    resources = models.TextField(blank=True, default="")
    rival = models.JSONField(null=True, default=None)
    version = models.PositiveIntegerField(default=1)
    tab = models.CharField(max_length=32, blank=True, default="")
    active_seconds = models.FloatField(default=0)
    saved_at = models.DateTimeField()


class Generation(LeasedRow):
    """One draw that a model owes."""

    study = models.ForeignKey("study.Study", models.PROTECT, related_name="+")
    arm = models.ForeignKey("study.Arm", models.PROTECT, related_name="+")
    study_vignette = models.ForeignKey("study.StudyVignette", models.PROTECT, related_name="+")
    variant = models.CharField(max_length=20, default="original")
    draw = models.PositiveSmallIntegerField()
    seed = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["arm", "study_vignette", "variant", "draw"], name="generation_once"
            ),
            models.CheckConstraint(
                condition=Q(state="running", lease_until__isnull=False)
                | (~Q(state="running") & Q(lease_token="")),
                name="generation_lease_while_running",
            ),
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="generation_due")]


class GenerationAttempt(RecordedAnswer):
    """What went over the wire and what came back, once per model answer; never changed."""

    generation = models.ForeignKey(Generation, models.PROTECT, related_name="records")
    outcome = models.CharField(max_length=12, choices=Outcome.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["generation", "number"], name="attempt_number_once")]


class Response(models.Model):
    """A submitted answer: exactly one author, resident or model draw; never changed, only ever emptied."""

    study = models.ForeignKey("study.Study", models.PROTECT, related_name="+")
    study_vignette = models.ForeignKey("study.StudyVignette", models.PROTECT, related_name="+")
    resident = models.ForeignKey("study.Participant", models.PROTECT, null=True, related_name="+")
    model_arm = models.ForeignKey("study.Arm", models.PROTECT, null=True, related_name="+")
    attempt = models.OneToOneField(GenerationAttempt, models.PROTECT, null=True, related_name="+")
    variant = models.CharField(max_length=20, default="original")
    draw = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=12, choices=Outcome.choices, default=Outcome.ANSWERED)
    sections = models.JSONField()
    text_sha256 = models.CharField(max_length=64)
    receipt = models.CharField(max_length=8)
    active_seconds = models.FloatField(null=True)
    resources = models.TextField(blank=True, default="")
    submitted_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(resident__isnull=False, model_arm__isnull=True, attempt__isnull=True, draw=1)
                | Q(resident__isnull=True, model_arm__isnull=False),
                name="response_one_author",
            ),
            models.UniqueConstraint(
                fields=["resident", "study_vignette"],
                condition=Q(resident__isnull=False),
                name="response_once_per_resident",
            ),
            models.UniqueConstraint(
                fields=["model_arm", "study_vignette", "variant", "draw"],
                condition=Q(model_arm__isnull=False),
                name="response_once_per_draw",
            ),
        ]


class ConflictingCopy(models.Model):
    """A second, different text sent after submission: kept, never part of the data."""

    response = models.ForeignKey(Response, models.PROTECT, related_name="+")
    sections = models.JSONField()
    text_sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)


class AnsweringClosure(models.Model):
    """The end of answering: who closed it, why, and what was open then. Nothing is accepted after it."""

    study = models.OneToOneField("study.Study", models.PROTECT, related_name="+")
    person = models.ForeignKey("study.Person", models.PROTECT, related_name="+")
    reason = models.TextField(blank=True, default="")
    open_list = models.JSONField()
    closed_at = models.DateTimeField()
