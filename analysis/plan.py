"""The analysis plan: validated, hashed and locked before the first rating.

Standard library and PyYAML only, so that the stages before the analysis can import it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from analysis.checking import (
    PlainDumper,
    PlanError,
    between,
    choice_at,
    integer_at,
    mapping_at,
    names_at,
    plain,
)
from analysis.plan_parts import (
    MISSING_RULES,
    Bootstrap,
    Minimums,
    Robustness,
    alpha_shares_at,
    bootstrap_at,
    confidence_at,
    margins_at,
    minimums_at,
    robustness_at,
)
from analysis.plan_text import text_of, value_of
from analysis.plan_tree import TreeStep, tree_at
from analysis.schema import DIMENSIONS, LEVELS
from analysis.sensitivities.catalogue import (
    EQUIVALENCE_ALPHAS,
    default_sensitivities,
    equivalence_alpha_at,
    sensitivities_at,
    zero_rules_at,
)

__all__ = [
    "EQUIVALENCE_ALPHAS",
    "Bootstrap",
    "Minimums",
    "Plan",
    "PlanError",
    "Robustness",
    "TreeStep",
    "default_plan",
    "dump_plan",
    "load_plan",
    "parse_plan",
    "plan_sha256",
]

VERSION = 2
DEFAULT_MARGIN = 0.5
DEFAULT_DRAWS = 99_999
DEFAULT_MINIMUMS = {
    "raters": 3,
    "raters_per_response": 2,
    "residents_per_level": 5,
    "differences_per_resident": 4,
}
JUSTIFICATION = "Half a point of the 1-5 scale: half the distance between two neighbouring anchors."
SIMULATED_JUSTIFICATION = (
    "Half a point of the 1-5 scale, set for a simulated study, not elicited from clinicians."
)


@dataclass(frozen=True)
class Plan:
    """A validated analysis plan.

    Attributes
    ----------
    version : int
        Version of the plan's form.
    dimensions, levels : tuple of str
        Dimensions in report order; resident levels that the estimand compares with.
    models : tuple of str
        Arm names of the models, the lead model first.
    margins : mapping of str to float
        Margin per dimension, points of the 1-5 scale.
    margin_justifications : mapping of str to str
        Why that margin, per dimension.
    alpha : float
        One-sided level of the whole analysis.
    alpha_shares : tuple of float
        Share of `alpha` of each model, in the order of `models`; a model with a share has a tree of its own
        at that part of alpha, a model without is secondary. The lead model's share is above 0.
    confidence : float
        Level of the printed two-sided interval; 1 - 2 alpha, so that word and interval agree.
    equivalence_alpha : float
        One-sided level of the two equivalence tests.
    minimums, tree, bootstrap
        See their classes.
    signed_rank_zeros : tuple of {"pratt", "wilcoxon"}
        Rules for zero differences of the signed-rank test beside the primary one.
    missing_response : {"lowest_category", "available_cases"}
        How a planned response that was never given enters the primary analysis.
    primary_draw : int
        The draw of each model that the primary analysis uses.
    guess_share : float
        Share of responses after which the source guess is asked.
    sensitivities : tuple of mapping
        Each with its ``name`` and parameters, see `analysis.sensitivities.catalogue`.
    robustness : Robustness
        Variants of the vignettes and when an answer counts as unsafe; the default where a plan is silent.
    """

    version: int
    dimensions: tuple[str, ...]
    levels: tuple[str, ...]
    models: tuple[str, ...]
    margins: Mapping[str, float]
    margin_justifications: Mapping[str, str]
    alpha: float
    alpha_shares: tuple[float, ...]
    confidence: float
    equivalence_alpha: float
    minimums: Minimums
    tree: tuple[TreeStep, ...]
    bootstrap: Bootstrap
    signed_rank_zeros: tuple[str, ...]
    missing_response: str
    primary_draw: int
    guess_share: float
    sensitivities: tuple[Mapping[str, Any], ...]
    robustness: Robustness = field(default_factory=Robustness)

    @property
    def lead_model(self) -> str:
        """The model that the tree is about."""
        return self.models[0]

    def model_alpha(self, model: str) -> float:
        """One-sided level of a model's tree; 0 if the model is secondary."""
        return self.alpha * dict(zip(self.models, self.alpha_shares, strict=False)).get(model, 0.0)


OPTIONAL = ("robustness",)
KEYS = tuple(key for key in Plan.__dataclass_fields__ if key not in OPTIONAL)


def _build(value: object) -> Plan:
    raw = mapping_at(value, "", KEYS, OPTIONAL)
    if raw["version"] != VERSION or isinstance(raw["version"], bool):
        raise PlanError("version", f"must be {VERSION}")
    dimensions = names_at(raw["dimensions"], "dimensions", DIMENSIONS)
    levels = names_at(raw["levels"], "levels", LEVELS)
    models = names_at(raw["models"], "models")
    margins, reasons = margins_at(raw, dimensions)
    alpha = between(raw["alpha"], "alpha", 0, 0.25)
    return Plan(
        version=VERSION,
        dimensions=dimensions,
        levels=levels,
        models=models,
        margins=margins,
        margin_justifications=reasons,
        alpha=alpha,
        alpha_shares=alpha_shares_at(raw["alpha_shares"], "alpha_shares", models),
        confidence=confidence_at(raw["confidence"], "confidence", alpha),
        equivalence_alpha=equivalence_alpha_at(raw["equivalence_alpha"], "equivalence_alpha"),
        minimums=minimums_at(raw["minimums"], "minimums"),
        tree=tree_at(raw["tree"], "tree", dimensions, levels),
        bootstrap=bootstrap_at(raw["bootstrap"], "bootstrap"),
        signed_rank_zeros=zero_rules_at(raw["signed_rank_zeros"], "signed_rank_zeros"),
        missing_response=choice_at(raw["missing_response"], "missing_response", MISSING_RULES),
        primary_draw=integer_at(raw["primary_draw"], "primary_draw", 1),
        guess_share=between(raw["guess_share"], "guess_share", 0, 1, closed=True),
        sensitivities=sensitivities_at(raw["sensitivities"], "sensitivities"),
        robustness=robustness_at(raw.get("robustness", {}), "robustness", models),
    )


def parse_plan(text: str) -> Plan:
    """Read a plan from YAML or JSON text.

    Raises
    ------
    PlanError
        Naming the dotted path of the offending key; unknown, missing and repeated keys are refused.
    """
    return _build(value_of(text))


def load_plan(path: Path) -> Plan:
    """Read a plan from a UTF-8 file; errors as `parse_plan`."""
    return parse_plan(text_of(path))


def _default_tree() -> list[dict[str, object]]:
    family = [d for d in DIMENSIONS if d != "medical_correctness"]
    gates = (("safety", "medication_safety"), ("correctness", "medical_correctness"))
    tree: list[dict[str, object]] = [
        {"name": name, "claim": "non-inferior", "method": "single", "dimensions": [d]} for name, d in gates
    ]
    tree.append({"name": "superiority", "claim": "superior", "method": "holm", "dimensions": family})
    return tree


def default_plan(
    models: Sequence[str],
    *,
    simulated: bool = False,
    seed: int = 20260,
    strata: Mapping[str, Sequence[str]] | None = None,
) -> Plan:
    """The default plan for these model arms.

    Parameters
    ----------
    models : sequence of str
        Arm names, the lead model first.
    simulated : bool
        Whether the margin's justification is that of a simulated study.
    seed : int
        Seed of the bootstraps.
    strata : mapping of str to sequence of str, optional
        Vignettes of each stratum, which the sensitivity of that name analyses alone.
    """
    reason = SIMULATED_JUSTIFICATION if simulated else JUSTIFICATION
    return _build(
        {
            "version": VERSION,
            "dimensions": list(DIMENSIONS),
            "levels": list(LEVELS),
            "models": list(models),
            "margins": dict.fromkeys(DIMENSIONS, DEFAULT_MARGIN),
            "margin_justifications": dict.fromkeys(DIMENSIONS, reason),
            "alpha": 0.025,
            "alpha_shares": [1.0, *[0.0] * (len(models) - 1)],
            "confidence": 0.95,
            "equivalence_alpha": 0.025,
            "minimums": DEFAULT_MINIMUMS,
            "tree": _default_tree(),
            "bootstrap": {"draws": DEFAULT_DRAWS, "seed": seed},
            "signed_rank_zeros": ["pratt", "wilcoxon"],
            "missing_response": "lowest_category",
            "primary_draw": 1,
            "guess_share": 1.0,
            "sensitivities": default_sensitivities(strata or {}),
        }
    )


def dump_plan(plan: Plan) -> str:
    """The plan as canonical YAML, keys in the order of `Plan`; `parse_plan` reads it back equal."""
    return yaml.dump(plain(plan), Dumper=PlainDumper, sort_keys=False, allow_unicode=True, width=100)


def plan_sha256(text: str) -> str:
    """SHA-256 of the plan's text as it was locked, hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
