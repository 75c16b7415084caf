"""One study per connector: 30 vignettes, four models, and a worker that is stopped and started in between."""

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.utils import timezone

from study.engines.profiles.loader import Profile, load_profile
from study.engines.sampling import complete_sampling
from study.protocol.models import Study
from study.protocol.queries import model_arms
from study.responses.models import Generation, GenerationAttempt, ModelSetup, Response
from study.responses.services.opening import open_answering
from tests.builders import add_people, draft_study, person
from tests.responses.faults.processes import ROOT, Process, until
from tests.vllm.processes import CEILING_S, KEY, python_of, stop, wait_ready
from tests.vllm.tiny_models import PLAIN, SILENT

PROFILE: Final = ROOT / "tests" / "vllm" / "tiny.yaml"
VIGNETTES: Final = 30


@dataclass(frozen=True)
class Asked:
    """How one arm's model is asked."""

    model: str = "script"
    system: str = ""
    max_tokens: int = 256
    max_attempts: int = 1


# Answers in the form, is cut off while it thinks, says nothing, and says anything.
ARMS: Final[Mapping[str, Asked]] = {
    "thinks": Asked(),
    "cut": Asked(max_tokens=24, max_attempts=2),
    "silent": Asked(system=SILENT, max_attempts=2),
    "dreams": Asked(model="dream", max_tokens=64),
}
# In place of the last: an answer without a thought, which a reasoning parser files as one.
PARSED_ARMS: Final[Mapping[str, Asked]] = {
    **{name: asked for name, asked in ARMS.items() if name != "dreams"},
    "plain": Asked(system=PLAIN),
}
# More than the context holds.
REFUSED: Final[Mapping[str, Asked]] = {"endless": Asked(system="Think again. " * 2000)}


@dataclass(frozen=True)
class Place:
    """Where a connector finds its models: the setups' engine, and the address of each model's server."""

    connector: str
    engine: str
    urls: Mapping[str, str]
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Run:
    """What a connector's worker has left: its study and a refused one, and how each stop of it went."""

    place: Place
    arms: Mapping[str, Asked]
    study: Study
    refused: Study
    seconds: float
    statuses: list[int]
    left_running: int

    @property
    def line(self) -> str:
        """Return the connector's closing line."""
        states = Counter(self.responses().values_list("status", flat=True))
        owed, stored = VIGNETTES * len(self.arms), states.total()
        counts = f"stored {stored} of {owed}, duplicates {self.duplicates}"
        events = f"empty {states['empty']}, truncated {states['truncated']}"
        return f"{self.place.connector} {counts}, {events}, seconds {self.seconds:.0f}"

    @property
    def duplicates(self) -> int:
        """Return how many answers there are beyond one per draw, and attempts beyond those counted."""
        places = list(self.responses().values_list("model_arm", "study_vignette", "variant", "draw"))
        counted = sum(Generation.objects.filter(study=self.study).values_list("attempts", flat=True))
        return len(places) - len(set(places)) + len(self.attempts()) - counted

    def responses(self, arm: str = "") -> Any:
        found = Response.objects.filter(study=self.study, model_arm__isnull=False)
        return found.filter(model_arm__name=self._name(arm)) if arm else found

    def attempts(self, arm: str = "") -> Any:
        found = GenerationAttempt.objects.filter(generation__study=self.study).order_by("pk")
        return found.filter(generation__arm__name=self._name(arm)) if arm else found

    def _name(self, arm: str) -> str:
        return f"model-{list(self.arms).index(arm) + 1}"


def tiny_profile() -> Profile:
    return load_profile(PROFILE)


def ask(slug: str, place: Place, arms: Mapping[str, Asked], vignettes: int = VIGNETTES) -> Study:
    """Return a study in answering whose arms ask as told, one draw of each vignette."""
    study = draft_study(
        slug=slug, vignettes=vignettes, models=len(arms), vignettes_per_resident=vignettes, seed=11
    )
    add_people(study, residents_per_level=1, raters=0)
    profile = tiny_profile()
    for arm, asked in zip(model_arms(study), arms.values(), strict=True):
        ModelSetup.objects.filter(arm=arm).update(
            engine=place.engine,
            model=asked.model,
            revision="built on the spot",
            base_url=place.urls.get(asked.model, ""),
            profile=profile.identity(),
            prompt_version=profile.prompt_version,
            system_prompt=asked.system or profile.system_prompt,
            sampling=complete_sampling({**profile.sampling, "max_tokens": asked.max_tokens}),
            serve=profile.serve,
            max_attempts=asked.max_attempts,
            ability=None,
        )
    return open_answering(study_id=study.pk, person=person("lead@example.org"), now=timezone.now())


def carry_out(place: Place, worker: Process, arms: Mapping[str, Asked]) -> Run:
    """Let the worker answer a study, stop it with work in hand, start it again, and let it end the study."""
    study, started, statuses = ask(place.connector, place, arms), time.monotonic(), []
    open_rows = Generation.objects.filter(study=study).exclude(state="done")
    in_hand = open_rows.filter(state="running")
    try:
        _start(worker)
        until(lambda: _stored(study) >= VIGNETTES // 2 and in_hand.exists(), limit_s=CEILING_S)
        statuses.append(_end(worker))
        left_running = in_hand.count()
        _start(worker)
        until(lambda: not open_rows.exists(), limit_s=CEILING_S)
        seconds = time.monotonic() - started
        refused = ask(f"{place.connector}-refused", place, REFUSED, vignettes=1)
        waiting = Generation.objects.filter(study=refused, state__in=["queued", "running"])
        until(lambda: not waiting.exists(), limit_s=CEILING_S)
        statuses.append(_end(worker))
    finally:
        stop(worker)
    return Run(place, arms, study, refused, seconds, statuses, left_running)


def _start(worker: Process) -> None:
    worker.start(wait=False)
    wait_ready(worker)


def _end(worker: Process) -> int:
    assert worker.process is not None
    worker.process.send_signal(signal.SIGTERM)
    return worker.ended(limit_s=CEILING_S)


def _stored(study: Study) -> int:
    return Response.objects.filter(study=study, model_arm__isnull=False).count()


def manage(place: Place, *words: str) -> str:
    """Run a command of `manage.py` in the environment of the connector's worker; return what it says."""
    command = [str(python_of(place.connector)), "manage.py", *words]
    variables = {**os.environ, **place.variables}
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


def declare_facts(home: Path, models: Path, place_variables: Mapping[str, str], parser: str) -> Path:
    """Return the file of facts that `describe_model` writes on the host of the models' server."""
    facts = home / f"facts-{parser}.json"
    declared = {
        "tensor_parallel_size": "1",
        "reasoning_parser": parser,
        "batch_invariant": "0",
        "gpu": "none: CPU",
        "driver": "none: CPU",
    }
    given = [word for name, value in declared.items() for word in ("--fact", f"{name}={value}")]
    here = Place("server", "openai", {}, place_variables)
    for model in sorted(models.iterdir()):
        manage(here, "describe_model", str(model), "--name", model.name, "--into", str(facts), *given)
    assert KEY not in facts.read_text(encoding="utf-8")
    return facts


def message_of(attempt: GenerationAttempt) -> dict[str, Any]:
    """Return the message as the server sent it."""
    message: dict[str, Any] = json.loads(json.dumps(attempt.raw_response))["choices"][0]["message"]
    return message
