"""Pages of answering: a resident's list and answer page; an investigator's models and the close."""

import secrets
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from study.engines.profiles.loader import profile_names, shipped_profile
from study.participants.models import Role
from study.participants.policies import ParticipantRequest, has_agreed, require_consent, role_required
from study.protocol.audit_chain import audit_head
from study.protocol.errors import InvalidInput, NotFound, PhaseClosed, StudyError, error_payload
from study.protocol.model_servers import allowed_base_urls
from study.protocol.queries import model_arms, robustness_of
from study.protocol.views import asked_profile
from study.protocol.vocabulary import Phase
from study.responses.bell import ring
from study.responses.forms import (
    AnswerForm,
    CloseForm,
    ModelSetupForm,
    draft_initial,
    profile_initial,
    setup_initial,
)
from study.responses.health import alarms
from study.responses.models import ModelSetup
from study.responses.queries import (
    PlannedAnswer,
    closure_of,
    draft_of,
    generation_board,
    is_accepting,
    open_answers,
    opening_blockers,
    planned_at,
    planned_for,
)
from study.responses.services.closing import close_answering
from study.responses.services.drafts import DraftConflict, save_draft
from study.responses.services.opening import ensure_planned, open_answering
from study.responses.services.queue import retry_failed
from study.responses.services.setups import configure_model
from study.responses.services.submission import submit_answer

READ_WRITE = ["GET", "HEAD", "POST"]


@require_GET
@role_required(Role.RESIDENT)
def answer_list(request: ParticipantRequest) -> HttpResponse:
    """The resident's own list in its stored order, with progress and receipts."""
    participant = request.participant
    if not has_agreed(participant):
        return redirect("consent", participant.study.slug)
    ensure_planned(participant=participant, now=timezone.now())
    return render(request, "responses/answer_list.html", _list_context(request))


@require_GET
@role_required(Role.RESIDENT)
def answer_receipts(request: ParticipantRequest) -> HttpResponse:
    require_consent(request.participant)
    context = {**_list_context(request), "head": audit_head(request.participant.study)}
    return render(request, "responses/receipts.html", context)


def _list_context(request: ParticipantRequest) -> dict[str, Any]:
    places = planned_for(request.participant)
    sent = sum(place.response is not None for place in places)
    study = request.participant.study
    return {"study": study, "places": places, "sent": sent, "is_accepting": is_accepting(study)}


@require_http_methods(READ_WRITE)
@role_required(Role.RESIDENT)
def answer_page(request: ParticipantRequest, position: int) -> HttpResponse:
    """One vignette beside the form; after submission the stored text and its receipt."""
    require_consent(request.participant)
    place = planned_at(request.participant, position)
    if request.method == "POST":
        return _receive(request, place)
    if place.response is not None:
        return _sent_page(request, place)
    draft = draft_of(place.planned)
    form = AnswerForm(initial=draft_initial(draft, secrets.token_hex(8)))
    return _form_page(request, place, form, rival=draft.rival if draft else None)


def _receive(request: ParticipantRequest, place: PlannedAnswer) -> HttpResponse:
    """Save or submit; whatever is refused comes back with everything typed."""
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _form_page(request, place, form, status=422)
    try:
        _store(request, place, form)
    except DraftConflict as conflict:
        return _conflict_page(request, place, conflict)
    except (InvalidInput, PhaseClosed) as error:
        form.add_error(None, error.message)
        return _form_page(request, place, form, status=422 if isinstance(error, InvalidInput) else 409)
    return redirect(request.path)


def _store(request: ParticipantRequest, place: PlannedAnswer, form: AnswerForm) -> None:
    store = save_draft if "save" in request.POST else submit_answer
    participant, now = request.participant, timezone.now()
    store(planned_id=place.planned.pk, participant=participant, answer=form.to_input(), now=now)


def _conflict_page(
    request: ParticipantRequest, place: PlannedAnswer, conflict: DraftConflict
) -> HttpResponse:
    """Show both texts; the form now knows the other one, so that its next save settles it."""
    data = request.POST.copy()
    data["version"], data["rival_seen"] = str(conflict.version), "True"
    form = AnswerForm(data)
    form.add_error(None, conflict.message)
    return _form_page(request, place, form, rival=dict(conflict.theirs), status=conflict.status)


def _form_page(
    request: ParticipantRequest,
    place: PlannedAnswer,
    form: AnswerForm,
    *,
    rival: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {**_page_context(request, place), "form": form}
    context["rival"] = [(field.label, rival.get(field.name, "")) for field in form.sections] if rival else []
    context["is_accepting"] = is_accepting(request.participant.study)
    return render(request, "responses/answer_page.html", context, status=status)


def _sent_page(request: ParticipantRequest, place: PlannedAnswer) -> HttpResponse:
    context = _page_context(request, place)
    assert place.response is not None  # noqa: S101  the caller looked
    context["sections"] = [
        (field.label, place.response.sections.get(field.name, "")) for field in AnswerForm().sections
    ]
    return render(request, "responses/answer_sent.html", context)


def _page_context(request: ParticipantRequest, place: PlannedAnswer) -> dict[str, Any]:
    places = planned_for(request.participant)
    following = [other for other in places if other.position > place.position] + places
    return {
        "study": request.participant.study,
        "place": place,
        "count": len(places),
        "version": place.planned.study_vignette.version,
        "device_key": f"equipoise-answer-{request.participant.pk}-{place.planned.pk}",
        "next_open": next((other for other in following if other.response is None), None),
    }


@require_POST
@role_required(Role.RESIDENT)
def answer_draft(request: ParticipantRequest, position: int) -> JsonResponse:
    """Autosave: 200 with version and time, 409 with both texts, or the refusal as JSON."""
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"code": "invalid", "message": "A field is too long."}, status=422)
    try:
        require_consent(request.participant)
        planned = planned_at(request.participant, position).planned
        draft = save_draft(
            planned_id=planned.pk, participant=request.participant, answer=form.to_input(), now=timezone.now()
        )
    except StudyError as error:
        return _json_refusal(error)
    return JsonResponse({"saved_at": draft.saved_at.isoformat(), "version": draft.version})


def _json_refusal(error: StudyError) -> JsonResponse:
    payload = error_payload(error)
    if isinstance(error, DraftConflict):
        payload |= {"version": error.version, "mine": dict(error.mine), "theirs": dict(error.theirs)}
    return JsonResponse(payload, status=error.status)


@require_GET
@role_required(Role.INVESTIGATOR, reads=(Role.CUSTODIAN,))
def model_list(request: ParticipantRequest) -> HttpResponse:
    """How each model is asked, and how its queue stands over all models together."""
    study = request.participant.study
    setups = {setup.arm_id: setup for setup in ModelSetup.objects.filter(arm__study=study)}
    context = {
        "study": study,
        "arms": [(arm, setups.get(arm.pk)) for arm in model_arms(study)],
        "variants": robustness_of(study).variants,
        "board": generation_board(study),
        "alarms": alarms(study, timezone.now()),
        "blockers": opening_blockers(study) if study.phase == Phase.DRAFT else [],
        "is_draft": study.phase == Phase.DRAFT,
        "is_accepting": is_accepting(study),
    }
    return render(request, "responses/models.html", context)


@require_http_methods(READ_WRITE)
@role_required(Role.INVESTIGATOR)
def model_setup(request: ParticipantRequest, name: str) -> HttpResponse:
    study = request.participant.study
    arm = model_arms(study).filter(name=name).first()
    if arm is None:
        raise NotFound
    profile = asked_profile(request, profile_names(), shipped_profile)
    initial = setup_initial(ModelSetup.objects.filter(arm=arm).first())
    initial |= profile_initial(profile) if profile else {}
    form = ModelSetupForm(request.POST or None, base_urls=allowed_base_urls(), initial=initial)
    if form.is_valid() and _configured(request, arm.pk, form):
        return redirect("model-list", study.slug)
    context = {"study": study, "arm": arm, "form": form, "profile": profile, "profiles": profile_names()}
    return render(request, "responses/model_setup.html", context, status=422 if form.errors else 200)


def _configured(request: ParticipantRequest, arm_id: int, form: ModelSetupForm) -> bool:
    participant = request.participant
    try:
        configure_model(
            study_id=participant.study_id,
            person=participant.person,
            arm_id=arm_id,
            setup=form.to_input(),
            now=timezone.now(),
        )
    except InvalidInput as error:
        form.add_error(None, [error.message, *error.details])
        return False
    return True


@require_POST
@role_required(Role.INVESTIGATOR)
def model_retry(request: ParticipantRequest) -> HttpResponse:
    participant = request.participant
    retry_failed(study_id=participant.study_id, person=participant.person, now=timezone.now())
    ring(participant.study_id)
    return redirect("model-list", participant.study.slug)


@require_POST
@role_required(Role.INVESTIGATOR)
def answering_open(request: ParticipantRequest) -> HttpResponse:
    participant = request.participant
    open_answering(study_id=participant.study_id, person=participant.person, now=timezone.now())
    ring(participant.study_id)
    return redirect("study-board", participant.study.slug)


@require_http_methods(READ_WRITE)
@role_required(Role.INVESTIGATOR)
def answering_close(request: ParticipantRequest) -> HttpResponse:
    """List what is open; close with a reason."""
    study = request.participant.study
    form = CloseForm(request.POST or None)
    if form.is_valid() and _closed(request, form):
        return redirect("study-board", study.slug)
    context = {"study": study, "form": form, "owed": open_answers(study), "closure": closure_of(study)}
    context["is_accepting"] = is_accepting(study)
    return render(request, "responses/close.html", context, status=422 if form.errors else 200)


def _closed(request: ParticipantRequest, form: CloseForm) -> bool:
    participant, reason = request.participant, form.cleaned_data["reason"]
    try:
        close_answering(
            study_id=participant.study_id, person=participant.person, reason=reason, now=timezone.now()
        )
    except InvalidInput as error:
        form.add_error("reason", error.message)
        return False
    return True
