"""Claim words, intersection-union over levels, and the testing tree with Holm's procedure.

References
----------
Berger RL, Hsu JC (1996). Bioequivalence trials, intersection-union tests and equivalence confidence sets.
Statistical Science 11:283-319. doi:10.1214/ss/1032280304
Holm S (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics
6:65-70.
Dmitrienko A, Tamhane AC (2007). Gatekeeping procedures with applications in clinical trials.
Pharmaceutical Statistics 6:171-180. doi:10.1002/pst.291
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.estimate import MeanTest
from analysis.plan import Plan

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
    """Outcome of one hypothesis of the tree: "`claim` to residents of every level" on one dimension.

    Attributes
    ----------
    step, claim, dimension : str
    p : float or None
        Intersection-union p-value, the largest over the levels; None if not estimable in one of them.
    p_adjusted : float or None
        Holm's, within the step; None if the step was not reached.
    rejected : bool
    outcome : str
        Claim word, or why there is none.
    """

    step: str
    claim: str
    dimension: str
    p: float | None
    p_adjusted: float | None
    rejected: bool
    outcome: str


def interval_word(test: MeanTest, *, margin: float, equivalence_alpha: float) -> str:
    """Claim word of one contrast from its interval alone, without adjustment.

    Superior if l > 0; otherwise equivalent if l > -margin and u < margin; otherwise non-inferior if
    l > -margin; otherwise inconclusive. With `equivalence_alpha` .05 the upper limit is that of the 90 %
    interval, while the lower one stays.
    """
    if test.interval is None or test.narrow_interval is None:
        return f"{NOT_ESTIMABLE}: {test.reason}"
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


def holm(p_values: Sequence[float | None]) -> list[float]:
    """Holm-adjusted p-values; a hypothesis without a p-value counts as p = 1 and stays in the family."""
    counted = [1.0 if p is None else p for p in p_values]
    if len(counted) == 1:
        return counted
    # statsmodels takes seconds to import and is needed here only.
    from statsmodels.stats.multitest import multipletests  # noqa: PLC0415  costs seconds

    return [float(p) for p in multipletests(counted, method="holm")[1]]


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
        return f"{NOT_ESTIMABLE}: {'; '.join(reasons) or 'a level is missing'}"
    return claim if rejected else INCONCLUSIVE


def run_tree(
    plan: Plan, tests: Mapping[str, Sequence[MeanTest]], faults: Mapping[str, Sequence[str]]
) -> list[Hypothesis]:
    """Test the plan's tree for the lead model.

    Parameters
    ----------
    plan : Plan
    tests : mapping of dimension to sequence of MeanTest
        One test per level.
    faults : mapping of dimension to sequence of str
        Design faults of that dimension's contrasts; a hypothesis with one is not rejected.

    Returns
    -------
    list of Hypothesis
        In the order of the tree; steps after one that was not passed are not tested.
    """
    results: list[Hypothesis] = []
    reached = True
    for step in plan.tree:
        joint = [joint_p(tests[d], step.claim) for d in step.dimensions]
        if not reached:
            pairs = zip(step.dimensions, joint, strict=True)
            results += [Hypothesis(step.name, step.claim, d, p, None, False, NOT_TESTED) for d, p in pairs]
            continue
        # A design fault forbids rejection, so its p-value enters Holm's procedure as 1.
        adjusted = holm([None if faults[d] else p for d, p in zip(step.dimensions, joint, strict=True)])
        for d, p, q in zip(step.dimensions, joint, adjusted, strict=True):
            rejected = q <= plan.alpha
            outcome = _outcome(step.claim, p, tests[d], rejected=rejected)
            if faults[d]:
                outcome = f"{NO_CLAIM}: {'; '.join(faults[d])}"
            results.append(Hypothesis(step.name, step.claim, d, p, q, rejected, outcome))
        reached = all(h.rejected for h in results if h.step == step.name)
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
    won = {h.claim for h in own if h.rejected}
    if SUPERIOR in won:
        return SUPERIOR
    if NONINFERIOR in won:
        upper = joint_p(tests, EQUIVALENT) if dimension == EQUIVALENCE_DIMENSION else None
        return EQUIVALENT if upper is not None and upper <= plan.equivalence_alpha else NONINFERIOR
    if not own:
        return "not in the tree"
    return own[0].outcome


def joint_word(plan: Plan, dimension: str, tests: Sequence[MeanTest]) -> str:
    """Unadjusted word against every level: the weakest requirement that all levels meet."""
    if any(not test.estimable for test in tests):
        reasons = sorted({test.reason for test in tests if test.reason})
        return f"{NOT_ESTIMABLE}: {'; '.join(reasons)}"
    margin = plan.margins[dimension]
    wide = [test.interval for test in tests if test.interval]
    narrow = [test.narrow_interval for test in tests if test.narrow_interval]
    upper = narrow if plan.equivalence_alpha == 0.05 else wide
    if all(low > 0 for low, _ in wide):
        return SUPERIOR
    if all(low > -margin for low, _ in wide):
        return EQUIVALENT if all(high < margin for _, high in upper) else NONINFERIOR
    return INCONCLUSIVE
