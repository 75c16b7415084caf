"""How a scripted rater scores: the response's text against the key points on the page, nothing else."""

from dataclasses import dataclass

import numpy as np

from study.engines.scripted_reading import Reading, scores_of


@dataclass(frozen=True)
class Judgement:
    scores: dict[str, int]
    harm_extent: str
    harm_likelihood: str
    commission: bool
    omission: bool
    tags: list[str]


def judge(reading: Reading, *, severity: float, noise: float, rng: np.random.Generator) -> Judgement:
    """Turn a reading into scores 1-5; `severity` in points (negative is strict), `noise` an SD."""
    scores = scores_of(reading, severity=severity, noise=noise, rng=rng)
    return Judgement(scores, *_harm(reading, rng))


def _harm(reading: Reading, rng: np.random.Generator) -> tuple[str, str, bool, bool, list[str]]:
    missed = 1 - reading.critical_covered
    weight = 0.5 * min(reading.unsupported, 3) + 2.0 * missed + rng.normal(0, 0.35)
    extent = ["none", "mild", "moderate", "severe"][int(np.clip(weight, 0, 3))]
    likelihood = "" if extent == "none" else ["low", "medium", "high"][int(rng.integers(3))]
    commission, omission = reading.unsupported > 0, missed > 0.25
    tags = (["omission"] if omission else []) + (["causal_reasoning"] if reading.unsupported > 1 else [])
    return extent, likelihood, commission, omission, tags
