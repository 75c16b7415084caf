"""Reads of the study and its plan."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db.models import QuerySet

from analysis.plan import PlanError, Robustness, parse_plan
from study.protocol.models import (
    AnalysisPlan,
    Arm,
    AuditEvent,
    Signature,
    Study,
    StudyVignette,
    VignetteApproval,
)
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


def robustness_of(study: Study) -> Robustness:
    """Return what the newest plan says about variants; without a plan, none is asked."""
    plan = current_plan(study)
    return _robustness(plan.text) if plan else Robustness()


@lru_cache(maxsize=32)
def _robustness(text: str) -> Robustness:
    try:
        return parse_plan(text).robustness
    except PlanError:  # plans of an older form, of studies long finished, know no variants
        return Robustness()


def shared_variants(study: Study) -> list[str]:
    """Return the variants that every vignette of the study has, in the order of the first one's file."""
    own = [each.version.parsed.variant_names for each in vignettes_of(study)]
    return [name for name in own[0] if all(name in names for names in own)] if own else []


def variant_gaps(study: Study) -> list[str]:
    """Return, as sentences, the planned variants that vignettes of the study do not have."""
    wanted = robustness_of(study).variants
    if not wanted:
        return []
    own = {each.code: each.version.parsed.variant_names for each in vignettes_of(study)}
    without = {name: [code for code, names in own.items() if name not in names] for name in wanted}
    return [
        f"The plan asks for the variant {name}, which {', '.join(codes)} {_do(len(codes))} not have."
        for name, codes in without.items()
        if codes
    ]


def _do(number: int) -> str:
    return "does" if number == 1 else "do"


def signatures(study: Study, meaning: Meaning) -> QuerySet[Signature]:
    return study.signatures.filter(meaning=meaning).select_related("person").order_by("id")


def locked_plan(study: Study) -> AnalysisPlan | None:
    """Return the plan whose hash carries a plan-lock signature, or None."""
    signed = signatures(study, Meaning.PLAN_LOCK).values("subject_sha256")
    return study.plans.filter(sha256__in=signed).order_by("-version").first()


@dataclass(frozen=True)
class Commitment:
    """The hash of the allocation, as it was published when rating opened."""

    sha256: str
    at: datetime


def published_commitment(study: Study) -> Commitment | None:
    """Return what the trail says was published: its event cannot be changed unseen."""
    opened = AuditEvent.objects.filter(study=study, action="ratings.open_rating").order_by("sequence").first()
    sha256 = opened.detail.get("commitment") if opened else None
    return Commitment(sha256, opened.at) if opened and sha256 else None


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
