"""Ask one model one vignette and show everything: what is sent, what returns, what a rater would see."""

import json
import shlex
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from study.blinding.normalise import normalise_sections
from study.engines import vllm_process
from study.engines.base import (
    Engine,
    EngineError,
    EngineSettings,
    GenerationRequest,
    GenerationResult,
)
from study.engines.openai_http import OpenAIHTTPEngine
from study.engines.profiles.loader import (
    Profile,
    ProfileError,
    load_profile,
    profile_names,
    shipped_profile,
)
from study.engines.scripted import ScriptedEngine
from study.protocol.model_servers import allowed_base_urls, declared_facts
from study.protocol.records import messages_sha256
from study.protocol.rubric import SECTIONS
from study.responses.outcomes import read_answer
from study.responses.parsing import render_answer
from study.responses.prompts import build_messages
from study.responses.services.setups import card_of, scripted_ability
from vignettes.bank import CONTENT_DIRECTORY
from vignettes.schema import VignetteContent, load_file
from vignettes.structure import RespondentView
from vignettes.variants import ORIGINAL


class Command(BaseCommand):
    help = "Ask a model one vignette of the shipped bank as a profile says, and store nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("profile", help=f"{', '.join(profile_names())}, or the path of a profile's file")
        parser.add_argument("vignette", help="the code of a vignette, such as MS-01")
        ways = parser.add_mutually_exclusive_group()
        ways.add_argument("--base-url", help="the server to ask (default: the first that is set up)")
        ways.add_argument("--in-process", metavar="DIRECTORY", help="load the model in this process")
        ways.add_argument("--scripted", type=float, metavar="ABILITY", help="no model: a script, 0 to 1")
        parser.add_argument("--model", help="the served name, when it is not the profile's")
        parser.add_argument("--variant", default=ORIGINAL, help="ask the case as this variant puts it")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--word-cap", type=int, default=250)

    def handle(self, *_: Any, **options: Any) -> None:
        profile, content = _profile(options["profile"]), _vignette(options["vignette"])
        asked = _asked(content, options["variant"])
        messages = build_messages(
            scenario=asked.scenario,
            question=asked.question,
            word_cap=options["word_cap"],
            version=profile.prompt_version,
            system=profile.system_prompt,
        )
        request = GenerationRequest(
            tuple(messages), profile.sampling, options["seed"], f"trial-{options['vignette']}"
        )
        self._title(f"Profile {profile.name} {profile.version}, sha256 {profile.sha256}")
        for warning in (profile.language, *profile.warnings):
            self.stdout.write(f"! {warning}")
        if profile.serve:
            self.stdout.write(f"$ {shlex.join(profile.serve_command('DIRECTORY'))}")
        self._messages(messages)
        try:
            result = _engine(profile, content, options).generate(request)
        except (EngineError, ValueError) as error:
            raise CommandError(f"no answer: {error}") from error
        self._answer(result)

    def _title(self, title: str) -> None:
        self.stdout.write(f"\n=== {title}")

    def _messages(self, messages: list[dict[str, str]]) -> None:
        self._title(f"The question, sha256 {messages_sha256(messages)}")
        for message in messages:
            self.stdout.write(f"--- {message['role']}\n{message['content']}")

    def _answer(self, result: GenerationResult) -> None:
        answer = read_answer(result.content, result.reasoning, result.finish_reason)
        for title, value in (
            ("What was sent", result.raw_request),
            ("What returned", result.raw_response),
            ("The environment, as it was told", result.environment),
        ):
            self._title(title)
            self.stdout.write(json.dumps(value, indent=1, ensure_ascii=False))
        self._title("The reasoning, which no rater sees")
        self.stdout.write(answer.reasoning or "none")
        self._title("What a rater would see")
        self.stdout.write(render_answer(normalise_sections(answer.sections)))
        words = sum(len(text.split()) for text in answer.sections.values())
        tokens = f"{result.prompt_tokens} + {result.completion_tokens} tokens"
        self._title(
            f"Outcome: {answer.outcome} (finish reason {result.finish_reason}, {words} words, {tokens}, "
            f"{result.duration_s:.2f} s). Nothing was stored."
        )


def _profile(name: str) -> Profile:
    try:
        return load_profile(Path(name)) if name.endswith(".yaml") else shipped_profile(name)
    except ProfileError as error:
        raise CommandError("\n".join(error.problems)) from error


def _vignette(code: str) -> VignetteContent:
    codes = sorted(path.stem for path in CONTENT_DIRECTORY.glob("*.yaml"))
    if code not in codes:
        raise CommandError(f"vignette: {code!r} is not known; known are {codes[0]} to {codes[-1]}")
    return load_file(CONTENT_DIRECTORY / f"{code}.yaml")


def _asked(content: VignetteContent, variant: str) -> RespondentView:
    try:
        return content.as_asked(variant)
    except KeyError as error:
        known = ", ".join([ORIGINAL, *content.variant_names])
        raise CommandError(f"--variant: {content.id} has {known}, not {variant!r}") from error


def _engine(profile: Profile, content: VignetteContent, options: dict[str, Any]) -> Engine:
    model = options["model"] or profile.model
    if options["scripted"] is not None:
        return ScriptedEngine(
            card=card_of(content),
            ability=scripted_ability(content, options["scripted"], options["variant"]),
            word_cap=options["word_cap"],
            headings=SECTIONS,
            model=model,
        )
    given = EngineSettings(
        model=model,
        base_url=options["base_url"] or allowed_base_urls()[0],
        api_key=settings.LLM_API_KEY,
        timeout_s=settings.LLM_TIMEOUT_S,
        directory=options["in_process"] or "",
        serve=profile.serve,
        facts=declared_facts(model),
    )
    return vllm_process.VLLMProcessEngine(given) if options["in_process"] else OpenAIHTTPEngine(given)
