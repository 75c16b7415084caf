"""Pages that belong to no role, and what the pages of several stages share."""

from collections.abc import Callable, Collection

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from study.engines.profiles.loader import Profile
from study.protocol.errors import NotFound, NotPermitted, error_payload


@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """Answer when the database answers: for a load balancer, and for whoever waits for the start."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say what to do when a form's key is stale; the browser still holds what was typed."""
    error = NotPermitted(
        "Nothing was stored: this page was opened before your last sign-in. Go back (your text is there), "
        "copy it, load the page again, and send it once more."
    )
    return render(request, "protocol/refusal.html", {"error": error}, status=403)


def missing_page(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer unknown addresses exactly as objects that are not the person's."""
    if request.path.startswith("/api/"):
        return JsonResponse(error_payload(NotFound()), status=404)
    return render(request, "protocol/refusal.html", {"error": NotFound()}, status=404)


def broken_page(request: HttpRequest) -> HttpResponse:
    return render(request, "500.html", status=500)


def asked_profile(
    request: HttpRequest, names: Collection[str], load: Callable[[str], Profile]
) -> Profile | None:
    """Return the profile from which a set-up form is to be filled, if the address names one.

    Raises NotFound for a name that is not among `names`.
    """
    name = request.GET.get("profile")
    if not name:
        return None
    if name not in names:
        raise NotFound
    return load(name)
