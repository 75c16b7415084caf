"""Pages of the protocol that need a role: the design, approvals of vignettes, the plan and its lock."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from study.participants.forms import ApprovalForm, PlanForm, SignForm
from study.participants.models import Role
from study.participants.policies import ParticipantRequest, role_required
from study.protocol.errors import InvalidInput, NotFound
from study.protocol.models import Study
from study.protocol.queries import (
    approval_exception,
    approvals_of,
    current_plan,
    locked_plan,
    model_arms,
    published_commitment,
    shared_variants,
    signatures,
    vignettes_of,
)
from study.protocol.services import approve_vignette, change_plan, lock_plan, sign_approval_exception
from study.protocol.vocabulary import Meaning


@require_GET
@role_required(Role.INVESTIGATOR, reads=(Role.CURATOR, Role.CUSTODIAN, Role.AUDITOR))
def protocol(request: ParticipantRequest) -> HttpResponse:
    study = request.participant.study
    approvals = approvals_of(study)
    context = {
        "study": study,
        "participant": request.participant,
        "arms": study.arms.all(),
        "rows": [(each, approvals.get(each.version_id, [])) for each in vignettes_of(study)],
        "exception": approval_exception(study),
        "commitment": published_commitment(study),
        "form": SignForm(),
    }
    return render(request, "protocol/protocol.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.CURATOR)
def approve(request: ParticipantRequest, position: int) -> HttpResponse:
    """Show one vignette with its hidden fields to a clinician, who may approve exactly this version."""
    study, person = request.participant.study, request.participant.person
    vignette = vignettes_of(study).filter(position=position).first()
    if vignette is None:
        raise NotFound
    if request.method == "POST":
        form = ApprovalForm(request.POST)
        if not form.is_valid():
            raise InvalidInput("The statement cannot be stored as it is. Nothing was approved.")
        approve_vignette(
            study_id=study.pk,
            person=person,
            study_vignette_id=vignette.pk,
            statement=form.cleaned_data["statement"],
            now=timezone.now(),
        )
        return redirect("protocol", study.slug)
    approvals = approvals_of(study).get(vignette.version_id, [])
    context = {
        "study": study,
        "vignette": vignette,
        "content": vignette.version.parsed,
        "approvals": approvals,
    }
    return render(request, "protocol/approve.html", context)


@require_POST
@role_required(Role.INVESTIGATOR)
def exception(request: ParticipantRequest) -> HttpResponse:
    form = SignForm(request.POST)
    if not form.is_valid():
        raise InvalidInput("The password is missing. Nothing was signed.")
    study, person = request.participant.study, request.participant.person
    sign_approval_exception(study_id=study.pk, person=person, now=timezone.now(), **form.cleaned_data)
    return redirect("protocol", study.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.INVESTIGATOR, reads=(Role.CUSTODIAN, Role.AUDITOR))
def plan(request: ParticipantRequest) -> HttpResponse:
    study = request.participant.study
    latest = current_plan(study)
    form = PlanForm(request.POST or None, initial={"text": latest.text if latest else ""})
    if form.is_valid():
        try:
            person = request.participant.person
            change_plan(study_id=study.pk, person=person, now=timezone.now(), **form.cleaned_data)
            return redirect("plan", study.slug)
        except InvalidInput as error:
            form.add_error("text", error.message)
    return render(
        request, "protocol/plan.html", _plan_context(study, form), status=422 if form.errors else 200
    )


@require_POST
@role_required(Role.INVESTIGATOR)
def plan_lock(request: ParticipantRequest) -> HttpResponse:
    form = SignForm(request.POST)
    if not form.is_valid():
        raise InvalidInput("The password is missing. Nothing was signed.")
    study, person = request.participant.study, request.participant.person
    lock_plan(study_id=study.pk, person=person, password=form.cleaned_data["password"], now=timezone.now())
    return redirect("plan", study.slug)


def _plan_context(study: Study, form: PlanForm) -> dict[str, object]:
    return {
        "study": study,
        "form": form,
        "sign_form": SignForm(),
        "plans": study.plans.all(),
        "locked": locked_plan(study),
        "signatures": signatures(study, Meaning.PLAN_LOCK),
        "variants": shared_variants(study),
        "models": model_arms(study),
    }
