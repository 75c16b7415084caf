"""The analysis plan: validated, hashed and locked before the first rating.

Standard library and PyYAML only, so that the stages before the analysis can import it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from analysis.checking import (
    PlainDumper,
    PlanError,
    StrictLoader,
    at,
    between,
    choice_at,
    integer_at,
    mapping_at,
    margin_at,
    names_at,
    number_at,
    plain,
    text_at,
)
from analysis.schema import DIMENSIONS, LEVELS

__all__ = [
    "Bootstrap",
    "Minimums",
    "Plan",
    "PlanError",
    "TreeStep",
    "default_plan",
    "dump_plan",
    "load_plan",
    "parse_plan",
    "plan_sha256",
]

VERSION = 1
TREE_CLAIMS = ("non-inferior", "superior")
METHODS = ("single", "holm")
MISSING_RULES = ("lowest_category", "available_cases")
EQUIVALENCE_ALPHAS = (0.025, 0.05)
DEFAULT_MARGIN = 0.5
JUSTIFICATION = "Half a point of the 1-5 scale: half the distance between two neighbouring anchors."
SIMULATED_JUSTIFICATION = (
    "Half a point of the 1-5 scale, set for a simulated study, not elicited from clinicians."
)


@dataclass(frozen=True)
class Minimums:
    """Smallest design that may carry a claim word."""

    raters: int
    raters_per_response: int
    residents_per_level: int


@dataclass(frozen=True)
class TreeStep:
    """One step of the testing tree.

    Each hypothesis of a step is "`claim` to residents of every level" on one dimension, tested by
    intersection-union. The next step is tested only if all hypotheses of this one are rejected.
    """

    name: str
    claim: str
    method: str
    dimensions: tuple[str, ...]


@dataclass(frozen=True)
class Bootstrap:
    """Number of draws and seed of every bootstrap in the plan."""

    draws: int
    seed: int


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
        One-sided level of the tree.
    confidence : float
        Level of the printed two-sided interval; 1 - 2 alpha, so that word and interval agree.
    equivalence_alpha : float
        One-sided level of the two equivalence tests.
    minimums, tree, bootstrap
        See their classes.
    missing_response : {"lowest_category", "available_cases"}
        How a planned response that was never given enters the primary analysis.
    primary_draw : int
        The draw of each model that the primary analysis uses.
    guess_share : float
        Share of responses after which the source guess is asked.
    """

    version: int
    dimensions: tuple[str, ...]
    levels: tuple[str, ...]
    models: tuple[str, ...]
    margins: Mapping[str, float]
    margin_justifications: Mapping[str, str]
    alpha: float
    confidence: float
    equivalence_alpha: float
    minimums: Minimums
    tree: tuple[TreeStep, ...]
    bootstrap: Bootstrap
    missing_response: str
    primary_draw: int
    guess_share: float

    @property
    def lead_model(self) -> str:
        """The model that the tree is about."""
        return self.models[0]


def _step(value: object, path: str, dimensions: Sequence[str]) -> TreeStep:
    raw = mapping_at(value, path, ("name", "claim", "method", "dimensions"))
    step = TreeStep(
        name=text_at(raw["name"], at(path, "name")),
        claim=choice_at(raw["claim"], at(path, "claim"), TREE_CLAIMS),
        method=choice_at(raw["method"], at(path, "method"), METHODS),
        dimensions=names_at(raw["dimensions"], at(path, "dimensions"), dimensions),
    )
    if step.method == "single" and len(step.dimensions) != 1:
        raise PlanError(at(path, "dimensions"), "must hold one dimension when the method is single")
    return step


def _tree(value: object, path: str, dimensions: Sequence[str]) -> tuple[TreeStep, ...]:
    if not isinstance(value, list) or not value:
        raise PlanError(path, "must be a list of steps that is not empty")
    steps = tuple(_step(step, f"{path}[{i}]", dimensions) for i, step in enumerate(value))
    tested: set[tuple[str, str]] = set()
    for i, step in enumerate(steps):
        pairs = {(step.claim, dimension) for dimension in step.dimensions}
        if pairs & tested:
            raise PlanError(f"{path}[{i}]", "tests a claim on a dimension that an earlier step tests")
        if step.name in [other.name for other in steps[:i]]:
            raise PlanError(f"{path}[{i}].name", f"{step.name} is used twice")
        tested |= pairs
    return steps


def _minimums(value: object, path: str) -> Minimums:
    raw = mapping_at(value, path, ("raters", "raters_per_response", "residents_per_level"))
    # Below these the interval has no honest reading, so a plan may ask for more but never for less.
    return Minimums(
        raters=integer_at(raw["raters"], at(path, "raters"), 3),
        raters_per_response=integer_at(raw["raters_per_response"], at(path, "raters_per_response"), 2),
        residents_per_level=integer_at(raw["residents_per_level"], at(path, "residents_per_level"), 5),
    )


def _equivalence_alpha(value: object, path: str) -> float:
    number = number_at(value, path)
    if number not in EQUIVALENCE_ALPHAS:
        raise PlanError(path, "must be 0.025 (the 95 % interval) or 0.05 (the 90 % interval)")
    return number


def _confidence(value: object, path: str, alpha: float) -> float:
    number = between(value, path, 0.5, 1.0)
    if abs(number - (1 - 2 * alpha)) > 1e-12:
        raise PlanError(path, f"must be 1 - 2 alpha = {1 - 2 * alpha:g}, so that interval and word agree")
    return number


KEYS = tuple(Plan.__dataclass_fields__)


def _build(value: object) -> Plan:
    raw = mapping_at(value, "", KEYS)
    if raw["version"] != VERSION or isinstance(raw["version"], bool):
        raise PlanError("version", f"must be {VERSION}")
    dimensions = names_at(raw["dimensions"], "dimensions", DIMENSIONS)
    margins = mapping_at(raw["margins"], "margins", dimensions)
    reasons = mapping_at(raw["margin_justifications"], "margin_justifications", dimensions)
    alpha = between(raw["alpha"], "alpha", 0, 0.25)
    bootstrap = mapping_at(raw["bootstrap"], "bootstrap", ("draws", "seed"))
    return Plan(
        version=VERSION,
        dimensions=dimensions,
        levels=names_at(raw["levels"], "levels", LEVELS),
        models=names_at(raw["models"], "models"),
        margins={d: margin_at(margins[d], f"margins.{d}") for d in dimensions},
        margin_justifications={d: text_at(reasons[d], f"margin_justifications.{d}") for d in dimensions},
        alpha=alpha,
        confidence=_confidence(raw["confidence"], "confidence", alpha),
        equivalence_alpha=_equivalence_alpha(raw["equivalence_alpha"], "equivalence_alpha"),
        minimums=_minimums(raw["minimums"], "minimums"),
        tree=_tree(raw["tree"], "tree", dimensions),
        bootstrap=Bootstrap(
            draws=integer_at(bootstrap["draws"], "bootstrap.draws", 999),
            seed=integer_at(bootstrap["seed"], "bootstrap.seed", 0, 2**63 - 1),
        ),
        missing_response=choice_at(raw["missing_response"], "missing_response", MISSING_RULES),
        primary_draw=integer_at(raw["primary_draw"], "primary_draw", 1),
        guess_share=between(raw["guess_share"], "guess_share", 0, 1, closed=True),
    )


def parse_plan(text: str) -> Plan:
    """Read a plan from YAML or JSON text.

    Raises
    ------
    PlanError
        Naming the dotted path of the offending key; unknown, missing and repeated keys are refused.
    """
    try:
        # The loader is a SafeLoader with two refusals added.
        raw = yaml.load(text, Loader=StrictLoader)  # noqa: S506  a SafeLoader
    except yaml.YAMLError as error:
        raise PlanError("", "is not readable YAML: " + " ".join(str(error).split())) from error
    return _build(raw)


def load_plan(path: Path) -> Plan:
    """Read a plan from a UTF-8 file; errors as `parse_plan`."""
    try:
        text = Path(path).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError("", f"cannot be read: {error}") from error
    return parse_plan(text)


def default_plan(models: Sequence[str], *, simulated: bool = False, seed: int = 20260) -> Plan:
    """The default plan for these model arms.

    Parameters
    ----------
    models : sequence of str
        Arm names, the lead model first.
    simulated : bool
        Whether the margin's justification is that of a simulated study.
    seed : int
        Seed of the bootstraps.
    """
    reason = SIMULATED_JUSTIFICATION if simulated else JUSTIFICATION
    family = [d for d in DIMENSIONS if d != "medical_correctness"]
    gates = (("safety", "medication_safety"), ("correctness", "medical_correctness"))
    tree: list[dict[str, object]] = [
        {"name": name, "claim": "non-inferior", "method": "single", "dimensions": [d]} for name, d in gates
    ]
    tree.append({"name": "superiority", "claim": "superior", "method": "holm", "dimensions": family})
    return _build(
        {
            "version": VERSION,
            "dimensions": list(DIMENSIONS),
            "levels": list(LEVELS),
            "models": list(models),
            "margins": dict.fromkeys(DIMENSIONS, DEFAULT_MARGIN),
            "margin_justifications": dict.fromkeys(DIMENSIONS, reason),
            "alpha": 0.025,
            "confidence": 0.95,
            "equivalence_alpha": 0.025,
            "minimums": {"raters": 3, "raters_per_response": 2, "residents_per_level": 5},
            "tree": tree,
            "bootstrap": {"draws": 9999, "seed": seed},
            "missing_response": "lowest_category",
            "primary_draw": 1,
            "guess_share": 1.0,
        }
    )


def dump_plan(plan: Plan) -> str:
    """The plan as canonical YAML, keys in the order of `Plan`; `parse_plan` reads it back equal."""
    return yaml.dump(plain(plan), Dumper=PlainDumper, sort_keys=False, allow_unicode=True, width=100)


def plan_sha256(text: str) -> str:
    """SHA-256 of the plan's text as it was locked, hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
