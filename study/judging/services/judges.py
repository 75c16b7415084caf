"""Setting judges up, starting them, trying failed judgements again, and ending them at the data lock."""

import re
from datetime import datetime
from typing import Any, Final

from study.engines.profiles.loader import Profile, ProfileError
from study.judging.catalogue import judge_profile
from study.judging.inputs import JudgeInput
from study.judging.models import Judge, Judgement
from study.judging.queries import JUDGING_PHASES, has_started, items_to_judge, judges_of
from study.participants.models import Person
from study.protocol.errors import Conflict, InvalidInput, NotFound, PreconditionMissing
from study.protocol.leases import UNFINISHED, failed, queued_again
from study.protocol.model_servers import allowed_base_urls
from study.protocol.models import Study
from study.protocol.records import NO_PROFILE
from study.protocol.seeds import derive_seed
from study.protocol.transactions import locked_study, record_event

DATA_LOCKED: Final = "the data were locked"
SCRIPTED_PROMPT: Final = "scripted"
MAX_SEVERITY, MAX_NOISE = 2.0, 2.0
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_FAMILY: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}")
ENGINE = Judge.Engine


def configure_judge(*, study_id: int, person: Person, judge: JudgeInput, now: datetime) -> Judge:
    """Set up a judge, or change one of that name that has not been started.

    Between sealing and the data lock. Raises InvalidInput with all problems in `details`, Conflict when the
    judge was started, PhaseClosed outside that time.
    """
    with locked_study(study_id, *JUDGING_PHASES) as study:
        fields = _checked(study, judge)
        known = judges_of(study).filter(name=judge.name).first()
        if known is not None and has_started(known):
            raise Conflict(
                f"The judge {judge.name} was started and stays as it is: set up another one under another "
                "name. Nothing was changed."
            )
        configured, _ = Judge.objects.update_or_create(study=study, name=judge.name, defaults=fields)
        detail = {"judge": judge.name, **fields}
        record_event(study=study, person=person, action="judging.configure_judge", now=now, detail=detail)
    return configured


def _checked(study: Study, judge: JudgeInput) -> dict[str, Any]:
    profile, problems = _profile(judge)
    problems += [message for is_kept, message in _rules(study, judge, profile) if not is_kept]
    if problems:
        raise InvalidInput("The judge was not set up. Nothing was changed.", details=problems)
    common = {
        "engine": judge.engine,
        "model": judge.model.strip() or (profile.model if profile else ""),
        "revision": judge.revision.strip(),
        "seed": derive_seed(study.seed, "judge", judge.name),
    }
    return common | (_asked_by(judge, profile) if profile else _scripted(judge))


def _profile(judge: JudgeInput) -> tuple[Profile | None, list[str]]:
    if judge.engine != ENGINE.OPENAI:
        return None, []
    try:
        return judge_profile(judge.profile), []
    except ProfileError as error:
        return None, error.problems


def _asked_by(judge: JudgeInput, profile: Profile) -> dict[str, Any]:
    return {
        "base_url": judge.base_url.rstrip("/"),
        "profile": profile.identity() | {"family": judge.family.strip() or profile.family},
        "prompt_version": profile.prompt_version,
        "system_prompt": profile.system_prompt,
        "sampling": dict(profile.sampling),
        "max_attempts": profile.max_attempts,
    }


def _scripted(judge: JudgeInput) -> dict[str, Any]:
    return {
        "base_url": "",
        "profile": NO_PROFILE | {"family": judge.family.strip() or NO_PROFILE["family"]},
        "prompt_version": SCRIPTED_PROMPT,
        "system_prompt": "",
        "sampling": {"severity": judge.severity, "noise": judge.noise},
        "max_attempts": 1,
    }


def _rules(study: Study, judge: JudgeInput, profile: Profile | None) -> list[tuple[bool, str]]:
    is_scripted = judge.engine == ENGINE.SCRIPTED
    is_drawn = _within(judge.severity, -MAX_SEVERITY, MAX_SEVERITY) and _within(judge.noise, 0, MAX_NOISE)
    model, family, servers = judge.model.strip(), judge.family.strip(), allowed_base_urls()
    return [
        (_NAME.fullmatch(judge.name) is not None, "name: 1 to 40 lower-case letters, digits and hyphens"),
        (judge.engine in ENGINE.values, f"engine: known are {', '.join(ENGINE.values)}"),
        (len(model) <= 120 and bool(model or profile), "model: name the model, in at most 120 characters"),
        (len(judge.revision.strip()) <= 80, "revision: at most 80 characters"),
        (
            not family or _FAMILY.fullmatch(family) is not None,
            "family: 1 to 40 lower-case letters, digits, dots and hyphens",
        ),
        (not is_scripted or study.simulated, "engine: a scripted judge scores in simulated studies only"),
        (
            not is_scripted or is_drawn,
            f"severity, noise: within {MAX_SEVERITY:g} points either way, and 0 to {MAX_NOISE:g} points",
        ),
        (
            is_scripted or bool(servers),
            "base_url: this installation may ask no server (EQUIPOISE_LLM_BASE_URL is empty)",
        ),
        (
            judge.base_url.rstrip("/") in ["", *servers],
            "base_url: not one of the servers that this installation may ask (EQUIPOISE_LLM_BASE_URL)",
        ),
    ]


def _within(value: float | None, low: float, high: float) -> bool:
    return value is not None and low <= value <= high


def start_judging(*, study_id: int, person: Person, judge_id: int, now: datetime) -> int:
    """Queue one judgement per sealed item, those that no rater gets included, and return their number.

    Raises NotFound for a foreign judge, Conflict when it was started before, PreconditionMissing without an
    item, PhaseClosed after the data lock.
    """
    with locked_study(study_id, *JUDGING_PHASES) as study:
        judge = judges_of(study).filter(pk=judge_id).first()
        if judge is None:
            raise NotFound
        if has_started(judge):
            raise Conflict(f"The judge {judge.name} was started before. Nothing was queued twice.")
        rows = [
            Judgement(
                judge=judge,
                item=item,
                seed=attempt_seed(judge, item.public_id, attempt=1),
                queued_at=now,
                due_at=now,
            )
            for item in items_to_judge(study)
        ]
        if not rows:
            raise PreconditionMissing("The study has no sealed response to judge. Nothing was queued.")
        Judgement.objects.bulk_create(rows)
        detail = {"judge": judge.name, "judgements": len(rows)}
        record_event(study=study, person=person, action="judging.start_judging", now=now, detail=detail)
    return len(rows)


def attempt_seed(judge: Judge, public_id: str, *, attempt: int) -> int:
    """Return the seed of one attempt at one judgement; it tells nothing but the item's public id."""
    return derive_seed(judge.seed, "judgement", public_id, attempt)


def retry_failed(*, study_id: int, person: Person, now: datetime) -> int:
    """Queue every failed judgement of the study again and return their number."""
    with locked_study(study_id, *JUDGING_PHASES) as study:
        broken = Judgement.objects.filter(judge__study=study, state=Judgement.State.FAILED)
        queued = broken.update(**queued_again(now))
        detail = {"judgements": queued}
        record_event(study=study, person=person, action="judging.retry_failed", now=now, detail=detail)
    return queued


def end_judging(study: Study, *, now: datetime) -> int:
    """Fail what is queued or running, as the data lock does in its own transaction; return their number.

    A worker that is at it loses its lease, so that it stores nothing.
    """
    unfinished = Judgement.objects.filter(judge__study=study, state__in=UNFINISHED)
    return unfinished.update(**failed(DATA_LOCKED, now))
