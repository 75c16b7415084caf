"""Agreement of raters with themselves."""

import numpy as np
import pytest

from analysis.agreement.intra_rater import intra_rater

SCALE = (1, 2, 3, 4, 5)


def test_the_error_of_measurement_is_the_spread_within_pairs():
    first, second = np.array([3.0, 4.0, 2.0, 5.0]), np.array([4.0, 4.0, 2.0, 3.0])
    found = intra_rater(first, second, ["a", "a", "b", "b"], SCALE)
    assert found.sem == pytest.approx(np.sqrt(5 / 8))
    assert found.detectable_change == pytest.approx(1.959964 * np.sqrt(5 / 4), rel=1e-6)
    assert (found.exact, found.within_one) == (0.5, 0.75)
    assert (found.pairs, found.raters) == (4, 2)


def test_a_shift_between_the_occasions_counts_as_error():
    first = np.array([1.0, 2.0, 3.0, 4.0])
    found = intra_rater(first, first + 1, ["a"] * 4, SCALE)
    assert found.shift == 1
    assert found.sem == pytest.approx(np.sqrt(0.5))


def test_the_limits_of_the_error_cover_the_true_one(rng):
    covered = 0
    for _ in range(300):
        first, second = 3 + 0.5 * rng.normal(size=(2, 15))
        low, high = intra_rater(np.rint(first * 4), np.rint(second * 4), ["a"] * 15, range(61)).sem_interval
        covered += low <= np.sqrt(4 + 1 / 12) <= high
    assert 0.91 <= covered / 300 <= 0.985


@pytest.mark.parametrize(
    ("first", "reason"),
    [([], "no planned duplicate was scored twice"), ([3.0], "fewer than 2 duplicated scores")],
)
def test_too_few_duplicates_are_named(first, reason):
    assert intra_rater(first, first, ["a"] * len(first), SCALE).reason == reason


def test_a_duplicate_that_could_not_be_judged_is_left_out():
    found = intra_rater([3.0, 4.0, 5.0], [3.0, np.nan, 4.0], ["a", "a", "b"], SCALE)
    assert (found.pairs, found.raters) == (2, 2)


def test_identical_duplicates_have_no_error_and_name_what_has_no_limits():
    found = intra_rater([3.0, 4.0], [3.0, 4.0], ["a", "b"], SCALE)
    assert (found.sem, found.detectable_change) == (0, 0)
    assert found.icc.estimate == 1.0
    assert found.icc.reason
