"""What a person asked to be erased, what was erased, and whose answers and ratings left the data."""

from django.db import models


class ErasureRequest(models.Model):
    """A person asks for the erasure of the own data; the reason is theirs and goes with the rest."""

    person = models.ForeignKey("study.Person", models.PROTECT, related_name="+")
    reason = models.TextField(blank=True, default="")
    requested_at = models.DateTimeField()


class Erasure(models.Model):
    """A person's identity was erased: by whom (null: who runs the site), why, what went and what stays."""

    person = models.OneToOneField("study.Person", models.PROTECT, related_name="+")
    carried_out_by = models.ForeignKey("study.Person", models.PROTECT, null=True, related_name="+")
    reason = models.TextField()
    statement = models.JSONField()
    erased_at = models.DateTimeField()


class Withdrawal(models.Model):
    """The tombstone of a participant whose answers and ratings were withdrawn before the data were frozen."""

    study = models.ForeignKey("study.Study", models.PROTECT, related_name="+")
    participant = models.OneToOneField("study.Participant", models.PROTECT, related_name="+")
    answers = models.PositiveIntegerField()
    ratings = models.PositiveIntegerField()
    withdrawn_at = models.DateTimeField()
