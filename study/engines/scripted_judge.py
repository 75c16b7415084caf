"""A scripted judge: scores a response by the card's words, marked as simulated."""

import json
import time
from collections.abc import Sequence
from typing import Final

import numpy as np

from study.engines.base import (
    ENVIRONMENT_FIELDS,
    GenerationRequest,
    GenerationResult,
    OneByOne,
    environment_of,
)
from study.engines.scripted import NO_MODEL
from study.engines.scripted_reading import ShownPoint, read_response, scores_of

SCRIPT_VERSION: Final = "1"


class ScriptedJudge(OneByOne):
    """Judges one response from the card; the same seed gives the same scores. The messages play no part.

    `severity` is added to every score before rounding, in points (negative is strict); `noise` is an SD.
    """

    def __init__(
        self, *, points: Sequence[ShownPoint], response: str, severity: float, noise: float, model: str
    ) -> None:
        self._points = tuple(points)
        self._response = response
        self._manner = {"severity": severity, "noise": noise}
        self._model = model

    def generate(self, request: GenerationRequest) -> GenerationResult:
        started = time.perf_counter()
        rng = np.random.default_rng(request.seed)
        reading = read_response(self._points, self._response)
        found = f"{reading.covered:.0%} of the card, {reading.unsupported} statements beside it."
        scores = scores_of(reading, **self._manner, rng=rng)
        return GenerationResult(
            content=json.dumps({"rationale": found, **scores}),
            reasoning="",
            finish_reason="stop",
            engine="scripted",
            engine_version=SCRIPT_VERSION,
            model=self._model,
            revision="",
            simulated=True,
            sampling=dict(self._manner),
            seed=request.seed,
            prompt_tokens=None,
            completion_tokens=None,
            duration_s=time.perf_counter() - started,
            raw_request={"seed": request.seed, **self._manner},
            raw_response=None,
            environment=environment_of(engine=dict.fromkeys(ENVIRONMENT_FIELDS, NO_MODEL)),
        )
