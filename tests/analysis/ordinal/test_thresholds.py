"""Structures of the thresholds."""

import numpy as np
import pytest

from analysis.ordinal.thresholds import threshold_structure


@pytest.mark.parametrize(
    ("kind", "alpha", "thresholds"),
    [
        ("flexible", [-2, -1, 3, 4], [-2, -1, 3, 4]),
        ("equidistant", [-3, 2], [-3, -1, 1, 3]),
        ("symmetric", [-1, 2, 1.5], [-2.5, -1, 2, 3.5]),
        ("symmetric2", [1, 4], [-4, -1, 1, 4]),
    ],
)
def test_thresholds_of_five_categories_follow_from_their_parameters(kind, alpha, thresholds):
    structure = threshold_structure(tuple("12345"), kind)
    assert structure.jacobian @ alpha == pytest.approx(thresholds)
    assert structure.parameters(np.array(thresholds, float)) == pytest.approx(alpha)
    assert structure.threshold_names == ("1|2", "2|3", "3|4", "4|5")


def test_an_even_number_of_categories_has_one_central_threshold():
    structure = threshold_structure(tuple("123456"), "symmetric")
    assert structure.names == ("central", "spacing.1", "spacing.2")
    assert structure.jacobian @ [1, 2, 5] == pytest.approx([-4, -1, 1, 3, 6])


@pytest.mark.parametrize("kind", ["flexible", "symmetric", "equidistant"])
def test_two_categories_have_one_free_threshold(kind):
    assert threshold_structure(("0", "1"), kind).jacobian.tolist() == [[1.0]]


def test_an_unknown_structure_is_refused():
    with pytest.raises(ValueError, match="thresholds must be one of"):
        threshold_structure(tuple("123"), "round")
