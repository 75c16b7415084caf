"""Variance components and D-study curves."""

import numpy as np
import pytest

from analysis.agreement.generalizability import (
    crossed_study,
    d_study,
    raters_needed,
    source_study,
    variance_components,
)
from analysis.agreement.intraclass import intraclass_correlations


def _study(rng, vignettes=200, arms=3, raters=30):
    """Long scores with known components, named in the two lines that add them up."""
    v, a, r = (
        axis.ravel() for axis in np.meshgrid(*map(np.arange, (vignettes, arms, raters)), indexing="ij")
    )

    def effect(variance, *labels):
        codes = np.unique(np.stack(labels), axis=1, return_inverse=True)[1].ravel()
        return np.sqrt(variance) * rng.normal(size=codes.max() + 1)[codes]

    y = effect(1, v) + effect(0.09, a) + effect(0.5, v, a) + effect(0.3, r)
    y += effect(0.2, v, r) + effect(0.1, a, r) + rng.normal(size=len(v))
    return y, {"vignette": v, "arm": a, "response": v * arms + a, "rater": r}


def test_coefficients_of_a_complete_table_are_intraclass_correlations(rng):
    scores = rng.normal(size=(30, 1)) + 0.5 * rng.normal(size=(1, 5)) + rng.normal(size=(30, 5))
    curve = {point.raters: point for point in crossed_study(scores).curve}
    forms = intraclass_correlations(scores).forms
    assert curve[1].absolute == pytest.approx(forms["ICC(2,1)"].estimate)
    assert curve[1].relative == pytest.approx(forms["ICC(3,1)"].estimate)
    assert curve[5].absolute == pytest.approx(forms["ICC(2,k)"].estimate)
    assert curve[5].relative == pytest.approx(forms["ICC(3,k)"].estimate)


def test_known_components_are_found_with_every_fifth_score_missing(rng):
    y, labels = _study(rng)
    kept = rng.random(len(y)) > 0.2
    found = source_study(y[kept], **{name: codes[kept] for name, codes in labels.items()})
    expected = {"vignette": 1, "response": 0.5, "vignette x rater": 0.2, "residual": 1}
    assert {name: found.variance(name) for name in expected} == pytest.approx(expected, rel=0.3)
    assert found.variance("rater") == pytest.approx(0.3, abs=0.25)


def test_missing_cells_leave_the_estimates_unbiased(rng):
    found = []
    for _ in range(300):
        table = rng.normal(size=(20, 1)) + 0.7 * rng.normal(size=(1, 4)) + rng.normal(size=(20, 4))
        table[rng.random(table.shape) < 0.3] = np.nan
        found.append([each.estimate for each in crossed_study(table).components])
    assert np.mean(found, axis=0) == pytest.approx([1, 0.49, 1], abs=0.12)


def test_one_arm_with_one_response_per_vignette_names_what_is_confounded(rng):
    y, labels = _study(rng, vignettes=20, arms=1, raters=4)
    found = source_study(y, **labels)
    assert [each.name for each in found.components] == ["vignette", "rater", "residual"]
    assert found.confounded == {
        "response": "vignette",
        "vignette x rater": "residual",
        "arm x rater": "rater",
    }


def test_a_single_arm_has_the_curve_of_the_crossed_table(rng):
    y, labels = _study(rng, vignettes=20, arms=1, raters=4)
    one = source_study(y, **labels).curve
    two = crossed_study(y.reshape(20, 4)).curve
    assert [p.absolute for p in one] == pytest.approx([p.absolute for p in two])


def test_a_negative_component_is_set_to_zero_and_named():
    scores = np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 2.0], [2.0, 1.0]])
    found = crossed_study(scores)
    assert found.variance("response") == 0
    assert "response" in found.set_to_zero


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (np.ones((3, 1)), "fewer than 2 raters"),
        (np.array([[1.0, 2.0]]), "fewer than 2 responses"),
        (np.empty((0, 0)), "fewer than 2 raters"),
        (np.full((3, 3), 4.0), "all scores are equal"),
        (np.array([[1.0, np.nan], [np.nan, 2.0]]), "no response has two scores"),
    ],
)
def test_no_components_are_named(scores, reason):
    assert crossed_study(scores).reason == reason


def test_cells_that_hide_a_component_are_named():
    y = np.array([1.0, 2.0, 3.0, 4.0])
    _, _, reason = variance_components(y, {"a": [np.array([0, 0, 1, 1])], "b": [np.array([0, 1, 2, 2])]})
    assert reason == "" or "without information" in reason


def test_more_raters_raise_both_coefficients_to_one():
    curve = d_study({"response": 0.5, "rater": 0.1, "residual": 1.0}, ["rater"], [1, 2, 10, 10_000])
    absolute = [point.absolute for point in curve]
    assert absolute == sorted(absolute)
    assert absolute[-1] == pytest.approx(1, abs=1e-3)
    assert all(point.relative > point.absolute for point in curve)


def test_the_number_of_raters_needed_is_the_first_that_reaches_the_target():
    components = {"response": 0.5, "rater": 0.1, "residual": 1.0}
    needed = raters_needed(components, ["rater"], 0.8)
    below, reached = d_study(components, ["rater"], [needed - 1, needed])
    assert below.absolute < 0.8 <= reached.absolute


def test_no_number_of_raters_tells_equal_responses_apart():
    assert raters_needed({"response": 0.0, "rater": 0.1, "residual": 1.0}, ["rater"], 0.8) is None
