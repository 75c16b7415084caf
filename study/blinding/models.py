"""What the blind side may see: anonymous items, flags and exclusions, without a path to an author."""

from django.db import models
from django.db.models import Q


class SealCandidate(models.Model):
    """Canonical text that waits for sealing; its id is a keyed hash of vignette, text and count."""

    study = models.ForeignKey("study.Study", models.PROTECT, related_name="+")
    study_vignette = models.ForeignKey("study.StudyVignette", models.PROTECT, related_name="+")
    public_id = models.CharField(max_length=26)
    sections = models.JSONField()
    normaliser_version = models.CharField(max_length=8)

    class Meta:
        ordering = ["public_id"]
        constraints = [models.UniqueConstraint(fields=["study", "public_id"], name="candidate_once")]


class ScanFlag(models.Model):
    """A span that may tell who wrote the text."""

    candidate = models.ForeignKey(SealCandidate, models.CASCADE, related_name="flags")
    section = models.CharField(max_length=20)
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    phrase = models.CharField(max_length=200)
    rule = models.CharField(max_length=40)

    class Meta:
        ordering = ["candidate", "section", "start"]
        constraints = [
            models.UniqueConstraint(fields=["candidate", "section", "start", "end"], name="flag_once"),
            models.CheckConstraint(condition=Q(end__gt=models.F("start")), name="flag_span"),
        ]

    @property
    def decision(self) -> "FlagDecision | None":
        """The decision that counts, or None while the curator owes one."""
        return max(self.decisions.all(), key=lambda decision: decision.revision, default=None)


class FlagDecision(models.Model):
    """A curator keeps or cuts the flagged span, with a reason; the latest revision counts."""

    class Choice(models.TextChoices):
        KEEP = "keep", "Keep"
        CUT = "cut", "Cut"

    flag = models.ForeignKey(ScanFlag, models.PROTECT, related_name="decisions")
    revision = models.PositiveSmallIntegerField(default=1)
    choice = models.CharField(max_length=4, choices=Choice.choices)
    reason = models.TextField()
    curator = models.ForeignKey("study.Participant", models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["revision"]
        constraints = [
            models.UniqueConstraint(fields=["flag", "revision"], name="flag_decision_revision_once"),
            models.CheckConstraint(condition=Q(choice__in=["keep", "cut"]), name="flag_decision_known"),
        ]


class BlindedItem(models.Model):
    """One anonymous response, as raters read it; never changed, all of a study sealed at one instant.

    `variant` names the text of the vignette that was answered. Wave 0 is read by judges alone.
    """

    study = models.ForeignKey("study.Study", models.PROTECT, related_name="+")
    study_vignette = models.ForeignKey("study.StudyVignette", models.PROTECT, related_name="+")
    public_id = models.CharField(max_length=26, unique=True)
    variant = models.CharField(max_length=20, default="original")
    sections = models.JSONField()
    wave = models.PositiveSmallIntegerField(default=1)
    normaliser_version = models.CharField(max_length=8)
    sealed_at = models.DateTimeField()


class ItemExclusion(models.Model):
    """This rater must not meet this item; why is deliberately not here."""

    item = models.ForeignKey(BlindedItem, models.PROTECT, related_name="exclusions")
    rater = models.ForeignKey("study.Participant", models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "rater"], name="exclusion_once")]


class ExclusionRun(models.Model):
    """Exclusions were derived for this rater; allocation refuses a rater without it."""

    study = models.ForeignKey("study.Study", models.PROTECT, related_name="+")
    rater = models.OneToOneField("study.Participant", models.PROTECT, related_name="+")
    derived_at = models.DateTimeField()


class ItemCommitment(models.Model):
    """The salted hash of which response each item is; what it hashes lies with the key until unblinding."""

    study = models.OneToOneField("study.Study", models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    committed_at = models.DateTimeField()
