"""Reads of queues and ratings: a rater's own, and counts for the board that know no arm."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from study.blinding.models import BlindedItem, ExclusionRun
from study.participants.models import Participant, Role
from study.participants.queries import consented
from study.protocol.errors import NotFound
from study.protocol.models import Study
from study.protocol.queries import locked_plan
from study.protocol.rubric import CONFIDENCES, DIMENSIONS, ERROR_TAGS, HARM_EXTENTS, HARM_LIKELIHOODS
from study.ratings.models import Assignment, Rating, RatingDraft, SourceGuess
from vignettes.variants import ORIGINAL


@dataclass(frozen=True)
class Place:
    """One place of a queue: `state` is open, begun, rated or guess (rated, and the guess is still owed)."""

    position: int
    state: str

    @property
    def is_done(self) -> bool:
        return self.state == "rated"


@dataclass(frozen=True)
class Queue:
    """A rater's own queue; `minutes_left` follows the rater's pace and is None before the first rating."""

    places: tuple[Place, ...]
    minutes_left: int | None

    @property
    def total(self) -> int:
        return len(self.places)

    @property
    def rated(self) -> int:
        return sum(place.state in {"rated", "guess"} for place in self.places)

    @property
    def time_left(self) -> str:
        """The minutes left in words, such as "2 h 50 min"; empty while the pace is unknown."""
        if self.minutes_left is None:
            return ""
        hours, minutes = divmod(max(self.minutes_left, 1), 60)
        return f"{hours} h {minutes} min" if hours else f"{minutes} min"

    @property
    def next_place(self) -> Place | None:
        """The first place that is not done."""
        return next((place for place in self.places if not place.is_done), None)


@dataclass(frozen=True)
class Tally:
    """How many of the planned ratings of one rater or one vignette are saved."""

    label: str
    rated: int
    planned: int


@dataclass(frozen=True)
class Completeness:
    """Counts over all arms together; `raters` are numbered in the order in which they joined."""

    planned: int
    rated: int
    abstained: int
    guesses_asked: int
    guesses_given: int
    raters: tuple[Tally, ...]
    vignettes: tuple[Tally, ...]


def queue_of(rater: Participant) -> Queue:
    """Return the rater's queue with the state of each place."""
    rows = rater.assignments.annotate(
        is_rated=Exists(Rating.objects.filter(assignment=OuterRef("pk"))),
        is_guessed=Exists(SourceGuess.objects.filter(assignment=OuterRef("pk"))),
        is_begun=Exists(RatingDraft.objects.filter(assignment=OuterRef("pk"))),
    ).order_by("position")
    values = rows.values_list("position", "guess_asked", "is_rated", "is_guessed", "is_begun")
    places = tuple(Place(position, _state(*flags)) for position, *flags in values)
    return Queue(places, _minutes_left(rater, sum(place.state in {"open", "begun"} for place in places)))


def _state(guess_asked: bool, is_rated: bool, is_guessed: bool, is_begun: bool) -> str:
    if is_rated:
        return "guess" if guess_asked and not is_guessed else "rated"
    return "begun" if is_begun else "open"


def _minutes_left(rater: Participant, remaining: int) -> int | None:
    first = Rating.objects.filter(assignment__rater=rater, revision=1, active_seconds__gt=0)
    seconds = list(first.values_list("active_seconds", flat=True))
    known = [value for value in seconds if value]
    return round(median(known) * remaining / 60) if known else None


def assignment_at(rater: Participant, position: int) -> Assignment:
    """Return what stands at a place of the rater's own queue; NotFound where there is no such place."""
    rows = Assignment.objects.select_related("item__study_vignette__version")
    found = rows.filter(rater=rater, position=position).first()
    if found is None:
        raise NotFound
    return found


def latest_rating(assignment: Assignment) -> Rating | None:
    """Return the revision that counts."""
    return assignment.ratings.prefetch_related("scores").order_by("-revision").first()


def guess_is_owed(assignment: Assignment) -> bool:
    """Say whether the guess is asked here and not given yet."""
    return assignment.guess_asked and not SourceGuess.objects.filter(assignment=assignment).exists()


def rating_summary(rating: Rating) -> list[tuple[str, str]]:
    """Return a saved judgement in words, as (label, value)."""
    if rating.cannot_judge:
        rows = [("Cannot judge", rating.cannot_judge_reason)]
    else:
        scores = {score.dimension: score.value for score in rating.scores.all()}
        rows = [
            (each.label, f"{scores[each.code]}: {each.anchors[scores[each.code] - 1]}") for each in DIMENSIONS
        ]
        rows += [
            ("Harm", HARM_EXTENTS[rating.harm_extent]),
            ("Likelihood", HARM_LIKELIHOODS.get(rating.harm_likelihood, "does not apply")),
            ("Kind of error", _kinds(rating)),
            ("Error tags", ", ".join(ERROR_TAGS[tag][0] for tag in rating.error_tags) or "none"),
            ("Confidence", CONFIDENCES[rating.confidence or 1]),
        ]
    return [*rows, ("Comment", rating.comment or "none")]


def _kinds(rating: Rating) -> str:
    kinds = [
        name for name, ticked in (("commission", rating.commission), ("omission", rating.omission)) if ticked
    ]
    return " and ".join(kinds) or "none"


def items_of(study: Study) -> QuerySet[BlindedItem]:
    """Return the items that raters rate; those of wave 0 are read by judges alone."""
    items = BlindedItem.objects.filter(study=study, wave__gt=0)
    return items.select_related("study_vignette").order_by("public_id")


def eligible_raters(study: Study) -> QuerySet[Participant]:
    """Return the raters who have agreed and whose exclusions are derived."""
    derived = ExclusionRun.objects.filter(study=study).values("rater_id")
    return consented(study, Role.RATER).filter(pk__in=derived)


def _raters(number: int) -> str:
    return f"{number} rater{'' if number == 1 else 's'}"


def _needed_raters(study: Study) -> tuple[int, str]:
    """Return how many raters the study needs, and why: a rater meets one wave of each vignette."""
    planned = study.raters_per_response
    why = f"Each response needs {_raters(planned)}"
    forms: dict[int, dict[int, str]] = {}
    for vignette, wave, variant in items_of(study).values_list("study_vignette", "wave", "variant"):
        forms.setdefault(vignette, {})[wave] = variant
    most = sorted(max(forms.values(), key=len).values()) if forms else []
    if len(most) < 2:
        return planned, why
    draws = most.count(ORIGINAL)
    original = [f"{draws} draws"] if draws > 1 else [ORIGINAL] * draws
    named = ", ".join([*original, *(name for name in most if name != ORIGINAL)])
    return planned * len(most), (
        f"{why}, and nobody rates a vignette in more than one of its {len(most)} forms ({named}): "
        f"{planned * len(most)} raters are needed"
    )


def opening_blockers(study: Study) -> list[str]:
    """Return what still stands between the study and rating, one sentence each."""
    agreed, eligible = consented(study, Role.RATER).count(), eligible_raters(study).count()
    needed, why = _needed_raters(study)
    checks = [
        (items_of(study).exists(), "The responses are not sealed yet."),
        (locked_plan(study) is not None, "The analysis plan is not locked by signature."),
        (agreed >= needed, f"{why}, and {agreed} agreed to take part."),
        (
            eligible == agreed,
            f"Exclusions are not derived for {_raters(agreed - eligible)}: see the sealing page.",
        ),
    ]
    return [sentence for good, sentence in checks if not good]


def completeness(study: Study) -> Completeness:
    """Return how far rating has come: in all, by rater and by vignette."""
    saved = Rating.objects.filter(assignment=OuterRef("pk"))
    assignments = Assignment.objects.filter(item__study=study).annotate(is_rated=Exists(saved))
    pairs = list(assignments.values_list("rater_id", "item__study_vignette__code", "is_rated"))
    order = {pk: f"Rater {number}" for number, pk in enumerate(sorted({pk for pk, _, _ in pairs}), start=1)}
    guesses = assignments.aggregate(
        asked=Count("pk", filter=Q(guess_asked=True)), given=Count("guess", filter=Q(guess__isnull=False))
    )
    abstained = saved_latest(study).filter(cannot_judge=True).count()
    return Completeness(
        planned=len(pairs),
        rated=sum(is_rated for _, _, is_rated in pairs),
        abstained=abstained,
        guesses_asked=guesses["asked"],
        guesses_given=guesses["given"],
        raters=_counted((order[rater], is_rated) for rater, _, is_rated in pairs),
        vignettes=_counted((code, is_rated) for _, code, is_rated in pairs),
    )


def saved_latest(study: Study) -> QuerySet[Rating]:
    """Return the revision that counts of every saved rating of the study."""
    later = Rating.objects.filter(assignment=OuterRef("assignment"), revision__gt=OuterRef("revision"))
    return Rating.objects.filter(~Exists(later), assignment__item__study=study)


def _counted(pairs: Iterable[tuple[str, bool]]) -> tuple[Tally, ...]:
    planned: Counter[str] = Counter()
    rated: Counter[str] = Counter()
    for label, is_rated in pairs:
        planned[label] += 1
        rated[label] += is_rated
    return tuple(Tally(label, rated[label], planned[label]) for label in sorted(planned, key=_natural))


def _natural(label: str) -> tuple[str, int]:
    """Sort "Rater 10" after "Rater 9"."""
    head = label.rstrip("0123456789")
    return head, int(label[len(head) :] or 0)
