"""Every method of a step of the tree."""

import pytest

from analysis.adjustment import adjusted_p
from analysis.multiplicity.adjust import adjust, fixed_sequence
from analysis.multiplicity.graphs import fallback, graph_test
from analysis.plan_tree import TreeStep

P = [0.01, 0.04, 0.03, 0.005]


def _step(method, **shares):
    return TreeStep("step", "superior", method, ("a", "b", "c", "d"), **shares)


@pytest.mark.parametrize("method", ["holm", "hochberg", "hommel"])
def test_a_step_adjusts_as_the_family_of_its_method(method):
    assert adjusted_p(_step(method), P) == pytest.approx(adjust(P, method).adjusted.tolist())


def test_a_single_hypothesis_keeps_its_p_value():
    assert adjusted_p(_step("single"), [0.02]) == [0.02]


def test_ordered_methods_follow_the_order_and_the_weights_of_the_plan():
    weights = (0.4, 0.3, 0.2, 0.1)
    assert adjusted_p(_step("fixed_sequence"), P) == fixed_sequence(P).adjusted.tolist()
    assert adjusted_p(_step("fallback", weights=weights), P) == fallback(P, weights).adjusted.tolist()


def test_a_graph_uses_the_weights_and_transitions_of_the_plan():
    weights = (0.5, 0.5, 0.0, 0.0)
    transitions = ((0, 0.5, 0.5, 0), (0.5, 0, 0, 0.5), (0, 1, 0, 0), (1, 0, 0, 0))
    step = _step("graph", weights=weights, transitions=transitions)
    assert adjusted_p(step, P) == graph_test(P, weights, transitions).adjusted.tolist()


def test_a_hypothesis_without_p_value_counts_in_the_family():
    assert adjusted_p(_step("holm"), [0.01, None]) == [0.02, 1.0]
