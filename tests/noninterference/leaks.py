"""Leaks planted on purpose, one per channel: each changes what a rater gets, and the comparison must see it.

They live here alone: the product has no switch for any of them.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import override_settings

from study.participants.models import Participant
from study.ratings import guard, pages, views
from study.ratings.models import Assignment
from study.responses.models import Response
from tests.noninterference import world

Plant = Callable[[], AbstractContextManager[object]]
# What a leak does to an answer, given who wrote the response at the place that was asked for.
Change = Callable[[HttpRequest, HttpResponse, "Author"], HttpResponse | None]
_PLACE: Final = re.compile(r"/rate/(\d+)/")
HERE: Final = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Leak:
    """One planted leak: its channel in the register and how it is planted."""

    channel: str
    plant: Plant


@dataclass(frozen=True)
class Author:
    """Who wrote the response of an assignment, as only the key knows."""

    response: Response

    @property
    def is_model(self) -> bool:
        return self.response.model_arm_id is not None

    @property
    def kind(self) -> str:
        return "generated" if self.is_model else "typed"


def author_of(assignment: Assignment) -> Author:
    keys = {item: place for place, item in world.places_of(assignment.rater.study).items()}
    level, number = keys[assignment.item_id]
    rows = Response.objects.filter(study_vignette__position=number)
    return Author(
        rows.get(resident__level=level) if level in world.LEVELS else rows.get(model_arm__name=level)
    )


def _asked(request: HttpRequest) -> Author | None:
    match = _PLACE.search(request.path)
    found = match and Assignment.objects.filter(rater__person=request.user, position=match[1]).first()
    return author_of(found) if found else None


_change: list[Change] = []


class LeakyMiddleware:
    """Lets the planted change loose on the answers for a place of the rater's queue."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        author = _asked(request) if getattr(request, "user", None) else None
        return (_change[0](request, response, author) if author else None) or response


@contextmanager
def _middleware(change: Change) -> Iterator[None]:
    _change[:] = [change]
    name = f"{LeakyMiddleware.__module__}.{LeakyMiddleware.__qualname__}"
    with override_settings(MIDDLEWARE=[name, *settings.MIDDLEWARE]):
        yield
    _change.clear()


def by(change: Change) -> Plant:
    return lambda: _middleware(change)


def says(text: Callable[[Author], object]) -> Plant:
    """A page that ends with what the author's row says."""

    def change(_: HttpRequest, response: HttpResponse, author: Author) -> None:
        response.content += f"<p>{text(author)}</p>".encode()

    return by(change)


def heads(name: str, value: Callable[[Author], object]) -> Plant:
    """An answer with a header from the author's row."""

    def change(_: HttpRequest, response: HttpResponse, author: Author) -> None:
        response.headers[name] = str(value(author))

    return by(change)


@contextmanager
def _template(name: str) -> Iterator[None]:
    """A template folder before the product's, a context that knows the author, and no guard."""
    templates = [{**settings.TEMPLATES[0], "DIRS": [HERE / name, *settings.TEMPLATES[0]["DIRS"]]}]
    original = pages.open_context

    def knowing(participant: Participant, assignment: Assignment, *more: Any) -> dict[str, Any]:
        return {**original(participant, assignment, *more), "author": author_of(assignment)}

    with (
        override_settings(TEMPLATES=templates),
        patch.object(views, "open_context", knowing),
        patch.object(guard, "_NAMED", re.compile("^nothing$")),
    ):
        yield


def _by_response(rater: Participant) -> list[Assignment]:
    """A rater's assignments in the order in which their responses were written."""
    rows = Assignment.objects.select_related("item__study_vignette__version").filter(rater=rater)
    return sorted(rows, key=lambda each: author_of(each).response.pk)


@contextmanager
def query() -> Iterator[None]:
    """The queue in the order of the responses' rows."""
    orders: dict[int, list[Assignment]] = {}

    def at(rater: Participant, position: int) -> Assignment:
        return orders.setdefault(rater.pk, _by_response(rater))[min(position, len(orders[rater.pk])) - 1]

    with patch.object(views, "assignment_at", at), patch.object(guard, "_NAMED", re.compile("^nothing$")):
        yield


@contextmanager
def queue_counts() -> Iterator[None]:
    """Progress by kind of author, on the queue's page."""
    original = views.queue_of

    def counted(rater: Participant) -> Any:
        rated = Assignment.objects.filter(rater=rater, ratings__isnull=False).distinct()
        models = sum(author_of(each).is_model for each in rated)
        found = original(rater)
        return type(found)(found.places, 60 + models)

    with patch.object(views, "queue_of", counted), patch.object(guard, "_NAMED", re.compile("^nothing$")):
        yield


def anywhere(change: Callable[[HttpRequest, HttpResponse], HttpResponse | None]) -> Plant:
    """A leak on pages that stand for no place of a queue."""

    @contextmanager
    def plant() -> Iterator[None]:
        def call(self: LeakyMiddleware, request: HttpRequest) -> HttpResponse:
            response = self.get_response(request)
            return change(request, response) or response

        with patch.object(LeakyMiddleware, "__call__", call), _middleware(lambda *_: None):
            yield

    return plant


def template() -> AbstractContextManager[object]:
    return _template("leaky_templates")
