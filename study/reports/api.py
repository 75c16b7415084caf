"""The API for investigators' programs: the queries and services of the pages, as JSON and files."""

from dataclasses import asdict
from typing import cast

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.decorators import api_view, parser_classes, permission_classes
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from study.participants.models import Person, Role
from study.participants.policies import participant_of
from study.participants.tokens import is_investigator
from study.protocol.errors import PhaseClosed
from study.protocol.models import Study
from study.reports.board import blockers
from study.reports.parsers import JsonLinesParser, YamlParser, body_of, text_of
from study.reports.queries import AFTER_LOCK, export_content, exports, progress
from study.reports.serializers import (
    AnswerImportSerializer,
    BankImportSerializer,
    DetailSerializer,
    ExportSerializer,
    ProgressSerializer,
    RefusalSerializer,
    WorkerHealthSerializer,
)
from study.reports.services import import_vignette
from study.reports.views import MEDIA_TYPES, as_attachment
from study.responses.health import worker_health
from study.responses.services.imports import import_answers

# Whoever is no investigator, and what is refused before anybody reads it.
STRANGERS = {401: DetailSerializer, 403: DetailSerializer}
FILES = sorted(set(MEDIA_TYPES.values()) - {"application/json"})
UNREAD = {413: DetailSerializer, 415: DetailSerializer}


class IsInvestigator(BasePermission):
    """An investigator of any study; whether of this one is a question of the study's address."""

    message = "The API is for the investigators of a study."

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002  the framework's signature
        return is_investigator(request.user)


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers untyped
    """How the schema describes the token."""

    target_class = "study.participants.tokens.ApiTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:  # noqa: ARG002  its signature
        return {"type": "http", "scheme": "bearer"}


class Schema(SpectacularAPIView):
    permission_classes = (IsInvestigator,)


def _study(request: Request, slug: str) -> Study:
    """Return the study in which the caller is an investigator; unknown and foreign are the same 404."""
    return participant_of(cast(Person, request.user), slug, Role.INVESTIGATOR).study


@extend_schema(
    request={"application/yaml": OpenApiTypes.STR},
    responses={200: BankImportSerializer, 400: RefusalSerializer, **UNREAD, **STRANGERS},
)
@api_view(["POST"])
@parser_classes([YamlParser])
@permission_classes([IsInvestigator])
def vignettes(request: Request) -> Response:
    """Store one vignette file in the bank: a new text becomes a new version, a known one changes nothing."""
    person = cast(Person, request.user)
    report = import_vignette(person=person, content=body_of(request.data), now=timezone.now())
    return Response(BankImportSerializer(asdict(report)).data)


@extend_schema(
    request={"application/x-ndjson": OpenApiTypes.STR},
    responses={
        200: AnswerImportSerializer,
        400: RefusalSerializer,
        404: RefusalSerializer,
        409: RefusalSerializer,
        **UNREAD,
        **STRANGERS,
    },
)
@api_view(["POST"])
@parser_classes([JsonLinesParser])
@permission_classes([IsInvestigator])
def answers(request: Request, slug: str) -> Response:
    """Import answers that models gave elsewhere: all lines or none, repeating them changes nothing."""
    study, person = _study(request, slug), cast(Person, request.user)
    text = text_of(request.data)
    report = import_answers(study_id=study.pk, person=person, lines=text, now=timezone.now())
    return Response(AnswerImportSerializer(asdict(report)).data)


@extend_schema(responses={200: ProgressSerializer, 404: RefusalSerializer, **STRANGERS})
@api_view(["GET"])
@permission_classes([IsInvestigator])
def study_progress(request: Request, slug: str) -> Response:
    """Completeness overall, by vignette and by rater, and what blocks the next step; never by arm."""
    study = _study(request, slug)
    found = {"phase": study.phase, "blockers": blockers(study), **progress(study).as_json()}
    return Response(ProgressSerializer(found).data)


@extend_schema(operation_id="worker_health", responses={200: WorkerHealthSerializer, **STRANGERS})
@api_view(["GET"])
@permission_classes([IsInvestigator])
def health(request: Request) -> Response:  # noqa: ARG001  the same for every study
    """The queue of models' answers over all studies, and whether anybody works on it."""
    return Response(WorkerHealthSerializer(asdict(worker_health(timezone.now()))).data)


@extend_schema(
    operation_id="study_exports",
    responses={
        200: ExportSerializer(many=True),
        404: RefusalSerializer,
        409: RefusalSerializer,
        **STRANGERS,
    },
)
@api_view(["GET"])
@permission_classes([IsInvestigator])
def export_list(request: Request, slug: str) -> Response:
    """The files after the data lock, each with its SHA-256."""
    study = _study(request, slug)
    if study.phase not in AFTER_LOCK:
        raise PhaseClosed("There are no exports before the data lock.")
    return Response(ExportSerializer([each.as_json() for each in exports(study)], many=True).data)


@extend_schema(
    operation_id="study_export",
    responses={
        **{(200, kind): OpenApiTypes.BINARY for kind in FILES},
        (200, "application/json"): OpenApiTypes.OBJECT,
        404: RefusalSerializer,
        409: RefusalSerializer,
        **STRANGERS,
    },
)
@api_view(["GET"])
@permission_classes([IsInvestigator])
def export_file(request: Request, slug: str, name: str) -> HttpResponse:
    """One file of the list, or `dataset.zip` with all of them."""
    study = _study(request, slug)
    return as_attachment(study, name, export_content(study, name))
