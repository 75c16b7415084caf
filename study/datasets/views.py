"""Pages of the two signatures, the data lock and the unblinding, and of an emergency."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from study.datasets.emergency import EMERGENCY_PHASES, unblind_item, unblinded_items
from study.datasets.forms import DataLockForm, EmergencyForm, SignatureForm
from study.datasets.queries import lock_state, unblinding_state
from study.datasets.services import (
    LOCK_STATEMENT,
    UNBLINDING_STATEMENT,
    sign_data_lock,
    sign_unblinding,
)
from study.datasets.snapshot import data_to_sign
from study.participants.models import Role
from study.participants.policies import ParticipantRequest, role_required
from study.protocol.errors import Conflict, InvalidInput


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.INVESTIGATOR)
def lock(request: ParticipantRequest) -> HttpResponse:
    form = DataLockForm(request.POST or None)
    if form.is_valid() and _signed(request, form, sign_data_lock, LOCK_STATEMENT):
        return redirect("study-board", request.participant.study.slug)
    study = request.participant.study
    state = lock_state(study, data_to_sign(study))
    context = {"study": study, "form": form, "statement": LOCK_STATEMENT, "state": state}
    return render(request, "datasets/lock.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.INVESTIGATOR)
def unblind(request: ParticipantRequest) -> HttpResponse:
    form = SignatureForm(request.POST or None)
    if form.is_valid() and _signed(request, form, sign_unblinding, UNBLINDING_STATEMENT):
        return redirect("report", request.participant.study.slug)
    study = request.participant.study
    state = unblinding_state(study)
    context = {"study": study, "form": form, "statement": UNBLINDING_STATEMENT, "state": state}
    return render(request, "datasets/unblind.html", context, status=422 if form.errors else 200)


def _signed(request: ParticipantRequest, form: SignatureForm, sign: Any, statement: str) -> bool:
    """Sign as the signed-in person; put what can be mended by the same person beside its field."""
    participant = request.participant
    try:
        sign(
            study_id=participant.study_id,
            person=participant.person,
            statement=statement,
            now=timezone.now(),
            **form.cleaned_data,
        )
    except InvalidInput as error:
        form.add_error("reason" if error.message.startswith("Open ratings") else "password", error.message)
        return False
    except Conflict as error:
        form.add_error(None, error.message)
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.CUSTODIAN)
def emergency(request: ParticipantRequest) -> HttpResponse:
    """List what was unblinded early, with its authors; a POST unblinds one more response."""
    study = request.participant.study
    form = EmergencyForm(request.POST or None)
    if form.is_valid() and _unblinded(request, form):
        return redirect("emergency", study.slug)
    context = {
        "study": study,
        "form": form,
        "items": unblinded_items(request.participant),
        "can_unblind": study.phase in EMERGENCY_PHASES,
    }
    return render(request, "datasets/emergency.html", context, status=422 if form.errors else 200)


def _unblinded(request: ParticipantRequest, form: EmergencyForm) -> bool:
    member = request.participant
    try:
        unblind_item(study_id=member.study_id, custodian=member, now=timezone.now(), **form.to_arguments())
    except InvalidInput as error:
        form.add_error("password" if "password" in error.message else "public_id", error.message)
        return False
    return True
