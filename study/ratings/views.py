"""Pages of raters, each under the lock that keeps authors out, and the investigator's opening of rating."""

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from study.participants.models import Role
from study.participants.policies import ParticipantRequest, require_consent, role_required
from study.protocol.errors import Conflict, NotFound
from study.protocol.vocabulary import Phase
from study.ratings import services
from study.ratings.forms import CorrectionForm, GuessForm, RatingForm, draft_fields
from study.ratings.guard import blinded
from study.ratings.inputs import read_active_seconds
from study.ratings.models import Assignment
from study.ratings.pages import guess_context, locked_context, next_address, open_context
from study.ratings.queries import (
    assignment_at,
    completeness,
    guess_is_owed,
    latest_rating,
    opening_blockers,
    queue_of,
)


@require_safe
@blinded
@role_required(Role.RATER)
def rate_queue(request: ParticipantRequest) -> HttpResponse:
    require_consent(request.participant)
    study = request.participant.study
    context = {
        "study": study,
        "queue": queue_of(request.participant),
        "is_open": study.phase == Phase.RATING,
        "next_address": next_address(request.participant),
    }
    return render(request, "ratings/queue.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@blinded
@role_required(Role.RATER)
def rate_page(request: ParticipantRequest, position: int) -> HttpResponse:
    """Show a place; a POST saves its rating. A place that is rated shows the rating, locked."""
    require_consent(request.participant)
    assignment = assignment_at(request.participant, position)
    if request.method != "POST":
        is_rated = latest_rating(assignment) is not None
        return _locked_page(request, assignment) if is_rated else _open_page(request, assignment)
    form = RatingForm(request.POST)
    if not form.is_valid():
        return _open_page(request, assignment, form)
    return _save(request, assignment, form)


def _save(request: ParticipantRequest, assignment: Assignment, form: RatingForm) -> HttpResponse:
    participant = request.participant
    try:
        services.save_rating(
            assignment=assignment, participant=participant, judgement=form.to_input(), now=timezone.now()
        )
    except Conflict as conflict:
        messages.warning(request, conflict.message)
        return _locked_page(request, assignment, CorrectionForm(request.POST), status=409)
    if guess_is_owed(assignment):
        return redirect("rate-guess", participant.study.slug, assignment.position)
    return redirect(next_address(participant))


@require_POST
@blinded
@role_required(Role.RATER)
def rate_correct(request: ParticipantRequest, position: int) -> HttpResponse:
    require_consent(request.participant)
    assignment = assignment_at(request.participant, position)
    form = CorrectionForm(request.POST)
    if not form.is_valid():
        return _locked_page(request, assignment, form, status=422)
    services.revise_rating(
        assignment=assignment,
        participant=request.participant,
        judgement=form.to_input(),
        reason=form.cleaned_data["reason"],
        now=timezone.now(),
    )
    return redirect("rate-page", request.participant.study.slug, position)


@require_POST
@blinded
@role_required(Role.RATER)
def rate_draft(request: ParticipantRequest, position: int) -> HttpResponse:
    require_consent(request.participant)
    draft = services.save_rating_draft(
        assignment=assignment_at(request.participant, position),
        participant=request.participant,
        fields=draft_fields(request.POST),
        active_seconds=read_active_seconds(request.POST.get("active_seconds", "")),
        now=timezone.now(),
    )
    return JsonResponse({"saved_at": draft.saved_at.strftime("%H:%M:%S")})


@require_http_methods(["GET", "HEAD", "POST"])
@blinded
@role_required(Role.RATER)
def rate_guess(request: ParticipantRequest, position: int) -> HttpResponse:
    """Ask who wrote the response, after its rating is saved and where the plan asks it."""
    require_consent(request.participant)
    assignment = assignment_at(request.participant, position)
    if not assignment.guess_asked:
        raise NotFound
    form = GuessForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        services.save_guess(
            assignment=assignment, participant=request.participant, guess=form.to_input(), now=timezone.now()
        )
        return redirect(next_address(request.participant))
    return _guess_page(request, assignment, form)


def _guess_page(request: ParticipantRequest, assignment: Assignment, form: GuessForm) -> HttpResponse:
    if latest_rating(assignment) is None or not guess_is_owed(assignment):
        return redirect("rate-page", request.participant.study.slug, assignment.position)
    context = guess_context(request.participant, assignment, form)
    return render(request, "ratings/guess.html", context, status=422 if form.errors else 200)


def _open_page(
    request: ParticipantRequest, assignment: Assignment, form: RatingForm | None = None
) -> HttpResponse:
    context = open_context(request.participant, assignment, form)
    return render(request, "ratings/rate.html", context, status=422 if form else 200)


def _locked_page(
    request: ParticipantRequest,
    assignment: Assignment,
    form: CorrectionForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    context = locked_context(request.participant, assignment, form)
    return render(request, "ratings/locked.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.INVESTIGATOR)
def rate_open(request: ParticipantRequest) -> HttpResponse:
    participant = request.participant
    study = participant.study
    if request.method == "POST":
        services.open_rating(study_id=study.pk, person=participant.person, now=timezone.now())
        messages.success(request, "Rating is open.")
        return redirect("rate-open", study.slug)
    is_next = study.phase in {Phase.ANSWERING, Phase.SEALED}
    blockers = opening_blockers(study) if is_next else []
    context = {"study": study, "blockers": blockers, "is_next": is_next, "progress": completeness(study)}
    return render(request, "ratings/open.html", context)
