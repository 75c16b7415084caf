"""The methods paragraph, composed from what was planned and what was done."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.decision import EQUIVALENCE_DIMENSION
from analysis.estimate import ENGINE_REML, ENGINE_TWO_WAY
from analysis.plan import Plan
from analysis.plan_tree import SEPARATE, TreeStep
from analysis.schema import DIMENSION_LABELS
from analysis.sensitivities.catalogue import CATALOGUE

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
ADJUSTMENTS = {
    "single": "",
    "holm": " by Holm's procedure",
    "hochberg": " by Hochberg's procedure",
    "hommel": " by Hommel's procedure",
    "fixed_sequence": " in this fixed sequence",
    "fallback": " by the fallback procedure",
    "graph": " by a graph of weighted Bonferroni tests",
}
MISSING = {
    "lowest_category": "A planned response that was never given counts as the lowest score from every rater "
    "of its vignette",
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
        f"{_plural(counts['vignettes'], 'vignette')}, given by {listed}, blinded to their source, "
        "from 1 to 5 (5 best)."
    )


def _margins(plan: Plan) -> str:
    values = sorted(set(plan.margins.values()))
    if len(values) == 1:
        return f"{values[0]:g} points on every dimension"
    return joined([f"{plan.margins[d]:g} on {DIMENSION_LABELS[d].lower()}" for d in plan.dimensions])


def _estimand(plan: Plan) -> str:
    return (
        "The estimand, for each dimension, model and resident level, is the mean difference model minus "
        "resident in points of that scale over vignettes, raters and residents, with both responses to a "
        f"vignette scored by the same rater, on draw {plan.primary_draw} of the model. The margin, locked "
        f"before rating, was {_margins(plan)}."
    )


def _procedure(plan: Plan, contrasts: Sequence[Record]) -> str:
    used = [name for name in ENGINES if any(c["engine"] == name for c in contrasts)]
    if len(used) == 1:
        how = ENGINES[used[0]]
    else:
        complete = "where blocks were complete and equal"
        how = f"{ENGINES[ENGINE_TWO_WAY]} {complete}, and by {ENGINES[ENGINE_REML]} elsewhere"
    level = percent(plan.confidence)
    return f"The mean difference was tested by {how}; intervals are two-sided {level} and unadjusted."


def _step(step: TreeStep) -> str:
    named = {"superior": "superiority", "non-inferior": "non-inferiority"}
    if step.claims:
        what = joined([f"{named[claim]} on {DIMENSION_LABELS[d].lower()}" for claim, d in step.pairs])
    else:
        what = f"{named[step.claim]} on {joined([DIMENSION_LABELS[d].lower() for d in step.dimensions])}"
    each = ", each level on its own," if step.levels == SEPARATE else ""
    shares = f" with weights {', '.join(f'{w:g}' for w in step.weights)}" if step.weights else ""
    return f"{what}{each}{ADJUSTMENTS[step.method]}{shares}"


def _trees(plan: Plan, arms: Sequence[Record]) -> str:
    labels = {arm["name"]: arm["label"] for arm in arms}
    own = [
        f"{labels.get(model, model)} at one-sided {plan.model_alpha(model):g}"
        for model in plan.models
        if plan.model_alpha(model) > 0
    ]
    steps = "; then ".join(_step(step) for step in plan.tree)
    split = "" if len(own) == 1 else f"; alpha {plan.alpha:g} was split over the models"
    return (
        f"For {joined(own)} against residents of {joined(list(plan.levels))} alike (each the larger of the "
        f"levels' p-values unless levels are tested on their own), hypotheses were tested in order: {steps}"
        f"{split}. A step was tested only if all hypotheses before it were rejected. Equivalence is claimed "
        f"on {DIMENSION_LABELS[EQUIVALENCE_DIMENSION].lower()} only and additionally needs the one-sided "
        f"test against the upper margin at {plan.equivalence_alpha:g}; it takes no part of alpha and is no "
        "gate. Single levels and models without a share of alpha are secondary and not adjusted."
    )


def _missing(plan: Plan, counts: Record) -> str:
    never, imputed = counts["responses_never_given"], counts["scores_imputed"]
    given = f"{_plural(never, 'planned response was', 'planned responses were')} never given"
    if plan.missing_response == "lowest_category":
        given += f"; imputed scores: {imputed}"
    return f"{MISSING[plan.missing_response]} ({given}). A score that a rater could not give is missing."


def _beside(plan: Plan) -> str:
    zeros = joined([f"{rule.capitalize()}'s" for rule in plan.signed_rank_zeros])
    return (
        "Beside the primary test and never deciding stand a t test that holds for this panel of raters only; "
        f"the exact signed-rank test on vignette means with {zeros} zeros, the Hodges-Lehmann estimate, the "
        "sign-flip and sign tests; a linear mixed model of single ratings (vignette, response, rater, rater "
        "by arm and resident random, Kenward-Roger) and a cumulative logit mixed model with the same "
        "effects, whose Wald intervals are anti-conservative with few raters; and a bootstrap of residents "
        f"and raters ({plan.bootstrap.draws} draws, seed {plan.bootstrap.seed}). Reliability is estimated on "
        "the raters' own scores, per dimension and arm. Blinding is described by Bang's index per arm and "
        "James' index; "
        "severe harm by exact McNemar tests over vignettes, which do not model that a resident answered "
        "several of them."
    )


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return joined(list(value))
    return joined([f"{v}" for v in value]) if isinstance(value, list | tuple) else f"{value}"


def _parameters(entry: Record) -> str:
    given = [
        f"{key.replace('_', ' ')} {_value(value)}" for key, value in entry.items() if key != "name" and value
    ]
    return f" ({', '.join(given)})" if given else ""


def _sensitivities(plan: Plan) -> str:
    if not plan.sensitivities:
        return "The plan lists no sensitivity."
    listed = "; ".join(
        CATALOGUE[entry["name"]].explanation + _parameters(entry) for entry in plan.sensitivities
    )
    return f"Sensitivities, read by the same rule, were: {listed}."


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
            _trees(plan, results["arms"]),
            _missing(plan, results["counts"]),
            POPULATION,
        ]
    else:
        parts.append(
            "The arms are not released: all pairs of arm codes were compared, without claim words or "
            "adjustment. Codes with different numbers of responders are not truly blind."
        )
    parts += [_beside(plan), _sensitivities(plan)] if results["dataset"]["unblinded"] else [_beside(plan)]
    exception = results["dataset"]["approval_exception"]
    if exception:
        parts.append(
            "The vignettes were used without complete clinical approval by a signed exception "
            f"({exception.get('signed_by', '')}: {exception.get('reason', '')})."
        )
    if results["study"]["watermark"]:
        parts.insert(0, f"This report shows {results['study']['watermark']}.")
    return " ".join(parts)
