"""The frozen dataset: its manifest, the sealed names, the pseudonyms. And what was unblinded before it."""

from django.db import models


class FrozenDataset(models.Model):
    """`folder` lies in the exports directory.

    `arms`, `texts` and `allocation` are the contents of arms.json, texts.json and allocation.json, which
    reveals what was committed to; they become files at unblinding. `pseudonyms` says who is behind each
    pseudonym and never leaves the database.
    """

    study = models.OneToOneField("study.Study", models.PROTECT, related_name="dataset")
    folder = models.CharField(max_length=120)
    manifest = models.JSONField()
    manifest_sha256 = models.CharField(max_length=64)
    data_sha256 = models.CharField(max_length=64)
    arms = models.TextField()
    arms_sha256 = models.CharField(max_length=64)
    texts = models.TextField(blank=True, default="")
    allocation = models.TextField(blank=True, default="")
    pseudonyms = models.JSONField()
    frozen_at = models.DateTimeField()


class EmergencyUnblinding(models.Model):
    """One item whose author a custodian had to learn before the arms' names were released; never undone."""

    study = models.ForeignKey("study.Study", models.PROTECT, related_name="+")
    item = models.OneToOneField("study.BlindedItem", models.PROTECT, related_name="+")
    custodian = models.ForeignKey("study.Participant", models.PROTECT, related_name="+")
    reason = models.TextField()
    unblinded_at = models.DateTimeField()
