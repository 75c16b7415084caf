"""The study, its arms, its phase, its plan and signatures; approvals; one audit event per use case."""

from django.db import models
from django.db.models import Q

from study.protocol.vocabulary import ArmKind, Level, Meaning, Phase


class Study(models.Model):
    slug = models.SlugField(unique=True, max_length=60)
    title = models.CharField(max_length=200)
    simulated = models.BooleanField()
    phase = models.CharField(max_length=12, choices=Phase.choices, default=Phase.DRAFT)
    rubric_version = models.CharField(max_length=8)
    seed = models.BigIntegerField()
    raters_per_response = models.PositiveSmallIntegerField(default=4)
    vignettes_per_resident = models.PositiveSmallIntegerField(default=2)
    spacing = models.PositiveSmallIntegerField(default=5)
    word_cap = models.PositiveSmallIntegerField(default=250)
    margin = models.DecimalField(max_digits=4, decimal_places=2, default="0.50")
    guess_share = models.DecimalField(max_digits=3, decimal_places=2, default="1.00")
    exclude_own_site = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "studies"
        constraints = [
            models.CheckConstraint(condition=Q(phase__in=Phase.values), name="study_phase_known"),
            models.CheckConstraint(condition=Q(margin__gt=0), name="study_margin_positive"),
            models.CheckConstraint(
                condition=Q(guess_share__gte=0, guess_share__lte=1), name="study_guess_share"
            ),
            models.CheckConstraint(condition=Q(raters_per_response__gte=1), name="study_raters_positive"),
            models.CheckConstraint(condition=Q(word_cap__gte=50), name="study_word_cap"),
        ]

    def __str__(self) -> str:
        return self.slug


class Arm(models.Model):
    study = models.ForeignKey(Study, models.PROTECT, related_name="arms")
    name = models.SlugField(max_length=40)
    label = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=ArmKind.choices)
    level = models.CharField(max_length=4, choices=Level.choices, blank=True, default="")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["study", "name"], name="arm_name_once"),
            models.UniqueConstraint(fields=["study", "position"], name="arm_position_once"),
            models.UniqueConstraint(
                fields=["study", "level"], condition=Q(kind="resident"), name="arm_level_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="resident", level__in=Level.values) | Q(kind="model", level=""),
                name="arm_level_belongs_to_residents",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class StudyVignette(models.Model):
    study = models.ForeignKey(Study, models.PROTECT, related_name="study_vignettes")
    version = models.ForeignKey("vignettes.VignetteVersion", models.PROTECT, related_name="+")
    code = models.CharField(max_length=12)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["study", "code"], name="study_vignette_once"),
            models.UniqueConstraint(fields=["study", "position"], name="study_vignette_position_once"),
        ]

    def __str__(self) -> str:
        return self.code


class VignetteApproval(models.Model):
    version = models.ForeignKey("vignettes.VignetteVersion", models.PROTECT, related_name="+")
    clinician = models.ForeignKey("study.Person", models.PROTECT, related_name="+")
    statement = models.TextField()
    approved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "clinician"], name="approval_once")]


class AnalysisPlan(models.Model):
    """One text of the plan; the latest version counts, and a lock names its hash."""

    study = models.ForeignKey(Study, models.PROTECT, related_name="plans")
    version = models.PositiveSmallIntegerField()
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    reason = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["study", "version"], name="plan_version_once")]


class Signature(models.Model):
    """A re-authenticated signature; `subject_sha256` is the hash of what was signed (plan, dataset)."""

    study = models.ForeignKey(Study, models.PROTECT, related_name="signatures")
    person = models.ForeignKey("study.Person", models.PROTECT, related_name="+")
    meaning = models.CharField(max_length=20, choices=Meaning.choices)
    statement = models.TextField()
    reason = models.TextField(blank=True, default="")
    subject_sha256 = models.CharField(max_length=64, blank=True, default="")
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["study", "person", "meaning", "subject_sha256"], name="signature_once_per_meaning"
            ),
            models.CheckConstraint(condition=Q(meaning__in=Meaning.values), name="signature_meaning_known"),
        ]


class AuditEvent(models.Model):
    """Who did what, when and why: one row per writing use case, written last in its transaction.

    `chain` is the study's id, or 0 for the installation. `at` is the site's clock, `recorded_at` the
    database's. `sha256` covers everything here, the event before, and the changes of the act in their order.
    """

    study = models.ForeignKey(Study, models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey("study.Person", models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=12, blank=True, default="")
    action = models.CharField(max_length=60)
    detail = models.JSONField(default=dict)
    reason = models.TextField(blank=True, default="")
    request_id = models.CharField(max_length=36, blank=True, default="")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    chain = models.BigIntegerField()
    sequence = models.BigIntegerField()
    act = models.CharField(max_length=32, unique=True)
    changes = models.PositiveIntegerField()
    changes_sha256 = models.CharField(max_length=64)
    previous_sha256 = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["chain", "sequence"], name="audit_chain_has_no_fork")]


class AuditHead(models.Model):
    """The newest event of a chain; whoever adds the next one holds this row's lock."""

    chain = models.BigIntegerField(unique=True)
    sequence = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)


class RowChangeValue(models.Model):
    """What erasure may take from a change: the salt of its hashes, and the changed columns as JSON texts.

    Erased, the three are null and `erased_at` says since when; empty texts are values that were not kept.
    """

    salt = models.CharField(max_length=32, null=True)  # noqa: DJ001  an erased salt is no empty one
    old_values = models.TextField(null=True)  # noqa: DJ001
    new_values = models.TextField(null=True)  # noqa: DJ001
    erased_at = models.DateTimeField(null=True)


class RowChange(models.Model):
    """One change of one row of an audited table; triggers write it, and nothing else does.

    The hashes are those of the whole row before and after, empty where there was none. `act` is the id that
    the event of the same transaction carries.
    """

    table_name = models.CharField(max_length=63)
    row_id = models.BigIntegerField()
    operation = models.CharField(max_length=8)
    old_sha256 = models.CharField(max_length=64)
    new_sha256 = models.CharField(max_length=64)
    values_sha256 = models.CharField(max_length=64)
    # The trigger writes both rows: a constraint would only be checked once more for each of them.
    values = models.OneToOneField(
        RowChangeValue, models.PROTECT, null=True, related_name="change", db_constraint=False
    )
    actor = models.CharField(max_length=28)
    request_id = models.CharField(max_length=36)
    act = models.CharField(max_length=32, db_index=True)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["table_name", "row_id"], name="change_of_row")]
