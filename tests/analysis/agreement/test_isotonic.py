"""Isotonic calibration, against the min-max formula and against leaving vignettes out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.agreement.isotonic import FEW_CLUSTERS, NO_SCORES, isotonic_calibration, isotonic_values

LEVELS = (1, 2, 3, 4, 5)
PAIRS = st.lists(
    st.tuples(st.integers(1, 5), st.integers(2, 10).map(lambda x: x / 2)), min_size=1, max_size=25
)


def _min_max(x, y):
    """max over s <= k of min over t >= k of the mean target of scores in [s, t], at the scores used."""
    used = sorted(set(x))
    x, y = np.asarray(x, float), np.asarray(y, float)
    return {
        k: max(min(y[(x >= s) & (x <= t)].mean() for t in used if t >= k) for s in used if s <= k)
        for k in used
    }


@settings(deadline=None)
@given(PAIRS)
def test_the_values_are_those_of_the_min_max_formula(pairs):
    x, y = zip(*pairs, strict=True)
    values = isotonic_values(x, y, LEVELS)
    assert (np.diff(values) >= -1e-9).all()
    for level, expected in _min_max(x, y).items():
        assert values[level - 1] == pytest.approx(expected)


def test_a_level_never_used_lies_between_its_neighbours_and_beyond_the_ends_on_the_nearest():
    assert isotonic_values([2, 4], [2.0, 3.0], LEVELS).tolist() == [2, 2, 2.5, 3, 3]


def test_errors_are_those_of_leaving_each_vignette_out_by_hand():
    rng = np.random.default_rng(2)
    x = rng.integers(1, 6, 40)
    y = np.clip(x - 0.5 + rng.normal(0, 0.7, 40), 1, 5)
    vignette = np.repeat([f"v{i}" for i in range(10)], 4)
    after, alone = [], []
    for name in np.unique(vignette):
        out = vignette == name
        values = isotonic_values(x[~out], y[~out], LEVELS)
        after += abs(values[x[out] - 1] - y[out]).tolist()
        alone += abs(y[~out].mean() - y[out]).tolist()
    found = isotonic_calibration(x, y, vignette, LEVELS)
    assert found.error_before == pytest.approx(abs(x - y).mean())
    assert found.error_after == pytest.approx(np.mean(after))
    assert found.error_constant == pytest.approx(np.mean(alone))
    assert sum(point.responses for point in found.points) == 40


def test_a_judge_that_is_one_point_too_kind_is_set_right():
    y = np.tile([1.0, 2.0, 3.0, 4.0], 10)
    found = isotonic_calibration(y + 1, y, np.repeat(np.arange(10), 4), LEVELS)
    assert (found.error_before, found.error_after) == (1, 0)
    assert [point.value for point in found.points] == [1, 1, 2, 3, 4]


def test_a_judge_that_knows_nothing_is_no_better_than_the_mean():
    y = np.tile([2.0, 4.0], 20)
    found = isotonic_calibration(np.full(40, 3), y, np.repeat(np.arange(10), 4), LEVELS)
    assert found.error_after == pytest.approx(found.error_constant)


def test_no_scores_and_one_vignette_say_why_there_is_no_error():
    assert isotonic_calibration([], [], [], LEVELS).reason == NO_SCORES
    found = isotonic_calibration([3, 4], [2, 4], ["a", "a"], LEVELS)
    assert (found.error_before, found.error_after, found.reason) == (0.5, None, FEW_CLUSTERS)
