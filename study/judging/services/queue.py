"""The queue of judgements: each is claimed once at a time, and stored only with the current lease."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from study.engines.base import GenerationResult
from study.judging.models import Judgement, JudgementAttempt, JudgementScore
from study.judging.queries import due_judgements, is_judging
from study.judging.reading import SCORED, Reply, read_reply
from study.judging.services.judges import attempt_seed
from study.protocol import leases
from study.protocol.models import Study
from study.protocol.records import record_of
from study.protocol.transactions import locked_study, record_event

STATE = Judgement.State


def claim_next(*, now: datetime, worker: str, lease_seconds: float) -> Judgement | None:
    """Claim the judgement that is due longest, or return None."""
    return leases.claim_next(due_judgements(now), now=now, worker=worker, lease_seconds=lease_seconds)


def claim_row(*, judgement_id: int, now: datetime, worker: str, lease_seconds: float) -> Judgement | None:
    """Claim this one judgement when it is due, or return None: a doubled message changes nothing."""
    due = due_judgements(now)
    return leases.claim_one(due, judgement_id, now=now, worker=worker, lease_seconds=lease_seconds)


def held_judgement(judgement_id: int, token: str) -> Judgement | None:
    """Return the row with all that judging needs while the lease is held, else None."""
    rows = leases.held(Judgement, judgement_id, token)
    return rows.select_related("judge", "item__study_vignette__version").first()


def store_reply(
    *,
    judgement_id: int,
    token: str,
    result: GenerationResult,
    messages: Sequence[Mapping[str, str]],
    now: datetime,
) -> str:
    """Store what came back and return the row's state, or "" when the lease or the phase is gone.

    A reply without scores is asked again with the next seed until the judge's attempts are used up; then the
    last one is kept as it is.
    """
    rows = leases.held(Judgement, judgement_id, token)
    study_id = rows.values_list("judge__study_id", flat=True).first()
    if study_id is None:
        return ""
    reply = read_reply(result)
    with locked_study(study_id) as study:
        # The row's own lock: without it a sweep may take the lease between this look and the commit.
        held = rows.select_for_update(no_key=True, of=("self",))
        row = held.select_related("judge", "item").first()
        if row is None or not is_judging(study):
            return ""
        return _store(study, row, result, reply, messages, now)


def _store(
    study: Study,
    row: Judgement,
    result: GenerationResult,
    reply: Reply,
    messages: Sequence[Mapping[str, str]],
    now: datetime,
) -> str:
    number = row.attempts + 1
    is_final = reply.outcome == SCORED or number >= row.judge.max_attempts
    _record_attempt(row, number, result, reply, messages, now)
    changes: dict[str, Any] = {"attempts": number, "lease_token": "", "lease_until": None}
    if is_final:
        JudgementScore.objects.bulk_create(
            JudgementScore(judgement=row, dimension=dimension, value=value)
            for dimension, value in reply.scores.items()
        )
        changes |= {"state": STATE.DONE, "finished_at": now, "problem": ""}
        changes |= {"outcome": reply.outcome, "rationale": reply.rationale}
    else:
        seed = attempt_seed(row.judge, row.item.public_id, attempt=number + 1)
        problem = f"asked again: {reply.outcome}"
        changes |= {"state": STATE.QUEUED, "due_at": now, "seed": seed, "problem": problem}
    Judgement.objects.filter(pk=row.pk, lease_token=row.lease_token).update(**changes)
    detail = {"judge": row.judge.name, "outcome": reply.outcome, "final": is_final}
    record_event(study=study, person=None, action="judging.judge", now=now, detail=detail)
    return str(changes["state"])


def _record_attempt(
    row: Judgement,
    number: int,
    result: GenerationResult,
    reply: Reply,
    messages: Sequence[Mapping[str, str]],
    now: datetime,
) -> JudgementAttempt:
    told = record_of(
        result, messages=messages, profile=row.judge.profile, prompt_version=row.judge.prompt_version
    )
    return JudgementAttempt.objects.create(
        judgement=row,
        number=number,
        reasoning=reply.reasoning,
        outcome=reply.outcome,
        finished_at=now,
        **told,
    )
