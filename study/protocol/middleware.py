"""Per request: an id and a person for the audit trail, and one place that turns a refusal into a page."""

import uuid
from collections.abc import Callable

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from study.protocol import audit
from study.protocol.errors import StudyError

GetResponse = Callable[[HttpRequest], HttpResponse]


class PlainCookiesMiddleware:
    """Refuse cookies with the character NUL: quotes can hold it, and PostgreSQL refuses it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if any("\x00" in value for value in request.COOKIES.values()):
            raise SuspiciousOperation("a cookie holds NUL")
        return self.get_response(request)


class RequestContextMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        named = audit.request_id.set(str(uuid.uuid4()))
        asked = audit.signed_in.set(lambda: request.user.pk)
        try:
            response = self.get_response(request)
        finally:
            audit.signed_in.reset(asked)
            audit.request_id.reset(named)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class StudyErrorMiddleware:
    """A page for every StudyError; the same page for unknown and for foreign objects."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, StudyError):
            return None
        context = {"error": exception, "page_before": _page_before(request)}
        return render(request, "protocol/refusal.html", context, status=exception.status)


def _page_before(request: HttpRequest) -> str:
    """Return the page of this site whose form was refused, or an empty string."""
    address = request.META.get("HTTP_REFERER", "")
    is_ours = url_has_allowed_host_and_scheme(
        address, {request.get_host()}, require_https=request.is_secure()
    )
    return address if request.method == "POST" and is_ours else ""
