"""Answering closes: with a list of what is open and a reason when anything is; nothing is accepted after."""

from datetime import datetime

from study.participants.models import Person
from study.protocol.errors import InvalidInput, PhaseClosed
from study.protocol.models import Study
from study.protocol.transactions import locked_study, record_event
from study.protocol.vocabulary import Phase
from study.responses.models import AnsweringClosure, Generation
from study.responses.queries import closure_of, open_answers

CLOSED_PROBLEM = "answering was closed"


def close_answering(*, study_id: int, person: Person, reason: str, now: datetime) -> AnsweringClosure:
    """Close answering and store what was open; unfinished draws fail, missing answers stay missing.

    Raises PhaseClosed outside answering or when it is closed already, InvalidInput without a reason while
    anything is open.
    """
    with locked_study(study_id, Phase.ANSWERING) as study:
        if closure_of(study) is not None:
            raise PhaseClosed("Answering is closed already. Nothing was changed.")
        owed = open_answers(study)
        if owed.total and not reason.strip():
            verb = "answer is" if owed.total == 1 else "answers are"
            raise InvalidInput(
                f"{owed.total} {verb} still open. Say why answering closes now. Nothing was changed."
            )
        stopped = _stop_generations(study, now)
        closure = AnsweringClosure.objects.create(
            study=study, person=person, reason=reason.strip(), open_list=owed.as_json(), closed_at=now
        )
        detail = {"open": owed.total, "stopped_draws": stopped}
        record_event(
            study=study,
            person=person,
            action="responses.close_answering",
            now=now,
            detail=detail,
            reason=reason.strip(),
        )
    return closure


def _stop_generations(study: Study, now: datetime) -> int:
    """Fail what is queued or running; a worker that is at it loses its lease, so that it stores nothing."""
    unfinished = [Generation.State.QUEUED, Generation.State.RUNNING]
    return Generation.objects.filter(study=study, state__in=unfinished).update(
        state=Generation.State.FAILED,
        problem=CLOSED_PROBLEM,
        lease_token="",
        lease_until=None,
        finished_at=now,
    )
