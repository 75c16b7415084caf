"""Answers made elsewhere come in as JSON Lines with their provenance: all of them or none."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from study.engines.base import NOT_TOLD
from study.participants.models import Person
from study.protocol.errors import Conflict, InvalidInput, PhaseClosed
from study.protocol.models import Arm, Study, StudyVignette
from study.protocol.queries import model_arms, robustness_of
from study.protocol.records import messages_sha256
from study.protocol.transactions import locked_study, record_event
from study.protocol.vocabulary import Phase
from study.responses.jsonlines import AnswerLine, read_lines
from study.responses.models import Generation, GenerationAttempt, ModelSetup, Response
from study.responses.outcomes import ReadAnswer, read_answer, sections_outcome
from study.responses.provenance import untold
from study.responses.queries import is_accepting
from study.responses.services.queue import store_draw
from study.responses.services.setups import IMPORTED_PROMPT
from vignettes.variants import ORIGINAL

MAX_DETAILS: Final = 50


@dataclass(frozen=True)
class ImportReport:
    """How many draws were stored, and how many lines held a draw that was stored before."""

    stored: int
    unchanged: int


@dataclass(frozen=True)
class _Place:
    """Where a line belongs."""

    line: AnswerLine
    arm: Arm
    vignette: StudyVignette

    @property
    def key(self) -> tuple[int, int, str, int]:
        return self.arm.pk, self.vignette.pk, self.line.variant, self.line.draw

    @property
    def words(self) -> str:
        variant = "" if self.line.variant == ORIGINAL else f"variant {self.line.variant}, "
        return f"{self.line.arm}, {self.line.vignette}, {variant}draw {self.line.draw}"


def import_answers(*, study_id: int, person: Person, lines: str, now: datetime) -> ImportReport:
    """Store the answers of `imported` model arms from JSON Lines, in one transaction.

    Each line: `arm`, `vignette`, `variant` (the original without it), `draw`, either `sections` or `text`,
    and `provenance`. A line that is stored already changes nothing. Raises InvalidInput with "line 3:
    provenance.model: …" for every fault, Conflict when a line differs from what is stored, PhaseClosed
    outside answering.
    """
    parsed, problems = read_lines(lines)
    if problems:
        _refuse(problems)
    with locked_study(study_id, Phase.ANSWERING) as study:
        if not is_accepting(study):
            raise PhaseClosed("Answering is closed for this study: nothing was imported.")
        places = _placed(study, parsed)
        fresh = _fresh(study, places)
        for place in fresh:
            _store(study, place, now)
        report = ImportReport(stored=len(fresh), unchanged=len(places) - len(fresh))
        detail = {"stored": report.stored, "unchanged": report.unchanged}
        record_event(study=study, person=person, action="responses.import_answers", now=now, detail=detail)
    return report


def _refuse(problems: list[str]) -> None:
    more = [f"and {len(problems) - MAX_DETAILS} more"] if len(problems) > MAX_DETAILS else []
    raise InvalidInput("Nothing was imported.", details=problems[:MAX_DETAILS] + more)


def _placed(study: Study, lines: Iterable[AnswerLine]) -> list[_Place]:
    setups = {
        setup.arm.name: setup
        for setup in ModelSetup.objects.filter(arm__in=model_arms(study)).select_related("arm")
    }
    vignettes = {vignette.code: vignette for vignette in study.study_vignettes.all()}
    variants = dict.fromkeys(robustness_of(study).variants, 1)
    places: list[_Place] = []
    problems: list[str] = []
    for line in lines:
        problem = _misplaced(study, line, setups, vignettes) or _unplanned(
            line, {ORIGINAL: setups[line.arm].draws, **variants}
        )
        if problem:
            problems.append(f"line {line.number}: {problem}")
        else:
            places.append(_Place(line, setups[line.arm].arm, vignettes[line.vignette]))
    if problems:
        _refuse(problems)
    return places


def _misplaced(
    study: Study, line: AnswerLine, setups: dict[str, ModelSetup], vignettes: dict[str, StudyVignette]
) -> str:
    setup = setups.get(line.arm)
    if setup is None:
        return f"arm: the study has no model arm {line.arm!r}"
    if setup.engine != ModelSetup.Engine.IMPORTED:
        return f"arm: {line.arm!r} is asked by this installation and takes no imported answers"
    if line.vignette not in vignettes:
        return f"vignette: the study has no vignette {line.vignette!r}"
    if line.provenance.get("simulated") and not study.simulated:
        return "provenance.simulated: a simulated answer belongs to a simulated study"
    return ""


def _unplanned(line: AnswerLine, draws: dict[str, int]) -> str:
    """Say why a line answers nothing that is planned; `draws` has the number of draws of each variant."""
    if line.variant not in draws:
        return f"variant: the plan asks for {', '.join(draws)}, not {line.variant!r}"
    if not 1 <= line.draw <= draws[line.variant]:
        return f"draw: must be from 1 to {draws[line.variant]}, not {line.draw}"
    return ""


def _fresh(study: Study, places: list[_Place]) -> list[_Place]:
    """Return the places to store; raise Conflict where a line differs from what is stored or from another."""
    stored = {
        (answer.model_arm_id, answer.study_vignette_id, answer.variant, answer.draw): _stored_line(answer)
        for answer in Response.objects.filter(study=study, model_arm__isnull=False).select_related("attempt")
    }
    fresh: list[_Place] = []
    conflicts: list[str] = []
    for place in places:
        if place.key not in stored:
            stored[place.key] = place.line.raw
            fresh.append(place)
        elif stored[place.key] != place.line.raw:
            conflicts.append(f"line {place.line.number}: {place.words}: a different answer is stored already")
    if conflicts:
        raise Conflict("Nothing was imported; what is stored stays.", details=conflicts[:MAX_DETAILS])
    return fresh


def _stored_line(response: Response) -> dict[str, Any] | None:
    return response.attempt.raw_response if response.attempt else None


def _store(study: Study, place: _Place, now: datetime) -> None:
    line, provenance = place.line, place.line.provenance
    thoughts, finish_reason = provenance.get("reasoning") or "", provenance["finish_reason"]
    if line.sections is None:
        answer = read_answer(line.text, thoughts, finish_reason)
    else:
        answer = ReadAnswer(line.sections, thoughts, sections_outcome(line.sections, finish_reason))
    row = Generation.objects.create(
        study=study,
        arm=place.arm,
        study_vignette=place.vignette,
        variant=line.variant,
        draw=line.draw,
        seed=provenance["seed"] or 0,
        state=Generation.State.DONE,
        attempts=1,
        queued_at=now,
        due_at=now,
        finished_at=now,
        worker="import",
    )
    store_draw(row, _record_attempt(row, line, answer, now), answer.sections, answer.outcome, now)


def _record_attempt(
    row: Generation, line: AnswerLine, answer: ReadAnswer, now: datetime
) -> GenerationAttempt:
    provenance: dict[str, Any] = line.provenance
    messages = [{"role": "user", "content": provenance["prompt"]}]
    return GenerationAttempt.objects.create(
        generation=row,
        number=1,
        engine=provenance["engine"],
        engine_version=provenance.get("engine_version") or NOT_TOLD,
        model=provenance["model"],
        revision=provenance["revision"],
        simulated=provenance.get("simulated", False),
        prompt_version=provenance.get("prompt_version") or IMPORTED_PROMPT,
        prompt_sha256=messages_sha256(messages),
        messages=messages,
        sampling=provenance["sampling"],
        seed=provenance["seed"],
        finish_reason=provenance["finish_reason"],
        prompt_tokens=provenance.get("prompt_tokens"),
        completion_tokens=provenance.get("completion_tokens"),
        duration_s=provenance.get("duration_s"),
        raw_text=line.text or "",
        reasoning=answer.reasoning,
        raw_response=line.raw,
        outcome=answer.outcome,
        finished_at=now,
        **untold(),
    )
