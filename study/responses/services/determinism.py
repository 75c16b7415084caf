"""Asking stored draws again: how many come back the same. Nothing is stored of their texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from study.engines.base import NOT_TOLD, GenerationRequest, InterruptionError, RejectionError
from study.engines.text import clean_json
from study.protocol.errors import InvalidInput
from study.protocol.models import Study
from study.protocol.seeds import derive_seed
from study.protocol.transactions import locked_study, record_event
from study.responses.models import ModelSetup, Response
from study.responses.services.setups import engine_for


@dataclass(frozen=True)
class Comparison:
    """One draw asked again; `same_environment` is whether everything that is told of it is as it was."""

    vignette: str
    variant: str
    draw: int
    is_identical: bool
    same_environment: bool
    problem: str = ""


def check_determinism(*, study: Study, draws: int, now: datetime) -> list[Comparison]:
    """Ask `draws` stored draws again with their own messages, sampling and seed, and compare the texts.

    The draws are chosen at random from the study's seed: the same ones each time. Only an audit event is
    stored, with counts and no arm. Raises InvalidInput when there is nothing that could be asked again.
    """
    chosen = _chosen(study, draws)
    if not chosen:
        raise InvalidInput("The study has no answer of a model that can be asked again.")
    compared = [_compare(study, response) for response in chosen]
    detail = {
        "draws": len(compared),
        "identical": sum(row.is_identical for row in compared),
        "unanswered": sum(bool(row.problem) for row in compared),
    }
    with locked_study(study.pk) as locked:
        record_event(study=locked, person=None, action="responses.check_determinism", now=now, detail=detail)
    return compared


def _chosen(study: Study, draws: int) -> Sequence[Response]:
    asked = ModelSetup.objects.filter(arm__study=study).exclude(engine=ModelSetup.Engine.IMPORTED)
    responses = list(
        Response.objects.filter(study=study, model_arm__in=asked.values("arm"), attempt__isnull=False)
        .select_related("attempt", "model_arm__model_setup", "study_vignette__version")
        .order_by("model_arm__name", "study_vignette__code", "variant", "draw")
    )
    rng = np.random.default_rng(derive_seed(study.seed, "determinism"))
    places = sorted(rng.permutation(len(responses))[:draws].tolist())
    return [responses[place] for place in places]


def _compare(study: Study, response: Response) -> Comparison:
    attempt, arm = response.attempt, response.model_arm
    assert attempt is not None and arm is not None  # noqa: S101  chosen so
    setup, version = arm.model_setup, response.study_vignette.version
    engine = engine_for(setup, version, word_cap=study.word_cap, variant=response.variant)
    place = response.study_vignette.code, response.variant, response.draw
    request = GenerationRequest(
        messages=tuple(attempt.messages),
        sampling=setup.sampling,
        seed=attempt.seed or 0,
        correlation_id=f"determinism-{attempt.pk}",
    )
    try:
        result = engine.generate(request)
    except (InterruptionError, RejectionError) as error:
        return Comparison(*place, is_identical=False, same_environment=False, problem=str(error))
    return Comparison(
        *place,
        is_identical=clean_json(result.content or "") == attempt.raw_text,
        same_environment=_told(clean_json(result.environment)) == _told(attempt.environment),
    )


def _told(environment: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in environment.items() if value != NOT_TOLD}
