"""The lock on a rater's requests: SQL that names an author's table never reaches the database."""

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse

from study.blinding.key import SealKey, StudySecret
from study.datasets.models import FrozenDataset
from study.participants.models import Participant
from study.protocol.models import Study
from study.ratings.guard import AUTHOR_TABLES, BlindingBreach, blinded
from study.ratings.models import RatingDraft
from study.ratings.urls import urlpatterns
from study.responses.models import Response

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", [SealKey, StudySecret, Response, FrozenDataset])
def test_a_query_for_an_author_is_stopped(model: type[Response]) -> None:
    view = blinded(lambda _: HttpResponse(str(model.objects.count())))
    with pytest.raises(BlindingBreach, match=model._meta.db_table):
        view(HttpRequest())


def test_a_join_and_raw_sql_are_stopped_too() -> None:
    def raw(request: HttpRequest) -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute('SELECT count(*) FROM study_blindeditem JOIN "STUDY_SEALKEY" ON 1 = 1')
        return HttpResponse()

    with pytest.raises(BlindingBreach):
        blinded(raw)(HttpRequest())


def test_what_raters_need_passes() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse([Study.objects.count(), Participant.objects.count(), RatingDraft.objects.count()])

    assert blinded(view)(HttpRequest()).content == b"000"


def test_the_lock_ends_with_the_request() -> None:
    blinded(lambda _: HttpResponse())(HttpRequest())
    assert Response.objects.count() == 0


def test_every_table_of_the_list_exists() -> None:
    assert set(AUTHOR_TABLES) <= set(connection.introspection.table_names())


def test_every_page_of_raters_is_under_the_lock() -> None:
    pages = {each.name: each.callback for each in urlpatterns}
    open_pages = {name for name, view in pages.items() if not getattr(view, "is_blinded", False)}
    assert open_pages == {"rate-open"}
