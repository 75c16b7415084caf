"""Investigators' pages: the control board, the report with its files, and tokens for programs."""

from pathlib import PurePath
from typing import cast

from csp.constants import NONE, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from study.judging.health import alarms as judging_alarms
from study.participants.models import Person, Role
from study.participants.policies import ParticipantRequest, may_open, role_required
from study.participants.tokens import create_token, require_investigator, revoke_token, tokens_of
from study.protocol.errors import NotFound
from study.protocol.models import Study
from study.reports.board import actions, standing, standing_pages
from study.reports.forms import TokenForm
from study.reports.page import report_context
from study.reports.power import simulated_power, sizes_of
from study.reports.queries import events_of, export_content, exports, progress
from study.reports.services import run_analysis
from study.responses.health import alarms

MEDIA_TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".yaml": "application/yaml",
    ".zip": "application/zip",
}


@require_GET
@role_required(Role.INVESTIGATOR, reads=(Role.CUSTODIAN, Role.AUDITOR))
def board(request: ParticipantRequest) -> HttpResponse:
    study, role = request.participant.study, Role(request.participant.role)
    context = {
        "study": study,
        **standing(study),
        "alarms": [*alarms(study, timezone.now()), *judging_alarms(study, timezone.now())],
        "actions": actions(study, role),
        "pages": standing_pages(study, role),
        "progress": progress(study),
        "may_download": may_open(role, "report", study.slug),
        "exports": exports(study),
        "events": events_of(study),
    }
    return render(request, "reports/board.html", context)


@require_GET
@role_required(Role.INVESTIGATOR)
def power(request: ParticipantRequest) -> HttpResponse:
    """Show the sizes; with `simulate` in the query, also the power of the design."""
    study = request.participant.study
    sizes = sizes_of(study)
    found = simulated_power(study, sizes) if "simulate" in request.GET else None
    return render(request, "reports/power.html", {"study": study, "sizes": sizes, "power": found})


@require_GET
@role_required(Role.INVESTIGATOR, reads=(Role.AUDITOR,))
def report(request: ParticipantRequest) -> HttpResponse:
    study = request.participant.study
    return render(request, "reports/report.html", {"study": study, **report_context(study)})


@require_POST
@role_required(Role.INVESTIGATOR)
def run(request: ParticipantRequest) -> HttpResponse:
    participant = request.participant
    run_analysis(study_id=participant.study_id, person=participant.person, now=timezone.now())
    return redirect("report", participant.study.slug)


# A figure's own styles are inline; the address serves nothing but the figure, and no script may run in it.
@csp_replace({"script-src": [NONE], "style-src": [UNSAFE_INLINE]})
@require_GET
@role_required(Role.INVESTIGATOR, reads=(Role.AUDITOR,))
def figure(request: ParticipantRequest, name: str) -> HttpResponse:
    if PurePath(name).suffix != ".svg":
        raise NotFound
    content = export_content(request.participant.study, name)
    return HttpResponse(content, content_type=MEDIA_TYPES[".svg"])


@require_GET
@role_required(Role.INVESTIGATOR, reads=(Role.AUDITOR,))
def download(request: ParticipantRequest, name: str) -> HttpResponse:
    study = request.participant.study
    return as_attachment(study, name, export_content(study, name))


def as_attachment(study: Study, name: str, content: bytes) -> HttpResponse:
    """Return a file that is saved and never shown by the site; simulated data say so in their name."""
    response = HttpResponse(content, content_type=MEDIA_TYPES[PurePath(name).suffix])
    prefix = "simulated-data-" if study.simulated else ""
    response["Content-Disposition"] = f'attachment; filename="{prefix}{study.slug}-{name}"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """List the person's tokens; a POST makes one and shows it this once."""
    person = cast(Person, request.user)
    require_investigator(person)
    form = TokenForm(request.POST or None)
    made = None
    if form.is_valid():
        made = create_token(person=person, label=form.cleaned_data["label"], now=timezone.now())
        form = TokenForm()
    context = {"form": form, "made": made, "tokens": tokens_of(person)}
    return render(request, "reports/tokens.html", context, status=422 if form.errors else 200)


@require_POST
def token_revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    revoke_token(person=cast(Person, request.user), token_id=token_id, now=timezone.now())
    return redirect("tokens")
