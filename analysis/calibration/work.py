"""One block of one scenario: simulate its studies and count what a group of procedures says about them."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from analysis.calibration.names import CLMM, LMM, REML, WHOLE_TREE
from analysis.calibration.outcomes import Tally
from analysis.calibration.scenarios import SEED, Scenario, place
from analysis.calibration.simple import simple_procedures
from analysis.decision import SUPERIOR
from analysis.power.blocks import count_claims
from analysis.power.engine import primary_tests
from analysis.power.simulate import differences, simulate
from analysis.power.tree import holm_adjusted, joint_p_values
from analysis.threads import one_thread

SIMPLE, TREE, ENGINE, LINEAR, ORDINAL = "simple", "tree", "engine", "linear", "ordinal"
DIMENSION = ("medical_correctness",)
Group = Callable[[Scenario, int, np.random.Generator], Tally]


def _simple(scenario: Scenario, studies: int, rng: np.random.Generator) -> Tally:
    design = scenario.design
    drawn = simulate(design, studies, rng, dimensions=DIMENSION, levels=1)
    values = differences(drawn)[0, :, 0, 0].astype(np.float64)
    blocks = design.residents_per_level
    return simple_procedures(values, blocks, scenario.null, rng, complete=design.complete)


def _tree(scenario: Scenario, studies: int, rng: np.random.Generator) -> Tally:
    """False claims of the whole tree, and of its superiority family as if every gate were passed."""
    design = scenario.design
    plan = design.plan()
    margins = np.array([plan.margins[d] for d in plan.dimensions])
    tests = primary_tests(design, simulate(design, studies, rng), margins, plan.confidence)
    family = [d for step in plan.tree if step.claim == SUPERIOR for d in step.dimensions]
    p_values = np.stack([joint_p_values(plan, tests).superior[d] for d in family])
    ungated = (holm_adjusted(p_values) <= plan.alpha).any(axis=0)
    counts = count_claims(design, plan, tests)
    return {
        f"{WHOLE_TREE}|studies": float(studies),
        f"{WHOLE_TREE}|false": counts["false|any"],
        f"{WHOLE_TREE}|superior_ungated": float(ungated.sum()),
    }


def _mixed(name: str) -> Group:
    def group(scenario: Scenario, studies: int, rng: np.random.Generator) -> Tally:
        # The models cost seconds to load, which the other groups are spared.
        from analysis.calibration.mixed import mixed_procedure  # noqa: PLC0415

        drawn = simulate(scenario.design, studies, rng, dimensions=DIMENSION, levels=1)
        return mixed_procedure(name, drawn, scenario.null)

    return group


GROUPS: dict[str, Group] = {
    SIMPLE: _simple,
    TREE: _tree,
    ENGINE: _mixed(REML),
    LINEAR: _mixed(LMM),
    ORDINAL: _mixed(CLMM),
}
BLOCK = {SIMPLE: 250, TREE: 250, ENGINE: 100, LINEAR: 25, ORDINAL: 25}


def run_work(payload: Mapping[str, Any]) -> Tally:
    """Tally of one block.

    Parameters
    ----------
    payload : mapping
        ``scenario`` (its fields), ``group``, ``block`` (its number) and ``studies``.
    """
    scenario = Scenario(**payload["scenario"])
    block, studies, group = payload["block"], payload["studies"], payload["group"]
    with one_thread():
        seed = np.random.SeedSequence(SEED, spawn_key=(place(scenario), block))
        return GROUPS[group](scenario, studies, np.random.Generator(np.random.PCG64(seed)))


def payloads(scenario: Scenario, group: str, studies: int) -> list[dict[str, Any]]:
    """The blocks of one scenario and group, in plain types."""
    size = BLOCK[group]
    return [
        {
            "scenario": scenario.mapping(),
            "group": group,
            "block": i,
            "studies": min(size, studies - start),
        }
        for i, start in enumerate(range(0, studies, size))
    ]
