"""Runs of the study's plan on its frozen dataset."""

from django.db import models


class AnalysisRun(models.Model):
    """One run: on arm codes after the data lock, with the arms' names after unblinding."""

    dataset = models.ForeignKey("study.FrozenDataset", models.PROTECT, related_name="runs")
    named = models.BooleanField()
    plan_sha256 = models.CharField(max_length=64)
    results = models.JSONField()
    results_sha256 = models.CharField(max_length=64)
    ran_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "named", "results_sha256"], name="run_once_per_result")
        ]
