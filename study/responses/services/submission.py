"""A resident submits: stored once, with a receipt; a different second text is kept apart."""

from datetime import datetime

from study.engines.text import clean_text
from study.participants.models import Participant
from study.protocol.errors import Conflict, InvalidInput, PhaseClosed
from study.protocol.models import Study
from study.protocol.transactions import locked_study, record_event
from study.responses.inputs import AnswerInput, clean_sections, count_words, is_blank, sections_sha256
from study.responses.models import ConflictingCopy, Draft, PlannedResponse, Response
from study.responses.queries import is_accepting, own_planned
from study.responses.services.drafts import DraftConflict, hold_place, is_other_page, save_draft
from study.responses.services.receipts import make_receipt, resident_source


def submit_answer(
    *, planned_id: int, participant: Participant, answer: AnswerInput, now: datetime
) -> Response:
    """Store the resident's answer for good and return it with its receipt.

    The same text again returns the same response, also after the close. Raises NotFound for a foreign list,
    InvalidInput for a blank or over-long text (kept as draft), Conflict for a different second text (kept as
    a copy), DraftConflict when another page holds a different draft, PhaseClosed after the close.
    """
    planned = own_planned(planned_id, participant)
    sections = clean_sections(answer.sections)
    if _stored(planned) is None:
        _refuse_unusable(planned, participant, answer, now)
    try:
        return _submit(planned, participant, answer, sections, now)
    except DraftConflict:
        # After the refused transaction: the text that came is kept beside the other page's.
        save_draft(planned_id=planned.pk, participant=participant, answer=answer, now=now)
        raise


def _submit(
    planned: PlannedResponse,
    participant: Participant,
    answer: AnswerInput,
    sections: dict[str, str],
    now: datetime,
) -> Response:
    with locked_study(planned.study_id) as study:
        response = _stored(planned)
        if response is None:
            return _store(study, planned, answer, sections, now)
        is_same = response.text_sha256 == sections_sha256(sections)
        if not is_same and not is_blank(sections):
            _keep_copy(study, response, participant, sections, now)
    if is_same:
        return response
    raise Conflict(
        f"An answer was submitted before, with the receipt {response.receipt}, and it counts. The different "
        "text that came now is kept beside it and never enters the data. There is nothing more to do."
    )


def _stored(planned: PlannedResponse) -> Response | None:
    return Response.objects.filter(
        resident_id=planned.resident_id, study_vignette_id=planned.study_vignette_id
    ).first()


def _refuse_unusable(
    planned: PlannedResponse, participant: Participant, answer: AnswerInput, now: datetime
) -> None:
    if is_blank(answer.sections):
        raise InvalidInput("There is no text yet: fill in at least one section, then submit.")
    words, cap = count_words(answer.sections), planned.study.word_cap
    if words > cap:
        save_draft(planned_id=planned.pk, participant=participant, answer=answer, now=now)
        raise InvalidInput(
            f"Your answer has {words} words and may have {cap}. It was not submitted; every word is kept in "
            "your draft. Shorten it and submit again."
        )


def _store(
    study: Study, planned: PlannedResponse, answer: AnswerInput, sections: dict[str, str], now: datetime
) -> Response:
    if not is_accepting(study):
        raise PhaseClosed(
            "Answering is closed for this study: your answer was not accepted. Copy your text if you want to "
            "keep it."
        )
    hold_place(planned)
    draft = Draft.objects.filter(planned=planned).first()
    if draft is not None and is_other_page(draft, answer) and draft.sections != sections:
        raise DraftConflict(mine=sections, theirs=draft.sections, version=draft.version)
    digest = sections_sha256(sections)
    response = Response.objects.create(
        study=study,
        study_vignette_id=planned.study_vignette_id,
        resident_id=planned.resident_id,
        sections=sections,
        text_sha256=digest,
        receipt=make_receipt(text_sha256=digest, source=resident_source(planned.pk)),
        active_seconds=answer.active_seconds,
        resources=clean_text(answer.resources),
        submitted_at=now,
    )
    Draft.objects.filter(planned=planned).delete()
    detail = {"position": planned.position, "receipt": response.receipt}
    record_event(
        study=study, person=planned.resident.person, action="responses.submit", now=now, detail=detail
    )
    return response


def _keep_copy(
    study: Study, response: Response, participant: Participant, sections: dict[str, str], now: datetime
) -> None:
    digest = sections_sha256(sections)
    if ConflictingCopy.objects.filter(response=response, text_sha256=digest).exists():
        return
    ConflictingCopy.objects.create(response=response, sections=sections, text_sha256=digest, received_at=now)
    detail = {"receipt": response.receipt}
    record_event(study=study, person=participant.person, action="responses.keep_copy", now=now, detail=detail)
