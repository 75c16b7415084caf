"""Adjusted p-values of one step of the plan's tree."""

from collections.abc import Sequence

import numpy as np

from analysis.multiplicity.adjust import fixed_sequence
from analysis.multiplicity.gatekeeping import truncated
from analysis.multiplicity.graphs import fallback, graph_test
from analysis.plan_tree import TreeStep

# The tree is run for every case of every sensitivity, and statsmodels collects garbage at each call.
NOT_TRUNCATED = 1.0


def adjusted_p(step: TreeStep, p_values: Sequence[float | None]) -> list[float]:
    """P-values adjusted by a step's method.

    Parameters
    ----------
    step : TreeStep
        Its method, weights and transitions are read.
    p_values : sequence of float or None
        In the order of the step's hypotheses; None counts as 1 and stays in the family.
    """
    p = np.array([1.0 if value is None else value for value in p_values])
    match step.method:
        case "single":
            adjusted = p
        case "fixed_sequence":
            adjusted = fixed_sequence(p).adjusted
        case "fallback":
            adjusted = fallback(p, step.weights).adjusted
        case "graph":
            adjusted = graph_test(p, step.weights, step.transitions).adjusted
        case "hochberg":
            adjusted = truncated(p, "hochberg", NOT_TRUNCATED)
        case "hommel":
            adjusted = truncated(p, "hommel", NOT_TRUNCATED)
        case _:
            adjusted = truncated(p, "holm", NOT_TRUNCATED)
    return [float(value) for value in adjusted]
