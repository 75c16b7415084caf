"""Differences of means as whole numbers."""

import numpy as np
import pytest

from analysis.paired.lattice import (
    OffLatticeError,
    common_denominator,
    find_lattice,
    smallest_denominator,
    to_lattice,
)


def test_means_that_are_equal_in_exact_arithmetic_tie_on_the_lattice():
    differences = np.array([4.3 - 4.0, 3.8 - 3.5, 0.1 + 0.2 - 0.3])
    assert to_lattice(differences, 10).tolist() == [3, 3, 0]


def test_a_value_off_the_lattice_is_refused():
    with pytest.raises(OffLatticeError, match="no multiple of 1/4"):
        to_lattice([0.3], 4)
    with pytest.raises(OffLatticeError, match="missing"):
        to_lattice([np.nan], 4)
    with pytest.raises(OffLatticeError, match="missing"):
        find_lattice([1.0, np.inf])


def test_the_common_denominator_is_the_least_common_multiple():
    assert common_denominator([3, 4, 4]) == 12
    assert common_denominator([]) == 1


@pytest.mark.parametrize(
    ("values", "denominator"),
    [
        ([1.0, -2.0], 1),
        ([4.3 - 4.0, 0.25], 20),
        ([0.142857142857143, 1.71428571428571], 7),
        ([1 / 480, 7 / 96], 480),
        ([0.123456, 2.5], 1_000_000),
        ([], 1),
    ],
)
def test_the_smallest_denominator_is_read_off_the_values(values, denominator):
    assert smallest_denominator(values) == denominator


def test_values_without_a_common_fraction_go_on_a_fine_grid():
    values = np.random.default_rng(1).normal(size=40)
    steps, denominator = find_lattice(values)
    assert smallest_denominator(values) is None
    assert steps / denominator == pytest.approx(values, abs=1e-10)


def test_a_found_lattice_gives_the_values_back():
    steps, denominator = find_lattice([0.5, -0.75, 1 / 3])
    assert (steps.tolist(), denominator) == ([6, -9, 4], 12)
