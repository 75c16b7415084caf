"""The investigators' pages of judging: set up, start, progress. No score is shown anywhere here."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from study.judging.bell import ring
from study.judging.catalogue import judge_profile, judge_profile_names
from study.judging.forms import JudgeForm, judge_initial, profile_initial
from study.judging.health import alarms
from study.judging.models import Judge, Judgement
from study.judging.queries import is_judging, items_to_judge, judge_named, judges_of, progress_of
from study.judging.services.judges import configure_judge, retry_failed, start_judging
from study.participants.models import Role
from study.participants.policies import ParticipantRequest, role_required
from study.protocol.errors import InvalidInput
from study.protocol.model_servers import allowed_base_urls
from study.protocol.views import asked_profile


@require_safe
@role_required(Role.INVESTIGATOR)
def judge_list(request: ParticipantRequest) -> HttpResponse:
    """Each judge with its progress: counts and outcomes, never a score."""
    study = request.participant.study
    judges = [progress_of(judge) for judge in judges_of(study)]
    context = {
        "study": study,
        "judges": judges,
        "items": items_to_judge(study).count(),
        "is_judging": is_judging(study),
        "total": {state: sum(getattr(each, state) for each in judges) for state in Judgement.State.values},
        "alarms": alarms(study, timezone.now()),
    }
    return render(request, "judging/judges.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.INVESTIGATOR)
def judge_new(request: ParticipantRequest) -> HttpResponse:
    return _setup_page(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.INVESTIGATOR)
def judge_setup(request: ParticipantRequest, name: str) -> HttpResponse:
    return _setup_page(request, judge_named(request.participant.study, name))


def _setup_page(request: ParticipantRequest, judge: Judge | None) -> HttpResponse:
    study, profile = request.participant.study, asked_profile(request, judge_profile_names(), judge_profile)
    initial = judge_initial(judge) | (profile_initial(profile) if profile else {})
    form = JudgeForm(
        request.POST or None, base_urls=allowed_base_urls(), simulated=study.simulated, initial=initial
    )
    if form.is_valid() and _configured(request, form):
        return redirect("judge-list", study.slug)
    context: dict[str, Any] = {"study": study, "judge": judge, "form": form, "profile": profile}
    context |= {"profiles": judge_profile_names(), "is_judging": is_judging(study)}
    return render(request, "judging/judge_setup.html", context, status=422 if form.errors else 200)


def _configured(request: ParticipantRequest, form: JudgeForm) -> bool:
    participant = request.participant
    try:
        configure_judge(
            study_id=participant.study_id,
            person=participant.person,
            judge=form.to_input(),
            now=timezone.now(),
        )
    except InvalidInput as error:
        form.add_error(None, [error.message, *error.details])
        return False
    return True


@require_POST
@role_required(Role.INVESTIGATOR)
def judge_start(request: ParticipantRequest, name: str) -> HttpResponse:
    participant = request.participant
    judge = judge_named(participant.study, name)
    queued = start_judging(
        study_id=participant.study_id, person=participant.person, judge_id=judge.pk, now=timezone.now()
    )
    ring(participant.study_id)
    messages.success(request, f"{judge.name} was started: {queued} judgements are queued.")
    return redirect("judge-list", participant.study.slug)


@require_POST
@role_required(Role.INVESTIGATOR)
def judge_retry(request: ParticipantRequest) -> HttpResponse:
    participant = request.participant
    retry_failed(study_id=participant.study_id, person=participant.person, now=timezone.now())
    ring(participant.study_id)
    return redirect("judge-list", participant.study.slug)
