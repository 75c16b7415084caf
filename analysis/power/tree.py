"""The testing tree of `analysis.decision` on arrays of p-values, one entry per study.

`analysis.decision.run_tree` is the definition; a step that has no array form here goes through it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.decision import EQUIVALENCE_DIMENSION, NONINFERIOR, SUPERIOR, run_tree
from analysis.estimate import Array, MeanTest
from analysis.plan import Plan
from analysis.plan_tree import JOINT
from analysis.power.engine import ContrastTests

Flags = NDArray[np.bool_]
Hypothesis = tuple[str, str]
ARRAY_METHODS = {"single", "holm"}
# As in the tree of one study: shares of alpha such as a third do not multiply out exactly.
TIE = 1 + 1e-12


@dataclass(frozen=True)
class Joint:
    """Intersection-union p-values of one model by dimension, shape (studies,).

    The largest over the levels; 1 where one of them is not estimable, which can reject nothing.
    """

    superior: Mapping[str, Array]
    noninferior: Mapping[str, Array]
    upper: Mapping[str, Array]

    def of(self, claim: str) -> Mapping[str, Array]:
        """P-values of one claim of the tree."""
        return {SUPERIOR: self.superior, NONINFERIOR: self.noninferior}[claim]


def joint_p_values(plan: Plan, tests: ContrastTests, model: int = 0) -> Joint:
    """Joint p-values of one model; the first axis of `tests` are the plan's dimensions."""

    def largest(values: Array) -> dict[str, Array]:
        known = np.where(np.isfinite(values[:, :, model]), values[:, :, model], 1.0)
        return dict(zip(plan.dimensions, known.max(axis=-1), strict=True))

    return Joint(largest(tests.p_superior), largest(tests.p_noninferior), largest(tests.p_upper))


def holm_adjusted(p_values: Array) -> Array:
    """Holm-adjusted p-values over the first axis."""
    order = np.argsort(p_values, axis=0, kind="stable")
    factors = np.arange(len(p_values), 0, -1).reshape(-1, *[1] * (p_values.ndim - 1))
    stepwise = np.maximum.accumulate(np.take_along_axis(p_values, order, axis=0) * factors, axis=0)
    adjusted = np.empty_like(p_values)
    np.put_along_axis(adjusted, order, np.minimum(stepwise, 1.0), axis=0)
    return adjusted


def tree_rejections(plan: Plan, tests: ContrastTests) -> dict[Hypothesis, Flags]:
    """Which hypotheses of the lead model's tree are rejected in each study, by claim and dimension.

    A hypothesis that the plan tests level by level counts as rejected where every level's is.
    """
    if not all(step.method in ARRAY_METHODS and step.levels == JOINT for step in plan.tree):
        return _study_by_study(plan, tests)
    joint, alpha = joint_p_values(plan, tests), plan.model_alpha(plan.lead_model) * TIE
    rejected: dict[Hypothesis, Flags] = {}
    reached: Flags = np.ones(tests.se.shape[1], dtype=bool)
    for step in plan.tree:
        p_values = np.stack([joint.of(claim)[d] for claim, d in step.pairs])
        won = (holm_adjusted(p_values) <= alpha) & reached
        rejected |= dict(zip(step.pairs, won, strict=True))
        reached = np.asarray(won.all(axis=0))
    return rejected


def scalar_test(tests: ContrastTests, index: tuple[int, int, int, int]) -> MeanTest:
    """One test as the tree of one study reads it, by its p-values."""
    values = (tests.p_superior[index], tests.p_noninferior[index], tests.p_upper[index])
    superior, noninferior, upper = (float(p) if np.isfinite(p) else None for p in values)
    return MeanTest("simulated", 0.0, p_superior=superior, p_noninferior=noninferior, p_upper=upper)


def study_tests(plan: Plan, tests: ContrastTests, study: int) -> dict[str, list[MeanTest]]:
    """The lead model's tests of one study, one per level, by dimension."""
    levels = range(len(plan.levels))
    return {
        d: [scalar_test(tests, (i, study, 0, level)) for level in levels]
        for i, d in enumerate(plan.dimensions)
    }


def _study_by_study(plan: Plan, tests: ContrastTests) -> dict[Hypothesis, Flags]:
    none: dict[str, list[str]] = {d: [] for d in plan.dimensions}
    rows: list[dict[Hypothesis, bool]] = []
    for study in range(tests.se.shape[1]):
        row: dict[Hypothesis, bool] = {}
        for h in run_tree(plan, study_tests(plan, tests, study), none):
            row[h.claim, h.dimension] = row.get((h.claim, h.dimension), True) and h.rejected
        rows.append(row)
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}


def headline_equivalent(plan: Plan, joint: Joint, rejected: Mapping[Hypothesis, Flags]) -> Flags:
    """Whether the headline on `EQUIVALENCE_DIMENSION` is "equivalent" to every level."""
    dimension = EQUIVALENCE_DIMENSION
    passed = rejected[NONINFERIOR, dimension] & (joint.upper[dimension] <= plan.equivalence_alpha)
    better = rejected.get((SUPERIOR, dimension))
    return passed if better is None else passed & ~better
