"""Reads of the study and its plan."""

from django.db.models import QuerySet

from study.protocol.models import AnalysisPlan, Arm, Signature, Study, StudyVignette, VignetteApproval
from study.protocol.vocabulary import ArmKind, Meaning


def resident_arms(study: Study) -> QuerySet[Arm]:
    return study.arms.filter(kind=ArmKind.RESIDENT)


def model_arms(study: Study) -> QuerySet[Arm]:
    return study.arms.filter(kind=ArmKind.MODEL)


def vignettes_of(study: Study) -> QuerySet[StudyVignette]:
    """Return the study's vignettes in their stored order, each with its locked version."""
    return study.study_vignettes.select_related("version")


def current_plan(study: Study) -> AnalysisPlan | None:
    return study.plans.order_by("-version").first()


def signatures(study: Study, meaning: Meaning) -> QuerySet[Signature]:
    return study.signatures.filter(meaning=meaning).select_related("person").order_by("id")


def locked_plan(study: Study) -> AnalysisPlan | None:
    """Return the plan whose hash carries a plan-lock signature, or None."""
    signed = signatures(study, Meaning.PLAN_LOCK).values("subject_sha256")
    return study.plans.filter(sha256__in=signed).order_by("-version").first()


def unapproved_vignettes(study: Study) -> QuerySet[StudyVignette]:
    """Return the study's vignettes whose version no clinician has approved."""
    approved = VignetteApproval.objects.values("version_id")
    return study.study_vignettes.exclude(version_id__in=approved)


def approval_exception(study: Study) -> Signature | None:
    return signatures(study, Meaning.APPROVAL_EXCEPTION).first()


def approvals_of(study: Study) -> dict[int, list[VignetteApproval]]:
    """Return the approvals of the versions that the study uses, by version id."""
    found: dict[int, list[VignetteApproval]] = {}
    versions = study.study_vignettes.values("version_id")
    for approval in VignetteApproval.objects.filter(version_id__in=versions).select_related("clinician"):
        found.setdefault(approval.version_id, []).append(approval)
    return found
