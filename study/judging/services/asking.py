"""What a judge is asked about one item, and the engine that asks it."""

from study.engines.base import Engine, GenerationRequest, InterruptionError
from study.engines.openai_http import OpenAIHTTPEngine
from study.engines.scripted_judge import ScriptedJudge
from study.engines.scripted_reading import ShownPoint
from study.judging.models import Judge, Judgement
from study.judging.prompts import RESPONSE_FORMAT, build_messages
from study.protocol.errors import InvalidInput
from study.protocol.model_servers import allowed_base_urls, engine_settings
from study.protocol.rubric import SECTIONS


def request_for(row: Judgement) -> GenerationRequest:
    """Return what is asked: the judge's prompt and sampling, the item's text, the row's own seed."""
    judge, item, version = row.judge, row.item, row.item.study_vignette.version
    messages = build_messages(
        system=judge.system_prompt,
        asked=version.as_asked(item.variant),
        key_points=version.parsed.for_raters.key_points,
        sections=item.sections,
    )
    return GenerationRequest(
        messages=tuple(messages),
        sampling=judge.sampling,
        seed=row.seed,
        correlation_id=f"judgement-{row.pk}-{row.attempts + 1}",
        response_format=RESPONSE_FORMAT,
    )


def engine_for(row: Judgement) -> Engine:
    """Return the judge's engine; a scripted one is given card and response here and nowhere else.

    Raises InvalidInput when the operator no longer allows the judge's server, InterruptionError while no
    server may be asked or the operator's facts cannot be read.
    """
    if row.judge.engine == Judge.Engine.SCRIPTED:
        return _scripted(row)
    servers = allowed_base_urls()
    if not servers:
        raise InterruptionError("EQUIPOISE_LLM_BASE_URL is empty: no server may be asked")
    if row.judge.base_url not in ["", *servers]:
        raise InvalidInput("the judge's server is no longer one that this installation may ask")
    return OpenAIHTTPEngine(
        engine_settings(
            model=row.judge.model, revision=row.judge.revision, base_url=row.judge.base_url, serve={}
        )
    )


def _scripted(row: Judgement) -> ScriptedJudge:
    item = row.item
    card = item.study_vignette.version.parsed.for_raters.key_points
    return ScriptedJudge(
        points=[ShownPoint(point.text, point.critical) for point in card],
        response="\n".join(item.sections.get(code, "") for code in SECTIONS),
        severity=row.judge.sampling["severity"],
        noise=row.judge.sampling["noise"],
        model=row.judge.model,
    )
