"""Blinding indices of one table against published counts and theory."""

import numpy as np
import pytest

from analysis.blinding.indices import bang_index, james_index, james_values
from tests.reference import cases

AREA = "08_blinding"
FIELDS = (("index", "index"), ("se", "se"), ("ci95", "interval"), ("upper95_one_sided", "upper_bound"))


@pytest.mark.parametrize("case", cases.names(AREA))
def test_james_agrees_with_the_reference(case):
    data, expected = cases.load(AREA, case)
    index = james_index(data.iloc[:, 1:].to_numpy(int))
    for key, attribute in FIELDS:
        assert cases.agrees(getattr(index, attribute), expected[f"james.{key}"]), key


@pytest.mark.parametrize("case", cases.names(AREA))
def test_bang_agrees_with_the_reference(case):
    data, expected = cases.load(AREA, case)
    table = data.iloc[:, 1:].to_numpy(int)
    for arm, column, rows in (("treatment", 0, (0, 1, 2)), ("placebo", 1, (1, 0, 2))):
        index = bang_index(*(int(table[row, column]) for row in rows))
        for key, attribute in FIELDS:
            assert cases.agrees(getattr(index, attribute), expected[f"bang.{arm}.{key}"]), key


def test_bang_is_the_balance_of_guesses_with_the_multinomial_error():
    index = bang_index(6, 2, 2)
    draws = np.random.default_rng(1).multinomial(10, [0.6, 0.2, 0.2], size=200_000)
    assert index.index == pytest.approx(0.4)
    assert index.se == pytest.approx(((draws[:, 0] - draws[:, 1]) / 10).std(), rel=0.01)


def test_the_error_of_james_is_that_of_multinomial_tables():
    table = np.array([[30, 12, 9], [10, 25, 11], [8, 9, 28], [12, 14, 12]])
    draws = np.random.default_rng(2).multinomial(180, table.ravel() / 180, size=20_000)
    assert james_index(table).se == pytest.approx(james_values(draws.reshape(-1, 4, 3)).std(), rel=0.03)


def test_one_sided_bounds_lie_within_the_two_sided_interval():
    index = bang_index(20, 10, 5)
    assert index.interval[0] < index.lower_bound < index.index < index.upper_bound < index.interval[1]


def test_no_guesses_are_not_estimable():
    assert bang_index(0, 0, 0).reason == "no guesses"
    assert james_index(np.zeros((3, 2))).index is None


def test_guesses_about_a_single_source_leave_james_undefined():
    assert "one source only" in james_index(np.array([[9, 0], [4, 0], [1, 0]])).reason
