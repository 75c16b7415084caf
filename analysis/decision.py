"""Claim words, intersection-union over levels, and the testing tree.

References
----------
Berger RL, Hsu JC (1996). Bioequivalence trials, intersection-union tests and equivalence confidence sets.
Statistical Science 11:283-319. doi:10.1214/ss/1032280304
Dmitrienko A, Tamhane AC (2007). Gatekeeping procedures with applications in clinical trials.
Pharmaceutical Statistics 6:171-180. doi:10.1002/pst.291
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.adjustment import adjusted_p
from analysis.estimate import MeanTest
from analysis.plan import Plan
from analysis.plan_tree import SEPARATE, TreeStep

SUPERIOR = "superior"
EQUIVALENT = "equivalent"
NONINFERIOR = "non-inferior"
INCONCLUSIVE = "inconclusive"
NOT_TESTED = "not tested: an earlier step was not passed"
NO_CLAIM = "no claim"
NOT_ESTIMABLE = "not estimable"
NOT_ADJUSTED = "secondary, not adjusted"
HEADLINE = "headline"
EQUIVALENCE_DIMENSION = "medical_correctness"


@dataclass(frozen=True)
class Hypothesis:
    """Outcome of one hypothesis of the tree.

    Attributes
    ----------
    step, claim, dimension : str
    p : float or None
        Intersection-union p-value, the largest over the levels, or that of `level` alone; None if not
        estimable.
    p_adjusted : float or None
        By the step's method, within the step; None if the step was not reached.
    rejected : bool
    outcome : str
        Claim word, or why there is none.
    level : str
        Empty for "to residents of every level", otherwise the level that the hypothesis speaks of.
    """

    step: str
    claim: str
    dimension: str
    p: float | None
    p_adjusted: float | None
    rejected: bool
    outcome: str
    level: str = ""


def interval_word(test: MeanTest, *, margin: float, equivalence_alpha: float) -> str:
    """Claim word of one contrast from its interval alone, without adjustment.

    Superior if l > 0; otherwise equivalent if l > -margin and u < margin; otherwise non-inferior if
    l > -margin; otherwise inconclusive. With `equivalence_alpha` .05 the upper limit is that of the 90 %
    interval, while the lower one stays.
    """
    if test.interval is None or test.narrow_interval is None:
        return f"{NOT_ESTIMABLE}, because {test.reason}"
    low = test.interval[0]
    high = test.narrow_interval[1] if equivalence_alpha == 0.05 else test.interval[1]
    if low > 0:
        return SUPERIOR
    if low > -margin:
        return EQUIVALENT if high < margin else NONINFERIOR
    return INCONCLUSIVE


def describe(word: str, margin: float) -> str:
    """A claim word with what it excludes: equivalence also excludes being better by the margin."""
    return f"{word} (not better by {margin:g} or more)" if word == EQUIVALENT else word


def joint_p(tests: Sequence[MeanTest], claim: str) -> float | None:
    """Intersection-union p-value: the largest of the levels' p-values, None if one is not estimable."""
    name = {SUPERIOR: "p_superior", NONINFERIOR: "p_noninferior", EQUIVALENT: "p_upper"}[claim]
    values: list[float | None] = [getattr(test, name) for test in tests]
    known = [value for value in values if value is not None]
    return max(known) if known and len(known) == len(values) else None


def design_faults(
    plan: Plan, *, raters: int, raters_per_response: float, residents: int, level: str
) -> list[str]:
    """Reasons why a contrast may not carry a claim word.

    Parameters
    ----------
    plan : Plan
    raters : int
        Raters with a paired difference.
    raters_per_response : float
        Median number of raters per pair of responses.
    residents : int
        Residents of the level with a paired difference that was not imputed.
    level : str
    """
    least = plan.minimums
    faults = []
    if raters < least.raters:
        faults.append(f"{raters} raters; at least {least.raters} are needed to speak of raters like these")
    if raters_per_response < least.raters_per_response:
        faults.append(
            f"{raters_per_response:g} raters per response; at least {least.raters_per_response} are needed "
            "to separate raters from responses"
        )
    if residents < least.residents_per_level:
        faults.append(
            f"{residents} {level} residents; at least {least.residents_per_level} are needed "
            "to speak of a level"
        )
    return faults


def _outcome(claim: str, p: float | None, tests: Sequence[MeanTest], *, rejected: bool) -> str:
    if p is None:
        reasons = sorted({test.reason for test in tests if test.reason})
        return f"{NOT_ESTIMABLE}, because {'; '.join(reasons) or 'a level is missing'}"
    return claim if rejected else INCONCLUSIVE


@dataclass(frozen=True)
class _Entry:
    """One hypothesis before it is tested, with the tests it rests on."""

    claim: str
    dimension: str
    level: str
    tests: Sequence[MeanTest]


def _entries(plan: Plan, step: TreeStep, tests: Mapping[str, Sequence[MeanTest]]) -> list[_Entry]:
    """The hypotheses of a step in order: dimension by dimension, within it level by level if separate."""
    entries = []
    for claim, dimension in step.pairs:
        own = tests[dimension]
        if step.levels == SEPARATE:
            entries += [
                _Entry(claim, dimension, level, [test]) for level, test in zip(plan.levels, own, strict=True)
            ]
        else:
            entries.append(_Entry(claim, dimension, "", own))
    return entries


def _tested(
    step: TreeStep, entries: Sequence[_Entry], faults: Mapping[str, Sequence[str]], alpha: float
) -> list[Hypothesis]:
    p_values = [joint_p(entry.tests, entry.claim) for entry in entries]
    # A design fault forbids rejection, so its p-value enters the adjustment as 1.
    counted = [None if faults[e.dimension] else p for e, p in zip(entries, p_values, strict=True)]
    results = []
    for entry, p, q in zip(entries, p_values, adjusted_p(step, counted), strict=True):
        # Shares of alpha such as a third do not multiply out exactly.
        rejected = q <= alpha * (1 + 1e-12)
        outcome = _outcome(entry.claim, p, entry.tests, rejected=rejected)
        if faults[entry.dimension]:
            outcome = f"{NO_CLAIM}: {'; '.join(faults[entry.dimension])}"
        results.append(
            Hypothesis(step.name, entry.claim, entry.dimension, p, q, rejected, outcome, entry.level)
        )
    return results


def run_tree(
    plan: Plan,
    tests: Mapping[str, Sequence[MeanTest]],
    faults: Mapping[str, Sequence[str]],
    alpha: float | None = None,
) -> list[Hypothesis]:
    """Test the plan's tree for one model.

    Parameters
    ----------
    plan : Plan
    tests : mapping of dimension to sequence of MeanTest
        One test per level.
    faults : mapping of dimension to sequence of str
        Design faults of that dimension's contrasts; a hypothesis with one is not rejected.
    alpha : float or None
        One-sided level of this tree; the lead model's if None.

    Returns
    -------
    list of Hypothesis
        In the order of the tree; steps after one that was not passed are not tested.
    """
    level = plan.model_alpha(plan.lead_model) if alpha is None else alpha
    results: list[Hypothesis] = []
    reached = True
    for step in plan.tree:
        entries = _entries(plan, step, tests)
        if not reached:
            results += [
                Hypothesis(
                    step.name,
                    e.claim,
                    e.dimension,
                    joint_p(e.tests, e.claim),
                    None,
                    False,
                    NOT_TESTED,
                    e.level,
                )
                for e in entries
            ]
            continue
        tested = _tested(step, entries, faults, level)
        results += tested
        reached = all(hypothesis.rejected for hypothesis in tested)
    return results


def headline_word(
    plan: Plan, dimension: str, tree: Sequence[Hypothesis], tests: Sequence[MeanTest], faults: Sequence[str]
) -> str:
    """The highest word that the tree allows for the lead model against every level, on one dimension.

    "Equivalent" is open to `EQUIVALENCE_DIMENSION` alone. It needs the rejected non-inferiority of the tree
    and p_UP at most the plan's equivalence alpha in every level; it takes no alpha and blocks nothing.
    """
    if faults:
        return f"{NO_CLAIM}: {'; '.join(faults)}"
    own = [h for h in tree if h.dimension == dimension]
    claims = {h.claim for h in own}
    won = {claim for claim in claims if all(h.rejected for h in own if h.claim == claim)}
    if SUPERIOR in won:
        return SUPERIOR
    if NONINFERIOR in won:
        upper = joint_p(tests, EQUIVALENT) if dimension == EQUIVALENCE_DIMENSION else None
        return EQUIVALENT if upper is not None and upper <= plan.equivalence_alpha else NONINFERIOR
    if not own:
        return "not in the tree"
    return next(h.outcome for h in own if not h.rejected)


def level_words(dimension: str, tree: Sequence[Hypothesis]) -> dict[str, str]:
    """Highest claim per level that the tree allows where its hypotheses are separate; empty otherwise."""
    own = [h for h in tree if h.dimension == dimension and h.level]
    words: dict[str, str] = {}
    for level in dict.fromkeys(h.level for h in own):
        of_level = [h for h in tree if h.dimension == dimension and h.level in ("", level)]
        won = {h.claim for h in of_level if h.rejected}
        lost = next((h.outcome for h in of_level if not h.rejected), INCONCLUSIVE)
        words[level] = SUPERIOR if SUPERIOR in won else NONINFERIOR if NONINFERIOR in won else lost
    return words


def joint_word(plan: Plan, dimension: str, tests: Sequence[MeanTest]) -> str:
    """Unadjusted word against every level: the weakest requirement that all levels meet."""
    if any(not test.estimable for test in tests):
        reasons = sorted({test.reason for test in tests if test.reason})
        return f"{NOT_ESTIMABLE}, because {'; '.join(reasons)}"
    margin = plan.margins[dimension]
    wide = [test.interval for test in tests if test.interval]
    narrow = [test.narrow_interval for test in tests if test.narrow_interval]
    upper = narrow if plan.equivalence_alpha == 0.05 else wide
    if all(low > 0 for low, _ in wide):
        return SUPERIOR
    if all(low > -margin for low, _ in wide):
        return EQUIVALENT if all(high < margin for _, high in upper) else NONINFERIOR
    return INCONCLUSIVE
