"""The sensitivities that a plan may list, with their parameters.

Standard library only, so that a plan can be read without the statistics libraries.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis.checking import (
    PlanError,
    at,
    between,
    choice_at,
    integer_at,
    list_at,
    mapping_at,
    names_at,
    number_at,
    text_at,
)
from analysis.schema import SCORE_LEVELS

Check = Callable[[object, str], object]
Sensitivity = Mapping[str, Any]
EQUIVALENCE_ALPHAS = (0.025, 0.05)
LENGTHS = ("words", "characters", "sentences", "list_items", "numerals")
ZERO_RULES = ("pratt", "wilcoxon")
LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True)
class Entry:
    """What a sensitivity asks, the check of each parameter, and the parameters of the default plan."""

    explanation: str
    checks: Mapping[str, Check] = field(default_factory=dict)
    default: Mapping[str, object] = field(default_factory=dict)


def equivalence_alpha_at(value: object, path: str) -> float:
    """One of the two levels of the equivalence tests."""
    number = number_at(value, path)
    if number not in EQUIVALENCE_ALPHAS:
        raise PlanError(path, "must be 0.025 (the 95 % interval) or 0.05 (the 90 % interval)")
    return number


def zero_rules_at(value: object, path: str) -> tuple[str, ...]:
    """Zero rules of the signed-rank test."""
    return names_at(value, path, ZERO_RULES)


def _shifts(value: object, path: str) -> tuple[float, ...]:
    return tuple(between(entry, f"{path}[{i}]", -4, 4) for i, entry in enumerate(list_at(value, path)))


def _strata(value: object, path: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        raise PlanError(path, "must be a mapping from a stratum's name to its vignettes")
    return {text_at(name, path): names_at(codes, at(path, str(name))) for name, codes in value.items()}


def _threshold(value: object, path: str) -> int:
    return integer_at(value, path, SCORE_LEVELS[0] + 1, SCORE_LEVELS[-1])


def _seconds(value: object, path: str) -> float:
    return between(value, path, 0, 3600)


def _imputations(value: object, path: str) -> int:
    return integer_at(value, path, 5, 1000)


def seed_at(value: object, path: str) -> int:
    """A seed."""
    return integer_at(value, path, 0, LARGEST_SEED)


def _length(value: object, path: str) -> str:
    return choice_at(value, path, LENGTHS)


CATALOGUE: dict[str, Entry] = {
    "leave_one_rater_out": Entry("each rater left out in turn"),
    "leave_one_vignette_out": Entry("each vignette left out in turn"),
    "leave_one_resident_out": Entry("each resident left out in turn"),
    "fixed_raters": Entry("this panel of raters only: one-sample t over residents"),
    "equivalence_alpha": Entry(
        "the equivalence tests at another one-sided level", {"value": equivalence_alpha_at}, {"value": 0.05}
    ),
    "margin_shift": Entry("the margin moved up and down", {"by": _shifts}, {"by": [-0.1, 0.1]}),
    "median_over_raters": Entry("the median over raters of each response instead of the mean"),
    "top_box": Entry(
        "difference in the share of scores from a threshold up, where a margin in points has no meaning",
        {"threshold": _threshold},
        {"threshold": 4},
    ),
    "fast_ratings": Entry(
        "ratings with less active time than a floor left out",
        {"below_seconds": _seconds},
        {"below_seconds": 10},
    ),
    "correct_guesses": Entry("ratings whose rater named the source rightly left out"),
    "length_adjusted": Entry(
        "the difference at equal length of both responses", {"measure": _length}, {"measure": "words"}
    ),
    "first_exposure": Entry("only the first response to each vignette that a rater saw"),
    "strata": Entry(
        "each stratum of vignettes alone, if the plan names strata",
        {"strata": _strata},
        {"strata": {}},
    ),
    "other_draws": Entry("every other draw of the model that was rated"),
    "missing_response": Entry("the other rule for a planned response that was never given"),
    "missing_ratings": Entry(
        "scores that a rater did not give drawn from that rater's own scores, pooled by Rubin's rules",
        {"imputations": _imputations, "seed": seed_at},
        {"imputations": 20, "seed": 20261},
    ),
    "signed_rank": Entry(
        "signed-rank test of vignette means by rule for zeros, where a margin has no meaning",
        {"zeros": zero_rules_at},
        {"zeros": ["pratt", "wilcoxon"]},
    ),
}


def default_sensitivities(strata: Mapping[str, Sequence[str]]) -> list[dict[str, object]]:
    """All sensitivities with default parameters, as a plan lists them; `strata` as in `default_plan`."""
    named = {name: list(codes) for name, codes in strata.items()}
    listed = [{"name": name, **entry.default} for name, entry in CATALOGUE.items()]
    return [{**entry, "strata": named} if entry["name"] == "strata" else entry for entry in listed]


def sensitivities_at(value: object, path: str) -> tuple[dict[str, Any], ...]:
    """A list of sensitivities, each at most once, every parameter of the right type.

    Raises
    ------
    PlanError
        Naming the path of the offending key.
    """
    found: list[dict[str, Any]] = []
    for i, entry in enumerate(list_at(value, path, empty=True)):
        where = f"{path}[{i}]"
        if not isinstance(entry, Mapping) or "name" not in entry:
            raise PlanError(at(where, "name"), "is missing")
        name = choice_at(entry["name"], at(where, "name"), tuple(CATALOGUE))
        if name in [other["name"] for other in found]:
            raise PlanError(at(where, "name"), f"{name} is listed twice")
        checks = CATALOGUE[name].checks
        raw = mapping_at(entry, where, ("name", *checks))
        found.append(
            {"name": name, **{key: check(raw[key], at(where, key)) for key, check in checks.items()}}
        )
    return tuple(found)
