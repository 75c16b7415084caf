"""The graphical shortcut against the procedures that are special graphs, and against the closed test."""

from itertools import product

import numpy as np
import pytest

from analysis.multiplicity.adjust import adjust, fixed_sequence
from analysis.multiplicity.graphs import GraphError, chain, check_graph, fallback, graph_test

STUDY = [[0, 0.5, 0.5, 0], [0.5, 0, 0, 0.5], [0, 1, 0, 0], [1, 0, 0, 0]]


def _complete(m):
    return (np.ones((m, m)) - np.eye(m)) / (m - 1)


def test_a_complete_graph_is_holms_procedure():
    p = np.random.default_rng(1).random(6) ** 3
    np.testing.assert_allclose(
        graph_test(p, np.full(6, 1 / 6), _complete(6)).adjusted, adjust(p, "holm").adjusted
    )


def test_a_chain_with_all_weight_in_front_is_the_fixed_sequence():
    p = [0.01, 0.03, 0.002, 0.2]
    found = graph_test(p, [1, 0, 0, 0], chain(4))
    np.testing.assert_allclose(found.adjusted, fixed_sequence(p).adjusted)
    assert found.order == (0, 1, 2, 3)


def _weights_of(members, weights, transitions):
    """Weights of an intersection: remove the others one by one."""
    w, g = np.array(weights, float), np.array(transitions, float)
    for j in set(range(len(w))) - set(members):
        handed = w + w[j] * g[j]
        new = np.zeros_like(g)
        for a, b in product(range(len(w)), repeat=2):
            room = 1 - g[a, j] * g[j, a]
            new[a, b] = (g[a, b] + g[a, j] * g[j, b]) / room if a != b and room > 0 else 0
        new[j], new[:, j], handed[j] = 0, 0, 0
        w, g = handed, new
    return w


def _closed_test(p, weights, transitions):
    adjusted = np.zeros(len(p))
    for chosen in product([False, True], repeat=len(p)):
        members = [i for i, c in enumerate(chosen) if c]
        if members:
            w = _weights_of(members, weights, transitions)
            local = min((p[i] / w[i] for i in members if w[i] > 0), default=np.inf)
            adjusted[members] = np.maximum(adjusted[members], min(local, 1))
    return adjusted


@pytest.mark.parametrize("seed", range(5))
def test_the_shortcut_is_the_closed_test_of_weighted_bonferroni_tests(seed):
    rng = np.random.default_rng(seed)
    p = rng.random(4) ** 3
    weights = np.array([0.5, 0.5, 0, 0])
    found = graph_test(p, weights, STUDY)
    np.testing.assert_allclose(found.adjusted, _closed_test(p, weights, STUDY))


def test_a_missing_p_value_keeps_its_place_and_blocks_what_waits_for_it():
    found = fallback([np.nan, 0.03, 0.02], [0.4, 0.3, 0.3])
    assert found.adjusted.tolist() == pytest.approx([1, 0.1, 0.02 / 0.3])
    assert not found.rejected[0]


def test_zero_weight_that_nothing_reaches_is_never_rejected():
    found = graph_test([0.0, 0.0], [1, 0], np.zeros((2, 2)))
    assert found.adjusted.tolist() == [0, 1]
    assert found.rejected.tolist() == [True, False]


@pytest.mark.parametrize(
    ("weights", "transitions", "message"),
    [
        ([0.6, 0.6], chain(2), "weights: must be shares from 0"),
        ([-0.1, 0.6], chain(2), "weights: must be shares from 0"),
        ([0.5, 0.5], chain(3), "transitions: must be 2 rows of 2 shares"),
        ([0.5, 0.5], [[0, 1.1], [0, 0]], "transitions: must be rows of shares"),
        ([0.5, 0.5], [[0.5, 0.5], [0, 0]], "transitions: must be 0 from a hypothesis to itself"),
    ],
)
def test_what_is_no_graph_is_refused(weights, transitions, message):
    with pytest.raises(GraphError, match=message):
        check_graph(weights, transitions)


def test_more_p_values_than_weights_are_refused():
    with pytest.raises(GraphError, match="as many as the p-values, 3"):
        graph_test([0.1, 0.2, 0.3], [0.5, 0.5], chain(2))
