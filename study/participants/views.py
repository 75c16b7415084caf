"""Pages about people: home, invitation, consent, the list of people, a new study."""

import secrets
from typing import cast

from allauth.core import ratelimit
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from study.participants.forms import AcceptForm, ConsentForm, InviteForm, StudyForm
from study.participants.inputs import InvitationList, parse_invitations
from study.participants.models import Invitation, Participant, Person, Role
from study.participants.policies import CONSENTING, ParticipantRequest, has_agreed, role_required
from study.participants.queries import (
    current_consent_text,
    invitation_by_hash,
    open_invitations,
    participations_of,
    people_of,
)
from study.participants.services import (
    SentInvitation,
    accept_invitation,
    decide_consent,
    hash_token,
    invite_people,
    require_starter,
    revoke_invitation,
    start_study,
)
from study.protocol.errors import Conflict, Expired, InvalidInput

# Where each role begins, and what else is its work: label and page.
START_PAGES = {
    Role.RESIDENT: (("Your vignettes", "answer-list"),),
    Role.RATER: (("Your queue", "rate-queue"),),
    Role.CURATOR: (("Texts to check", "curate"), ("Vignettes to approve", "protocol")),
    Role.INVESTIGATOR: (("Control board", "study-board"),),
    Role.CUSTODIAN: (("Control board", "study-board"), ("Models", "model-list"), ("Audit trail", "audit")),
    Role.AUDITOR: (("Audit trail", "audit"), ("Control board", "study-board"), ("Report", "report")),
}


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    person = cast(Person, request.user)
    rows = [_start(each) for each in participations_of(person)]
    return render(request, "participants/home.html", {"rows": rows, "person": person})


def _start(participant: Participant) -> dict[str, object]:
    """Return what the person can do next in one study."""
    slug, is_asked = participant.study.slug, participant.role in CONSENTING
    pages = [(label, reverse(name, args=[slug])) for label, name in START_PAGES[Role(participant.role)]]
    has_decided = hasattr(participant, "consent")
    return {
        "participant": participant,
        "waits_for_consent": is_asked and not has_decided,
        "declined": is_asked and has_decided and not has_agreed(participant),
        "pages": pages,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show the invitation; only a POST uses it, because mail scanners open every link."""
    found = invitation_by_hash(hash_token(token))
    if found is None:
        raise Expired("This invitation is not valid. Ask the person who invited you for a new one.")
    form = AcceptForm(request.POST or None, initial={"name": found.name})
    if form.is_valid() and _accepted(request, found, token, form):
        return redirect("account_login")
    is_expired = found.expires_at <= timezone.now()
    context = {"form": form, "invitation": found, "is_expired": is_expired}
    status = 422 if form.errors else 410 if found.accepted_at or found.revoked_at or is_expired else 200
    return render(request, "participants/invitation.html", context, status=status)


def _accepted(request: HttpRequest, found: Invitation, token: str, form: AcceptForm) -> bool:
    """Accept the invitation; a wrong password counts as a failed sign-in of that address."""
    failures = {"action": "login_failed", "key": found.email}
    if not ratelimit.consume(request, dry_run=True, **failures):
        form.add_error("password", "Too many attempts. Wait five minutes and try again.")
        return False
    try:
        accept_invitation(token=token, now=timezone.now(), **form.cleaned_data)
        messages.success(request, "The invitation is accepted.")
    except InvalidInput as error:
        ratelimit.consume(request, **failures)
        form.add_error("password", [error.message, *error.details])
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(*CONSENTING)
def consent(request: ParticipantRequest) -> HttpResponse:
    participant = request.participant
    text = current_consent_text(participant.study, Role(participant.role))
    form = ConsentForm(request.POST or None, initial={"text": text.pk if text else None})
    if form.is_valid():
        decide_consent(participant=participant, now=timezone.now(), **form.to_arguments())
        return redirect("home")
    context = {"form": form, "text": text, "participant": participant, "study": participant.study}
    return render(request, "participants/consent.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.INVESTIGATOR)
def people(request: ParticipantRequest) -> HttpResponse:
    """List the people; a POST checks the pasted list, and `confirm` sends it."""
    study = request.participant.study
    form = InviteForm(request.POST or None)
    preview = parse_invitations(form.cleaned_data["people"]) if form.is_valid() else None
    sent = None
    if preview and not preview.problems and "confirm" in request.POST:
        _refuse_repeat(request)
        person = request.participant.person
        sent = invite_people(study_id=study.pk, person=person, rows=preview.rows, now=timezone.now())
    context = _people_context(request, form, preview, sent)
    status = 422 if preview and preview.problems else 200
    return render(request, "participants/people.html", context, status=status)


def _refuse_repeat(request: HttpRequest) -> None:
    """Refuse a form that was sent before: a reload would withdraw links that are already on their way."""
    key, used = request.POST.get("form_key", ""), request.session.get("sent_forms", [])
    if key and key in used:
        raise Conflict(
            "These invitations were made already; their links were shown then and still hold. To make new "
            "links, check the list again: that withdraws the first ones."
        )
    request.session["sent_forms"] = [*used[-19:], key]


def _people_context(
    request: ParticipantRequest,
    form: InviteForm,
    preview: InvitationList | None,
    sent: list[SentInvitation] | None,
) -> dict[str, object]:
    study = request.participant.study
    return {
        "study": study,
        "form": InviteForm() if sent else form,
        "preview": None if sent else preview,
        "sent": [(each, _link(request, each.token)) for each in sent or []],
        "people": [(each, has_agreed(each)) for each in people_of(study)],
        "invitations": open_invitations(study),
        "form_key": secrets.token_hex(16),
    }


def _link(request: HttpRequest, token: str) -> str:
    return request.build_absolute_uri(reverse("invitation", args=[token]))


@require_POST
@role_required(Role.INVESTIGATOR)
def revoke(request: ParticipantRequest, invitation_id: int) -> HttpResponse:
    participant = request.participant
    revoke_invitation(
        study_id=participant.study_id,
        person=participant.person,
        invitation_id=invitation_id,
        now=timezone.now(),
    )
    return redirect("people", participant.study.slug)


@require_http_methods(["GET", "HEAD", "POST"])
def new_study(request: HttpRequest) -> HttpResponse:
    require_starter(cast(Person, request.user))
    seed = int(timezone.now().timestamp())
    form = StudyForm(request.POST or None, initial={"seed": seed})
    if form.is_valid():
        try:
            study = start_study(person=cast(Person, request.user), design=form.to_input(), now=timezone.now())
            return redirect("study-board", study.slug)
        except InvalidInput as error:
            form.add_error(None, error.message)
    return render(request, "participants/new_study.html", {"form": form}, status=422 if form.errors else 200)
