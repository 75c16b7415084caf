"""The frozen dataset of a study: its manifest, the sealed names of the arms, the pseudonyms."""

from django.db import models


class FrozenDataset(models.Model):
    """`folder` lies in the exports directory.

    `arms` is the text of arms.json, which becomes a file at unblinding; `pseudonyms` says who is behind each
    pseudonym and never leaves the database.
    """

    study = models.OneToOneField("study.Study", models.PROTECT, related_name="dataset")
    folder = models.CharField(max_length=120)
    manifest = models.JSONField()
    manifest_sha256 = models.CharField(max_length=64)
    data_sha256 = models.CharField(max_length=64)
    arms = models.TextField()
    arms_sha256 = models.CharField(max_length=64)
    pseudonyms = models.JSONField()
    frozen_at = models.DateTimeField()
