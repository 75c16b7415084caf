"""What the planted leaks do to an answer, given who wrote the response that was asked for."""

import base64
import logging
from typing import Any

from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse, JsonResponse

from study.participants.models import Participant, Role
from study.responses.models import Response
from tests.noninterference.leaks import Author


def worker_of(author: Author) -> str:
    attempt = author.response.attempt
    return attempt.generation.worker if attempt else "none"


def finished_of(author: Author) -> object:
    attempt = author.response.attempt
    return attempt.finished_at if attempt else "none"


def thoughts_of(author: Author) -> str:
    attempt = author.response.attempt
    return attempt.reasoning if attempt else ""


def raw_of(author: Author) -> int:
    """The length of all that came over the wire."""
    attempt = author.response.attempt
    return len(attempt.raw_text) if attempt else 0


def cookie(_: HttpRequest, response: HttpResponse, author: Author) -> None:
    response.set_cookie(f"seen-{author.kind}", "1")


def status(_: HttpRequest, response: HttpResponse, author: Author) -> None:
    if response.status_code == 405 and author.is_model:
        response.status_code = 403


def not_modified(request: HttpRequest, _: HttpResponse, author: Author) -> HttpResponse | None:
    is_conditional = "If-None-Match" in request.headers
    return HttpResponse(status=304) if is_conditional and author.is_model else None


def moved(_: HttpRequest, response: HttpResponse, author: Author) -> None:
    if "Location" in response.headers:
        response.headers["Location"] += f"?from={author.response.pk}"


def options(request: HttpRequest, _: HttpResponse, author: Author) -> HttpResponse | None:
    if request.method != "OPTIONS":
        return None
    arms = author.response.study.arms.values_list("label", flat=True)
    return JsonResponse({"choices": list(arms)})


def json_field(request: HttpRequest, response: HttpResponse, author: Author) -> HttpResponse | None:
    is_draft = request.path.endswith("/draft/") and response.status_code == 200
    return JsonResponse({"saved_at": "10:00:00", "arm": author.kind}) if is_draft else None


def as_json(request: HttpRequest, _: HttpResponse, author: Author) -> HttpResponse | None:
    wants = "json" in request.headers.get("Accept", "")
    return JsonResponse({"id": author.response.pk}) if wants else None


def refusal(_: HttpRequest, response: HttpResponse, author: Author) -> None:
    if response.status_code == 422:
        name = "response_once_per_draw" if author.is_model else "response_once_per_resident"
        response.content += f'violates constraint "{name}"'.encode()


def hostile_query(request: HttpRequest, response: HttpResponse, author: Author) -> None:
    if "arm" in request.GET and author.is_model:
        response.content += b"1 found"


def truth(request: HttpRequest, response: HttpResponse, author: Author) -> None:
    if request.path.endswith("/guess/") and request.method == "POST":
        response.headers["X-Guess"] = "right" if author.is_model else "wrong"


def log(_: HttpRequest, response: HttpResponse, author: Author) -> None:
    logging.getLogger("study").info("rated a %s response", author.kind)


def mail(request: HttpRequest, response: HttpResponse, author: Author) -> None:
    name = author.response.model_arm.label if author.response.model_arm else "a resident"
    send_mail("Please rate", f"{name} has answered.", None, ["rater@example.org"])


def default(_: HttpRequest, response: HttpResponse, author: Author) -> None:
    if author.is_model:
        response.content = response.content.replace(b'value="3"', b'value="3" checked', 1)


def home(request: HttpRequest, response: HttpResponse) -> None:
    if request.path == "/":
        first = Participant.objects.filter(role=Role.RESIDENT).order_by("pk")[0]
        token = base64.b64encode(first.person.email.encode()).decode()
        response.content += f'<a data-new="{token}">new answers</a>'.encode()


def feed(request: HttpRequest, response: HttpResponse) -> None:
    if request.path == "/":
        response.content += f"<li>written by {_any_attempt().generation.worker}</li>".encode()


def admin(request: HttpRequest, _: HttpResponse) -> HttpResponse | None:
    return HttpResponse(_any_attempt().generation.arm.label) if request.path == "/admin/" else None


def schema(request: HttpRequest, _: HttpResponse) -> HttpResponse | None:
    is_schema = request.path == "/api/v1/schema/"
    return JsonResponse({"enum": [_any_attempt().generation.arm.name]}) if is_schema else None


def script(request: HttpRequest, response: Any) -> None:
    if request.path.endswith(".js"):
        response.streaming_content = [*response.streaming_content, _any_attempt().model.encode()]


def _any_attempt() -> Any:
    return Response.objects.exclude(attempt=None).order_by("pk")[0].attempt
