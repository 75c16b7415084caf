"""How each model arm is asked, and the engine that asks it."""

import re
from datetime import datetime
from typing import Any, Final

from study.engines import vllm_process
from study.engines.base import Engine, EngineSettings
from study.engines.openai_http import OpenAIHTTPEngine
from study.engines.profiles.loader import Profile, ProfileError, shipped_profile
from study.engines.sampling import complete_sampling
from study.engines.scripted import Card, CardError, CardPoint, ScriptedEngine
from study.participants.models import Person
from study.protocol.errors import InvalidInput, NotFound, PhaseClosed
from study.protocol.model_servers import allowed_base_urls, engine_settings
from study.protocol.models import Arm, Study
from study.protocol.queries import model_arms
from study.protocol.rubric import SECTIONS
from study.protocol.transactions import locked_study, record_event
from study.protocol.vocabulary import Phase
from study.responses.inputs import ModelSetupInput
from study.responses.models import GenerationAttempt, ModelSetup
from study.responses.prompts import SYSTEM_PROMPTS
from vignettes.models import VignetteVersion
from vignettes.structure import VignetteContent
from vignettes.variants import ADVERSARIAL, ORIGINAL

IMPORTED_PROMPT = "imported"
MAX_DRAWS, MAX_ATTEMPTS = 20, 10
# How much ability a scripted model loses under adversarial pressure; other variants cost it nothing.
PRESSURE_COST: Final = 0.2
# Engines that ask a real model, with every parameter of the wire.
ASKING: Final = frozenset({ModelSetup.Engine.OPENAI, ModelSetup.Engine.VLLM})
# The model's name is a directory's name there: nobody may climb out of the operator's directory.
_DIRECTORY_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def configure_model(
    *, study_id: int, person: Person, arm_id: int, setup: ModelSetupInput, now: datetime
) -> ModelSetup:
    """Set how a model arm is asked: in draft, or while answering as long as the arm has not answered at all.

    Raises NotFound for a foreign arm, InvalidInput with all problems in `details`, PhaseClosed when too late.
    """
    with locked_study(study_id, Phase.DRAFT, Phase.ANSWERING) as study:
        arm = model_arms(study).filter(pk=arm_id).first()
        if arm is None:
            raise NotFound
        fields = _checked(study, setup)
        if study.phase == Phase.ANSWERING:
            _refuse_late_change(arm, fields)
        configured, _ = ModelSetup.objects.update_or_create(arm=arm, defaults=fields)
        detail = {"arm": arm.name, **fields}
        record_event(study=study, person=person, action="responses.configure_model", now=now, detail=detail)
    return configured


def _checked(study: Study, setup: ModelSetupInput) -> dict[str, Any]:
    profile, faults = _profile(setup)
    problems = [*_problems(study, setup), *faults, *_prompt_problems(setup, profile)]
    sampling: dict[str, Any] = {}
    if setup.engine in ASKING:
        try:
            sampling = complete_sampling(setup.sampling)
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise InvalidInput("The model was not set up. Nothing was changed.", details=problems)
    is_imported = setup.engine == ModelSetup.Engine.IMPORTED
    return {
        "engine": setup.engine,
        "model": setup.model.strip(),
        "revision": setup.revision.strip(),
        "base_url": setup.base_url.rstrip("/"),
        "profile": profile.identity() if profile else {},
        "prompt_version": IMPORTED_PROMPT if is_imported else setup.prompt_version,
        "system_prompt": "" if is_imported else _system_prompt(setup, profile),
        "sampling": sampling,
        "serve": dict(profile.serve) if profile else {},
        "draws": setup.draws,
        "max_attempts": setup.max_attempts,
        "ability": setup.ability if setup.engine == ModelSetup.Engine.SCRIPTED else None,
    }


def _profile(setup: ModelSetupInput) -> tuple[Profile | None, list[str]]:
    if not setup.profile:
        return None, []
    try:
        return shipped_profile(setup.profile), []
    except ProfileError as error:
        return None, error.problems


def _prompt_problems(setup: ModelSetupInput, profile: Profile | None) -> list[str]:
    if profile is not None:
        if setup.prompt_version == profile.prompt_version:
            return []
        return [f"prompt_version: the profile {profile.name} asks with {profile.prompt_version}"]
    if setup.prompt_version in SYSTEM_PROMPTS:
        return []
    return [f"prompt_version: known without a profile are {', '.join(SYSTEM_PROMPTS)}"]


def _system_prompt(setup: ModelSetupInput, profile: Profile | None) -> str:
    return profile.system_prompt if profile else SYSTEM_PROMPTS[setup.prompt_version]


def _problems(study: Study, setup: ModelSetupInput) -> list[str]:
    is_scripted = setup.engine == ModelSetup.Engine.SCRIPTED
    is_able = setup.ability is not None and 0 <= setup.ability <= 1
    is_directory = _DIRECTORY_NAME.fullmatch(setup.model.strip()) is not None
    rules = [
        (setup.engine in ModelSetup.Engine.values, _unknown_engine(setup.engine)),
        (0 < len(setup.model.strip()) <= 120, "model: name the model, in at most 120 characters"),
        (
            setup.engine != ModelSetup.Engine.VLLM or is_directory,
            "model: inside the worker it is the name of a directory: letters, digits, dots, hyphens",
        ),
        (len(setup.revision) <= 80, "revision: at most 80 characters"),
        (1 <= setup.draws <= MAX_DRAWS, f"draws: 1 to {MAX_DRAWS}"),
        (1 <= setup.max_attempts <= MAX_ATTEMPTS, f"max_attempts: 1 to {MAX_ATTEMPTS}"),
        (not is_scripted or is_able, "ability: a scripted engine needs a number from 0 to 1"),
        (
            not is_scripted or study.simulated,
            "engine: a scripted engine answers in simulated studies only",
        ),
        (
            setup.base_url.rstrip("/") in ["", *allowed_base_urls()],
            "base_url: not one of the servers that this installation may ask (EQUIPOISE_LLM_BASE_URL)",
        ),
    ]
    return [message for is_kept, message in rules if not is_kept]


def _unknown_engine(engine: str) -> str:
    return f"engine: {engine!r} is not known; known are {', '.join(ModelSetup.Engine.values)}"


def _refuse_late_change(arm: Arm, fields: dict[str, Any]) -> None:
    before = ModelSetup.objects.filter(arm=arm).first()
    has_answered = GenerationAttempt.objects.filter(generation__arm=arm).exists()
    is_same_queue = before is not None and (before.engine, before.draws) == (
        fields["engine"],
        fields["draws"],
    )
    if has_answered or not is_same_queue:
        raise PhaseClosed(
            "Answering has begun: a model that has answered stays as it is, and engine and draws stay in any "
            "case. Nothing was changed."
        )


def engine_for(
    setup: ModelSetup, version: VignetteVersion, *, word_cap: int, variant: str = ORIGINAL
) -> Engine:
    """Return the engine of a model arm; a scripted one is given the vignette's card here and nowhere else.

    `variant` counts for a scripted engine alone: what a real model is asked stands in its messages.
    Raises InvalidInput for an engine that cannot be asked (imported answers, or one that is not installed),
    InterruptionError while the operator's facts cannot be read.
    """
    if setup.engine == ModelSetup.Engine.SCRIPTED:
        return ScriptedEngine(
            card=card_of(version.parsed),
            ability=scripted_ability(version.parsed, setup.ability or 0.0, variant),
            word_cap=word_cap,
            headings=SECTIONS,
            model=setup.model,
        )
    if setup.engine == ModelSetup.Engine.OPENAI:
        return OpenAIHTTPEngine(settings_of(setup))
    if setup.engine == ModelSetup.Engine.VLLM:
        if not vllm_process.is_installed():
            raise InvalidInput(
                "engine: vLLM is not installed in this worker; ask a worker on the GPU host, or serve the "
                "model with `vllm serve` and set up the address of the server"
            )
        return vllm_process.VLLMProcessEngine(settings_of(setup))
    raise InvalidInput(
        _unknown_engine(setup.engine) if setup.engine != "imported" else "imported answers are not asked"
    )


def scripted_ability(content: VignetteContent, ability: float, variant: str) -> float:
    """Return the ability at which a script answers: under adversarial pressure less by `PRESSURE_COST`."""
    kinds = {each.name: each.kind for each in content.variants}
    return max(ability - PRESSURE_COST, 0.0) if kinds.get(variant) == ADVERSARIAL else ability


def settings_of(setup: ModelSetup) -> EngineSettings:
    """Return what a real model's engine is given. Raises InterruptionError while facts cannot be read."""
    return engine_settings(
        model=setup.model, revision=setup.revision, base_url=setup.base_url, serve=setup.serve
    )


def card_of(content: VignetteContent) -> Card:
    """Return what scripted answers are made of, from the hidden part of a vignette."""
    return Card(
        points=tuple(CardPoint(point.text, point.section, point.critical) for point in content.key_points),
        errors=tuple(CardError(error.answer_text, error.section) for error in content.common_errors),
        difficulty=content.difficulty,
    )
