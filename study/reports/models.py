"""Runs of the study's plan on its frozen dataset."""

import json
from functools import cached_property
from typing import Any

from django.db import models


class AnalysisRun(models.Model):
    """One run: on arm codes after the data lock, with the arms' names after unblinding.

    `results` is the text of results.json, byte for byte; `files` holds the SHA-256 of everything that the run
    put into the export folder, and `bundle_sha256` is the hash of that list.
    """

    dataset = models.ForeignKey("study.FrozenDataset", models.PROTECT, related_name="runs")
    named = models.BooleanField()
    plan_sha256 = models.CharField(max_length=64)
    results = models.TextField()
    results_sha256 = models.CharField(max_length=64)
    files = models.JSONField()
    bundle_sha256 = models.CharField(max_length=64)
    ran_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    @cached_property
    def parsed(self) -> dict[str, Any]:
        """The results as plain values."""
        content: dict[str, Any] = json.loads(self.results)
        return content
