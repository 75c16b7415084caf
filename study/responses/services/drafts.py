"""Drafts: saved often, without lock or audit event. Two pages that disagree keep both texts."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from study.engines.text import clean_text
from study.participants.models import Participant
from study.protocol.errors import Conflict, PhaseClosed
from study.responses.inputs import AnswerInput, clean_sections
from study.responses.models import Draft, PlannedResponse, Response
from study.responses.queries import is_accepting, own_planned


class DraftConflict(Conflict):
    """Another page saved a different text meanwhile; `mine` and `theirs` are both stored.

    Saving again from `version`, after both were shown, settles it.
    """

    code = "draft_conflict"

    def __init__(self, *, mine: Mapping[str, str], theirs: Mapping[str, str], version: int) -> None:
        super().__init__(
            "Another page of yours saved a different text meanwhile. Both are kept: compare them, keep what "
            "you want in the form, and save again."
        )
        self.mine = mine
        self.theirs = theirs
        self.version = version


def save_draft(*, planned_id: int, participant: Participant, answer: AnswerInput, now: datetime) -> Draft:
    """Store what a resident has typed so far; blank and over-long texts are welcome.

    Raises NotFound for a foreign list, PhaseClosed after closure, Conflict after submission, DraftConflict
    when `answer.version` is stale, the last save came from another page, and the texts differ.
    """
    planned = own_planned(planned_id, participant)
    refuse_closed(planned)
    sections = clean_sections(answer.sections)
    with transaction.atomic():
        hold_place(planned)
        if Response.objects.filter(resident=participant, study_vignette=planned.study_vignette).exists():
            raise Conflict("This answer has been submitted already; the draft was not stored.")
        draft, is_new = Draft.objects.select_for_update(of=("self",)).get_or_create(
            planned=planned,
            defaults={
                "sections": sections,
                "resources": clean_text(answer.resources),
                "tab": answer.tab,
                "active_seconds": answer.active_seconds or 0.0,
                "saved_at": now,
            },
        )
        is_rival = not is_new and is_other_page(draft, answer) and draft.sections != sections
        if is_rival:
            draft.rival = sections
            draft.save(update_fields=["rival"])
        elif not is_new:
            _overwrite(draft, answer, sections, now)
    if is_rival:
        raise DraftConflict(mine=sections, theirs=draft.sections, version=draft.version)
    return draft


def hold_place(planned: PlannedResponse) -> None:
    """Let drafts and the submission of one place wait for each other until the transaction ends.

    Without it a draft that was acknowledged while the answer is stored is deleted unseen.
    """
    PlannedResponse.objects.select_for_update(no_key=True).get(pk=planned.pk)


def refuse_closed(planned: PlannedResponse) -> None:
    if not is_accepting(planned.study):
        raise PhaseClosed(
            "Answering is closed for this study: this text was not stored. Copy it if you want to keep it."
        )


def is_other_page(draft: Draft, answer: AnswerInput) -> bool:
    """Whether another page saved since the form was filled.

    A page that never heard of its own last save sends an old version too: its name tells.
    """
    is_own = bool(answer.tab) and answer.tab == draft.tab
    return answer.version is not None and answer.version != draft.version and not is_own


def _overwrite(draft: Draft, answer: AnswerInput, sections: dict[str, str], now: datetime) -> None:
    draft.sections = sections
    draft.resources = clean_text(answer.resources)
    draft.active_seconds = max(draft.active_seconds, answer.active_seconds or 0.0)
    draft.version += 1
    draft.tab = answer.tab
    draft.saved_at = now
    if answer.rival_seen:
        draft.rival = None
    draft.save()
