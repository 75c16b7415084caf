"""The page of a person's second factors: what there is, what the account needs and why."""

from typing import Any, cast

from allauth.account.views import logout
from allauth.mfa.base.views import IndexView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from study.participants.models import Person
from study.participants.second_factor import PAGE_KEY, has_factor, is_owed, is_required


class SecondFactorView(IndexView):  # type: ignore[misc]
    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Lead back to the page where the person was stopped, once the factor was shown."""
        if PAGE_KEY in request.session and not is_owed(request, cast(Person, request.user)):
            return redirect(request.session.pop(PAGE_KEY))
        page: HttpResponse = super().get(request, *args, **kwargs)
        return page

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        person = cast(Person, self.request.user)
        context: dict[str, Any] = super().get_context_data(**kwargs)
        state = {"is_required": is_required(person), "has_factor": has_factor(person)}
        return context | state | {"is_owed": is_owed(self.request, person)}


def sign_out(request: HttpRequest) -> HttpResponseBase:
    """Sign out, and let the browser forget pages and drafts: the next person at it may be another.

    The pages' script sends what is unsent before it asks for this. A session that ends by itself clears
    nothing.
    """
    response: HttpResponseBase = logout(request)
    if request.method == "POST":
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def second_factor(request: HttpRequest) -> HttpResponseBase:
    page: HttpResponseBase = SecondFactorView.as_view()(request)
    return page
