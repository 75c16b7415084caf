"""A study's course from draft to unblinding, as a machine against a dictionary."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from study.blinding.services import prepare_sealing, seal_study
from study.datasets.services import LOCK_STATEMENT, UNBLINDING_STATEMENT, sign_data_lock, sign_unblinding
from study.participants.models import Person
from study.protocol.models import AnalysisPlan, Signature, Study
from study.protocol.queries import locked_plan
from study.protocol.services import change_plan, lock_plan
from study.protocol.vocabulary import Phase
from study.ratings.models import Assignment, Rating
from study.ratings.services import open_rating, save_rating
from study.responses.services.closing import close_answering
from study.responses.services.opening import open_answering
from tests.blinding.world import add_response
from tests.builders import NOW, PASSWORD
from tests.machines.machine import StudyMachine
from tests.ratings.world import ABSTENTION, RATING

WHO = st.sampled_from(["lead", "second"])
RIGHT = st.sampled_from([True, True, True, False])
REASONS = st.sampled_from(["", " ", "Two ratings are open."])
# A right password is refused, too, after six wrong ones, which is another test's promise.
MOST_WRONG = 5
WRONG = "not the password"
EARLY = (Phase.DRAFT, Phase.ANSWERING, Phase.SEALED)


@dataclass
class Course:
    """Where the study must be; a set of signatures names who has signed the data as they stand."""

    phase: Phase = Phase.DRAFT
    plans: int = 1
    is_plan_locked: bool = False
    is_closed: bool = False
    is_prepared: bool = False
    ratings: int = 0
    places: int = 0
    wrong: int = 0
    locks: set[str] = field(default_factory=set)
    unblindings: set[str] = field(default_factory=set)


class LockingMachine(StudyMachine):
    """The real services beside `Course`; every step must be told the same by both."""

    def __init__(self, study: Study, lead: Person, second: Person) -> None:
        super().__init__()
        self.study_id, self.people = study.pk, {"lead": lead, "second": second}
        self.known = Course(plans=AnalysisPlan.objects.filter(study=study).count())
        self.text = AnalysisPlan.objects.filter(study=study).latest("version").text
        self.signatures = Signature.objects.count()

    @rule(seed=st.integers(1, 3), reason=REASONS, broken=st.booleans())
    def plan(self, seed: int, reason: str, broken: bool) -> None:
        """The plan changes for a reason, until it is locked."""
        text = "version: no" if broken else f"# edition {seed}\n{self.text}"
        known = self.known
        latest = AnalysisPlan.objects.filter(study_id=self.study_id).latest("version").text
        is_same = latest == text.rstrip("\n") + "\n"
        expected = "" if is_same else "InvalidInput" if broken or not reason.strip() else ""
        expected = "Conflict" if known.is_plan_locked else expected
        expected = expected if known.phase in EARLY else "PhaseClosed"
        assert self._ask(change_plan, text=text, reason=reason) == expected
        known.plans += int(not expected and not is_same)
        self.has_events(int(not expected and not is_same))

    @rule(who=WHO, right=RIGHT)
    def lock_the_plan(self, who: str, right: bool) -> None:
        """One signature locks the plan, before rating."""
        self._lock_the_plan(who, right)

    def _lock_the_plan(self, who: str, right: bool) -> None:
        expected = self._password(right)
        expected = "Conflict" if self.known.is_plan_locked else expected
        expected = expected if self.known.phase in EARLY else "PhaseClosed"
        self._sign(lock_plan, who, right, expected)
        self.known.is_plan_locked |= not expected

    @rule(steps=st.integers(1, 3))
    def advance(self, steps: int) -> None:
        """Take the next right steps: by chance alone a study seldom comes to its end."""
        for _ in range(steps):
            self._next()
            self.rows_are_as_expected()

    def _next(self) -> None:
        known = self.known
        if not known.is_plan_locked and known.phase in EARLY:
            self._lock_the_plan("lead", True)
        elif known.phase == Phase.DRAFT:
            self._open_answering()
        elif known.phase == Phase.ANSWERING and not known.is_closed:
            self._close("The time is over.")
        elif known.phase == Phase.ANSWERING:
            self._seal(known.is_prepared)
        elif known.phase == Phase.SEALED:
            self._open_rating()
        elif known.phase == Phase.RATING and known.ratings < 2:
            self._rate(False)
        elif known.phase == Phase.RATING:
            self._lock_the_data("second" if "lead" in known.locks else "lead", True, "Enough.")
        elif known.phase == Phase.LOCKED:
            self._unblind("second" if "lead" in known.unblindings else "lead", True)

    @rule()
    def open_answering(self) -> None:
        """Answering opens once."""
        self._open_answering()

    def _open_answering(self) -> None:
        expected = "" if self.known.phase == Phase.DRAFT else "PhaseClosed"
        self._step(open_answering, expected, Phase.ANSWERING)
        if not expected:
            study = Study.objects.get(pk=self.study_id)
            for place, author in enumerate(("PGY1", "PGY2", "model-1"), start=1):
                add_response(study, author, 1, f"Hold the dose for {place} days.")

    @precondition(lambda self: self.known.phase != Phase.DRAFT)
    @rule(reason=st.sampled_from(["", "The time is over."]))
    def close(self, reason: str) -> None:
        """Answering closes once; everything is answered, so that it needs no reason."""
        self._close(reason)

    def _close(self, reason: str) -> None:
        is_open = self.known.phase == Phase.ANSWERING and not self.known.is_closed
        expected = "" if is_open else "PhaseClosed"
        self._step(close_answering, expected, None, reason=reason)
        self.known.is_closed |= not expected

    @rule(seals=st.booleans())
    def seal(self, seals: bool) -> None:
        """Sealing needs the close, and its preparation first."""
        self._seal(seals)

    def _seal(self, seals: bool) -> None:
        known = self.known
        ready = known.is_prepared if seals else known.is_closed
        expected = "" if ready else "PreconditionMissing"
        expected = expected if known.phase == Phase.ANSWERING else "PhaseClosed"
        found = self._ask(seal_study if seals else prepare_sealing)
        assert found == expected
        self.has_events(int(not expected))
        if not expected:
            known.is_prepared, known.phase = True, Phase.SEALED if seals else known.phase

    @rule()
    def open_rating(self) -> None:
        """Rating opens when the responses are sealed and the plan is locked."""
        self._open_rating()

    def _open_rating(self) -> None:
        expected = "" if self.known.is_plan_locked else "PreconditionMissing"
        expected = expected if self.known.phase == Phase.SEALED else "PhaseClosed"
        self._step(open_rating, expected, Phase.RATING)
        self.known.places = Assignment.objects.count()

    @precondition(lambda self: self.known.phase == Phase.RATING)
    @rule(abstains=st.booleans())
    def rate(self, abstains: bool) -> None:
        """A rating changes the data: signatures on them as they were count no more."""
        self._rate(abstains)

    def _rate(self, abstains: bool) -> None:
        open_places = Assignment.objects.filter(ratings__isnull=True).select_related("rater__study")
        row = open_places.order_by("pk").first()
        if row is None:
            return
        judgement = ABSTENTION if abstains else RATING
        assert not self.told(save_rating, assignment=row, participant=row.rater, judgement=judgement, now=NOW)
        self.known.ratings, self.known.locks = self.known.ratings + 1, set()
        self.has_events(1)

    @rule(who=WHO, right=RIGHT, reason=REASONS)
    def lock_the_data(self, who: str, right: bool, reason: str) -> None:
        """Two people sign the same data; open ratings need a reason."""
        self._lock_the_data(who, right, reason)

    def _lock_the_data(self, who: str, right: bool, reason: str) -> None:
        known = self.known
        expected = "Conflict" if who in known.locks and right else self._password(right)
        expected = expected if known.ratings else "PreconditionMissing"
        expected = "InvalidInput" if known.ratings < known.places and not reason.strip() else expected
        expected = expected if known.phase == Phase.RATING else "PhaseClosed"
        self._sign(sign_data_lock, who, right, expected, statement=LOCK_STATEMENT, reason=reason)
        known.locks |= set() if expected else {who}
        known.phase = Phase.LOCKED if len(known.locks) == 2 and not expected else known.phase

    @rule(who=WHO, right=RIGHT)
    def unblind(self, who: str, right: bool) -> None:
        """Two people release the names, after the lock."""
        self._unblind(who, right)

    def _unblind(self, who: str, right: bool) -> None:
        known = self.known
        expected = "Conflict" if who in known.unblindings and right else self._password(right)
        expected = expected if known.phase == Phase.LOCKED else "PhaseClosed"
        self._sign(sign_unblinding, who, right, expected, statement=UNBLINDING_STATEMENT)
        known.unblindings |= set() if expected else {who}
        known.phase = Phase.UNBLINDED if len(known.unblindings) == 2 and not expected else known.phase

    def _password(self, right: bool) -> str:
        return "" if right or self.known.wrong >= MOST_WRONG else "WrongPassword"

    def _sign(self, act: Any, who: str, right: bool, expected: str, **more: Any) -> None:
        is_right = right or self.known.wrong >= MOST_WRONG
        password = PASSWORD if is_right else WRONG
        assert self._ask(act, who=who, password=password, **more) == expected
        self.known.wrong += expected == "WrongPassword"
        self.signatures += not expected
        self.has_events(int(not expected))

    def _step(self, act: Any, expected: str, phase: Phase | None, **more: Any) -> None:
        assert self._ask(act, **more) == expected
        self.has_events(int(not expected))
        if not expected and phase is not None:
            self.known.phase = phase

    def _ask(self, act: Any, who: str = "lead", **arguments: Any) -> str:
        return self.told(act, study_id=self.study_id, person=self.people[who], now=NOW, **arguments)

    @invariant()
    def rows_are_as_expected(self) -> None:
        """Phase, plan, ratings and signatures are those of the dictionary."""
        study = Study.objects.get(pk=self.study_id)
        assert study.phase == self.known.phase
        assert AnalysisPlan.objects.filter(study=study).count() == self.known.plans
        assert (locked_plan(study) is not None) == self.known.is_plan_locked
        assert Rating.objects.count() == self.known.ratings
        assert Signature.objects.count() == self.signatures
