"""Rating, as a machine against a dictionary: drafts, ratings, corrections, guesses, a stranger."""

from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from study.participants.models import Participant
from study.protocol.models import Study
from study.protocol.rubric import DIMENSION_CODES
from study.ratings.inputs import GuessInput, RatingInput
from study.ratings.models import Assignment, Rating, RatingDraft, SourceGuess
from study.ratings.services import content_of, revise_rating, save_guess, save_rating, save_rating_draft
from tests.builders import NOW
from tests.machines.machine import StudyMachine
from tests.ratings.world import ABSTENTION, GUESS, RATING

PLACES = st.integers(0, 2)
OTHER = replace(RATING, scores=dict.fromkeys(DIMENSION_CODES, 2), comment="=1+1 <b>\u202e")
HARMLESS = replace(RATING, harm_extent="none", harm_likelihood="")
GOOD = (RATING, OTHER, HARMLESS, ABSTENTION, replace(RATING, active_seconds=1.0))
BAD = (
    RatingInput(),
    replace(RATING, scores={}),
    replace(RATING, scores=dict.fromkeys(DIMENSION_CODES, 6)),
    replace(RATING, scores=dict.fromkeys(DIMENSION_CODES, 0)),
    replace(RATING, scores={**RATING.scores, "style": 3}),
    replace(RATING, harm_extent="huge"),
    replace(RATING, confidence=None),
    replace(RATING, error_tags=("nonsense",)),
    replace(RATING, comment="x" * 5000),
    replace(ABSTENTION, cannot_judge_reason=" "),
)
JUDGEMENTS = st.sampled_from((*GOOD, *GOOD, *BAD))
GUESSES = st.sampled_from(
    (GUESS, GuessInput("resident", 1), GuessInput("dont_know"), GuessInput("model"), GuessInput("machine", 1))
)


@dataclass
class Place:
    """What must be stored of one place; `revisions` are the judgements without the time they took."""

    draft: dict[str, Any] | None = None
    revisions: list[RatingInput] = field(default_factory=list)
    guess: GuessInput | None = None


def untimed(judgement: RatingInput) -> RatingInput:
    """What makes two judgements the same."""
    return replace(judgement, active_seconds=None)


class RatingMachine(StudyMachine):
    """The real services beside `Place`; every step must be told the same by both."""

    def __init__(self, study: Study, rater: Participant, stranger: Participant) -> None:
        super().__init__()
        self.study, self.rater, self.stranger = study, rater, stranger
        self.rows = list(Assignment.objects.filter(rater=rater).order_by("position")[:3])
        self.places = [Place() for _ in self.rows]

    @rule(place=PLACES, comment=st.sampled_from(["", "So far.", "<script>", "=1"]))
    def draft(self, place: int, comment: str) -> None:
        """What is ticked so far is kept until the rating is saved."""
        known, fields = self.places[place], {"comment": comment}
        expected = "Conflict" if known.revisions else ""
        told = self._ask(save_rating_draft, place, fields=fields, active_seconds=1.0)
        assert told == expected
        known.draft = known.draft if told else fields
        self.has_events(0)

    @rule(place=PLACES, judgement=JUDGEMENTS)
    def save(self, place: int, judgement: RatingInput) -> None:
        """The first rating counts; a second one must be a correction."""
        known, same = self.places[place], untimed(judgement)
        is_new = judgement not in BAD and not known.revisions
        expected = "InvalidInput" if judgement in BAD else "Conflict"
        if is_new or (judgement not in BAD and same in known.revisions):
            expected = ""
        assert self._ask(save_rating, place, judgement=judgement) == expected
        self._added(known, same, is_new)

    @rule(place=PLACES, judgement=JUDGEMENTS, reason=st.sampled_from(["", " ", "A slip.", "=cmd"]))
    def revise(self, place: int, judgement: RatingInput, reason: str) -> None:
        """A correction is one more revision, with its reason."""
        known, same = self.places[place], untimed(judgement)
        expected = ""
        if judgement in BAD:
            expected = "InvalidInput"
        elif not known.revisions:
            expected = "PreconditionMissing"
        elif same != known.revisions[-1] and not reason.strip():
            expected = "InvalidInput"
        assert self._ask(revise_rating, place, judgement=judgement, reason=reason) == expected
        self._added(known, same, not expected and same != known.revisions[-1])

    def _added(self, known: Place, judgement: RatingInput, is_new: bool) -> None:
        if is_new:
            known.revisions.append(judgement)
            known.draft = None
        self.has_events(int(is_new))

    @rule(place=PLACES, guess=GUESSES)
    def guess(self, place: int, guess: GuessInput) -> None:
        """One guess, after the rating, where it is asked."""
        known = self.places[place]
        expected = ""
        if guess.guess == "machine" or guess == GuessInput("model"):
            expected = "InvalidInput"
        elif not self.rows[place].guess_asked:
            expected = "NotFound"
        elif not known.revisions:
            expected = "PreconditionMissing"
        elif known.guess not in (None, guess):
            expected = "Conflict"
        is_new = not expected and known.guess is None
        assert self._ask(save_guess, place, guess=guess) == expected
        known.guess = guess if is_new else known.guess
        self.has_events(int(is_new))

    @rule(place=PLACES, kind=st.integers(0, 3))
    def intrude(self, place: int, kind: int) -> None:
        """Somebody else's place is nowhere, whatever is done to it."""
        acts: tuple[tuple[Any, dict[str, Any]], ...] = (
            (save_rating, {"judgement": RATING}),
            (revise_rating, {"judgement": RATING, "reason": "A slip."}),
            (save_guess, {"guess": GUESS}),
            (save_rating_draft, {"fields": {}, "active_seconds": None}),
        )
        act, arguments = acts[kind]
        assert self._ask(act, place, rater=self.stranger, **arguments) == "NotFound"
        self.has_events(0)

    def _ask(self, act: Any, place: int, rater: Participant | None = None, **arguments: Any) -> str:
        participant = Participant.objects.select_related("study").get(pk=(rater or self.rater).pk)
        row = Assignment.objects.get(pk=self.rows[place].pk)
        return self.told(act, assignment=row, participant=participant, now=NOW, **arguments)

    @invariant()
    def rows_are_as_expected(self) -> None:
        """Drafts, revisions and guesses are those of the dictionary."""
        for row, place in zip(self.rows, self.places, strict=True):
            ratings = Rating.objects.filter(assignment=row).prefetch_related("scores").order_by("revision")
            assert [untimed(content_of(rating)) for rating in ratings] == place.revisions
            assert [rating.revision for rating in ratings] == list(range(1, len(place.revisions) + 1))
            draft = RatingDraft.objects.filter(assignment=row).first()
            assert (draft and draft.fields) == place.draft
            guess = SourceGuess.objects.filter(assignment=row).first()
            assert (guess and GuessInput(guess.guess, guess.certainty, guess.reason)) == place.guess
