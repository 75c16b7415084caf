"""Blinding indices of several arms with clustered guesses."""

import numpy as np
import pytest

from analysis.blinding.clustered import bang_by_rater, blinding_indices, guess_cube
from analysis.blinding.indices import james_index


def _cube(rows):
    return guess_cube(rows, ("resident", "model"), {"A": "resident", "B": "resident", "C": "model"})


def _rows(words=("resident", "model", "dont_know")):
    rng = np.random.default_rng(3)
    return [
        (f"R{r}", f"MS-{v:02d}", arm, words[rng.integers(0, len(words))])
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


def test_raters_who_guess_alike_widen_the_cluster_interval():
    rows = [
        (rater, f"v{v}", arm, "model" if rater in ("R0", "R1") else "resident")
        for rater in ("R0", "R1", "R2", "R3")
        for v in range(20)
        for arm in "ABC"
    ]
    index = blinding_indices(_cube(rows), draws=999, seed=1)[0]["C"]
    widths = [high - low for low, high in (index.cluster_interval, index.interval)]
    assert widths[0] > 2 * widths[1]


def test_each_rater_has_an_index_per_arm():
    by_rater = bang_by_rater(_cube([("R0", "v", "C", "model"), ("R1", "v", "C", "resident")]))
    assert [by_rater[rater]["C"].index for rater in ("R0", "R1")] == [1.0, -1.0]
    assert by_rater["R0"]["A"].reason == "no guesses"


def test_an_arm_without_guesses_is_not_estimable_beside_the_others():
    bang, _ = blinding_indices(_cube([row for row in _rows() if row[2] != "B"]), draws=999, seed=1)
    assert bang["B"].reason == "no guesses"
    assert bang["A"].index is not None


def test_three_sources_are_counted_each_on_its_own():
    rows = [
        (f"R{i % 3}", f"v{i}", arm, guess) for i in range(9) for arm, guess in zip("XYZ", "xyz", strict=True)
    ]
    bang, james = blinding_indices(
        guess_cube(rows, "xyz", dict(zip("XYZ", "xyz", strict=True))), draws=99, seed=1
    )
    assert [bang[arm].index for arm in "XYZ"] == [1.0, 1.0, 1.0]
    assert james.index == pytest.approx(0.0)


def test_no_guesses_at_all_give_empty_indices():
    bang, james = blinding_indices(_cube([]), draws=999, seed=1)
    assert bang["A"].index is None
    assert james.index is None
