"""Blinding indices against published tables and their definitions."""

import numpy as np
import pytest

from analysis.blinding import bang_index, blinding_indices, guess_cube, james_index
from tests.reference import cases

AREA = "08_blinding"
FIELDS = (("index", "index"), ("se", "se"), ("ci95", "interval"))


@pytest.mark.parametrize("case", cases.names(AREA))
def test_james_and_bang_agree_with_the_reference(case):
    data, expected = cases.load(AREA, case)
    table = data.iloc[:, 1:].to_numpy(int)
    got = {
        "james": james_index(table),
        "bang.treatment": bang_index(*(int(table[i, 0]) for i in (0, 1, 2))),
        "bang.placebo": bang_index(*(int(table[i, 1]) for i in (1, 0, 2))),
    }
    for name, index in got.items():
        for key, attribute in FIELDS:
            assert cases.agrees(getattr(index, attribute), expected[f"{name}.{key}"]), (name, key)


def test_no_guesses_are_not_estimable():
    assert bang_index(0, 0, 0).reason == "no guesses"
    assert james_index(np.zeros((3, 2))).index is None


def test_guesses_about_a_single_source_leave_james_undefined():
    assert "only source" in james_index(np.array([[9, 0], [0, 0], [1, 0]])).reason


def _cube(rows):
    return guess_cube(rows, ("resident", "model"), {"A": "resident", "B": "resident", "C": "model"})


def _rows():
    rng = np.random.default_rng(3)
    words = ("resident", "model", "dont_know")
    return [
        (f"R{r}", f"MS-{v:02d}", arm, words[rng.integers(0, 3)])
        for r in range(4)
        for v in range(20)
        for arm in "ABC"
    ]


def test_several_arms_have_bang_each_and_james_on_the_source():
    cube = _cube(_rows())
    bang, james = blinding_indices(cube, draws=999, seed=1)
    table = cube.counts.sum(axis=(0, 1))
    assert bang["C"].index == (table[1, 2] - table[0, 2]) / 80
    merged = np.stack([table[:, 0] + table[:, 1], table[:, 2]], axis=1)
    assert james.index == james_index(merged).index


def test_cluster_intervals_are_reproducible_and_hold_the_index():
    one, two = (blinding_indices(_cube(_rows()), draws=999, seed=7)[0]["A"] for _ in range(2))
    assert one == two
    assert one.cluster_interval[0] < one.index < one.cluster_interval[1]


def test_an_arm_without_guesses_is_not_estimable_beside_the_others():
    bang, _ = blinding_indices(_cube([row for row in _rows() if row[2] != "B"]), draws=999, seed=1)
    assert bang["B"].reason == "no guesses"
    assert bang["A"].index is not None


def test_no_guesses_at_all_give_empty_indices():
    bang, james = blinding_indices(_cube([]), draws=999, seed=1)
    assert bang["A"].index is None
    assert james.index is None
