"""What the scripts would show with unlimited answers: the true effect that a demonstration must find."""

from dataclasses import dataclass

import numpy as np

from study.demonstration.judgement import judge
from study.demonstration.people import generator
from study.engines.scripted import Card, compose_sections
from study.engines.scripted_reading import ShownPoint, read_response
from study.protocol.rubric import DIMENSION_CODES

ANSWERS_PER_CARD = 40


@dataclass(frozen=True)
class Truth:
    """Expected score of one ability, per dimension, in points; `error` is the Monte-Carlo standard error."""

    mean: dict[str, float]
    error: dict[str, float]


def expected_scores(cards: list[Card], ability: float, *, seed: int, noise: float = 0.5) -> Truth:
    """Score many answers of one ability by an average rater, through the same functions as the people's."""
    rng = generator(seed, "truth", ability)
    rows: list[list[int]] = []
    for card in cards:
        points = [ShownPoint(point.text, point.critical) for point in card.points]
        for _ in range(ANSWERS_PER_CARD):
            text = "\n".join(compose_sections(card, ability, rng).values())
            scores = judge(read_response(points, text), severity=0.0, noise=noise, rng=rng).scores
            rows.append([scores[code] for code in DIMENSION_CODES])
    table = np.asarray(rows, dtype=float)
    errors = table.std(axis=0, ddof=1) / np.sqrt(len(table))
    means = dict(zip(DIMENSION_CODES, map(float, table.mean(axis=0)), strict=True))
    return Truth(means, dict(zip(DIMENSION_CODES, map(float, errors), strict=True)))
