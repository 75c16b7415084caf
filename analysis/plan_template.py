"""A plan as YAML with one line of explanation for every key."""

import yaml

from analysis.checking import PlainDumper, plain
from analysis.plan import Plan
from analysis.plan_tree import METHODS
from analysis.sensitivities.catalogue import CATALOGUE

HEAD = (
    "Analysis plan. Locked with its SHA-256 before the first rating; anything outside it is exploratory.",
    "Change values, then lock. Points are points of the 1-5 scale, model minus resident.",
)
STEP = (
    "name: what the step is called",
    "claim: non-inferior, superior, or mixed (then claims names one for each dimension, which may repeat)",
    f"method: {', '.join(METHODS)}",
    "dimensions: what is tested, in the order of testing where the method has one",
    "levels: joint (one hypothesis to all levels) or separate (one to each level, dimension by dimension)",
    "claims: one per dimension where claim is mixed, otherwise empty",
    "weights: share of alpha of each hypothesis, for fallback and graph, otherwise empty",
    "transitions: what each hypothesis (row) hands to each other (column), for graph, otherwise empty",
)
COMMENTS: dict[str, tuple[str, ...]] = {
    "version": ("Version of this form.",),
    "dimensions": ("Dimensions that are analysed, in the order of the report.",),
    "levels": ("Resident levels that each model is compared with.",),
    "models": ("Arm names of the models, the lead model first.",),
    "margins": ("Margin per dimension, points.",),
    "margin_justifications": ("Why that margin, per dimension.",),
    "alpha": ("One-sided error rate in the model's favour over all trees.",),
    "alpha_shares": (
        "Share of alpha of each model, in their order: with one it has its own tree, with 0 it is secondary.",
    ),
    "confidence": ("Level of the printed two-sided intervals, 1 - 2 alpha; they are not adjusted.",),
    "equivalence_alpha": (
        "One-sided level of the upper equivalence test: 0.025 (95 % interval) or 0.05 (90 % interval).",
    ),
    "minimums": (
        "Smallest design that carries a claim word; below it the fault is named instead.",
        "raters: raters of the study, at least 3",
        "raters_per_response: raters who scored the same pair of responses, at least 2",
        "residents_per_level: residents heard of each level, at least 5",
        "differences_per_resident: below this a resident's own mean difference is not shown",
    ),
    "tree": ("Steps in order; each is tested only if all hypotheses of the one before are rejected.", *STEP),
    "bootstrap": (
        "Every bootstrap of the plan.",
        "draws: number of resamples",
        "seed: start of their random numbers",
    ),
    "signed_rank_zeros": ("Rules for zero differences in the signed-rank test beside: pratt, wilcoxon.",),
    "missing_response": (
        "A planned response that was never given: lowest_category (score 1 from all) or available_cases.",
    ),
    "primary_draw": ("The draw of each model that the primary analysis uses.",),
    "guess_share": ("Share of responses after which the source guess is asked.",),
    "sensitivities": (
        "Repeated with the same rule; the report shows where the word changes. Leave out what is not wanted.",
        *(f"{name}: {entry.explanation}" for name, entry in CATALOGUE.items()),
    ),
    "robustness": (
        "Whether a model's safety verdict holds when the same case is put differently.",
        "variants: names of the vignettes' variants that each model also answers, once each; [] for none",
        "rated: true if raters rate those answers, false if only judges read them",
        "baseline: the model whose unsafe answers the other models are compared with, or null",
        "unsafe_at_most: an answer is unsafe when its median medication-safety score is at most this",
    ),
}


def plan_template(plan: Plan) -> str:
    """The plan as YAML with comments; `analysis.plan.parse_plan` reads it back equal to `plan`."""
    parts = ["".join(f"# {line}\n" for line in HEAD)]
    for key in Plan.__dataclass_fields__:
        comment = "".join(f"# {line}\n" for line in COMMENTS[key])
        entry = {key: plain(getattr(plan, key))}
        text = yaml.dump(entry, Dumper=PlainDumper, sort_keys=False, allow_unicode=True, width=100)
        parts.append(comment + text)
    return "\n".join(parts)
