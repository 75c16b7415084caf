"""A sealed study of one vignette with judges, set up by the real services, and the worker's real loop."""

import json
import threading
from datetime import datetime
from typing import Any

from study.engines.base import GenerationResult, environment_of
from study.judging.inputs import JudgeInput
from study.judging.models import Judge, Judgement
from study.judging.services.judges import configure_judge, start_judging
from study.judging.worker import take_turn
from study.protocol.models import Study
from study.protocol.rubric import DIMENSION_CODES
from study.protocol.working import Tally, drain
from tests.blinding.world import Texts, lead
from tests.builders import NOW
from tests.model_server import ModelServer, Reply, completion
from tests.ratings.world import sealed_study

SCORES = dict(zip(DIMENSION_CODES, (4, 2, 3, 5), strict=True))
JUDGEMENT: dict[str, Any] = {"rationale": "It holds the dose.", **SCORES}
GOOD = json.dumps(JUDGEMENT)
SCRIPTED = JudgeInput("scripted", engine="scripted", model="script", severity=0.0, noise=0.5)
ASKED = JudgeInput("pharmacist", profile="plain-judge", model="tiny", family="qwen3")


def small_study(texts: Texts | None = None, **design: Any) -> Study:
    """Return a sealed study with one vignette: four responses, and with `variants` those of both models."""
    return sealed_study(texts, **{"vignettes": 1, "raters": 2, "raters_per_response": 2, **design})


def configured(study: Study, judge: JudgeInput = SCRIPTED) -> Judge:
    return configure_judge(study_id=study.pk, person=lead(), judge=judge, now=NOW)


def start(judge: Judge) -> int:
    return start_judging(study_id=judge.study_id, person=lead(), judge_id=judge.pk, now=NOW)


def started(study: Study, judge: JudgeInput = SCRIPTED) -> Judge:
    """Return a judge whose judgements are queued."""
    made = configured(study, judge)
    start(made)
    return made


def asking(server: ModelServer, settings: Any, *replies: dict[str, Any] | Reply) -> Judge:
    """Return a started judge that is asked over HTTP; all its rows but the first wait until tomorrow."""
    settings.LLM_BASE_URL, settings.LLM_TIMEOUT_S = server.url, 5.0
    server.replies = [each if isinstance(each, Reply) else Reply(each) for each in replies]
    judge = started(small_study(), ASKED)
    Judgement.objects.exclude(pk=only().pk).update(due_at=NOW.replace(day=3))
    return judge


def only() -> Judgement:
    """Return the first judgement of all."""
    return Judgement.objects.order_by("pk")[0]


def judged(clock: datetime = NOW) -> Tally:
    """Work through what is due."""
    turns = [lambda: take_turn(clock=lambda: clock)]
    return drain(turns, until_idle=True, poll_s=0, stop=threading.Event())


def said(content: str | None = GOOD, **message: Any) -> dict[str, Any]:
    """Return the body of a chat completion with this content."""
    return completion(content, **message)


def scores_of(judgement: Judgement) -> dict[str, int]:
    return dict(judgement.scores.values_list("dimension", "value"))


def result(content: str | None, *, finish_reason: str = "stop", **fields: Any) -> GenerationResult:
    """Return what an engine gives back for this content."""
    told = {"reasoning": "", "raw_response": None, **fields}
    return GenerationResult(
        content=content,
        finish_reason=finish_reason,
        engine="openai",
        engine_version="1",
        model="tiny",
        revision="",
        simulated=False,
        sampling={},
        seed=1,
        prompt_tokens=1,
        completion_tokens=1,
        duration_s=0.1,
        raw_request={},
        environment=environment_of(),
        **told,
    )
