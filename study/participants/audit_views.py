"""The page that reviews a study's audit trail."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from study.participants.models import Participant, Role
from study.participants.policies import ParticipantRequest, role_required
from study.participants.queries import people_of
from study.participants.services import record_view_of_trail
from study.protocol.audit_blinding import is_released
from study.protocol.audit_chain import audit_head
from study.protocol.audit_review import NOTHING, found_events, shown_events
from study.protocol.audit_verify import verify
from study.protocol.forms import AuditForm
from study.protocol.models import Study

EVENTS_PER_PAGE = 25
# Who may review the trail of a study: the last two from the first day on with all that it tells of authors.
REVIEWERS = (Role.INVESTIGATOR, Role.CUSTODIAN, Role.AUDITOR)
UNBLINDED = frozenset({Role.CUSTODIAN, Role.AUDITOR})


def sees_whole_trail(participant: Participant) -> bool:
    """Whether the trail hides nothing from this reviewer: by their role, or because the arms are known."""
    return participant.role in UNBLINDED or is_released(participant.study)


@require_GET
@role_required(reads=REVIEWERS)
def audit(request: ParticipantRequest) -> HttpResponse:
    """Show the events that the query asks for; with `check` in it, the whole chain is verified first.

    Who sees the authors before they are released leaves an event, written before the first line is shown.
    """
    study, whole = request.participant.study, sees_whole_trail(request.participant)
    is_early = whole and not is_released(study)
    if is_early:
        record_view_of_trail(
            participant=request.participant, query=request.GET.urlencode(), now=timezone.now()
        )
    form = AuditForm(request.GET, people=_people(study), whole=whole)
    found = found_events(study, form.wanted() if form.is_valid() else NOTHING, whole=whole)
    page = Paginator(found, EVENTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "study": study,
        "form": form,
        "page": page,
        "events": shown_events(page.object_list, whole=whole),
        "head": audit_head(study),
        "whole": whole,
        "is_early": is_early,
        "findings": verify(study) if "check" in request.GET else None,
        "query": _without_page(request),
    }
    return render(request, "protocol/audit.html", context)


def _people(study: Study) -> list[tuple[str, str]]:
    return [(str(each.person_id), each.person.email) for each in people_of(study)]


def _without_page(request: ParticipantRequest) -> str:
    """Return the query that leads to the other pages of the same search."""
    query = request.GET.copy()
    for name in ("page", "check"):
        query.pop(name, None)
    return query.urlencode()
