"""What a rating page holds: plain text and the rubric, and not one object that could lead further."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from study.participants.models import Participant
from study.protocol.errors import NotFound
from study.protocol.vocabulary import Phase
from study.ratings.forms import CorrectionForm, GuessForm, RatingForm, as_initial
from study.ratings.models import Assignment, RatingDraft
from study.ratings.queries import Queue, guess_is_owed, latest_rating, queue_of, rating_summary
from study.ratings.rendering import RenderedSection, TextBlock, render_sections, render_text
from study.ratings.services import content_of


@dataclass(frozen=True)
class CardPoint:
    """One key point as a rater sees it."""

    text: str
    critical: bool
    reference: str


@dataclass(frozen=True)
class RatingPage:
    """The case, its key-point card and the response at one place of a rater's queue."""

    position: int
    queue: Queue
    scenario: tuple[TextBlock, ...]
    question: tuple[TextBlock, ...]
    points: tuple[CardPoint, ...]
    response: tuple[RenderedSection, ...]


def rating_page(rater: Participant, assignment: Assignment) -> RatingPage:
    """Return what the page at this place shows; a function of place, vignette and canonical text.

    The case stands there as it was asked.
    """
    version = assignment.item.study_vignette.version
    asked, card = version.as_asked(assignment.item.variant), version.parsed.for_raters.key_points
    return RatingPage(
        position=assignment.position,
        queue=queue_of(rater),
        scenario=render_text(asked.scenario),
        question=render_text(asked.question),
        points=tuple(CardPoint(point.text, point.critical, point.source) for point in card),
        response=render_sections(assignment.item.sections),
    )


def next_address(rater: Participant) -> str:
    """Return the address of the first place that is not done, or of the queue when all are."""
    place = queue_of(rater).next_place
    if place is None:
        return reverse("rate-queue", args=[rater.study.slug])
    name = "rate-guess" if place.state == "guess" else "rate-page"
    return reverse(name, args=[rater.study.slug, place.position])


def open_context(rater: Participant, assignment: Assignment, form: RatingForm | None) -> dict[str, Any]:
    """Return the context of a place without a saved rating; the draft fills a form that was not sent."""
    draft = RatingDraft.objects.filter(assignment=assignment).first()
    initial = {**draft.fields, "active_seconds": draft.active_seconds} if draft else {}
    return {
        "study": rater.study,
        "page": rating_page(rater, assignment),
        "form": form or RatingForm(initial=initial),
        "is_open": rater.study.phase == Phase.RATING,
    }


def locked_context(rater: Participant, assignment: Assignment, form: CorrectionForm | None) -> dict[str, Any]:
    """Return the context of a place whose rating is saved; `form` is a correction to show again."""
    rating = latest_rating(assignment)
    if rating is None:
        raise NotFound
    return {
        "study": rater.study,
        "page": rating_page(rater, assignment),
        "summary": rating_summary(rating),
        "revision": rating.revision,
        "is_sent": form is not None,
        "form": form or CorrectionForm(initial=as_initial(content_of(rating))),
        "is_open": rater.study.phase == Phase.RATING,
        "owes_guess": guess_is_owed(assignment),
        "next_address": next_address(rater),
    }


def guess_context(rater: Participant, assignment: Assignment, form: GuessForm) -> dict[str, Any]:
    """Return the context of the question who wrote the response."""
    return {
        "study": rater.study,
        "page": rating_page(rater, assignment),
        "form": form,
        "choices": [form["guess"], form["certainty"]],
    }
