"""The methods paragraph, composed from what was planned and what was done."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.estimate import ENGINE_REML, ENGINE_TWO_WAY
from analysis.plan import Plan
from analysis.schema import DIMENSION_LABELS

Record = Mapping[str, Any]
POPULATION = "The claim words speak of raters, vignettes and residents like those of this study."
ENGINES = {
    ENGINE_TWO_WAY: (
        "a t test on the table of resident by rater mean differences in which residents and raters are both "
        "random (Satterthwaite's degrees of freedom, at most the number of residents less one)"
    ),
    ENGINE_REML: (
        "restricted maximum likelihood with random intercepts for resident, vignette and rater and a "
        "Kenward-Roger test"
    ),
}
MISSING = {
    "lowest_category": "A planned response that was never given counts as the lowest score from every rater of "
    "its vignette",
    "available_cases": "A planned response that was never given is left out",
}


def joined(words: Sequence[str]) -> str:
    """Words as an enumeration with a final "and"."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def percent(share: float) -> str:
    """A share as a percentage with at most one decimal."""
    return f"{100 * share:.3g} %"


def _plural(n: int, one: str, many: str = "") -> str:
    return f"{n} {one if n == 1 else many or one + 's'}"


def _design(counts: Record, arms: Sequence[Record]) -> str:
    listed = joined([f"{arm['label']} ({_plural(arm['responders'], 'responder')})" for arm in arms])
    return (
        f"{_plural(counts['raters'], 'rater')} scored {_plural(counts['responses_rated'], 'response')} to "
        f"{_plural(counts['vignettes'], 'vignette')}, given by {listed}, blinded to their source, from 1 to 5 "
        "(5 best)."
    )


def _margins(plan: Plan) -> str:
    values = sorted(set(plan.margins.values()))
    if len(values) == 1:
        return f"{values[0]:g} points on every dimension"
    return joined([f"{plan.margins[d]:g} on {DIMENSION_LABELS[d].lower()}" for d in plan.dimensions])


def _estimand(plan: Plan) -> str:
    return (
        "The estimand, for each dimension, model and resident level, is the mean difference model minus resident "
        "in points of that scale over vignettes, raters and residents, with both responses to a vignette scored by "
        f"the same rater, on draw {plan.primary_draw} of the model. The margin, locked before rating, was "
        f"{_margins(plan)}."
    )


def _procedure(plan: Plan, contrasts: Sequence[Record]) -> str:
    used = [name for name in ENGINES if any(c["engine"] == name for c in contrasts)]
    if len(used) == 1:
        how = ENGINES[used[0]]
    else:
        how = f"{ENGINES[ENGINE_TWO_WAY]} where blocks were complete and equal, and by {ENGINES[ENGINE_REML]} elsewhere"
    return f"The mean difference was tested by {how}; intervals are two-sided {percent(plan.confidence)} and unadjusted."


def _tree(plan: Plan) -> str:
    steps = []
    for step in plan.tree:
        what = joined([DIMENSION_LABELS[d].lower() for d in step.dimensions])
        how = " by Holm's procedure" if step.method == "holm" else ""
        claim = "superiority" if step.claim == "superior" else "non-inferiority"
        steps.append(f"{claim} on {what}{how}")
    levels = joined(list(plan.levels))
    return (
        f"For {plan.lead_model} against residents of {levels} alike (each the larger of the levels' p-values), "
        f"hypotheses were tested in order at one-sided {plan.alpha:g}: {'; then '.join(steps)}. A step was tested only "
        "if all hypotheses before it were rejected. Equivalence additionally needs the one-sided test against "
        f"the upper margin at {plan.equivalence_alpha:g}; it takes no part of alpha and is no gate. Single levels and "
        "other models are secondary and not adjusted."
    )


def _missing(plan: Plan, contrasts: Sequence[Record]) -> str:
    imputed = sum(c["n"]["imputed_first"] + c["n"]["imputed_second"] for c in contrasts)
    tail = (
        f"; {imputed} paired differences hold such a score"
        if plan.missing_response == "lowest_category"
        else ""
    )
    return f"{MISSING[plan.missing_response]}{tail}. A score that a rater could not give is missing."


def _beside(plan: Plan) -> str:
    return (
        "Beside the primary test and never deciding stand a t test that holds for this panel of raters only, the exact "
        "signed-rank test on vignette means with Pratt's and with Wilcoxon's zeros, the Hodges-Lehmann "
        f"estimate, the sign-flip and sign tests, and a bootstrap of residents and raters ({plan.bootstrap.draws} "
        f"draws, seed {plan.bootstrap.seed}). Reliability is ICC(2,1) and ICC(2,k) with Shrout-Fleiss limits over "
        "responses scored by every rater, and Krippendorff's ordinal alpha. Blinding is described by Bang's index per "
        "arm and James' index; severe harm by exact McNemar tests over vignettes, which do not model that a "
        "resident answered several of them."
    )


def methods_paragraph(plan: Plan, results: Record) -> str:
    """The paragraph for a plan and its results.

    Parameters
    ----------
    plan : Plan
    results : mapping
        With the keys ``study``, ``dataset``, ``counts``, ``arms`` and ``contrasts`` of `analysis.run`.
    """
    contrasts = results["contrasts"]
    parts = [_design(results["counts"], results["arms"])]
    if results["dataset"]["unblinded"]:
        parts += [
            _estimand(plan),
            _procedure(plan, contrasts),
            _tree(plan),
            _missing(plan, contrasts),
            POPULATION,
        ]
    else:
        parts.append(
            "The arms are not released: all pairs of arm codes were compared, without claim words or adjustment."
        )
    parts.append(_beside(plan))
    exception = results["dataset"]["approval_exception"]
    if exception:
        parts.append(
            "The vignettes were used without complete clinical approval by a signed exception "
            f"({exception.get('signed_by', '')}: {exception.get('reason', '')})."
        )
    if results["study"]["watermark"]:
        parts.insert(0, f"This report shows {results['study']['watermark']}.")
    return " ".join(parts)
