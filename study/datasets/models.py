"""The frozen dataset of a study: its manifest and the sealed names of the arms."""

from django.db import models


class FrozenDataset(models.Model):
    study = models.OneToOneField("study.Study", models.PROTECT, related_name="dataset")
    folder = models.CharField(max_length=120)
    manifest = models.JSONField()
    manifest_sha256 = models.CharField(max_length=64)
    arms = models.TextField()
    arms_sha256 = models.CharField(max_length=64)
    frozen_at = models.DateTimeField()
