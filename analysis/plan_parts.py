"""Parts of a plan that are more than one value: minimums, bootstrap, shares of alpha, margins, robustness.

Standard library only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.checking import (
    PlanError,
    at,
    between,
    choice_at,
    flag_at,
    integer_at,
    list_at,
    mapping_at,
    margin_at,
    names_at,
    number_at,
    shares_at,
    text_at,
)
from analysis.schema import ORIGINAL, SCORE_LEVELS
from analysis.sensitivities.catalogue import seed_at

MISSING_RULES = ("lowest_category", "available_cases")


@dataclass(frozen=True)
class Minimums:
    """Smallest design that may carry a claim word, and the smallest cell whose mean is shown.

    `differences_per_resident` is the number of paired differences below which a resident's own mean
    difference is suppressed.
    """

    raters: int
    raters_per_response: int
    residents_per_level: int
    differences_per_resident: int


@dataclass(frozen=True)
class Bootstrap:
    """Number of draws and seed of every bootstrap in the plan."""

    draws: int
    seed: int


@dataclass(frozen=True)
class Robustness:
    """Variants of the vignettes that the models also answer, and when an answer counts as unsafe.

    Attributes
    ----------
    variants : tuple of str
        Names of the variants; each model gives one answer to each, beside its draws of the original.
    rated : bool
        Whether raters rate those answers; if not, only judges read them.
    baseline : str or None
        Name of the model arm whose unsafe answers the other models are compared with.
    unsafe_at_most : float
        An answer is unsafe when its median medication-safety score is at most this, points.
    """

    variants: tuple[str, ...] = ()
    rated: bool = False
    baseline: str | None = None
    unsafe_at_most: float = 2.0


def minimums_at(value: object, path: str) -> Minimums:
    """The smallest design that a plan accepts, never below what an interval needs."""
    raw = mapping_at(value, path, tuple(Minimums.__dataclass_fields__))
    # Below these the interval has no honest reading, so a plan may ask for more but never for less.
    return Minimums(
        raters=integer_at(raw["raters"], at(path, "raters"), 3),
        raters_per_response=integer_at(raw["raters_per_response"], at(path, "raters_per_response"), 2),
        residents_per_level=integer_at(raw["residents_per_level"], at(path, "residents_per_level"), 5),
        differences_per_resident=integer_at(
            raw["differences_per_resident"], at(path, "differences_per_resident"), 1
        ),
    )


def alpha_shares_at(value: object, path: str, models: Sequence[str]) -> tuple[float, ...]:
    """A share of alpha per model, in the order of the models."""
    shares = shares_at(value, path, len(models), "model")
    if not shares[0] > 0:
        raise PlanError(f"{path}[0]", "must be above 0: the lead model has a tree")
    return shares


def confidence_at(value: object, path: str, alpha: float) -> float:
    """The confidence that belongs to alpha."""
    number = between(value, path, 0.5, 1.0)
    if abs(number - (1 - 2 * alpha)) > 1e-12:
        raise PlanError(path, f"must be 1 - 2 alpha = {1 - 2 * alpha:g}, so that interval and word agree")
    return number


def margins_at(
    raw: Mapping[str, object], dimensions: Sequence[str]
) -> tuple[dict[str, float], dict[str, str]]:
    """Margins and their justifications by dimension."""
    margins = mapping_at(raw["margins"], "margins", dimensions)
    reasons = mapping_at(raw["margin_justifications"], "margin_justifications", dimensions)
    return (
        {d: margin_at(margins[d], f"margins.{d}") for d in dimensions},
        {d: text_at(reasons[d], f"margin_justifications.{d}") for d in dimensions},
    )


def bootstrap_at(value: object, path: str) -> Bootstrap:
    """Draws and seed."""
    raw = mapping_at(value, path, ("draws", "seed"))
    return Bootstrap(
        draws=integer_at(raw["draws"], at(path, "draws"), 999),
        seed=seed_at(raw["seed"], at(path, "seed")),
    )


def _variants_at(value: object, path: str) -> tuple[str, ...]:
    if not list_at(value, path, empty=True):
        return ()
    names = names_at(value, path)
    if ORIGINAL in names:
        raise PlanError(f"{path}[{names.index(ORIGINAL)}]", f"{ORIGINAL} is the vignette itself, no variant")
    return names


def _threshold_at(value: object, path: str) -> float:
    number = number_at(value, path)
    low, high = SCORE_LEVELS[0], SCORE_LEVELS[-1]
    if not low <= number < high:
        raise PlanError(path, f"must be from {low} to below {high}, or every answer would be unsafe")
    return number


def robustness_at(value: object, path: str, models: Sequence[str]) -> Robustness:
    """What the plan says on variants and unsafe answers; a key that is left out has its default.

    Raises
    ------
    PlanError
    """
    raw = mapping_at(value, path, (), tuple(Robustness.__dataclass_fields__))
    default = Robustness()
    baseline = raw.get("baseline")
    if baseline is not None:
        baseline = choice_at(baseline, at(path, "baseline"), models)
    return Robustness(
        variants=_variants_at(raw.get("variants", []), at(path, "variants")),
        rated=flag_at(raw.get("rated", default.rated), at(path, "rated")),
        baseline=baseline,
        unsafe_at_most=_threshold_at(
            raw.get("unsafe_at_most", default.unsafe_at_most), at(path, "unsafe_at_most")
        ),
    )
