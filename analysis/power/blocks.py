"""Blocks of simulated studies: plain payloads in, plain tallies out, so that any queue can carry them.

Each block has its own seed, the child of the design's seed at the block's place, so the result does not
depend on who runs which block.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from analysis.decision import EQUIVALENCE_DIMENSION, EQUIVALENT, NONINFERIOR, SUPERIOR
from analysis.plan import Plan
from analysis.power.design import Design
from analysis.power.design_file import as_mapping, design_from
from analysis.power.engine import ContrastTests, primary_tests
from analysis.power.simulate import simulate
from analysis.power.tree import Flags, Hypothesis, headline_equivalent, joint_p_values, tree_rejections
from analysis.threads import one_thread

Payload = dict[str, Any]
Tally = dict[str, float]
Work = Callable[[Payload], Tally]
Map = Callable[[Work, Sequence[Payload]], Iterable[Tally]]

# Studies of one block: enough to pay for its start, few enough for memory and a progress that moves.
COMPLETE_STUDIES, COMPLETE_SCORES = 250, 600_000
INCOMPLETE_TESTS = 160
STUDIES = "studies"


def block_size(design: Design) -> int:
    """Number of studies in one block of a design."""
    if design.complete:
        responses = design.models * design.vignettes + 2 * design.slots
        per_study = len(design.differences) * responses * design.raters
        return int(np.clip(COMPLETE_SCORES // per_study, 1, COMPLETE_STUDIES))
    return max(1, INCOMPLETE_TESTS // (2 * design.models * len(design.differences)))


def payloads(design: Design, studies: int | None = None) -> list[Payload]:
    """The blocks of a design, in plain JSON types."""
    total, size = design.studies if studies is None else studies, block_size(design)
    content = as_mapping(design)
    starts = range(0, total, size)
    return [
        {"design": content, "block": i, STUDIES: min(size, total - start)} for i, start in enumerate(starts)
    ]


def generator(seed: int, block: int) -> np.random.Generator:
    """The generator of a block: that of the block's place among the children of the seed."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(block,))))


def run_block(payload: Mapping[str, Any]) -> Tally:
    """Simulate one block and count what its tests say.

    Returns
    -------
    dict of str to float
        Number of studies under "studies", and counts and sums under keys joined by "|": see `count_claims`
        and `count_contrasts`.
    """
    design = design_from(payload["design"])
    plan = design.plan()
    margins = np.array([plan.margins[d] for d in plan.dimensions])
    with one_thread():
        studies = simulate(design, payload[STUDIES], generator(design.seed, payload["block"]))
        tests = primary_tests(design, studies, margins, plan.confidence)
    counted = {STUDIES: float(payload[STUDIES])}
    return counted | count_claims(design, plan, tests) | count_contrasts(design, plan, tests)


def is_true(design: Design, claim: str, dimension: str) -> bool:
    """Whether a claim holds in the design, to the residents of every level; on its boundary it does not."""
    values, margin = design.differences[dimension].values(), design.margins[dimension]
    lowest, highest = min(values), max(values)
    bound = 0.0 if claim == SUPERIOR else -margin
    upper_holds = claim != EQUIVALENT or highest < margin - 1e-9
    return lowest > bound + 1e-9 and upper_holds


def count_claims(design: Design, plan: Plan, tests: ContrastTests) -> Tally:
    """Counts of the lead model's claims.

    Keys: ``tree|claim|dimension`` as the tree decides, ``alone|claim|dimension`` for the same p-value without
    the tree, ``false|any`` for a study with a false claim and ``tree|all`` for one that rejects everything.
    "equivalent" alone is both one-sided tests at the plan's alphas.
    """
    joint = joint_p_values(plan, tests)
    found: dict[Hypothesis, Flags] = tree_rejections(plan, tests)
    everything = np.all(list(found.values()), axis=0)
    d, equal = EQUIVALENCE_DIMENSION, headline_equivalent(plan, joint, found)
    alone = {(claim, dim): joint.of(claim)[dim] <= plan.alpha for claim, dim in found}
    alone[EQUIVALENT, d] = (joint.noninferior[d] <= plan.alpha) & (joint.upper[d] <= plan.equivalence_alpha)
    # The 90 % interval inside both margins: two one-sided tests at .05.
    narrow = np.maximum(joint.noninferior[d], joint.upper[d]) <= 0.05
    found[EQUIVALENT, d] = equal
    wrong = [flags for (claim, dim), flags in found.items() if not is_true(design, claim, dim)]
    counts = {f"tree|{claim}|{dim}": flags for (claim, dim), flags in found.items()}
    counts |= {f"alone|{claim}|{dim}": flags for (claim, dim), flags in alone.items()}
    counts |= {"tree|all": everything, "narrow|equivalent": narrow}
    counts["false|any"] = np.any(wrong, axis=0) if wrong else np.zeros_like(everything)
    return {key: float(flags.sum()) for key, flags in counts.items()}


def count_contrasts(design: Design, plan: Plan, tests: ContrastTests) -> Tally:
    """Counts and sums by model, level and dimension, under ``contrast|model|level|dimension|what``."""
    tally: Tally = {}
    for index in np.ndindex(len(plan.dimensions), design.models, len(plan.levels)):
        dimension, level = plan.dimensions[index[0]], plan.levels[index[2]]
        at = (index[0], slice(None), index[1], index[2])
        truth = design.differences[dimension][level]
        known = np.isfinite(tests.se[at])
        values = {
            "estimable": known,
            "covered": (tests.low[at] <= truth) & (truth <= tests.high[at]),
            SUPERIOR: tests.p_superior[at] <= plan.alpha,
            NONINFERIOR: tests.p_noninferior[at] <= plan.alpha,
            "upper": tests.p_upper[at] <= plan.equivalence_alpha,
            "estimate": tests.estimate[at][known],
            "se": tests.se[at][known],
            "df": tests.df[at][known],
        }
        name = f"contrast|{plan.models[index[1]]}|{level}|{dimension}"
        tally |= {f"{name}|{what}": float(np.sum(value)) for what, value in values.items()}
    return tally


def merged(tallies: Iterable[Mapping[str, float]]) -> Tally:
    """Sum of tallies, in their order."""
    total: Tally = {}
    for tally in tallies:
        for key, value in tally.items():
            total[key] = total.get(key, 0.0) + value
    return total


def run_designs(
    designs: Sequence[tuple[Design, int]], mapper: Map, seen: Callable[[int, int], None]
) -> Iterator[Tally]:
    """Tally of each design with its number of studies, all their blocks through one map.

    Parameters
    ----------
    designs : sequence of (Design, int)
    mapper : callable
        As the built-in ``map``: applies `run_block` to the payloads and yields the tallies in order.
    seen : callable
        Told the number of studies done and the total after each block.
    """
    blocks = [payloads(design, studies) for design, studies in designs]
    total, done = sum(studies for _, studies in designs), 0
    tallies = iter(mapper(run_block, [payload for each in blocks for payload in each]))
    for each in blocks:
        own = []
        for _ in each:
            own.append(next(tallies))
            done += int(own[-1][STUDIES])
            seen(done, total)
        yield merged(own)
