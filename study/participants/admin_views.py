"""Administrators' pages: accounts. None shows a study, and no study's page opens to an administrator."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from study.participants.admin_forms import ActForm, SearchForm
from study.participants.admin_queries import acts_on, found_accounts, with_roles
from study.participants.admin_services import (
    close_account,
    grant_studies,
    reopen_account,
    sign_out,
    take_factor_away,
    withdraw_studies,
)
from study.participants.models import Person
from study.participants.policies import administrator_required
from study.participants.second_factor import has_factor
from study.participants.sessions import sessions_of
from study.protocol.errors import InvalidInput, NotFound

ACCOUNTS_PER_PAGE = 50


@dataclass(frozen=True)
class Act:
    """One act on an account: its part of the address, its button, what it means, its service."""

    name: str
    label: str
    meaning: str
    serve: Callable[..., None]


ACTS = {
    act.name: act
    for act in (
        Act(
            "close",
            "Close the account",
            "The person is signed out everywhere and cannot sign in; their programs' tokens stop working. "
            "What they wrote stays. The account can be reopened.",
            close_account,
        ),
        Act(
            "reopen",
            "Reopen the account",
            "The person can sign in again, with the password and the tokens of before.",
            reopen_account,
        ),
        Act(
            "end-sessions",
            "End all sessions",
            "The person is signed out everywhere and can sign in again. Drafts are kept.",
            sign_out,
        ),
        Act(
            "reset-factor",
            "Reset the second factor",
            "For somebody who has lost the device and the codes: the person is signed out everywhere, "
            "signs in with the password alone, and is then asked to set a new factor up. Make sure who asks.",
            take_factor_away,
        ),
        Act("grant", "Let start studies", "The person may start studies.", grant_studies),
        Act(
            "withdraw",
            "Let start no more studies",
            "The person may start no more studies. Those that exist stay.",
            withdraw_studies,
        ),
    )
}


@require_safe
@administrator_required
def accounts(request: HttpRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    found = found_accounts(**form.cleaned_data) if form.is_valid() else Person.objects.none()
    page = Paginator(found, ACCOUNTS_PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {"form": form, "page": page, "accounts": with_roles(page.object_list)}
    context["query"] = query.urlencode()
    return render(request, "participants/accounts.html", context, status=422 if form.errors else 200)


@require_safe
@administrator_required
def account(request: HttpRequest, person_id: int) -> HttpResponse:
    person = _person(person_id)
    context = {
        "account": with_roles([person])[0],
        "sessions": len(sessions_of(person)),
        "acts": _offered(person, cast(Person, request.user)),
        "events": acts_on(person),
    }
    return render(request, "participants/account.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator_required
def act(request: HttpRequest, person_id: int, name: str) -> HttpResponse:
    """Say what the act means; a POST with a reason and the account's address takes it."""
    person, wanted = _person(person_id), ACTS.get(name)
    if wanted is None:
        raise NotFound
    form = ActForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _taken(request, wanted, person, form):
        return redirect("administration-account", person.pk)
    context = {"person": person, "act": wanted, "form": form}
    return render(request, "participants/account_act.html", context, status=422 if form.errors else 200)


def _taken(request: HttpRequest, wanted: Act, person: Person, form: ActForm) -> bool:
    try:
        wanted.serve(form.to_order(cast(Person, request.user), person.pk), now=timezone.now())
    except InvalidInput as error:
        form.add_error("confirmation", error.message)
        return False
    messages.success(request, f"{wanted.label}: done.")
    return True


def _person(person_id: int) -> Person:
    found = Person.objects.filter(pk=person_id).first()
    if found is None:
        raise NotFound
    return found


def _offered(person: Person, administrator: Person) -> list[Act]:
    """Return the acts that would change something."""
    is_own = person.pk == administrator.pk
    offered = ["end-sessions"]
    if not is_own:
        offered.insert(0, "close" if person.is_active else "reopen")
    if not is_own and has_factor(person):
        offered.append("reset-factor")
    if not person.is_staff:
        offered.append("withdraw" if person.can_start_studies else "grant")
    return [ACTS[name] for name in offered]
