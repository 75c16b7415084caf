"""Answering, as a machine against a dictionary: two pages of a resident, a stranger, and the close."""

from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from study.participants.models import Participant
from study.protocol.models import Study
from study.protocol.rubric import SECTIONS
from study.responses.inputs import AnswerInput
from study.responses.models import ConflictingCopy, Draft, PlannedResponse, Response
from study.responses.services.closing import close_answering
from study.responses.services.drafts import save_draft
from study.responses.services.submission import submit_answer
from tests.builders import NOW
from tests.machines.machine import TEXTS, StudyMachine, stored
from tests.responses.conftest import lead

TABS = st.sampled_from(["left", "right", ""])
PLACES = st.integers(0, 1)


@dataclass
class Place:
    """What must be stored of one place; `pages` maps a page to the draft's version that it knows."""

    draft: str | None = None
    version: int = 0
    tab: str = ""
    rival: str | None = None
    sent: str | None = None
    copies: set[str] = field(default_factory=set)
    pages: dict[str, tuple[int | None, bool]] = field(default_factory=dict)


class AnsweringMachine(StudyMachine):
    """The real services beside `Place`; every step must be told the same by both."""

    def __init__(self, study: Study, resident: Participant, stranger: Participant) -> None:
        super().__init__()
        self.study, self.resident, self.stranger = study, resident, stranger
        self.rows = list(PlannedResponse.objects.filter(resident=resident).order_by("position"))
        self.places = [Place() for _ in self.rows]
        self.is_closed = False

    @rule(place=PLACES, tab=TABS)
    def open_page(self, place: int, tab: str) -> None:
        """A page is filled from the draft."""
        known = self.places[place]
        known.pages[tab] = (known.version if known.draft is not None else None, known.rival is not None)

    @rule(place=PLACES, tab=TABS, text=st.sampled_from(TEXTS))
    def save(self, place: int, tab: str, text: str) -> None:
        """A draft is saved."""
        expected = self._save(self.places[place], tab, stored(text))
        assert self._ask(save_draft, place, tab, text) == expected
        self.has_events(0)

    def _save(self, place: Place, tab: str, text: str) -> str:
        if self.is_closed:
            return "PhaseClosed"
        if place.sent is not None:
            return "Conflict"
        if self._is_rival(place, tab, text):
            place.rival = text
            place.pages[tab] = (place.version, True)
            return "DraftConflict"
        seen = place.pages.get(tab, (None, False))[1]
        place.rival = None if seen or place.draft is None else place.rival
        place.draft, place.tab, place.version = text, tab, place.version + 1
        place.pages[tab] = (place.version, False)
        return ""

    def _is_rival(self, place: Place, tab: str, text: str) -> bool:
        version = place.pages.get(tab, (None, False))[0]
        is_other = version not in (None, place.version) and not (tab and tab == place.tab)
        return place.draft is not None and is_other and place.draft != text

    @rule(place=PLACES, tab=TABS, text=st.sampled_from(TEXTS))
    def submit(self, place: int, tab: str, text: str) -> None:
        """An answer is submitted, perhaps again."""
        known, clean = self.places[place], stored(text)
        is_new = known.sent is None and not self.is_closed
        copies = len(known.copies)
        expected = self._submit(known, tab, clean)
        assert self._ask(submit_answer, place, tab, text) == expected
        self.has_events(int((is_new and expected == "") or len(known.copies) > copies))

    def _submit(self, place: Place, tab: str, text: str) -> str:
        if place.sent is not None:
            place.copies |= {text} - {place.sent, ""}
            return "" if text == place.sent else "Conflict"
        if not text:
            return "InvalidInput"
        if len(text.split()) > self.study.word_cap:
            return self._save(place, tab, text) or "InvalidInput"
        if self.is_closed:
            return "PhaseClosed"
        if self._is_rival(place, tab, text):
            return self._save(place, tab, text)
        place.sent, place.draft, place.rival, place.version = text, None, None, 0
        return ""

    @rule(place=PLACES, submits=st.booleans())
    def intrude(self, place: int, submits: bool) -> None:
        """Somebody else's place is nowhere."""
        act = submit_answer if submits else save_draft
        answer = AnswerInput(sections={"assessment": "Mine."})
        arguments = {"planned_id": self.rows[place].pk, "participant": self.stranger, "answer": answer}
        assert self.told(act, **arguments, now=NOW) == "NotFound"

    @precondition(lambda self: not self.is_closed)
    @rule(reason=st.sampled_from(["", " ", "The time is over."]))
    def close(self, reason: str) -> None:
        """Answering closes; with open answers only for a reason."""
        expected = "" if reason.strip() else "InvalidInput"
        found = self.told(close_answering, study_id=self.study.pk, person=lead(), reason=reason, now=NOW)
        assert found == expected
        self.is_closed = not found
        self.has_events(int(not found))

    def _ask(self, act: object, place: int, tab: str, text: str) -> str:
        version, seen = self.before.get((place, tab), (None, False))
        answer = AnswerInput(sections={"assessment": text}, version=version, tab=tab, rival_seen=seen)
        participant = Participant.objects.select_related("study").get(pk=self.resident.pk)
        arguments = {"planned_id": self.rows[place].pk, "participant": participant, "answer": answer}
        return self.told(act, **arguments, now=NOW)

    @invariant()
    def rows_are_as_expected(self) -> None:
        """Drafts, answers and copies are those of the dictionary, text for text."""
        for row, place in zip(self.rows, self.places, strict=True):
            draft = Draft.objects.filter(planned=row).first()
            assert (draft and draft.sections["assessment"]) == place.draft
            if draft is not None:
                assert (draft.version, draft.tab) == (place.version, place.tab)
                assert (draft.rival and draft.rival["assessment"]) == place.rival
            own = {"resident": self.resident, "study_vignette_id": row.study_vignette_id}
            sent = [response.sections for response in Response.objects.filter(**own)]
            wanted = [] if place.sent is None else [{**dict.fromkeys(SECTIONS, ""), "assessment": place.sent}]
            assert sent == wanted
            copies = ConflictingCopy.objects.filter(response__study_vignette_id=row.study_vignette_id)
            assert {copy.sections["assessment"] for copy in copies} == place.copies
        self.before = {
            (number, tab): page
            for number, place in enumerate(self.places)
            for tab, page in place.pages.items()
        }
