import json
from dataclasses import replace

import pytest

from study.engines.base import GenerationRequest
from study.engines.scripted_judge import ScriptedJudge
from study.engines.scripted_reading import ShownPoint
from study.protocol.rubric import DIMENSION_CODES

POINTS = [
    ShownPoint("Withhold the evening vancomycin dose.", critical=True),
    ShownPoint("Repeat the serum level tomorrow morning.", critical=False),
]
REQUEST = GenerationRequest(messages=(), sampling={}, seed=7, correlation_id="judgement-1-1")


def scores(response: str, *, seed: int = 7, severity: float = 0.0, noise: float = 0.0) -> dict[str, int]:
    judge = ScriptedJudge(points=POINTS, response=response, severity=severity, noise=noise, model="script")
    judged = json.loads(judge.generate(replace(REQUEST, seed=seed)).content or "")
    return {code: judged[code] for code in DIMENSION_CODES}


def test_what_meets_the_card_scores_higher_than_what_does_not() -> None:
    good = scores(" ".join(point.text for point in POINTS))
    bad = scores("Give another medicine twice daily without any further check.")
    assert all(good[code] > bad[code] for code in DIMENSION_CODES)


def test_severity_moves_every_score() -> None:
    text = POINTS[0].text
    strict, mild = scores(text, severity=-1.0), scores(text, severity=1.0)
    assert all(mild[code] - strict[code] == 2 for code in ("medical_correctness", "clinical_usefulness"))


def test_the_same_seed_gives_the_same_scores_and_others_differ() -> None:
    drawn = [tuple(scores(POINTS[0].text, seed=seed, noise=1.0).values()) for seed in (1, 1, 2, 3, 4)]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) > 1


@pytest.mark.parametrize("severity", [-2.0, 2.0])
def test_scores_stay_on_the_scale(severity: float) -> None:
    assert set(scores("", severity=severity, noise=2.0).values()) <= {1, 2, 3, 4, 5}


def test_the_result_is_marked_as_simulated() -> None:
    judge = ScriptedJudge(points=POINTS, response="", severity=0.1, noise=0.2, model="script")
    result = judge.generate(REQUEST)
    assert (result.simulated, result.engine, result.sampling) == (
        True,
        "scripted",
        {"severity": 0.1, "noise": 0.2},
    )
