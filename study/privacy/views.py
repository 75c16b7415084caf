"""Pages about personal data: the own copy, the request for erasure, and carrying it out."""

from collections.abc import Callable
from typing import cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from study.participants.models import Person, Role
from study.participants.policies import ParticipantRequest, role_required
from study.privacy.files import JSON_FILE, as_json
from study.privacy.forms import ErasureForm, ErasureRequestForm, PasswordForm
from study.privacy.personal_data import personal_data
from study.privacy.queries import erasure_statement, open_request, open_requests
from study.privacy.services import carry_out_erasure, record_own_export, request_erasure
from study.protocol.errors import InvalidInput, NotFound, TooManyAttempts, WrongPassword
from study.protocol.models import Study


@require_http_methods(["GET", "HEAD", "POST"])
def own_data(request: HttpRequest) -> HttpResponse:
    """Show what can be asked for; a POST with the password hands out the own copy."""
    form = PasswordForm(request.POST or None)
    if form.is_valid() and _was_done(form, record_own_export, request):
        return _download(cast(Person, request.user))
    return _own_page(request, form, ErasureRequestForm())


@require_http_methods(["GET", "HEAD", "POST"])
def own_erasure(request: HttpRequest) -> HttpResponse:
    """Record the request for erasure; who runs the study carries it out."""
    form = ErasureRequestForm(request.POST or None)
    if form.is_valid() and _was_done(form, request_erasure, request, reason=form.cleaned_data["reason"]):
        messages.success(request, "Your request is recorded. The study team and the administrator see it.")
        return redirect("own-data")
    return _own_page(request, PasswordForm(), form)


def _was_done(form: forms.Form, act: Callable[..., object], request: HttpRequest, **told: str) -> bool:
    """Do what the person asked for with the password of the form; a refusal stands beside that."""
    person, password = cast(Person, request.user), form.cleaned_data["password"]
    try:
        act(person=person, password=password, now=timezone.now(), **told)
    except InvalidInput as error:
        form.add_error("password", error.message)
        return False
    return True


def _download(person: Person) -> HttpResponse:
    copy = personal_data(person, now=timezone.now())
    response = HttpResponse(as_json(copy), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{JSON_FILE}"'
    return response


def _own_page(request: HttpRequest, form: forms.Form, erasure: forms.Form) -> HttpResponse:
    person = cast(Person, request.user)
    context = {
        "form": form,
        "erasure_form": erasure,
        "statement": erasure_statement(person),
        "is_requested": open_request(person) is not None,
    }
    status = 422 if form.errors or erasure.errors else 200
    return render(request, "privacy/own_data.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.INVESTIGATOR)
def erasures(request: ParticipantRequest) -> HttpResponse:
    """List the people of the study who asked for erasure; a POST carries one out."""
    study = request.participant.study
    form = ErasureForm(request.POST or None)
    if form.is_valid() and _erased(request, form):
        messages.success(request, "The person's data are erased. The record says what was kept and why.")
        return redirect("erasures", study.slug)
    rows = [
        (each, erasure_statement(each.person), _form_for(each.person, form)) for each in open_requests(study)
    ]
    context = {"study": study, "rows": rows}
    return render(request, "privacy/erasures.html", context, status=422 if form.errors else 200)


def _form_for(person: Person, sent: forms.Form) -> forms.Form:
    """Return the form that was sent beside the person whom it names, else an empty one."""
    if sent.is_bound and sent.data.get("person") == str(person.pk):
        return sent
    return ErasureForm(initial={"person": person.pk}, auto_id=f"id_{person.pk}_%s")


def _erased(request: ParticipantRequest, form: forms.Form) -> bool:
    person_id = _asked(request.participant.study, form.cleaned_data["person"])
    try:
        told = {name: form.cleaned_data[name] for name in ("password", "reason")}
        carry_out_erasure(person_id=person_id, by=request.participant.person, now=timezone.now(), **told)
    except (WrongPassword, TooManyAttempts) as error:
        form.add_error("password", error.message)
        return False
    except InvalidInput as error:
        form.add_error("reason", error.message)
        return False
    return True


def _asked(study: Study, person_id: int) -> int:
    """Return the id when that person of the study asked for it; nobody is erased without a request."""
    if person_id not in {each.person_id for each in open_requests(study)}:
        raise NotFound
    return person_id
