"""Vignettes and their versions. A version is written once; a changed text is the next version."""

from functools import cached_property

from django.db import models

from vignettes.structure import (
    CommonError,
    KeyPoint,
    ReferenceAnswer,
    RespondentView,
    Strata,
    Trap,
    VignetteContent,
    from_canonical,
)


class Vignette(models.Model):
    """A case of the bank, whatever its text is at the moment."""

    code = models.CharField(max_length=8, unique=True)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.code


class VignetteVersion(models.Model):
    """One text of a vignette, in canonical form, as it was loaded."""

    vignette = models.ForeignKey(Vignette, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=160)
    content = models.JSONField()
    content_sha256 = models.CharField(max_length=64)
    loaded_at = models.DateTimeField()

    class Meta:
        ordering = ("vignette", "number")
        constraints = (
            models.UniqueConstraint(fields=("vignette", "number"), name="vignette_version_number"),
            models.UniqueConstraint(fields=("vignette", "content_sha256"), name="vignette_version_text"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="vignette_version_from_one"),
        )

    def __str__(self) -> str:
        return f"{self.vignette.code} version {self.number}"

    @cached_property
    def parsed(self) -> VignetteContent:
        """The content as dataclasses."""
        return from_canonical(self.content)

    @property
    def scenario(self) -> str:
        """The case as respondents and raters read it."""
        return self.parsed.scenario

    @property
    def question(self) -> str:
        """The question that respondents answer."""
        return self.parsed.question

    def as_asked(self, variant: str) -> RespondentView:
        """The case and the question of a variant. Raises KeyError for a name that the version has not."""
        return self.parsed.as_asked(variant)

    @property
    def key_points(self) -> tuple[KeyPoint, ...]:
        """The assertions of a good answer; raters see `KeyPoint.card` of each."""
        return self.parsed.key_points

    @property
    def common_errors(self) -> tuple[CommonError, ...]:
        """Expected mistakes; hidden from respondents and raters."""
        return self.parsed.common_errors

    @property
    def trap(self) -> Trap:
        """The pull away from the safe answer; hidden from respondents and raters."""
        return self.parsed.trap

    @property
    def reference_answer(self) -> ReferenceAnswer:
        """The model answer; hidden from respondents and raters."""
        return self.parsed.reference_answer

    @property
    def difficulty(self) -> int:
        """1 easy, 2 medium, 3 hard."""
        return self.parsed.difficulty

    @property
    def strata(self) -> Strata:
        """A-PINCH groups, process steps, hazards, setting and population."""
        return self.parsed.strata
