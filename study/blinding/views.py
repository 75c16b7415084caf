"""Pages of sealing: the curator's list of flagged texts, the investigator's seal."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from study.blinding.curation import curation_texts
from study.blinding.forms import DecisionForm, SealForm
from study.blinding.queries import (
    item_count,
    leak_report,
    raters_without_exclusions,
    rating_ahead,
    sealing_blockers,
)
from study.blinding.services import decide_flag, derive_exclusions, prepare_sealing, seal_study
from study.participants.models import Role
from study.participants.policies import ParticipantRequest, role_required
from study.protocol.vocabulary import Phase


@require_safe
@role_required(Role.CURATOR)
def curate(request: ParticipantRequest) -> HttpResponse:
    return _curation_page(request, {})


@require_POST
@role_required(Role.CURATOR)
def decide(request: ParticipantRequest, flag_id: int) -> HttpResponse:
    form = DecisionForm(request.POST, auto_id=f"again-{flag_id}-%s")
    if not form.is_valid():
        return _curation_page(request, {flag_id: form})
    data = form.cleaned_data
    decide_flag(
        flag_id=flag_id,
        curator=request.participant,
        choice=data["choice"],
        reason=data["reason"],
        now=timezone.now(),
    )
    messages.success(request, "The decision is stored.")
    return redirect("curate", request.participant.study.slug)


def _curation_page(request: ParticipantRequest, bound: Mapping[int, DecisionForm]) -> HttpResponse:
    study = request.participant.study
    context = {
        "study": study,
        "report": leak_report(study),
        "texts": curation_texts(study, bound),
        "is_open": study.phase == Phase.ANSWERING,
    }
    return render(request, "blinding/curate.html", context, status=422 if bound else 200)


@require_safe
@role_required(Role.INVESTIGATOR)
def seal(request: ParticipantRequest) -> HttpResponse:
    return _seal_page(request, SealForm())


@require_POST
@role_required(Role.INVESTIGATOR)
def prepare(request: ParticipantRequest) -> HttpResponse:
    participant = request.participant
    done = prepare_sealing(study_id=participant.study_id, person=participant.person, now=timezone.now())
    messages.success(request, f"{done.texts} texts are prepared; {done.flags} spans are flagged.")
    return redirect("seal", participant.study.slug)


@require_POST
@role_required(Role.INVESTIGATOR)
def seal_confirm(request: ParticipantRequest) -> HttpResponse:
    participant = request.participant
    form = SealForm(request.POST)
    if not form.is_valid():
        return _seal_page(request, form)
    items = seal_study(study_id=participant.study_id, person=participant.person, now=timezone.now())
    messages.success(request, f"{items} responses are sealed.")
    return redirect("seal", participant.study.slug)


@require_POST
@role_required(Role.INVESTIGATOR)
def exclusions(request: ParticipantRequest) -> HttpResponse:
    participant = request.participant
    count = derive_exclusions(study=participant.study, person=participant.person, now=timezone.now())
    messages.success(request, f"Exclusions are derived for {count} rater{'' if count == 1 else 's'}.")
    return redirect("seal", participant.study.slug)


def _seal_page(request: ParticipantRequest, form: SealForm) -> HttpResponse:
    study = request.participant.study
    is_open = study.phase == Phase.ANSWERING
    context = {
        "study": study,
        "form": form,
        "is_open": is_open,
        "report": leak_report(study),
        "blockers": sealing_blockers(study) if is_open else [],
        "ahead": rating_ahead(study) if is_open else None,
        "items": item_count(study),
        "late_raters": 0 if is_open else raters_without_exclusions(study).count(),
    }
    return render(request, "blinding/seal.html", context, status=422 if form.errors else 200)
