import numpy as np

from study.demonstration.judgement import judge
from study.engines.scripted_reading import Reading, ShownPoint, read_response
from study.protocol.rubric import DIMENSION_CODES, HARM_EXTENTS

POINTS = [
    ShownPoint("Withhold tonight's vancomycin dose because kidney injury has appeared.", critical=True),
    ShownPoint("Repeat the vancomycin level before any further dose is given.", critical=False),
]


def average_scores(reading: Reading) -> dict[str, float]:
    rng = np.random.default_rng(1)
    judged = [judge(reading, severity=0, noise=0.5, rng=rng).scores for _ in range(300)]
    return {code: float(np.mean([scores[code] for scores in judged])) for code in DIMENSION_CODES}


def test_a_response_that_states_every_key_point_covers_all_and_claims_nothing_else() -> None:
    assert read_response(POINTS, "\n".join(point.text for point in POINTS)) == Reading(1.0, 1.0, 0)


def test_a_missed_critical_point_weighs_twice() -> None:
    reading = read_response(POINTS, POINTS[1].text)
    assert (round(reading.covered, 3), reading.critical_covered) == (0.333, 0.0)


def test_a_statement_outside_the_card_counts_and_a_bland_filler_does_not() -> None:
    text = "Continue as charted. Start gentamicin 5 mg/kg daily and ignore the falling urine output."
    assert read_response(POINTS, text).unsupported == 1


def test_better_readings_score_higher_on_every_dimension() -> None:
    good, poor = average_scores(Reading(1.0, 1.0, 0)), average_scores(Reading(0.2, 0.0, 2))
    assert all(good[code] > poor[code] + 1 for code in DIMENSION_CODES)


def test_scores_and_harm_stay_on_their_scales() -> None:
    rng = np.random.default_rng(2)
    for severity in (-3.0, 3.0):
        judged = judge(Reading(0.0, 0.0, 9), severity=severity, noise=2.0, rng=rng)
        assert set(judged.scores.values()) <= {1, 2, 3, 4, 5}
        assert judged.harm_extent in HARM_EXTENTS
