"""Writes of the protocol: a new study, its plan, approvals and signatures."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from analysis.plan import default_plan, dump_plan, parse_plan, plan_sha256
from study.protocol.attempts import require_password
from study.protocol.errors import Conflict, InvalidInput, NotFound, PreconditionMissing
from study.protocol.inputs import StudyInput
from study.protocol.models import AnalysisPlan, Arm, Signature, Study, StudyVignette, VignetteApproval
from study.protocol.queries import (
    current_plan,
    locked_plan,
    model_arms,
    resident_arms,
    robustness_of,
    signatures,
    variant_gaps,
)
from study.protocol.rubric import RUBRIC_VERSION
from study.protocol.strata import strata_of
from study.protocol.transactions import locked_study, record_event
from study.protocol.vocabulary import Meaning, Phase
from vignettes.bank import latest_versions
from vignettes.models import VignetteVersion

if TYPE_CHECKING:
    from study.participants.models import Person


def create_study(*, design: StudyInput, now: datetime) -> Study:
    """Create a study in draft with its arms, the newest version of each vignette, and a default plan.

    A part of the act that also gives the study its first investigator: the caller holds the transaction and
    records the event. Raises InvalidInput when the short name is taken, a vignette is unknown, or there is no
    model arm.
    """
    if not any(arm.kind == "model" for arm in design.arms):
        raise InvalidInput("A study needs at least one model arm. Nothing was created.")
    study = _insert_study(design, now)
    _insert_arms(study, design)
    _insert_vignettes(study, design.vignette_codes)
    _insert_plan(study, default_plan_text(study), "", now)
    return study


def _insert_study(design: StudyInput, now: datetime) -> Study:
    try:
        with transaction.atomic():
            return Study.objects.create(
                slug=design.slug,
                title=design.title,
                simulated=design.simulated,
                rubric_version=RUBRIC_VERSION,
                seed=design.seed,
                raters_per_response=design.raters_per_response,
                vignettes_per_resident=design.vignettes_per_resident,
                spacing=design.spacing,
                word_cap=design.word_cap,
                margin=design.margin,
                guess_share=design.guess_share,
                exclude_own_site=design.exclude_own_site,
                created_at=now,
            )
    except IntegrityError as error:
        message = f"The short name {design.slug} is taken, or a number is out of range. Nothing was created."
        raise InvalidInput(message) from error


def _insert_arms(study: Study, design: StudyInput) -> None:
    try:
        with transaction.atomic():
            Arm.objects.bulk_create(
                Arm(
                    study=study,
                    name=arm.name,
                    label=arm.label,
                    kind=arm.kind,
                    level=arm.level,
                    position=position,
                )
                for position, arm in enumerate(design.arms, start=1)
            )
    except IntegrityError as error:
        raise InvalidInput("Two arms have the same name or level. Nothing was created.") from error


def _insert_vignettes(study: Study, codes: tuple[str, ...]) -> None:
    versions: list[VignetteVersion] = list(latest_versions())
    chosen = [version for version in versions if not codes or version.vignette.code in codes]
    unknown = sorted(set(codes) - {version.vignette.code for version in versions})
    if unknown or not chosen:
        what = ", ".join(unknown) or "the bank is empty: run manage.py load_bank"
        raise InvalidInput(f"These vignettes are not in the bank: {what}. Nothing was created.")
    StudyVignette.objects.bulk_create(
        StudyVignette(study=study, version=version, code=version.vignette.code, position=position)
        for position, version in enumerate(chosen, start=1)
    )


def default_plan_text(study: Study) -> str:
    """Return the default plan for the study's arms, margin and guess share, as canonical YAML."""
    names = [arm.name for arm in model_arms(study)]
    chosen = study.study_vignettes.select_related("version")
    strata = strata_of({vignette.code: vignette.version.parsed for vignette in chosen})
    plan = default_plan(names, simulated=study.simulated, strata=strata)
    margins = dict.fromkeys(plan.dimensions, float(study.margin))
    return dump_plan(replace(plan, margins=margins, guess_share=float(study.guess_share)))


def _insert_plan(study: Study, text: str, reason: str, now: datetime) -> AnalysisPlan:
    latest = current_plan(study)
    return AnalysisPlan.objects.create(
        study=study,
        version=(latest.version if latest else 0) + 1,
        text=text,
        sha256=plan_sha256(text),
        reason=reason,
        created_at=now,
    )


def change_plan(*, study_id: int, person: "Person", text: str, reason: str, now: datetime) -> AnalysisPlan:
    """Store a new version of the plan, before its lock; the old text stays.

    Raises InvalidInput for a malformed plan, and for one that contradicts what is asked or sealed already:
    the variants are fixed when answering opens, and whether raters rate them is fixed at sealing.
    """
    with locked_study(study_id, Phase.DRAFT, Phase.ANSWERING, Phase.SEALED) as study:
        if locked_plan(study) is not None:
            raise Conflict("The plan is locked by signature. It was not changed.")
        text = text.replace("\r\n", "\n").rstrip("\n") + "\n"
        latest = current_plan(study)
        if latest is not None and latest.sha256 == plan_sha256(text):
            return latest
        if not reason.strip():
            raise InvalidInput("Say why the plan changes: the reason is kept beside the old text.")
        check_plan(study, text)
        _require_same_variants(study, text)
        plan = _insert_plan(study, text, reason.strip(), now)
        detail = {"version": plan.version, "sha256": plan.sha256}
        record_event(
            study=study, person=person, action="protocol.change_plan", now=now, detail=detail, reason=reason
        )
    return plan


def check_plan(study: Study, text: str) -> None:
    """Raise InvalidInput when the plan is malformed or speaks of arms that the study does not have."""
    try:
        plan = parse_plan(text)
    except RecursionError as error:
        raise InvalidInput("The plan was not stored. It is nested too deeply.") from error
    except (ValueError, OverflowError) as error:  # PlanError, and a date or number that is none
        raise InvalidInput(f"The plan was not stored. {error}") from error
    unknown = sorted(set(plan.models) - {arm.name for arm in model_arms(study)})
    levels = sorted(set(plan.levels) - {arm.level for arm in resident_arms(study)})
    if unknown or levels:
        raise InvalidInput(f"The plan was not stored. The study has no arm {', '.join(unknown + levels)}.")


def _require_same_variants(study: Study, text: str) -> None:
    before, after = robustness_of(study), parse_plan(text).robustness
    if study.phase != Phase.DRAFT and set(before.variants) != set(after.variants):
        asked = f"with the variants {', '.join(before.variants)}" if before.variants else "without variants"
        raise InvalidInput(
            f"The plan was not stored. Answering opened {asked}: robustness.variants stays as it was asked."
        )
    if study.phase == Phase.SEALED and before.variants and before.rated != after.rated:
        who = "raters, too" if before.rated else "judges alone"
        raise InvalidInput(
            f"The plan was not stored. The answers to variants are sealed for {who}: robustness.rated stays "
            f"{str(before.rated).lower()}."
        )


def sign(
    *,
    study: Study,
    person: "Person",
    meaning: Meaning,
    password: str,
    statement: str,
    reason: str = "",
    subject_sha256: str = "",
    now: datetime,
) -> Signature:
    """Store a signature after the person has shown the password again; the caller holds the study's lock.

    Raises WrongPassword, TooManyAttempts after some, and Conflict when the person has signed this already.
    """
    require_password(person, password)
    if signatures(study, meaning).filter(person=person, subject_sha256=subject_sha256).exists():
        raise Conflict("You have signed this already. The next signature must come from somebody else.")
    return Signature.objects.create(
        study=study,
        person=person,
        meaning=meaning,
        statement=statement,
        reason=reason.strip(),
        subject_sha256=subject_sha256,
        signed_at=now,
    )


def lock_plan(*, study_id: int, person: "Person", password: str, now: datetime) -> Signature:
    """Lock the newest plan by signature: after this no plan text is accepted.

    Raises PreconditionMissing for a variant that a vignette of the study does not have. What was asked and
    sealed agrees with the plan by then: `change_plan` stores nothing else.
    """
    with locked_study(study_id, Phase.DRAFT, Phase.ANSWERING, Phase.SEALED) as study:
        plan = current_plan(study)
        if plan is None:
            raise PreconditionMissing("There is no plan to lock.")
        if locked_plan(study) is not None:
            raise Conflict("The plan is locked already.")
        check_plan(study, plan.text)
        gaps = variant_gaps(study)
        if gaps:
            raise PreconditionMissing("The plan cannot be locked. Nothing was signed.", details=gaps)
        statement = f"I lock version {plan.version} of the analysis plan before any rating exists."
        signature = sign(
            study=study,
            person=person,
            meaning=Meaning.PLAN_LOCK,
            password=password,
            statement=statement,
            subject_sha256=plan.sha256,
            now=now,
        )
        detail = {"version": plan.version, "sha256": plan.sha256}
        record_event(study=study, person=person, action="protocol.lock_plan", now=now, detail=detail)
    return signature


def sign_approval_exception(
    *, study_id: int, person: "Person", password: str, reason: str, now: datetime
) -> Signature:
    """Let a study use vignettes that no clinician has approved; the report prints name and reason."""
    with locked_study(study_id, Phase.DRAFT) as study:
        if not reason.strip():
            raise InvalidInput("An exception needs a reason: the report prints it. Nothing was signed.")
        signature = sign(
            study=study,
            person=person,
            meaning=Meaning.APPROVAL_EXCEPTION,
            password=password,
            statement="I let this study use vignettes that no clinician has approved.",
            reason=reason,
            now=now,
        )
        record_event(
            study=study, person=person, action="protocol.sign_approval_exception", now=now, reason=reason
        )
    return signature


def approve_vignette(
    *, study_id: int, person: "Person", study_vignette_id: int, statement: str, now: datetime
) -> VignetteApproval:
    """Approve the version of one vignette that the study uses, as a named clinician; once is enough."""
    with locked_study(study_id, Phase.DRAFT) as study:
        vignette = study.study_vignettes.filter(pk=study_vignette_id).first()
        if vignette is None:
            raise NotFound
        if not person.name.strip():
            raise InvalidInput("An approval needs the clinician's name. Add it to your account first.")
        approval, is_new = VignetteApproval.objects.get_or_create(
            version_id=vignette.version_id,
            clinician=person,
            defaults={"statement": statement.strip() or "Clinically approved for use.", "approved_at": now},
        )
        if is_new:
            detail = {"vignette": vignette.code, "version": vignette.version.number}
            record_event(
                study=study, person=person, action="protocol.approve_vignette", now=now, detail=detail
            )
    return approval
