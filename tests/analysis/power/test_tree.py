import dataclasses

import numpy as np
import pytest

from analysis.decision import EQUIVALENT, headline_word, run_tree
from analysis.multiplicity.adjust import adjust
from analysis.plan import Plan, default_plan
from analysis.plan_tree import TreeStep
from analysis.power.engine import ContrastTests
from analysis.power.tree import (
    headline_equivalent,
    holm_adjusted,
    joint_p_values,
    study_tests,
    tree_rejections,
)
from analysis.schema import DIMENSIONS

STUDIES = 300
CORRECTNESS = "medical_correctness"
NO_FAULTS: dict[str, list[str]] = {d: [] for d in DIMENSIONS}


def random_tests() -> ContrastTests:
    """P-values of many studies, often small; shape (dimensions, studies, models, levels)."""
    shape = (len(DIMENSIONS), STUDIES, 1, 2)
    draw = np.random.default_rng(8).random
    superior, noninferior, upper = draw(shape) ** 8, draw(shape) ** 12, draw(shape) ** 6
    rest = [np.zeros(shape)] * 7
    noninferior[0, 0] = np.nan
    return ContrastTests(*rest, superior, noninferior, upper)


def plans() -> list[Plan]:
    plan = default_plan(["model-1"])
    wide = dataclasses.replace(plan, equivalence_alpha=0.05)
    superior = TreeStep("all", "superior", "holm", DIMENSIONS)
    chain = TreeStep("all", "superior", "fixed_sequence", DIMENSIONS[1:3], "separate")
    trees = [dataclasses.replace(plan, tree=(*plan.tree[:2], last)) for last in (superior, chain)]
    return [plan, wide, *trees]


@pytest.mark.parametrize("plan", plans(), ids=["default", "90 %", "all", "levels"])
def test_the_tree_on_arrays_is_the_tree_on_each_study(plan: Plan) -> None:
    tests = random_tests()
    rejected = tree_rejections(plan, tests)
    equal = headline_equivalent(plan, joint_p_values(plan, tests), rejected)
    for study in range(STUDIES):
        own = study_tests(plan, tests, study)
        tree = run_tree(plan, own, NO_FAULTS)
        for (claim, dimension), flags in rejected.items():
            same = [h.rejected for h in tree if (h.claim, h.dimension) == (claim, dimension)]
            assert all(same) == flags[study]
        word = headline_word(plan, CORRECTNESS, tree, own[CORRECTNESS], [])
        assert (word == EQUIVALENT) == equal[study]
    assert all(0 < flags.sum() < STUDIES for flags in rejected.values())
    assert 0 < equal.sum() < STUDIES


def test_holm_on_arrays_is_holm_on_each_family() -> None:
    p_values = np.random.default_rng(5).random((4, 50)) / 10
    expected = [adjust(column, "holm").adjusted for column in p_values.T]
    np.testing.assert_allclose(holm_adjusted(p_values).T, expected, rtol=1e-12)


def test_a_level_that_is_not_estimable_rejects_nothing() -> None:
    plan = default_plan(["model-1"])
    joint = joint_p_values(plan, random_tests())
    assert joint.noninferior[DIMENSIONS[0]][0] == 1.0
